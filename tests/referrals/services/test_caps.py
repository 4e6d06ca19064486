"""How often and how much referrals pay: caps, milestones, budgets."""

from contextlib import suppress
from functools import partial

import pytest

from core.errors import Unavailable
from referrals.models import Payout, ReferralProgram
from tests.concurrency import all_at_once, errors_in
from tests.factories import make_member, state_order
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    make_referrals,
    order,
    pass_days,
    points_of,
)

pytestmark = pytest.mark.django_db


def start(**form):
    """Return an advocate and a friend who has enrolled, of a program of this form."""
    program = make_referrals(**form)
    ada = make_member(program)
    claim(ada)
    enrol(program)
    return ada, program.member_set.get(external_id="bob")


def outcomes(**condition):
    rows = Payout.objects.filter(**condition).order_by("pk")
    return [(row.side, row.outcome, row.taken_back_at is None) for row in rows]


def bring(ada, *names):
    """Let friends of these names be claimed, enrol and order."""
    for name in names:
        claim(ada, name)
        enrol(ada.program, name)
        order(ada.program, f"of-{name}", member=name)


def test_at_the_cap_the_friend_is_still_rewarded():
    ada, _ = start(advocate={"gives": {"points": 100}, "cap": {"times": 1, "per": "year"}})
    order(ada.program)

    bring(ada, "cid")

    assert points_of(ada) == 100
    assert points_of(ada.program.member_set.get(external_id="cid")) == 50
    assert outcomes(side="advocate") == [
        ("advocate", "given", True),
        ("advocate", "capped", True),
    ]


def test_a_reversal_makes_room_under_the_cap():
    ada, _ = start(advocate={"gives": {"points": 100}, "cap": {"times": 1, "per": "year"}})
    order(ada.program)
    bring(ada, "cid", "dan")

    order(ada.program, status="cancelled")

    assert points_of(ada) == 100
    given = Payout.objects.filter(side="advocate", outcome="given", taken_back_at=None).get()
    assert given.referral.friend.external_id == "cid"


def test_the_next_year_has_a_cap_of_its_own():
    ada, _ = start(advocate={"gives": {"points": 100}, "cap": {"times": 1, "per": "year"}})
    order(ada.program)
    pass_days(ada.program, 365)

    bring(ada, "cid")

    assert points_of(ada) == 200


MILESTONES = {
    "two": {"at": 2, "gives": {"points": 500}},
    "third": {"every": 3, "gives": {"points": 1000}},
}


def test_milestones_are_given_for_many_friends_and_taken_back_with_them():
    ada, _ = start(friend=None, milestones=MILESTONES)
    order(ada.program)
    bring(ada, "cid")
    assert points_of(ada) == 200 + 500

    bring(ada, "dan")
    assert points_of(ada) == 300 + 500 + 1000

    order(ada.program, status="cancelled")
    assert points_of(ada) == 200 + 500

    order(ada.program, status="paid")
    assert points_of(ada) == 300 + 500 + 1000


def test_a_program_may_pay_milestones_alone():
    ada, _ = start(advocate=None, friend=None, milestones=MILESTONES)
    order(ada.program)

    bring(ada, "cid")

    assert points_of(ada) == 500


def test_what_does_not_fit_the_budget_whole_is_not_given():
    ada, bob = start(budget={"points": 140})

    order(ada.program)

    # The friend comes first.
    assert (points_of(bob), points_of(ada)) == (50, 0)
    assert outcomes() == [("friend", "given", True), ("advocate", "over_budget", True)]
    assert ReferralProgram.objects.get().spent_points == 50


def test_what_is_taken_back_is_in_the_budget_again():
    ada, bob = start(budget={"points": 150})
    order(ada.program)

    order(ada.program, status="cancelled")
    assert ReferralProgram.objects.get().spent_points == 0

    order(ada.program, status="paid")
    assert (points_of(bob), points_of(ada)) == (50, 100)


def test_what_is_put_back_into_the_budget_is_for_those_who_come_after():
    ada, _ = start(friend=None, budget={"points": 100})
    order(ada.program)
    bring(ada, "cid")
    assert points_of(ada) == 100

    order(ada.program, status="cancelled")
    assert points_of(ada) == 0

    bring(ada, "dan")
    assert points_of(ada) == 100


def test_a_budget_that_comes_later_counts_what_was_given_before():
    ada, _ = start()
    order(ada.program)

    make_referrals(ada.program, budget={"points": 200})
    claim(ada, "cid")
    enrol(ada.program, "cid")
    order(ada.program, "2", member="cid")

    assert points_of(ada) == 100
    assert ReferralProgram.objects.get().spent_points == 200


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_hundred_friends_who_qualify_at_once_pay_five_under_a_cap_of_five():
    program = make_referrals(
        advocate={"gives": {"points": 100}, "cap": {"times": 5, "per": "year"}}
    )
    ada = make_member(program)
    names = [f"friend-{number}" for number in range(200)]
    for name in names:
        make_member(program, name, referral_code=code_of(ada))

    def order_all(some):
        for name in some:
            while True:
                with suppress(Unavailable):
                    state_order(program, f"of-{name}", member=name)
                    break

    results = all_at_once([partial(order_all, names[start::20]) for start in range(20)])

    assert errors_in(results) == []
    assert points_of(ada) == 500
    assert Payout.objects.filter(side="friend", outcome="given").count() == 200
    assert Payout.objects.filter(side="advocate", outcome="capped").count() == 195
    prove(program)


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_budget_is_not_overdrawn_by_many_advocates_at_once():
    program = make_referrals(friend=None, budget={"points": 500})
    names = [f"friend-{number}" for number in range(10)]
    for name in names:
        claim(make_member(program, f"of-{name}"), name)
        enrol(program, name)

    results = all_at_once(
        [lambda name=name: state_order(program, name, member=name) for name in names]
    )

    assert errors_in(results) == []
    assert Payout.objects.filter(outcome="given").count() == 5
    assert ReferralProgram.objects.get().spent_points == 500
