"""The paths of the HTTP contract, version 1."""

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView
from drf_spectacular.views import SpectacularSwaggerSplitView as DocsView

from storefront.api.access import AccessView
from storefront.api.adjustments import AdjustmentView, TransferView
from storefront.api.advocates import AdvocateView
from storefront.api.batches import BatchView
from storefront.api.benefits import BenefitsView
from storefront.api.claims import ClaimsKeyRotationView, ClaimsKeyView, ClaimView
from storefront.api.clicks import ClickView
from storefront.api.decisions import DecisionView
from storefront.api.entries import EntryListView, EntryReversalView
from storefront.api.events import EventView
from storefront.api.insights import ReferralInsightsView
from storefront.api.me import (
    MeView,
    MyEntriesView,
    MyRedemptionsView,
    MyRewardsView,
    MyWalletsView,
)
from storefront.api.members import ExportView, MemberListView, MemberView
from storefront.api.merges import MergeView, UnmergeView
from storefront.api.my_referrals import MyReferralView, MySharesView, MyViewsView
from storefront.api.my_tiers import (
    MyAccessView,
    MyBenefitsView,
    MyClaimsView,
    MyTierView,
)
from storefront.api.orders import OrderListView, OrderView, PreviewView, RefundView
from storefront.api.program_view import NothingHere, read_only
from storefront.api.programs import ClockView, FaceView, FileView
from storefront.api.redemptions import QuoteView, RedemptionListView, RedemptionView
from storefront.api.referrals import (
    ApprovalView,
    ReferralListView,
    ReferralView,
    RejectionView,
)
from storefront.api.rewards import CatalogueView, PoolView
from storefront.api.settlements import CaptureView, FulfilmentView, ReverseView, VoidView
from storefront.api.statuses import ReactivateView, SuspendView
from storefront.api.tiers import LadderListView, TierView
from storefront.api.tokens import TokenView
from storefront.api.vouchers import ConsumeView, ReleaseView, VoucherView
from storefront.api.wallets import WalletsView

DOCS_PAGE = "storefront/api_page.html"

# An id may have slashes in it, so what stands below an id comes before it.
urlpatterns: list[URLPattern | URLResolver] = [
    path("program", FaceView.as_view()),
    path("program/file", FileView.as_view()),
    path("program/claims-key", ClaimsKeyView.as_view()),
    path("program/claims-key/rotate", ClaimsKeyRotationView.as_view()),
    path("clock", ClockView.as_view()),
    path("members", MemberListView.as_view()),
    path("members/<external_id:member_id>/wallets", WalletsView.as_view()),
    path("members/<external_id:member_id>/entries", EntryListView.as_view()),
    path("members/<external_id:member_id>/adjustments", AdjustmentView.as_view()),
    path("members/<external_id:member_id>/transfers", TransferView.as_view()),
    path("members/<external_id:member_id>/tokens", TokenView.as_view()),
    path("members/<external_id:member_id>/tier", TierView.as_view()),
    path("members/<external_id:member_id>/benefits", BenefitsView.as_view()),
    path("members/<external_id:member_id>/access", AccessView.as_view()),
    path("members/<external_id:member_id>/claims", ClaimView.as_view()),
    path("members/<external_id:member_id>/referral", AdvocateView.as_view()),
    path("members/<external_id:member_id>/suspend", SuspendView.as_view()),
    path("members/<external_id:member_id>/reactivate", ReactivateView.as_view()),
    path("members/<external_id:member_id>/merge", MergeView.as_view()),
    path("members/<external_id:member_id>/unmerge", UnmergeView.as_view()),
    path("members/<external_id:member_id>/export", ExportView.as_view()),
    path("members/<external_id:member_id>", MemberView.as_view()),
    path("me", MeView.as_view()),
    path("me/wallets", MyWalletsView.as_view()),
    path("me/entries", MyEntriesView.as_view()),
    path("me/rewards", MyRewardsView.as_view()),
    path("me/redemptions", MyRedemptionsView.as_view()),
    path("me/tier", MyTierView.as_view()),
    path("me/benefits", MyBenefitsView.as_view()),
    path("me/access", MyAccessView.as_view()),
    path("me/claims", MyClaimsView.as_view()),
    path("me/referral", MyReferralView.as_view()),
    path("me/referral/views", MyViewsView.as_view()),
    path("me/referral/shares", MySharesView.as_view()),
    path("tiers", LadderListView.as_view()),
    path("referrals", ReferralListView.as_view()),
    path("referrals/clicks", ClickView.as_view()),
    path("referrals/<external_id:referral_id>/approve", ApprovalView.as_view()),
    path("referrals/<external_id:referral_id>/reject", RejectionView.as_view()),
    path("referrals/<external_id:referral_id>", ReferralView.as_view()),
    path("rewards", CatalogueView.as_view()),
    path("rewards/<external_id:reward_code>/vouchers", PoolView.as_view()),
    path("redemptions", RedemptionListView.as_view()),
    path("redemptions/quote", QuoteView.as_view()),
    path("redemptions/<external_id:redemption_id>/capture", CaptureView.as_view()),
    path("redemptions/<external_id:redemption_id>/void", VoidView.as_view()),
    path("redemptions/<external_id:redemption_id>/reverse", ReverseView.as_view()),
    path("redemptions/<external_id:redemption_id>/fulfil", FulfilmentView.as_view()),
    path("redemptions/<external_id:redemption_id>", RedemptionView.as_view()),
    path("vouchers/<external_id:voucher_code>/consume", ConsumeView.as_view()),
    path("vouchers/<external_id:voucher_code>/release", ReleaseView.as_view()),
    path("vouchers/<external_id:voucher_code>", VoucherView.as_view()),
    path("entries/<external_id:entry_id>/reverse", EntryReversalView.as_view()),
    path("orders", OrderListView.as_view()),
    path("orders/preview", PreviewView.as_view(), {"order_id": "preview"}),
    path("orders/<external_id:order_id>/refunds", RefundView.as_view()),
    path("orders/<external_id:order_id>", OrderView.as_view()),
    path("events", EventView.as_view()),
    path("batches", BatchView.as_view()),
    path("insights/referrals", ReferralInsightsView.as_view()),
    path("decisions/<external_id:decision_id>", DecisionView.as_view()),
    # Making the document takes a while, and it changes only with the code.
    path("schema", read_only(cache_page(300)(SpectacularAPIView.as_view())), name="schema"),
    path("docs", read_only(DocsView.as_view(url_name="schema", template_name=DOCS_PAGE))),
    re_path("", NothingHere.as_view()),
]
