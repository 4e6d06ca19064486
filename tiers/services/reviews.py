"""Review members: let them stand where their days say that they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from core.transactions import retrying
from loyalty.models import Member, Program
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import open_book, write
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import Question, standing_rows, standings_now
from tiers.services.book import open_tiers
from tiers.services.moves import Cause, TierMove
from tiers.services.verdicts import Verdicts


@retrying
def review_members(
    *,
    program: Program,
    members: Sequence[Member],
    at: datetime,
    causes: Mapping[int, Cause] | None = None,
) -> list[TierMove]:
    """Let members stand where they stand at `at`; return how they moved, in order.

    A few statements, whatever the number of members; their wallets are locked. A
    repeat changes nothing. What a rise gives is given, what is undone is taken back.
    `causes` tells by member number what led to it, where that was not time alone.
    """
    if not members or not tier_setup_of(program).ladders:
        return []
    book = open_book(
        setup_of(program), members=[member.pk for member in members], at=at, even_closed=True
    )
    # Who has left stays where they were, until they come back.
    staying = [member for member in members if member.is_open and member.pk not in book.closed]
    tiers = open_tiers(program, staying, book)
    moves = tiers.review(causes or {}).moves
    write(book)
    return moves


def preview_members(
    program: Program, members: Sequence[Member], at: datetime
) -> list[TierMove]:
    """Return how a review at `at` would move members. Nothing is written."""
    setup = tier_setup_of(program)
    if not setup.ladders or not members:
        return []
    staying = [member for member in members if member.is_open]
    rows = standing_rows([member.pk for member in staying], setup)
    values = standings_now(program, [Question(member, at) for member in staying], rows)
    verdicts = Verdicts(setup, at, {}, rows)
    verdicts.take_all(staying, values)
    return verdicts.moves
