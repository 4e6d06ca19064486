"""What tiers mean for who is suspended or has left, and comes back."""

from datetime import timedelta

import pytest

from engine.lives import welcome_back
from engine.nightly import run_due
from loyalty.services.statuses import close_member, suspend_member
from tests.factories import NOON, make_member, make_program
from tests.proof import prove, prove_days
from tests.tiers.factories import TIERS, YEAR, make_ladders, tier_of
from tests.tiers.lives import buy, fresh
from tiers.models import Standing, StandingChange

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def program():
    return make_program()


@pytest.fixture(autouse=True)
def _all_agrees(program):
    yield
    prove(program)
    prove_days(program)


@pytest.fixture
def ada(program):
    return make_member(program)


def test_what_a_suspended_member_buys_lifts_nobody(program, ada):
    make_ladders(program)
    suspend_member(member=ada, earning=True, redeeming=False, at=NOON)

    answer = buy(ada, 50000)

    assert answer.body["tiers"] == []
    assert tier_of(fresh(ada)) == "member"


def test_what_was_bought_while_suspended_is_not_made_up_for(program, ada):
    make_ladders(program)
    suspend_member(member=ada, earning=True, redeeming=False, at=NOON)
    buy(ada, 50000)

    welcome_back(member=fresh(ada), at=NOON)

    assert tier_of(fresh(ada)) == "member"
    assert buy(fresh(ada), 20000, "ada-2").body["tiers"] == [
        {"ladder": "vip", "from": "member", "to": "silver"}
    ]


def test_a_suspended_member_keeps_a_tier_until_its_time_is_up(program, ada):
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    buy(ada, 50000)
    suspend_member(member=fresh(ada), earning=True, redeeming=True, at=NOON)

    assert tier_of(fresh(ada), at=NOON + 200 * DAY) == "gold"
    run_due(program, at=NOON + 300 * DAY)
    assert Standing.objects.get().tier == "member"


def test_whoever_may_only_not_redeem_rises_as_ever(program, ada):
    make_ladders(program)
    suspend_member(member=ada, earning=False, redeeming=True, at=NOON)

    buy(ada, 50000)

    assert tier_of(fresh(ada)) == "gold"


def test_nobody_reviews_a_closed_member(program, ada):
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    buy(ada, 50000)
    close_member(member=fresh(ada), at=NOON)

    assert run_due(program, at=NOON + 300 * DAY)["tier_changes"] == 0

    assert StandingChange.objects.count() == 1


def test_what_is_bought_for_a_closed_member_lifts_nobody(program, ada):
    make_ladders(program)
    close_member(member=ada, at=NOON)

    buy(ada, 50000)

    assert tier_of(fresh(ada)) == "member"


def test_whoever_comes_back_stands_where_time_has_put_them(program, ada):
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    buy(ada, 50000)
    close_member(member=fresh(ada), at=NOON)
    run_due(program, at=NOON + 300 * DAY)

    welcome_back(member=fresh(ada), at=NOON + 300 * DAY)

    change = StandingChange.objects.latest("id")
    assert (change.from_tier, change.to_tier, change.cause) == ("gold", "member", "review")
    assert str(change.at) == "2026-12-31 23:00:00+00:00"
