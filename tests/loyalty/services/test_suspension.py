"""Members who may not earn at present."""

import pytest

from loyalty.models import Decision, Member
from loyalty.queries.balances import WalletView
from tests.factories import (
    SPEND,
    balance_of,
    make_member,
    make_program,
    refund_order,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program(
        rules={"spend": SPEND, "review": {"on": "review", "award": {"points": 7}}}
    )


@pytest.fixture
def ada(program):
    return make_member(program)


def suspend(member, suspended=True):
    member.earning_suspended = suspended
    member.save(update_fields=["earning_suspended"])


def test_orders_of_a_suspended_member_earn_nothing(program, ada):
    suspend(ada)

    state_order(program)

    assert balance_of(ada) == WalletView()


def test_events_of_a_suspended_member_earn_nothing(program, ada):
    suspend(ada)

    state_event(program)

    assert balance_of(ada) == WalletView()


def test_the_decision_says_that_the_member_was_suspended(program, ada):
    suspend(ada)

    state_order(program)

    assert Decision.objects.get(fact_id="1001").outcome["why_nothing"] == "member_suspended"


def test_what_was_missed_is_not_made_up_later(program, ada):
    suspend(ada)
    state_order(program, version=1)
    suspend(ada, False)

    state_order(program, version=2, status="fulfilled")

    assert balance_of(ada) == WalletView()


def test_refunds_of_what_was_earned_before_still_take_it_back(program, ada):
    state_order(program, amount=5000)
    suspend(ada)

    refund_order(program, amount=2000)

    assert balance_of(ada).available == 30


def test_members_who_left_earn_nothing_and_the_decision_says_why(program, ada):
    ada.status = Member.Status.CLOSED
    ada.save(update_fields=["status"])

    state_order(program)

    assert balance_of(ada) == WalletView()
    assert Decision.objects.get(fact_id="1001").outcome["why_nothing"] == "member_closed"
