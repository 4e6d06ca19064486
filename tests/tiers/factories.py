"""Ladders, days and standings for tests: through the services that the product uses.

program = make_program()
make_ladders(program, vip={"tiers": TIERS})
ada = make_member(program)
spend(ada, 50000)                      # cents, on the day of NOON
assert tier_of(ada) == "gold"
"""

from datetime import date

from tests.factories import NOON
from tiers.queries.standings import standings_of
from tiers.services.ladders import save_ladders
from tiers.services.reviews import review_members
from tiers.services.totals import OrderChange, move_totals

TIERS = {
    "member": {"threshold": 0},
    "silver": {"threshold": "200.00"},
    "gold": {"threshold": "500.00", "multiplier": "1.5"},
}
YEAR = {"calendar": "year"}
TODAY = date(2026, 5, 4)


def make_ladders(program, *, at=NOON, applies_from=None, **forms):
    forms = forms or {"vip": {"tiers": TIERS}}
    save_ladders(program=program, forms=forms, at=at, applies_from=applies_from)


def count_order(member, cents, *, day=TODAY, orders=1):
    """Move the member's sums as an order of that day (or its refund) would."""
    change = OrderChange(member.pk, day, cents, orders)
    move_totals(member.program_id, [change])


def review(*members, at=NOON, causes=None):
    program = members[0].program
    return review_members(program=program, members=members, at=at, causes=causes)


def spend(member, cents, *, day=TODAY, at=NOON, orders=1):
    count_order(member, cents, day=day, orders=orders)
    return review(member, at=at)


def tier_of(member, *, at=NOON, ladder="vip"):
    return standings_of(member.program, [member], at)[member.pk][ladder].tier
