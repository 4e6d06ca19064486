"""Members' tiers in a transaction that holds their wallets: looked at, counted, reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loyalty.models import Member, Program, Voucher
from loyalty.services.ledger import Book
from tiers.queries.known import read_tiers
from tiers.queries.ladders import TierSetup, tier_setup_of
from tiers.queries.standings import (
    Held,
    Question,
    Rows,
    held_by,
    standing_rows,
    standings_by,
)
from tiers.queries.totals import Sums, take_balances
from tiers.rules.measures import Totals
from tiers.services.entry_rewards import Entering, give_entry_rewards
from tiers.services.moves import Cause, TierMove
from tiers.services.totals import OrderChange, PointsChange
from tiers.services.verdicts import Verdicts

# What entering a tier gives may lift a member by a ladder that follows balances.
MOST_ROUNDS = 20


@dataclass(slots=True)
class Reviewed:
    """How members moved, in order, and the vouchers that entering a tier gave."""

    moves: list[TierMove] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)


@dataclass(slots=True)
class TierBook:
    """The tiers of members whose wallets a transaction holds."""

    setup: TierSetup
    members: Mapping[int, Member]
    book: Book
    rows: Rows
    sums: Mapping[int, Sums]

    def held(self, questions: Sequence[Question]) -> dict[int, dict[str, Held]]:
        """Return the tiers of each member at the time that is asked about, by ladder."""
        behind = {member_id for member_id, sums in self.sums.items() if sums.is_behind}
        return held_by(self.setup, questions, self.rows, self._totals(), behind)

    def _totals(self) -> dict[int, Totals]:
        # The transaction may hold the wallets of others as well.
        own = (each for each in self.book.wallets.values() if each.member_id in self.sums)
        take_balances(self.sums, own, self.book.setup)
        return {member_id: sums.totals() for member_id, sums in self.sums.items()}

    def catch_up(self) -> None:
        """Write down what time has done by now: it comes before what is stated now."""
        now = self.book.at
        due = {
            row.member_id
            for row in self.rows.values()
            if row.review_at is not None and row.review_at <= now
        }
        if due:
            self.review({}, [self.members[member_id] for member_id in due])
            self.rows = standing_rows(list(self.members), self.setup)

    def count(self, orders: Sequence[OrderChange], points: Sequence[PointsChange]) -> None:
        """Count what facts changed; to be written by the caller, with `move_totals`."""
        for order in orders:
            self.sums[order.member_id].add_orders(order.day, order.spend, order.orders)
        for each in points:
            code = self.book.setup.point_type(each.point_type_id).code
            sums = self.sums[each.member_id]
            sums.add_points(code, each.day, each.earned, each.released)

    def review(
        self, causes: Mapping[int, Cause], members: Sequence[Member] | None = None
    ) -> Reviewed:
        """Let these members (all, by default) stand where they stand at the book's time."""
        reviewed = Reviewed()
        asked = list(self.members.values()) if members is None else members
        for _ in range(MOST_ROUNDS):
            verdicts = self._judge(asked, causes)
            # Before the changes are written: they tell since when a member had a tier.
            entering = Entering(self.book, self.setup, self.members, self.book.at)
            reviewed.vouchers += give_entry_rewards(entering, verdicts.moves)
            verdicts.write()
            reviewed.moves += verdicts.moves
            if not verdicts.moves or "balance" not in self.setup.metrics:
                break
            self.rows = standing_rows(list(self.members), self.setup)
        return reviewed

    def _judge(self, members: Sequence[Member], causes: Mapping[int, Cause]) -> Verdicts:
        # Nobody is reviewed as of a time before what is known of them already.
        known = [row.since for row in self.rows.values() if row.since is not None]
        at = max([self.book.at, *known])
        questions = [Question(member, at) for member in members]
        verdicts = Verdicts(self.setup, at, causes, self.rows)
        values = standings_by(self.setup, questions, self.rows, self._totals())
        verdicts.take_all(members, values)
        return verdicts


def open_tiers(program: Program, members: Sequence[Member], book: Book) -> TierBook:
    """Read all about the tiers of members whose wallets are locked in `book`.

    Nobody else can count for them, or review them, until those are let go.
    """
    setup = tier_setup_of(program)
    rows, sums = read_tiers(book.setup, setup, [member.pk for member in members])
    return TierBook(setup, {member.pk: member for member in members}, book, rows, sums)
