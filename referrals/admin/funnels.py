"""The funnel on a page: how many came how far, by referral program, advocate or channel."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core.admin import is_number
from core.staff import AnyModelAdmin
from loyalty.admin.showing import link, money
from loyalty.models import Member, Program
from referrals.admin.review import chosen_program
from referrals.models import ReferralProgram
from referrals.queries.funnel import WHOLE, Funnel, Part, funnels, ranked

BY: Mapping[str, str] = {
    "referral_program": "By referral program",
    "advocate": "By advocate",
    "channel": "By channel",
}
# Each stage has at most as many as the one before. Views are left to the table: beside
# them all that follows would be a line.
BARS: Sequence[tuple[str, str]] = (
    ("shares", "shares"),
    ("clicks", "clicks"),
    ("claims", "claims"),
    ("signups", "signed up"),
    ("qualified", "qualified"),
    ("rewarded", "rewarded"),
)
SHOWN = 100
GAP = 4


class Bar(NamedTuple):
    """A stage of a small chart: its place and size in percent, and what it says."""

    left: float
    width: float
    top: float
    height: float
    text: str


class FunnelPages(AnyModelAdmin):
    """The page of funnels, beside the list of referral programs."""

    def funnel_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        of = _chosen(request)
        program = of.program if of else chosen_program(request) or Program.objects.first()
        by = request.GET.get("by", "")
        by = by if by in BY else "referral_program"
        rows = funnel_rows(program, by, of) if program else []
        context = self.admin_site.each_context(request) | {
            "title": "Funnel",
            "subtitle": of or program or "",
            "opts": self.opts,
            "programs": list(Program.objects.order_by("pk")[:100]),
            "program": program,
            "of": of,
            "by": by,
            "ways": list(BY.items()),
            "heading": BY[by].removeprefix("By ").capitalize(),
            "rows": rows[:SHOWN],
            "count": len(rows),
            "shown": SHOWN,
        }
        return TemplateResponse(request, "admin/referrals/referralprogram/funnel.html", context)


def _chosen(request: HttpRequest) -> ReferralProgram | None:
    number = request.GET.get("of", "")
    rows = ReferralProgram.objects.select_related("program")
    return rows.filter(pk=number).first() if is_number(number) else None


def funnel_rows(program: Program, by: str, of: ReferralProgram | None) -> list[dict[str, Any]]:
    """Return the funnels of a page: who brought most comes first."""
    part = Part(of.pk) if of else WHOLE
    found = funnels(program.pk, by=by, at=program.now(), part=part)
    order = ranked(found)
    names = _names(by, order[:SHOWN])
    return [_row(names.get(key) or _nameless(by), found[key], program) for key in order]


def _names(by: str, keys: Iterable[Any]) -> dict[Any, object]:
    """Return what the rows that are shown are called."""
    if by == "channel":
        return {key: key for key in keys}
    model: Any = Member if by == "advocate" else ReferralProgram
    rows = model._default_manager.in_bulk([key for key in keys if key is not None])
    return {key: link(row) for key, row in rows.items()}


def _nameless(by: str) -> str:
    return "Nobody" if by == "advocate" else "No channel"


def _row(name: object, funnel: Funnel, program: Program) -> dict[str, Any]:
    return {
        "name": name,
        "funnel": funnel,
        "bars": bars_of(funnel),
        "revenue": money(funnel.revenue, program),
        "money": money(funnel.money, program),
    }


def bars_of(funnel: Funnel) -> list[Bar]:
    """Return the stages as bars, each as high as its part of the first."""
    first, width = BARS[0][0], 100 / len(BARS)
    most = getattr(funnel, first) or 1
    bars = []
    for place, (stage, said) in enumerate(BARS):
        count = getattr(funnel, stage)
        height = max(count * 100 / most, 2)
        share = f", {count * 100 / most:.0f} %" if stage != first and count else ""
        text = f"{count:,} {said}{share}"
        bars.append(Bar(place * width, width - GAP, 100 - height, height, text))
    return bars
