"""Tiers set by hand: at least this one, until a date, for a reason."""

from datetime import datetime

from core.errors import NotFound, invalid
from core.transactions import retrying
from loyalty.models import Member
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import open_book, write
from loyalty.services.statuses import MemberClosed
from tiers.models import Standing
from tiers.queries.ladders import LadderSetup, tier_setup_of
from tiers.services.book import open_tiers
from tiers.services.moves import Cause, TierMove


@retrying
def set_tier(
    *,
    member: Member,
    ladder: str,
    tier: str | None,
    until: datetime | None,
    reason: str,
    at: datetime,
) -> list[TierMove]:
    """Let a member have at least this tier from `at` on, until `until` (exclusive).

    `until` None has no end; `tier` None ends what was set by hand before. What the
    member earned counts where it is higher. A repeat changes nothing.

    :raises NotFound: if there is no such ladder
    :raises MemberClosed: if the member has left
    :raises InvalidInput: if there is no such tier, no reason, or it ends before it starts
    """
    setup = tier_setup_of(member.program)
    if ladder not in setup.ladders:
        raise NotFound(f"There is no ladder {ladder!r} in this program.")
    found = setup.ladders[ladder]
    now = found.on(setup.day_of(at))
    if tier is not None and tier not in now.places:
        offered = ", ".join(now.places)
        raise invalid("/tier", "unknown_tier", f"there is no tier {tier!r}; there is {offered}")
    if until is not None and until <= at:
        raise invalid(
            "/until", "out_of_order", "it would end before it starts: name a later time"
        )
    if not reason.strip():
        raise invalid("/reason", "required", "say why, for whoever looks at it later")
    if not member.is_open:
        raise MemberClosed(f"Member {member.external_id} is {member.status}.")
    # Wallets first, as everybody does who changes a standing.
    book = open_book(setup_of(member.program), members=[member.pk], at=at, even_closed=True)
    row = locked_row(member, found)
    if tier is None:
        _lift_floor(row, reason, at)
    elif not _is_set(row, tier, until, reason, at):
        row.floor_tier, row.floor_since, row.floor_until = tier, at, until
        row.floor_reason = reason
    row.save(update_fields=["floor_tier", "floor_since", "floor_until", "floor_reason"])
    tiers = open_tiers(member.program, [member], book)
    moves = tiers.review({member.pk: Cause("by_hand", "staff", "", reason)}).moves
    write(book)
    return moves


def locked_row(member: Member, ladder: LadderSetup) -> Standing:
    """Return the member's row, locked; who never rose gets one."""
    rows = Standing.objects.select_for_update().filter(member=member, ladder=ladder.id)
    row = rows.first()
    if row is not None:
        return row
    lowest = ladder.versions[0].ladder
    return Standing.objects.create(
        program_id=member.program_id,
        member=member,
        ladder_id=ladder.id,
        tier=lowest.code_at(lowest.lowest) or "",
        earned=lowest.code_at(lowest.lowest) or "",
    )


def _is_set(
    row: Standing, tier: str, until: datetime | None, reason: str, at: datetime
) -> bool:
    same = (row.floor_tier, row.floor_until, row.floor_reason) == (tier, until, reason)
    return same and row.has_floor(at)


def _lift_floor(row: Standing, reason: str, at: datetime) -> None:
    """End the floor now. That it was there stays known, for the time that it was."""
    if not row.has_floor(at):
        return
    row.floor_reason = reason
    if row.floor_since is not None and row.floor_since < at:
        row.floor_until = at
    else:
        row.floor_tier, row.floor_since, row.floor_until = "", None, None
