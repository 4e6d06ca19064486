"""The paths of the HTTP contract, version 1."""

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView
from drf_spectacular.views import SpectacularSwaggerSplitView as DocsView

from storefront.api.adjustments import AdjustmentView, TransferView
from storefront.api.batches import BatchView
from storefront.api.decisions import DecisionView
from storefront.api.entries import EntryListView, EntryReversalView
from storefront.api.events import EventView
from storefront.api.members import MemberListView, MemberView
from storefront.api.orders import OrderListView, OrderView, PreviewView, RefundView
from storefront.api.program_view import NothingHere
from storefront.api.programs import ClockView, FaceView, FileView
from storefront.api.wallets import WalletsView

DOCS_PAGE = "storefront/api_page.html"

# An id may have slashes in it, so what stands below an id comes before it.
urlpatterns: list[URLPattern | URLResolver] = [
    path("program", FaceView.as_view()),
    path("program/file", FileView.as_view()),
    path("clock", ClockView.as_view()),
    path("members", MemberListView.as_view()),
    path("members/<external_id:member_id>/wallets", WalletsView.as_view()),
    path("members/<external_id:member_id>/entries", EntryListView.as_view()),
    path("members/<external_id:member_id>/adjustments", AdjustmentView.as_view()),
    path("members/<external_id:member_id>/transfers", TransferView.as_view()),
    path("members/<external_id:member_id>", MemberView.as_view()),
    path("entries/<external_id:entry_id>/reverse", EntryReversalView.as_view()),
    path("orders", OrderListView.as_view()),
    path("orders/preview", PreviewView.as_view(), {"order_id": "preview"}),
    path("orders/<external_id:order_id>/refunds", RefundView.as_view()),
    path("orders/<external_id:order_id>", OrderView.as_view()),
    path("events", EventView.as_view()),
    path("batches", BatchView.as_view()),
    path("decisions/<external_id:decision_id>", DecisionView.as_view()),
    # Making the document takes a while, and it changes only with the code.
    path("schema", cache_page(300)(SpectacularAPIView.as_view()), name="schema"),
    path("docs", DocsView.as_view(url_name="schema", template_name=DOCS_PAGE)),
    re_path("", NothingHere.as_view()),
]
