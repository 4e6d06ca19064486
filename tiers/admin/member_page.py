"""What a member's page tells of tiers, and what may be done about them there."""

from collections.abc import Iterator, Sequence

from core.staff import DASH, Panel, Tool
from loyalty.admin.additions import Addition, Happening, add_to_member_page
from loyalty.admin.reward_words import mark
from loyalty.admin.showing import link, list_of, local
from loyalty.models import Member
from loyalty.queries.members import kin_of
from tiers.admin.ladder_words import tier_name, value_in_words
from tiers.admin.member_words import sources_of
from tiers.admin.standing_acts import EndTier, SetTier
from tiers.models import Standing, StandingChange
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import progress_in
from tiers.rules.ladders import CompiledLadder

LAST_CHANGES = 25


def tiers_panels(member: Member) -> Sequence[Panel]:
    """Return where the member stands in every ladder, and what is missing."""
    setup, now = tier_setup_of(member.program), member.program.now()
    if not setup.ladders:
        return []
    rows = {row.ladder_id: row for row in Standing.objects.filter(member=member)}
    told = []
    for code, ladder in setup.ladders_on(setup.day_of(now)).items():
        held, progress = progress_in(member, setup.ladders[code], now)
        row = rows.get(setup.ladders[code].id)
        missing: object = DASH
        if progress.next is not None:
            value = value_in_words(progress.next.missing, ladder, member.program)
            missing = f"{value} to {tier_name(ladder, progress.next.tier)}"
        name = setup.ladders[code].name
        told.append(
            (
                link(row, name) if row is not None else name,
                _tier(ladder, held.tier, held.by_hand),
                local(held.since, member.program),
                local(held.until, member.program) if held.until else "for ever",
                value_in_words(progress.value, ladder, member.program),
                missing,
            )
        )
    headings = ("Ladder", "Tier", "Since", "Until", "Counts now", "Missing to rise")
    return [Panel(title="Tiers", headings=headings, rows=told)]


def _tier(ladder: CompiledLadder, code: str | None, by_hand: bool) -> object:
    name = tier_name(ladder, code)
    if by_hand:
        return mark("open", f"{name}, by hand")
    return mark("fulfilled", name) if code else DASH


def changes_of(member: Member) -> Iterator[Happening]:
    """Yield the last changes of the member's tiers, for the timeline."""
    changes = list(
        StandingChange.objects.filter(member__in=kin_of([member])[member.pk])
        .select_related("ladder")
        .order_by("-pk")[:LAST_CHANGES]
    )
    setup = tier_setup_of(member.program)
    sources = sources_of(changes, member.program)
    for change in changes:
        live = setup.ladders.get(change.ladder.code)
        ladder = live.versions[-1].ladder if live else None
        before, after = (tier_name(ladder, code) for code in (change.from_tier, change.to_tier))
        what = f"{before} \N{RIGHTWARDS ARROW} {after} ({change.ladder})"
        about = sources.get((change.source_type, change.source_id), change.get_cause_display())
        yield Happening(change.at, what, about, change.reason)


def lists_of(member: Member) -> Sequence[Tool]:
    if not tier_setup_of(member.program).ladders:
        return ()
    return [Tool("Changes of tier", list_of(StandingChange, q=member.external_id))]


add_to_member_page(
    Addition(
        panels=tiers_panels,
        happenings=changes_of,
        lists=lists_of,
        acts={"tier": SetTier, "end-tier": EndTier},
    )
)
