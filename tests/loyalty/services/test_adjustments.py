"""Adjustments: points that people give and take."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from core.models import Event
from loyalty.models import Adjustment
from loyalty.queries.balances import WalletView
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.adjustments import (
    AdjustmentRequest,
    AlreadyDecided,
    Requested,
    SecondPersonNeeded,
    adjust_points,
    approve_adjustment,
    reject_adjustment,
)
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    point_type_of,
)

pytestmark = pytest.mark.django_db

AWAITING, POSTED, REJECTED = Adjustment.Status.values


@pytest.fixture
def program():
    return make_program(adjustment_approval_above=500)


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def grace():
    return get_user_model().objects.create_user("grace")


def ask(member, points, key="a-1", **terms):
    return adjust_points(
        member=member,
        point_type=point_type_of(member.program),
        request=AdjustmentRequest(points, **{"reason": "goodwill"} | terms),
        requested=Requested(key, NOON, by="alan"),
    )


def test_points_are_given_with_a_reason(ada):
    adjustment = ask(ada, 50)

    assert adjustment.status == POSTED
    assert [(e.kind, e.available, e.reason) for e in entries_of(ada)] == [
        ("adjust", 50, "goodwill")
    ]


def test_the_same_key_adjusts_once(ada):
    assert ask(ada, 50) == ask(ada, 50)
    assert balance_of(ada).available == 50


def test_points_may_wait_for_a_day(ada):
    ask(ada, 50, available_at=NOON + timedelta(days=1))

    assert balance_of(ada).pending == 50
    assert balance_of(ada, at=NOON + timedelta(days=1)).available == 50


def test_points_may_be_given_for_an_earlier_day(ada):
    ask(ada, 50, occurred_at=NOON - timedelta(days=2))

    assert entries_of(ada)[0].occurred_at == NOON - timedelta(days=2)


def test_points_given_for_an_earlier_day_may_have_waited_long_enough(ada):
    day = NOON - timedelta(days=9)

    adjustment = ask(ada, 50, occurred_at=day, available_at=day + timedelta(days=1))

    assert balance_of(ada).available == 50
    assert adjustment.entry.kind == "adjust"


def test_a_deduction_is_not_a_loss_of_what_was_earned(ada):
    ask(ada, 50, "a-1")
    ask(ada, -20, "a-2")

    assert balance_of(ada) == WalletView(available=30, lifetime_earned=50)


def test_a_deduction_may_lead_into_debt_if_it_says_so(ada):
    ask(ada, -20, allow_debt=True)

    assert balance_of(ada) == WalletView(debt=20)


def test_a_deduction_into_debt_follows_the_policy_of_the_points():
    ada = make_member(make_program(points={"debt": "clamp"}), points=5)

    adjustment = ask(ada, -20, allow_debt=True)

    assert (balance_of(ada).available, balance_of(ada).debt) == (0, 0)
    assert adjustment.entry.forgiven == 15


def test_a_deduction_that_would_take_nothing_is_refused():
    ada = make_member(make_program(points={"debt": "clamp"}))

    with pytest.raises(InsufficientPoints):
        ask(ada, -20, allow_debt=True)


def test_what_is_above_the_threshold_waits_for_a_second_person(ada):
    adjustment = ask(ada, 501)

    assert (adjustment.status, adjustment.entry) == (AWAITING, None)
    assert balance_of(ada) == WalletView()


def test_a_large_deduction_waits_as_well(ada):
    ask(ada, 500, "a-1")
    ask(ada, 500, "a-2")

    assert ask(ada, -501, "a-3").status == AWAITING


def test_what_is_at_the_threshold_is_posted(ada):
    assert ask(ada, 500).status == POSTED


def test_approving_posts_it(ada, grace):
    adjustment = approve_adjustment(adjustment=ask(ada, 501), user=grace, at=NOON)

    assert (adjustment.status, adjustment.decided_by) == (POSTED, grace)
    assert balance_of(ada).available == 501


def test_rejecting_posts_nothing(ada, grace):
    adjustment = reject_adjustment(adjustment=ask(ada, 501), user=grace, at=NOON)

    assert adjustment.status == REJECTED
    assert balance_of(ada) == WalletView()


def test_nobody_decides_on_their_own_adjustment(ada):
    alan = get_user_model().objects.create_user("alan")
    adjustment = ask(ada, 501)

    for decide in (approve_adjustment, reject_adjustment):
        with pytest.raises(SecondPersonNeeded):
            decide(adjustment=adjustment, user=alan, at=NOON)

    adjustment.refresh_from_db()
    assert adjustment.status == AWAITING


@pytest.mark.parametrize("first", [approve_adjustment, reject_adjustment])
@pytest.mark.parametrize("second", [approve_adjustment, reject_adjustment])
def test_an_adjustment_is_decided_once(ada, grace, first, second):
    adjustment = ask(ada, 501)
    first(adjustment=adjustment, user=grace, at=NOON)
    known = balance_of(ada)

    with pytest.raises(AlreadyDecided):
        second(adjustment=adjustment, user=grace, at=NOON)

    assert balance_of(ada) == known


def test_a_deduction_that_is_approved_too_late_is_refused_and_goes_on_waiting(ada, grace):
    ask(ada, 500, "a-1")
    ask(ada, 100, "a-2")
    adjustment = ask(ada, -600, "a-3")
    give_points(ada, -1)

    with pytest.raises(InsufficientPoints):
        approve_adjustment(adjustment=adjustment, user=grace, at=NOON)

    adjustment.refresh_from_db()
    assert adjustment.status == AWAITING


def test_the_expiry_of_what_is_approved_later_counts_from_when_it_was_for(grace):
    program = make_program(adjustment_approval_above=0, points={"expiry": {"after": "10 days"}})
    ada = make_member(program)
    adjustment = ask(ada, 50)
    pass_time(program, days=4)

    approve_adjustment(adjustment=adjustment, user=grace, at=program.now())

    assert balance_of(ada, at=NOON + timedelta(days=9)).available == 50
    assert balance_of(ada, at=NOON + timedelta(days=10)).available == 0


def test_a_key_may_look_like_one_that_we_make_ourselves(ada):
    # The first repays a debt, with an entry of its own and a key made of this one.
    ask(ada, -20, "a-0", allow_debt=True)
    ask(ada, 30, "a-1")

    for ending in ("repay", "expire", "lapse"):
        ask(ada, 1, f"a-1:{ending}")

    assert balance_of(ada).available == 13


def test_the_outside_hears_of_it(ada):
    ask(ada, 50)

    event = Event.objects.get(type="points.adjusted")
    assert event.data["points"] == 50
