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
from tiers.rules.ladders import NO_TIER
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
            self._note(member_id, ladder, move)
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
        later = [move for move in value.moves if move.at > row.since]
        if later and later[0].before == held:
            yield from later
        elif held != value.tier:
            places = ladder.on(self.setup.day_of(self.at)).places
            rises = places.get(value.tier or "", NO_TIER) > places.get(held or "", NO_TIER)
            yield Move(self.at, held, value.tier, "rise" if rises else "undone")

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
        return (
            value.tier or "",
            since,
            value.until,
            value.earned or "",
            value.earned_since,
            value.earned_until,
            value.period_start,
            value.review_at,
        )

    def _moment(self, move: Move) -> datetime:
        """Return when it happened: what the day's facts brought, now; else at midnight."""
        is_today = self.setup.day_of(move.at) == self.setup.day_of(self.at)
        return self.at if is_today and move.cause in ("rise", "ladder", "undone") else move.at

    def _note(self, member_id: int, ladder: LadderSetup, move: Move) -> None:
        at = self._moment(move)
        cause = self._cause(member_id, move)
        tiers = ladder.on(self.setup.day_of(move.at))
        self.moves.append(
            TierMove(
                member_id=member_id,
                ladder=ladder.code,
                from_=move.before,
                to=move.after,
                at=at,
                cause=cause,
                passed=tuple(tier.code for tier in tiers.passed(move.before, move.after)),
                left=tuple(tier.code for tier in tiers.passed(move.after, move.before)),
                undone=move.cause == "undone",
            )
        )
        codes = (move.before or "", move.after or "")
        why = (cause.kind, cause.source_type, cause.source_id, cause.reason)
        self._changes.append((self.setup.program_id, member_id, ladder.id, *codes, at, *why))

    def _cause(self, member_id: int, move: Move) -> Cause:
        given = self.causes.get(member_id, REVIEW)
        if move.cause == "review":
            return REVIEW
        if move.cause == "by_hand" and given.kind != "by_hand":
            return Cause("by_hand")
        return Cause("ladder") if move.cause == "ladder" else given

    def write(self) -> None:
        bulk.insert_rows(Row, NEW_COLUMNS, self._new)
        bulk.update_rows(Row, COLUMNS, self._changed)
        bulk.insert_rows(StandingChange, CHANGE_COLUMNS, self._changes)
        if self.moves:
            record_events([_event(self.setup.program_id, move) for move in self.moves])


def _event(program_id: int, move: TierMove) -> NewEvent:
    data = {
        "ladder": move.ladder,
        "from": move.from_,
        "to": move.to,
        "at": written(move.at),
        "cause": move.cause.kind,
    }
    return NewEvent(program_id, move.member_id, "tier.changed", data, move.at)
