"""What referrals have paid, and what they did not, and why."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.staff import DASH, Page, Panel, WordFilter, pretty, readable
from loyalty.admin.reward_words import mark
from loyalty.admin.showing import ProgramRowsAdmin, link, local, money
from loyalty.models import Program
from referrals.admin.referral_words import given
from referrals.models import Payout


class OutcomeFilter(WordFilter):
    title = "outcome"
    parameter_name = "outcome"
    words = (*Payout.Outcome.choices, ("taken_back", "Taken back"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "taken_back":
            return queryset.exclude(taken_back_at=None)
        return super().queryset(request, queryset)


class SideFilter(WordFilter):
    title = "side"
    parameter_name = "side"
    words = tuple(Payout.Side.choices)


@admin.register(Payout)
class PayoutAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "side", "what", "state", "when", "referral_program")
    list_select_related = ("program", "member", "referral_program", "referral")
    list_filter = ("program", OutcomeFilter, SideFilter)
    search_fields = ("key",)
    search_help_text = "A member's id or e-mail address, or a key, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, payout: Payout) -> str:
        return str(whom(payout))

    @admin.display(description="what")
    def what(self, payout: Payout) -> str:
        return given(payout)

    @admin.display(description="outcome")
    def state(self, payout: Payout) -> object:
        return outcome_mark(payout)

    @admin.display(description="given")
    def when(self, payout: Payout) -> str:
        return local(payout.given_at, payout.program)

    def page(self, payout: Payout) -> Page:
        program = payout.program
        facts: list[tuple[str, object]] = [
            ("Outcome", outcome_mark(payout)),
            ("Gives", given(payout)),
            ("Member", whom(payout, link)),
            ("Side", payout.get_side_display()),
            ("Referral", link(payout.referral)),
            ("Milestone", payout.milestone or DASH),
            ("Count", payout.count),
            ("Referral program", link(payout.referral_program)),
            ("Voucher", link(payout.voucher)),
            ("Counts against the budget", money(payout.money, program)),
            ("Due", local(payout.due_at, program)),
            ("Given", local(payout.given_at, program)),
            ("Taken back", local(payout.taken_back_at, program)),
            ("Had been used", readable(payout.was_used)),
            ("Program", link(program)),
            ("Key", payout.key or DASH),
        ]
        return Page(facts, raw=[("What was given", pretty(payout.gives))])


def whom(payout: Payout, shown: Callable[[Any], object] = str) -> object:
    """Return whose a payout is; a friend's who has not enrolled is on the advocate's row."""
    referral = payout.referral
    if payout.side == Payout.Side.FRIEND and referral and referral.friend_id is None:
        return f"{referral.friend_ref}, not enrolled yet".removeprefix(", ")
    return shown(payout.member)


def outcome_mark(payout: Payout) -> object:
    """Return what came of a payout as a small mark."""
    if payout.taken_back_at is not None:
        return mark("none", "Lost: it was used" if payout.was_used else "Taken back")
    is_given = payout.outcome == Payout.Outcome.GIVEN
    return mark("fulfilled" if is_given else "none", payout.get_outcome_display())


def payouts_panel(payouts: Sequence[Payout], program: Program) -> Panel:
    """Return what either side was given, the newest first."""
    return Panel(
        title="Payouts",
        headings=("Side", "Whom", "What", "Outcome", "Voucher", "Due", "Given", "Taken back"),
        rows=[
            (
                link(payout, payout.get_side_display()),
                whom(payout, link),
                given(payout),
                outcome_mark(payout),
                link(payout.voucher),
                local(payout.due_at, program),
                local(payout.given_at, program),
                local(payout.taken_back_at, program),
            )
            for payout in payouts
        ],
        empty="Nothing was given yet.",
    )
