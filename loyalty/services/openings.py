"""Opening balances: what members bring along from another system, lot by lot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from core.transactions import retrying
from loyalty.models import Entry, Member, Program
from loyalty.queries.members import survivors_of
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.movements import grant
from loyalty.rules.openings import Broken, Opening
from loyalty.rules.wallets import Cause, NewLot
from loyalty.services.ledger import Posting, open_book, post


@dataclass(slots=True)
class Opened:
    """What became of some rows: posted now, posted by an earlier run, or broken.

    `strangers` are those whose member nobody has enrolled.
    """

    posted: list[Opening] = field(default_factory=list)
    known: list[Opening] = field(default_factory=list)
    strangers: list[Opening] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


@retrying
def post_openings(
    *, program: Program, rows: Sequence[Opening], at: datetime, dry_run: bool = False
) -> Opened:
    """Open these lots, in one transaction; rows that were posted before are left alone.

    With `dry_run` nothing is written, and `posted` is what would be.
    """
    setup = setup_of(program)
    members = _members_of(program, rows)
    opened = Opened()
    keys = _keys_of(setup, rows, members)
    if not dry_run:
        # Before asking what is known: two imports of one file may run at once.
        owners = {members[row.member][1].pk for row in rows if row.line in keys}
        book = open_book(setup, members=owners, at=at, even_closed=True)
    known = Entry.objects.filter(program=program, key__in=keys.values())
    done = set(known.values_list("key", flat=True))
    for row in rows:
        _sort(row, members, is_known=keys.get(row.line) in done, into=opened, at=at)
    if not dry_run:
        postings = [
            _posting(setup, row, members[row.member][1], keys[row.line], at)
            for row in opened.posted
        ]
        post(book, postings)
    return opened


Known = dict[str, tuple[Member, Member]]


def _members_of(program: Program, rows: Sequence[Opening]) -> Known:
    """Return the members that are named, each with who it is now."""
    ids = {row.member for row in rows}
    found = list(Member.objects.filter(program=program, external_id__in=ids))
    survivors = survivors_of(found)
    return {member.external_id: (member, survivors.get(member.pk, member)) for member in found}


def _keys_of(setup: Setup, rows: Sequence[Opening], members: Known) -> dict[int, str]:
    """Return the ledger's key for each line whose member is known.

    By the member's number, since keys are for ever and must not say who it is.
    """
    return {
        row.line: f"opening:{members[row.member][0].pk}:{row.digest()}"
        for row in rows
        if row.member in members
    }


def _sort(row: Opening, members: Known, *, is_known: bool, into: Opened, at: datetime) -> None:
    if row.member not in members:
        into.strangers.append(row)
    elif is_known:
        into.known.append(row)
    elif not members[row.member][1].is_open:
        into.broken.append(Broken(row.line, "member", "expected a member who is not closed"))
    elif row.expires_too_soon(at):
        detail = "expected a time that is yet to come, after they become available"
        into.broken.append(Broken(row.line, "expires", detail))
    else:
        into.posted.append(row)


def _posting(setup: Setup, row: Opening, owner: Member, key: str, at: datetime) -> Posting:
    waits_until = row.available_at if row.available_at and row.available_at > at else None
    lot = NewLot(row.amount, waits_until, expires_at=row.expires_at)
    cause = Cause(key, ("opening", row.digest()), row.earned_at or at, reason="opening")
    movement = partial(grant, kind="opening", lots=[lot], cause=cause)
    point_type = setup.point_types[row.point_type].id
    return Posting((owner.pk, point_type), movement, reads="wallet")
