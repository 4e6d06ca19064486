"""Where staff work: Django's admin, in our order and with an overview in front."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import slugify

from loyalty.admin.additions import waiting_in
from loyalty.models import Program
from loyalty.queries.overview import Overview, overview_of

MOST_PROGRAMS = 12
# How the models are grouped, in the order of a working day.
GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("Members", ("Member", "Order", "MemberEvent", "Decision", "Adjustment")),
    ("Rewards", ("Reward", "Redemption", "Voucher", "VoucherUse")),
    ("Tiers", ("Standing", "Ladder", "AccessRule", "StandingChange", "EntryReward")),
    (
        "Referrals",
        ("Referral", "ReferralProgram", "ReferralCode", "Payout", "Click", "Sharing"),
    ),
    ("Program", ("Program", "PointType", "EarningRule", "RuleSet")),
    ("Members' lives", ("Merge", "ConsentChange", "ExpiryReminder", "Tombstone")),
    ("Ledger", ("Wallet", "Entry", "Lot", "Hold", "Allocation", "LimitUse", "JobRun")),
    (
        "Kept for tiers",
        ("LadderVersion", "DayTotal", "DayPoints", "ReviewChunk", "Proof", "MergedTiers"),
    ),
    (
        "Kept for referrals",
        ("ReferralTerms", "ReferralStep", "Identity", "MergedReferrals"),
    ),
    ("Outside world", ("ApiKey", "ClaimsKey", "IdempotencyKey", "Event")),
)


class Bar(NamedTuple):
    """One day of a small chart: its place and size in percent, and what it says."""

    left: float
    top: float
    height: float
    text: str


class StaffSite(AdminSite):
    site_title = "Perennial"
    site_header = "Perennial"
    index_title = "Overview"
    site_url = None

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Group our own models by what they are for; whatever is left comes last."""
        apps: list[Any] = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        ours = {name for _, names in GROUPS for name in names}
        models = {
            model["object_name"]: model
            for app in apps
            if app["app_label"] in ("core", "loyalty", "referrals", "storefront", "tiers")
            for model in app["models"]
        }
        groups = [
            {
                "name": title,
                "app_label": slugify(title),
                "app_url": "",
                "has_module_perms": True,
                "models": [models[name] for name in names if name in models],
            }
            for title, names in GROUPS
        ]
        rest = [
            app
            for app in apps
            if not all(model["object_name"] in ours for model in app["models"])
        ]
        return [group for group in groups if group["models"]] + rest

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        programs = Program.objects.order_by("pk")[:MOST_PROGRAMS]
        may_see = request.user.has_perm("loyalty.view_program")
        overviews = [overview_of(each, at=each.now()) for each in programs] if may_see else []
        context = {
            "overviews": [(each, bars_of(each), waiting_in(each.program)) for each in overviews]
        }
        return super().index(request, context | (extra_context or {}))


def bars_of(overview: Overview) -> list[Bar]:
    """Return the orders of the last days as the bars of a chart."""
    most = max((count for _, count in overview.days), default=0) or 1
    bars = []
    for number, (day, count) in enumerate(overview.days):
        height = max(count * 100 / most, 2)
        orders = "order" if count == 1 else "orders"
        bars.append(
            Bar(
                left=number * 100 / len(overview.days),
                top=100 - height,
                height=height,
                text=f"{day:%a} {day.day} {day:%b}: {count:,} {orders}",
            )
        )
    return bars


@cache
def staff_site() -> StaffSite:
    """Return the one site.

    Registering the first model makes it, which registers further ones; each of
    them has to end up at the same place.
    """
    return StaffSite()
