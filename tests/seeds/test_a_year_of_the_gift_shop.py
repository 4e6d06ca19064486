"""A year with the gift shop's catalogue: vouchers, a lantern, and points that run out."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.travel import move_clock
from loyalty.models import Program
from loyalty.queries.balances import WalletView
from loyalty.queries.rewards import catalogue
from loyalty.services.redemptions import reverse_redemption
from loyalty.services.rewards import save_rewards
from loyalty.services.vouchers import consume_voucher
from seeds.data_summary import DataSummary
from seeds.online_retail import read_days
from seeds.replay import open_program, replay_days
from seeds.shops import SHOPS
from tests.factories import (
    balance_of,
    make_member,
    redeem,
    requested,
    state_order,
)
from tests.proof import prove
from tests.seeds.living import member_of

pytestmark = pytest.mark.django_db

FORM = SHOPS["gift_shop"].program_file()
OPENING = datetime(2010, 12, 1, tzinfo=UTC)
CATALOGUE = {
    "five_pounds": 500,
    "twenty_pounds": 1800,
    "free_shipping": 300,
    "gift_card": 1000,
    "lantern": 2500,
    "sea_rescue": 250,
}


@pytest.fixture
def days(shop_file, row):
    """One order of 3,000 pounds: 25 points for enrolling, 3,000, and 50 for so much."""
    path = shop_file(row("536365", "71053", 30, "100.00", at="2010-12-01 08:26:00"))
    return list(read_days(path, DataSummary()))


@pytest.fixture
def program():
    return open_program(FORM, at=OPENING)


def lantern_of(program, member=None):
    """Return the lantern as the catalogue shows it."""
    shown = catalogue(program, member, program.now())
    [lantern] = [reward for reward in shown if reward["code"] == "lantern"]
    return lantern


def test_a_year_with_the_catalogue(program, days):
    for _ in replay_days(program, days):
        pass
    buyer = member_of(program, "17850")
    assert balance_of(buyer) == WalletView(pending=3075, lifetime_earned=3075)

    # Released on 15 December, 08:26.
    move_clock(program=program, to=datetime(2010, 12, 16, 12, tzinfo=UTC))
    lantern = redeem(buyer, "lantern", capture=True)
    voucher = redeem(buyer, "five_pounds", capture=True).voucher
    assert (balance_of(buyer).available, lantern_of(program)["stock"]) == (75, 24)
    assert lantern.fulfilment == "open"

    # 40 pounds less the voucher earn 35 points, for 14 days on hold.
    move_clock(program=program, to=datetime(2011, 1, 10, 12, tzinfo=UTC))
    line = {"sku": "22633", "quantity": 10, "unit_price": 400, "discount": 500}
    answer = state_order(
        program, "540001", member="17850", lines=[line], vouchers=[voucher.shown]
    )
    assert [used["discount"] for used in answer.body["used_vouchers"]] == [500]
    again = consume_voucher(
        program=program, code=voucher.code, order="540001", at=program.now()
    )
    assert again.discount == 500
    assert (balance_of(buyer).available, balance_of(buyer).pending) == (75, 35)

    # The lantern broke on the way: its points come back, to lots of their old time.
    move_clock(program=program, to=datetime(2011, 2, 1, tzinfo=UTC))
    reverse_redemption(redemption=lantern, requested=requested(buyer))
    assert (balance_of(buyer).available, lantern_of(program)["stock"]) == (75 + 35 + 2500, 25)

    # Half a year after release, at the same time of the wall; that is summer time.
    gone_at = datetime(2011, 6, 15, 7, 26, tzinfo=UTC)
    for moment, points in ((gone_at - timedelta(seconds=1), 2610), (gone_at, 35)):
        move_clock(program=program, to=moment)
        assert balance_of(buyer).available == points
    gone_at = datetime(2011, 7, 24, 11, tzinfo=UTC)
    for moment, points in ((gone_at - timedelta(seconds=1), 35), (gone_at, 0)):
        move_clock(program=program, to=moment)
        assert balance_of(buyer).available == points

    move_clock(program=program, to=datetime(2011, 12, 1, tzinfo=UTC))
    assert balance_of(buyer) == WalletView(
        lifetime_earned=3110, lifetime_redeemed=500, lifetime_expired=2610
    )
    prove(program)


def test_everything_in_the_catalogue_can_be_had_for_its_price(program):
    ada = make_member(program, points=sum(CATALOGUE.values()))

    for code, price in CATALOGUE.items():
        assert redeem(ada, code, capture=True).captured_points == price

    assert balance_of(ada).available == 0
    assert [one["code"] for one in catalogue(program, None, program.now())] == list(CATALOGUE)


def test_a_lantern_a_year_for_each_and_twenty_five_for_all(program):
    reached = make_member(program, "m-0", points=5000)
    redeem(reached, "lantern", capture=True)
    assert lantern_of(program, reached)["why_not"] == "limit_reached"

    for number in range(1, 25):
        redeem(make_member(program, f"m-{number}", points=2500), "lantern", capture=True)
    late = make_member(program, "late", points=2500)
    assert lantern_of(program)["stock"] == 0
    assert lantern_of(program, late)["why_not"] == "out_of_stock"


def test_the_catalogue_costs_the_replay_no_statement(days):
    asked = []
    for rewards in ({}, FORM.section("rewards")):
        program = open_program(FORM, at=OPENING)
        save_rewards(program=program, forms=rewards, at=OPENING)
        with CaptureQueriesContext(connection) as queries:
            for _ in replay_days(program, days):
                pass
        asked.append(len(queries))
        Program.objects.filter(pk=program.pk).update(slug=f"with-{len(rewards)}")

    assert asked[0] == asked[1]
