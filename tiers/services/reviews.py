"""Review members: make their rows say where they stand, and tell each change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import bulk
from core.events import NewEvent, record_events
from core.transactions import retrying
from core.zones import written
from loyalty.models import Member, Program
from tiers.models import Standing as Row
from tiers.models import StandingChange
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.queries.standings import Question, standing_rows, standings_now
from tiers.rules.ladders import NO_TIER
from tiers.rules.standing import Move, Standing

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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a member is reviewed: a word of `StandingChange.Cause`, and what it came from."""

    kind: str = "review"
    source_type: str = ""
    source_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TierMove:
    """That a member moved in a ladder. `to` and `from_` are codes, None is none.

    `passed` has the codes of the tiers that a rise entered, the lowest first, and
    `left` those that a fall left. `undone` says that the member never had them: a
    refund or an undone change took away what had lifted the member.
    """

    member_id: int
    ladder: str
    from_: str | None
    to: str | None
    at: datetime
    cause: Cause
    passed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    undone: bool = False


REVIEW = Cause()


@retrying
def review_members(
    *,
    program: Program,
    members: Sequence[Member],
    at: datetime,
    causes: Mapping[int, Cause] | None = None,
) -> list[TierMove]:
    """Let members stand where they stand at `at`; return how they moved, in order.

    A few statements, whatever the number of members. Call it with their wallets locked
    or on its own; a repeat changes nothing. `causes` tells by member number what led
    to it, where that was not time alone.
    """
    setup = tier_setup_of(program)
    if not setup.ladders or not members:
        return []
    # Locked before the days are read: whoever comes second reads what the first wrote.
    rows = standing_rows([member.pk for member in members], setup, lock=True)
    values = standings_now(setup, [Question(member, at) for member in members], rows)
    review = _Review(setup, at, causes or {}, rows)
    for member in members:
        for ladder in setup.ladders.values():
            review.take(member.pk, ladder, values[member.pk, ladder.id])
    review.write()
    return review.moves


def preview_members(
    program: Program, members: Sequence[Member], at: datetime
) -> list[TierMove]:
    """Return how a review at `at` would move members. Nothing is written."""
    setup = tier_setup_of(program)
    if not setup.ladders or not members:
        return []
    rows = standing_rows([member.pk for member in members], setup)
    values = standings_now(setup, [Question(member, at) for member in members], rows)
    review = _Review(setup, at, {}, rows)
    for member in members:
        for ladder in setup.ladders.values():
            review.take(member.pk, ladder, values[member.pk, ladder.id])
    return review.moves


class _Review:
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


def due_members(program_id: int, at: datetime, *, after: int, most: int) -> list[Member]:
    """Return members whom time alone may move by `at`, in the order of their numbers.

    The next ones come after the number of the last.
    """
    due = Row.objects.filter(program_id=program_id, review_at__lte=at, member_id__gt=after)
    ids = due.order_by("member_id").values_list("member_id", flat=True).distinct()[:most]
    members = Member.objects.filter(pk__in=list(ids))
    return list(members.order_by("pk"))


def moved_to(moves: Iterable[TierMove], member_id: int) -> list[dict[str, str | None]]:
    """Return a member's moves as answers tell them: one a ladder, from first to last."""
    told: dict[str, dict[str, str | None]] = {}
    for move in moves:
        if move.member_id != member_id:
            continue
        first = told.setdefault(move.ladder, {"ladder": move.ladder, "from": move.from_})
        first["to"] = move.to
    return [each for each in told.values() if each["from"] != each["to"]]
