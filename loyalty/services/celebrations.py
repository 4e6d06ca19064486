"""Taking note that somebody celebrates: the fact is ours to state, once a year."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from core.periods import start_of
from loyalty.models import Member, MemberEvent
from loyalty.queries.celebrations import due_celebrations, zone_of
from loyalty.queries.members import kin_of
from loyalty.queries.setup import Setup
from loyalty.rules.celebrations import Celebration
from loyalty.rules.statements import EventStatement

MOMENT = timedelta(microseconds=1)
# By year and row: whatever is edited, the second of a year is a repeat.
ID = "perennial:{kind}:{year}:{member}"


def take_celebrations(
    setup: Setup, members: Iterable[Member], *, at: datetime
) -> list[EventStatement]:
    """Note that these members' celebrations are stated by `at`, and return them.

    Oldest first. The caller states each at its own moment, in the same transaction.
    Who is closed celebrates nothing, and is not asked again either.
    """
    due = [member.pk for member in members if due_celebrations(setup, member, until=at)]
    if not due:
        return []
    # Members before wallets, as when they state something themselves.
    locked = Member.objects.select_for_update(no_key=True).filter(pk__in=due).order_by("pk")
    found: list[tuple[Celebration, Member]] = []
    passed: dict[datetime, list[int]] = {}
    for member in locked:
        theirs = due_celebrations(setup, member, until=at)
        if theirs:
            passed.setdefault(theirs[-1].at, []).append(member.pk)
        if member.is_open:
            found += [(celebration, member) for celebration in theirs]
    for until, ids in passed.items():
        Member.objects.filter(pk__in=ids).update(celebrated_until=until)
    found.sort(key=lambda one: one[0].at)
    return _statements(found)


def celebrations_today(setup: Setup, member: Member, *, at: datetime) -> list[EventStatement]:
    """Return what a member celebrates today who has only now told the day.

    The day is not over, so it counts; what was celebrated this year is a repeat.
    """
    began_at = start_of("day", at, zone_of(member.timezone, setup))
    today = due_celebrations(setup, member, until=at, after=began_at - MOMENT)
    return _statements([(celebration, member) for celebration in today])


def moment_of(statement: EventStatement) -> datetime:
    """Return when a celebration begins, which is when it is stated."""
    if statement.occurred_at is None:
        raise AssertionError("What is celebrated has its moment")
    return statement.occurred_at


def _statements(found: Sequence[tuple[Celebration, Member]]) -> list[EventStatement]:
    """Return the facts to state: what a merged member had this year, its survivor has had."""
    kin = kin_of(member for _, member in found)
    others = {
        _id_of(celebration, other)
        for celebration, member in found
        for other in kin[member.pk][1:]
    }
    over: set[str] = set()
    if others:
        program_id = found[0][1].program_id
        stated = MemberEvent.objects.filter(program=program_id, external_id__in=others)
        over = set(stated.values_list("external_id", flat=True))
    return [
        _statement(celebration, member)
        for celebration, member in found
        if over.isdisjoint(_id_of(celebration, other) for other in kin[member.pk])
    ]


def _id_of(celebration: Celebration, member_id: int) -> str:
    return ID.format(kind=celebration.kind, year=celebration.year, member=member_id)


def _statement(celebration: Celebration, member: Member) -> EventStatement:
    kind, _, begins_at = celebration
    return EventStatement(
        id=_id_of(celebration, member.pk),
        type=kind,
        member=member.external_id,
        occurred_at=begins_at,
        properties={},
    )
