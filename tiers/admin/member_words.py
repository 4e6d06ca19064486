"""What there is to say about a member in a ladder: changes, progress, days that count."""

from collections.abc import Sequence
from datetime import date

from django.db.models import F

from core.staff import DASH, Figure, Panel
from loyalty.admin.showing import link, local
from loyalty.models import Member, MemberEvent, Order, Program
from tiers.admin.ladder_words import tier_name, value_in_words
from tiers.models import DayPoints, DayTotal, StandingChange
from tiers.queries.ladders import LadderSetup
from tiers.rules.ladders import CompiledLadder
from tiers.rules.progress import Progress

LAST_DAYS = 20


def change_rows(
    changes: Sequence[StandingChange], program: Program, ladder: LadderSetup
) -> list[tuple[object, ...]]:
    """Return changes as rows: when, from, to, why, what it came from, and the reason."""
    newest = ladder.versions[-1].ladder if ladder.versions else None
    sources = sources_of(changes, program)
    return [
        (
            local(change.at, program),
            tier_name(newest, change.from_tier),
            tier_name(newest, change.to_tier),
            change.get_cause_display(),
            sources.get((change.source_type, change.source_id), _plain(change)),
            change.reason or DASH,
        )
        for change in changes
    ]


def _plain(change: StandingChange) -> str:
    return f"{change.source_type} {change.source_id}".strip() or DASH


def sources_of(
    changes: Sequence[StandingChange], program: Program
) -> dict[tuple[str, str], object]:
    """Return links to the facts that changes came from: a query for each kind."""
    links: dict[tuple[str, str], object] = {}
    for kind, model in (("order", Order), ("event", MemberEvent)):
        ids = {change.source_id for change in changes if change.source_type == kind}
        rows = model.objects.filter(program=program, external_id__in=ids) if ids else ()
        for row in rows:
            links[kind, row.external_id] = link(row, f"{kind} {row.external_id}")
    return links


def progress_facts(
    progress: Progress, ladder: CompiledLadder, program: Program
) -> list[tuple[str, object]]:
    """Return what counts now, what is missing to rise, and what to stay."""
    facts: list[tuple[str, object]] = [
        ("Counts now", value_in_words(progress.value, ladder, program))
    ]
    if progress.next is not None:
        missing = value_in_words(progress.next.missing, ladder, program)
        facts.append((f"Missing to {tier_name(ladder, progress.next.tier)}", missing))
    keep = progress.keep
    if keep is not None:
        missing = value_in_words(keep.missing, ladder, program)
        needed = missing if keep.missing else "nothing"
        counted = f", counted from {keep.since} on" if keep.since > date.min else ""
        words = f"{needed}, by {local(keep.by, program)}"
        facts.append((f"Missing to stay{counted}", words))
        if keep.falls_at is not None:
            where = tier_name(ladder, keep.falls_to) if keep.falls_to else "no tier"
            facts.append(("Falls otherwise", f"to {where}, {local(keep.falls_at, program)}"))
    return facts


def days_panel(member: Member, ladder: CompiledLadder) -> Panel:
    """Return the last days on which something counted, as a ladder counts them."""
    rows = _points(member, ladder) if ladder.metric == "points" else _orders(member, ladder)
    return Panel(
        title="Days that count",
        headings=("Day", "Counted"),
        rows=rows,
        note="Net of refunds, by the day of the program's clock; the newest "
        f"{LAST_DAYS} of them.",
        empty="Nothing counted yet.",
    )


def _orders(member: Member, ladder: CompiledLadder) -> list[tuple[str, Figure]]:
    column = "spend" if ladder.metric == "spend" else "orders"
    rows = DayTotal.objects.filter(member=member).exclude(**{column: 0}).order_by("-day")
    program = member.program
    days: list[tuple[date, int]] = list(rows.values_list("day", column)[:LAST_DAYS])
    counted = ladder if column == "spend" else None
    return [
        (
            day.isoformat(),
            value_in_words(amount, counted, program)
            if counted
            else Figure(f"{amount:,} order{'s' if amount != 1 else ''}"),
        )
        for day, amount in days
    ]


def _points(member: Member, ladder: CompiledLadder) -> list[tuple[str, Figure]]:
    column = "released" if ladder.released else "earned"
    rows = DayPoints.objects.filter(member=member, point_type__code=ladder.point_type)
    days = rows.exclude(**{column: 0}).order_by("-day").values_list("day", F(column))
    return [
        (day.isoformat(), Figure(f"{amount:,} {ladder.point_type}"))
        for day, amount in days[:LAST_DAYS]
    ]
