"""What a review found out: which rows to write, and which changes to tell."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from core import bulk
from core.events import NewEvent, record_events
from core.zones import written
from loyalty.models import Member
from tiers.models import Standing as Row
from tiers.models import StandingChange
from tiers.queries.ladders import LadderSetup, TierSetup
from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.standing import Move, Standing
from tiers.services.moves import REVIEW, Cause, TierMove

# What a review writes in a row; the floor is the staff's.
COLUMNS = (
    "tier",
    "since",
    "until",
    "earned",
    "earned_since",
    "earned_until",
    "period_start",
    "review_at",
)
NEW_COLUMNS = (
    "program_id",
    "member_id",
    "ladder_id",
    "floor_tier",
    "floor_reason",
    *COLUMNS,
)
CHANGE_COLUMNS = (
    "program_id",
    "member_id",
    "ladder_id",
    "from_tier",
    "to_tier",
    "at",
    "cause",
    "source_type",
    "source_id",
    "reason",
)

# What a day's facts bring happens when they are told, and not at the day's midnight.
OF_TODAY = ("rise", "regained", "balance", "ladder", "undone")


def row_values(value: Standing, since: datetime | None) -> dict[str, Any]:
    """Return what a row says of a standing, in the order of `COLUMNS`."""
    return {
        "tier": value.tier or "",
        "since": since,
        "until": value.until,
        "earned": value.earned or "",
        "earned_since": value.earned_since,
        "earned_until": value.earned_until,
        "period_start": value.period_start,
        "review_at": value.review_at,
    }


class Verdicts:
    """What a review found out, and has yet to write."""

    def __init__(
        self,
        setup: TierSetup,
        at: datetime,
        causes: Mapping[int, Cause],
        rows: Mapping[tuple[int, int], Row],
    ) -> None:
        self.setup, self.at, self.causes, self.rows = setup, at, causes, rows
        self.moves: list[TierMove] = []
        self._new: list[tuple[Any, ...]] = []
        self._changed: list[tuple[Any, ...]] = []
        self._changes: list[tuple[Any, ...]] = []

    def take_all(
        self, members: Sequence[Member], values: Mapping[tuple[int, int], Standing]
    ) -> None:
        """Note what is new about members, who stand where `values` say."""
        for member in members:
            for ladder in self.setup.ladders.values():
                self.take(member.pk, ladder, values[member.pk, ladder.id])

    def take(self, member_id: int, ladder: LadderSetup, value: Standing) -> None:
        """Note what is new about a member in a ladder."""
        row = self.rows.get((member_id, ladder.id))
        moves = list(self._new_moves(row, value, ladder))
        for move in moves:
            self._note(member_id, ladder, move, value)
        if row is None:
            # Who never rose needs a row only if time alone may lift them.
            if moves or value.review_at is not None:
                values = self._values(None, value, moves)
                self._new.append((self.setup.program_id, member_id, ladder.id, "", "", *values))
            return
        values = self._values(row, value, moves)
        if values != tuple(getattr(row, column) for column in COLUMNS):
            self._changed.append((row.pk, *values))

    def _new_moves(
        self, row: Row | None, value: Standing, ladder: LadderSetup
    ) -> Iterator[Move]:
        """Give the moves that the row does not know of."""
        if row is None or row.since is None:
            yield from value.moves
            return
        known = [place for place, move in enumerate(value.moves) if self._is(row, move)]
        if known:
            yield from value.moves[known[-1] + 1 :]
            return
        # The past is another one: what the row says was undone, or was never there.
        held = row.tier or None
        # A balance is followed from where the row is, whenever that was.
        later = [move for move in value.moves if move.at > row.since or move.cause == "balance"]
        leaving = [place for place, move in enumerate(later) if move.before == held]
        if leaving:
            yield from later[leaving[0] :]
        elif held != value.tier:
            places = ladder.on(self.setup.day_of(self.at)).places
            # A tier that only an undone version had was never there.
            was_there = held is None or held in places
            rises = places.get(value.tier or "", NO_TIER) > places.get(held or "", NO_TIER)
            rise = "regained" if self._was_entered_before(row.since, value) else "rise"
            yield Move(self.at, held, value.tier, rise if rises and was_there else "undone")

    def _was_entered_before(self, since: datetime, value: Standing) -> bool:
        """Say whether a member had the tier already when it was told to be lost."""
        entered_on = value.earned_since
        return entered_on is not None and entered_on < self.setup.day_of(since)

    def _is(self, row: Row, move: Move) -> bool:
        """Say whether this is the move that brought the row to its tier."""
        if row.since is None or (row.tier or None) != move.after:
            return False
        return self.setup.day_of(row.since) == self.setup.day_of(move.at)

    def _values(
        self, row: Row | None, value: Standing, moves: Sequence[Move]
    ) -> tuple[Any, ...]:
        since = None if row is None else row.since
        if moves:
            since = self._moment(moves[-1])
        return tuple(row_values(value, since).values())

    def _moment(self, move: Move) -> datetime:
        """Return when it happened: what the day's facts brought, now; else at midnight."""
        is_today = self.setup.day_of(move.at) == self.setup.day_of(self.at)
        return self.at if is_today and move.cause in OF_TODAY else move.at

    def _note(self, member_id: int, ladder: LadderSetup, move: Move, value: Standing) -> None:
        at = self._moment(move)
        cause = self._cause(member_id, move)
        now = ladder.on(self.setup.day_of(move.at))
        passed, left = _on_the_way(now, move)
        regained = passed if move.cause == "regained" else ()
        is_taken = move.cause == "balance" and now.point_type in cause.took
        self.moves.append(
            TierMove(
                member_id=member_id,
                ladder=ladder.code,
                from_=move.before,
                to=move.after,
                at=at,
                cause=cause,
                passed=passed,
                left=left,
                undone=move.cause == "undone" or (is_taken and bool(left)),
                regained={code: _left_before(now, code, value.moves) for code in regained},
            )
        )
        codes = (move.before or "", move.after or "")
        why = (cause.kind, cause.source_type, cause.source_id, cause.reason)
        self._changes.append((self.setup.program_id, member_id, ladder.id, *codes, at, *why))

    def _cause(self, member_id: int, move: Move) -> Cause:
        given = self.causes.get(member_id, REVIEW)
        if move.cause == "review":
            return REVIEW
        if move.cause == "by_hand" and given.kind not in ("by_hand", "merge"):
            return Cause("by_hand")
        return Cause("ladder") if move.cause == "ladder" else given

    def write(self) -> None:
        bulk.insert_rows(Row, NEW_COLUMNS, self._new)
        bulk.update_rows(Row, COLUMNS, self._changed)
        bulk.insert_rows(StandingChange, CHANGE_COLUMNS, self._changes)
        if self.moves:
            record_events([event_of(self.setup.program_id, move) for move in self.moves])


def _on_the_way(ladder: CompiledLadder, move: Move) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tiers that a move passed, and those that it left."""
    if move.before is not None and move.before not in ladder.places:
        return (), (move.before,)  # there is no way from a tier that is no more
    passed = tuple(tier.code for tier in ladder.passed(move.before, move.after))
    return passed, tuple(tier.code for tier in ladder.passed(move.after, move.before))


def _left_before(ladder: CompiledLadder, code: str, moves: Sequence[Move]) -> datetime | None:
    """Return when a tier was left before it was entered for the last time."""
    left_at = before_entry = None
    for move in moves:
        passed, left = _on_the_way(ladder, move)
        if code in left:
            left_at = move.at
        if code in passed:
            before_entry = left_at
    return before_entry


def event_of(program_id: int, move: TierMove) -> NewEvent:
    """Return what the outside world is told of a move."""
    data = {
        "ladder": move.ladder,
        "from": move.from_,
        "to": move.to,
        "at": written(move.at),
        "cause": move.cause.kind,
    }
    return NewEvent(program_id, move.member_id, "tier.changed", data, move.at)
