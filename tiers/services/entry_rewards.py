"""What entering a tier gives: once in a lifetime, or each time it is entered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import bulk
from loyalty.models import Member, Voucher
from loyalty.services.gifts import Gift, give_gifts, take_back_gifts
from loyalty.services.ledger import Book
from tiers.models import EntryReward, StandingChange
from tiers.queries.ladders import LadderSetup, TierSetup
from tiers.rules.ladders import NO_TIER, Tier
from tiers.services.moves import TierMove

COLUMNS = ("program_id", "member_id", "ladder_id", "tier", "count", "key", "given_at")


@dataclass(slots=True)
class Entering:
    """The moves of a review, with the wallets of those who moved locked in `book`."""

    book: Book
    setup: TierSetup
    members: Mapping[int, Member]
    at: datetime


def give_entry_rewards(entering: Entering, moves: Sequence[TierMove]) -> list[Voucher]:
    """Give what the moves have earned, take back what they undid; return new vouchers.

    What was taken back was never given: entering the tier again may give it again.
    """
    moves = [move for move in moves if _concerns_rewards(entering, move)]
    if not moves:
        return []
    given = _given_before(entering, moves)
    gifts: list[Gift] = []
    rows = []
    for move in moves:
        if move.undone:
            _take_back(entering, move, given[move.member_id, move.ladder])
            continue
        known = given[move.member_id, move.ladder]
        for tier in _rewarding(entering, move):
            standing = [row for row in known if row.tier == tier.code]
            if _has_it(tier, standing, move):
                continue
            # What came with a merge has numbers of its own, and may have gone again.
            count = 1 + max((row.count for row in standing), default=0)
            row = _new_row(entering, move, tier, count)
            known.append(row)
            rows.append(row)
            gifts.append(_gift(entering, move, tier, row))
    bulk.insert_rows(
        EntryReward, COLUMNS, [[getattr(row, name) for name in COLUMNS] for row in rows]
    )
    return give_gifts(entering.book, gifts, at=entering.at)


def _ladder(entering: Entering, move: TierMove) -> LadderSetup:
    return entering.setup.ladders[move.ladder]


def _concerns_rewards(entering: Entering, move: TierMove) -> bool:
    return bool(move.undone and move.left) or bool(_rewarding(entering, move))


def _rewarding(entering: Entering, move: TierMove) -> list[Tier]:
    """Return the tiers with an entry reward that a move passed, the lowest first."""
    ladder = _ladder(entering, move).on(entering.setup.day_of(move.at))
    had = ladder.places.get(move.cause.had.get(move.ladder, ""), NO_TIER)
    tiers = [ladder.tier(code) for code in move.passed if ladder.places.get(code, had) > had]
    return [tier for tier in tiers if tier is not None and tier.entry is not None]


def _given_before(
    entering: Entering, moves: Sequence[TierMove]
) -> dict[tuple[int, str], list[EntryReward]]:
    codes = {ladder.id: code for code, ladder in entering.setup.ladders.items()}
    found: dict[tuple[int, str], list[EntryReward]] = defaultdict(list)
    rows = EntryReward.objects.filter(
        member__in={move.member_id for move in moves},
        ladder__in={_ladder(entering, move).id for move in moves},
    )
    for row in rows.order_by("member_id", "ladder_id", "tier", "count"):
        found[row.member_id, codes[row.ladder_id]].append(row)
    return found


def _has_it(tier: Tier, given: Sequence[EntryReward], move: TierMove) -> bool:
    """Say whether it was given, and is still theirs: ever, or for this very entry."""
    theirs = [row.given_at for row in given if row.taken_back_at is None]
    if tier.entry is None or not tier.entry.each_time:
        return bool(theirs)
    if tier.code not in move.regained:
        return False
    left_at = move.regained[tier.code]
    return any(left_at is None or given_at >= left_at for given_at in theirs)


def _new_row(entering: Entering, move: TierMove, tier: Tier, count: int) -> EntryReward:
    ladder = _ladder(entering, move)
    return EntryReward(
        program_id=entering.setup.program_id,
        member_id=move.member_id,
        ladder_id=ladder.id,
        tier=tier.code,
        count=count,
        key=f"tier:{move.member_id}:{ladder.code}.{tier.code}:{count}",
        given_at=move.at,
    )


def _gift(entering: Entering, move: TierMove, tier: Tier, row: EntryReward) -> Gift:
    assert tier.entry is not None, "only tiers that give something are asked"
    return Gift(
        member=entering.members[move.member_id],
        gives=tier.entry.gives,
        key=row.key,
        source=("tier", f"{move.ladder}.{tier.code}"),
        given_at=move.at,
    )


def _take_back(entering: Entering, move: TierMove, given: Sequence[EntryReward]) -> None:
    """Take back what the undone entry gave; what an earlier entry gave stays."""
    since = _entered_at(entering, move)
    undone = [
        row
        for row in given
        if row.tier in move.left
        and row.taken_back_at is None
        and (since is None or row.given_at >= since)
    ]
    if not undone:
        return
    owners = {row.key: row.member_id for row in undone}
    take_back_gifts(entering.book, owners, at=entering.at)
    EntryReward.objects.filter(pk__in=[row.pk for row in undone]).update(
        taken_back_at=entering.at
    )


def _entered_at(entering: Entering, move: TierMove) -> datetime | None:
    """Return when the member last rose from where it is back now; None if it never did."""
    ladder = _ladder(entering, move)
    places = ladder.on(entering.setup.day_of(move.at)).places
    back = places.get(move.to or "", NO_TIER)
    changes = StandingChange.objects.filter(member=move.member_id, ladder=ladder.id)
    for change in changes.order_by("-id"):
        if places.get(change.from_tier, NO_TIER) <= back:
            return change.at
    return None
