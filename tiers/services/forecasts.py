"""Who a review at some time would move, and why. Nothing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from loyalty.models import Member, Program
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import Question, about_member, standing_rows, totals_for
from tiers.rules.reasons import Reason, reason_of
from tiers.rules.standing import Move
from tiers.services.moves import TierMove
from tiers.services.reviews import preview_members

# The words of moves for those of rules.
CAUSES = {"by_hand": "by_hand", "review": "review"}


@dataclass(frozen=True, slots=True)
class Forecast:
    """That a member would move, and what was weighed."""

    member: str
    move: TierMove
    reason: Reason


def forecasts_of(
    program: Program, members: Sequence[Member], at: datetime
) -> Iterator[Forecast]:
    """Give the moves that a review at `at` would find, if nothing more is stated."""
    moves = preview_members(program, members, at)
    moving = {move.member_id for move in moves}
    named = {member.pk: member for member in members if member.pk in moving}
    setup = tier_setup_of(program)
    totals = totals_for(program, [Question(member, at) for member in named.values()])
    rows = standing_rows(list(named), setup)
    for move in moves:
        member, ladder = named[move.member_id], setup.ladders[move.ladder]
        row = rows.get((member.pk, ladder.id))
        about = about_member(member, totals[member.pk], row, ladder, setup)
        told = Move(move.at, move.from_, move.to, CAUSES.get(move.cause.kind, "rise"))
        in_force = ladder.on(setup.day_of(move.at))
        yield Forecast(member.external_id, move, reason_of(in_force, about, told, setup.zone))
