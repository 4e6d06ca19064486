"""Members by tier: lists of them, and a page that tells where one stands and why."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from core.staff import DASH, AnyModelAdmin, Page, Panel, Tool, WordFilter
from loyalty.admin.acting import ActingAdmin
from loyalty.admin.reward_words import mark
from loyalty.admin.showing import ProgramRowsAdmin, link, list_of, local
from loyalty.models import Member
from tiers.admin.ladder_words import tier_name
from tiers.admin.member_words import change_rows, days_panel, progress_facts
from tiers.admin.standing_acts import EndTier, SetTier
from tiers.models import Ladder, Standing, StandingChange
from tiers.queries.ladders import LadderSetup, ladder_setup, tier_setup_of
from tiers.queries.standings import Held, history_of, progress_in
from tiers.rules.ladders import CompiledLadder


class LadderFilter(admin.SimpleListFilter):
    """Rows of one ladder in use."""

    title = "ladder"
    parameter_name = "ladder"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[Any, str]]:
        rows = Ladder.objects.live().select_related("program").order_by("program", "position")
        programs = {row.program_id for row in rows}
        several = len(programs) > 1
        return [(row.pk, f"{row.program}: {row}" if several else str(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value() or ""
        return queryset.filter(ladder=int(word)) if word.isdecimal() else queryset


class TierFilter(admin.SimpleListFilter):
    """Rows of one tier of the chosen ladder; of any ladder if none is chosen."""

    title = "tier"
    parameter_name = "tier"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[Any, str]]:
        chosen = request.GET.get("ladder", "")
        ladders = Ladder.objects.live()
        ladders = ladders.filter(pk=int(chosen)) if chosen.isdecimal() else ladders
        tiers: dict[str, str] = {}
        for ladder in ladders.prefetch_related("versions"):
            for version in ladder.versions.all():
                if version.undone_at is None:
                    named = version.form("")["tiers"].items()
                    tiers |= {code: tier.get("name") or code for code, tier in named}
        return list(tiers.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tier=self.value()) if self.value() else queryset


class ByHandFilter(admin.SimpleListFilter):
    """Members whose tier staff set by hand, and has not been ended."""

    title = "hand"
    parameter_name = "by_hand"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[str, str]]:
        return [("yes", "Set by staff")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(floor_tier="") if self.value() == "yes" else queryset


@admin.register(Standing)
class StandingAdmin(ActingAdmin):
    list_display = ("whose", "ladder", "tier", "came", "ends", "by_hand", "program")
    list_display_links = ("whose",)
    list_select_related = ("program", "member", "ladder")
    list_filter = ("program", LadderFilter, TierFilter, ByHandFilter)
    search_fields = ("tier",)
    search_help_text = "A member's id or e-mail address, or the code of a tier, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, row: Standing) -> str:
        return str(row.member)

    @admin.display(description="since")
    def came(self, row: Standing) -> str:
        return local(row.since, row.program)

    @admin.display(description="until")
    def ends(self, row: Standing) -> str:
        return local(row.until, row.program) if row.until else "for ever"

    @admin.display(description="by hand")
    def by_hand(self, row: Standing) -> object:
        return (
            mark("open", "By hand")
            if row.is_by_hand and row.has_floor(row.program.now())
            else ""
        )

    def offered(self, request: HttpRequest, row: Standing) -> list[Tool]:
        """Return what may be done about the member: it is done on the member's page."""
        acts = {"tier": SetTier, "end-tier": EndTier}
        return [
            Tool(act.title, reverse(f"admin:loyalty_member_{name}", args=[row.member_id]))
            for name, act in acts.items()
            if request.user.has_perm(act.permission) and act.is_offered(row.member)
        ]

    def lists(self, row: Standing) -> list[Tool]:
        return [Tool("All changes", list_of(StandingChange, q=row.member.external_id))]

    def page(self, row: Standing) -> Page:
        program = row.program
        row.member.program = program
        setup = ladder_setup(program, row.ladder)
        if row.ladder.archived_at is not None or not setup.versions:
            now = setup.versions[-1].ladder if setup.versions else None
            held, facts = Held(row.tier or None, row.since, row.until), []
        else:
            live = tier_setup_of(program).ladders[row.ladder.code]
            now = live.on(tier_setup_of(program).day_of(program.now()))
            held, progress = progress_in(row.member, live, program.now())
            facts = progress_facts(progress, now, program)
        return Page(
            facts=[*_facts(row, held, now), *facts],
            panels=[history_panel(row.member, setup), *_days(row, now)],
            note="This ladder is archived: its tiers bring nothing."
            if row.ladder.archived_at
            else "",
        )


def _facts(row: Standing, held: Held, now: CompiledLadder | None) -> list[tuple[str, object]]:
    program = row.program
    facts: list[tuple[str, object]] = [
        ("Member", link(row.member)),
        ("Ladder", link(row.ladder)),
        ("Tier", tier_name(now, held.tier)),
        ("Since", local(held.since, program)),
        ("Until", local(held.until, program) if held.until else "for ever"),
        ("Earned", tier_name(now, row.earned)),
    ]
    if row.floor_tier:
        ends = f"until {local(row.floor_until, program)}" if row.floor_until else "without end"
        words = f"{tier_name(now, row.floor_tier)} from {local(row.floor_since, program)} "
        facts += [("Set by hand", f"{words}{ends}"), ("Reason", row.floor_reason or DASH)]
    return [*facts, ("Next look", local(row.review_at, program))]


def history_panel(member: Member, ladder: LadderSetup) -> Panel:
    """Return the changes of a member's tier, the newest first, each with its cause."""
    return Panel(
        title="Timeline",
        headings=("When", "From", "To", "Why", "From what", "Reason"),
        rows=change_rows(history_of(member, ladder), member.program, ladder),
        empty="Nothing has changed yet.",
    )


def _days(row: Standing, now: CompiledLadder | None) -> Sequence[Panel]:
    return [] if now is None or now.metric == "balance" else [days_panel(row.member, now)]


class CauseFilter(WordFilter):
    title = "cause"
    parameter_name = "cause"
    words = tuple(StandingChange.Cause.choices)


@admin.register(StandingChange)
class StandingChangeAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "ladder", "from_tier", "to_tier", "when", "cause")
    list_select_related = ("program", "member", "ladder")
    list_filter = ("program", LadderFilter, CauseFilter)
    search_fields = ("source_id",)
    search_help_text = "A member's id or e-mail address, or an order's id, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, change: StandingChange) -> str:
        return str(change.member)

    @admin.display(description="when")
    def when(self, change: StandingChange) -> str:
        return local(change.at, change.program)

    def found_by(self, term: str) -> Q:
        # No index leads to where a change came from; members are found by theirs.
        members = Q(external_id=term) | Q(email=term.lower())
        found = Member.objects.filter(members)
        return Q(member__in=list(found)) if found.exists() else super().found_by(term)

    def page(self, change: StandingChange) -> Page:
        setup = ladder_setup(change.program, change.ladder)
        (row,) = change_rows([change], change.program, setup)
        _, before, after, why, source, reason = row
        facts: list[tuple[str, object]] = [
            ("Member", link(change.member)),
            ("Ladder", link(change.ladder)),
            ("From", before),
            ("To", after),
            ("When", local(change.at, change.program)),
            ("Why", why),
            ("From what", source),
            ("Reason", reason),
        ]
        return Page(facts)
