"""How a batch is split: nobody's facts travel side by side, and nobody's change places."""

import pytest

from engine.batch import waves_of
from engine.owners import owners_of
from engine.pipeline import state_facts
from tests.factories import (
    NOON,
    event_stated,
    make_member,
    make_program,
    make_rewards,
    member_stated,
    order_stated,
    redeem,
    refund_stated,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


def places(program, *statements):
    """Return in which wave each statement travels."""
    waves = waves_of(statements, owners_of(program, statements))
    found = {id(fact.statement): place for place, wave in enumerate(waves) for fact in wave}
    return [found[id(statement)] for statement in statements]


def test_facts_of_different_members_travel_together(program):
    facts = [order_stated(program, name, member=name) for name in ("ada", "bob", "cleo")]

    assert places(program, *facts) == [0, 0, 0]


def test_facts_of_one_member_take_turns(program):
    facts = [
        order_stated(program, "1", member="ada"),
        event_stated(program, member="ada"),
        order_stated(program, "2", member="bob"),
        order_stated(program, "3", member="ada"),
    ]

    assert places(program, *facts) == [0, 1, 0, 2]


def test_a_refund_takes_turns_with_the_member_of_a_known_order(program):
    make_member(program)
    state_order(program, "1")

    facts = [refund_stated(program, "1", amount=100), event_stated(program, member="ada")]

    assert places(program, *facts) == [0, 1]


def test_a_refund_takes_turns_with_the_member_of_an_order_in_the_same_batch(program):
    facts = [
        order_stated(program, "1", member="ada"),
        refund_stated(program, "1", amount=100),
        event_stated(program, member="ada"),
    ]

    assert places(program, *facts) == [0, 1, 2]


def test_an_order_takes_turns_with_the_guest_who_enrols(program):
    facts = [
        member_stated(program, "ada", email="ada@example.org"),
        order_stated(program, "1", guest={"email": "ada@example.org"}),
        event_stated(program, member="ada"),
    ]

    assert places(program, *facts) == [0, 1, 2]


def test_a_refund_of_a_waiting_order_takes_turns_with_whoever_may_claim_it(program):
    state_order(program, "1", guest={"email": "ada@example.org"})

    facts = [
        member_stated(program, "ada", email="ada@example.org"),
        refund_stated(program, "1", amount=100),
    ]

    assert places(program, *facts) == [0, 1]


def test_an_order_restated_for_another_takes_turns_with_whoever_may_claim_it(program):
    state_order(program, "1", guest={"email": "ada@example.org"})

    facts = [
        member_stated(program, "ada", email="ada@example.org"),
        order_stated(program, "1", member="bob"),
    ]

    assert places(program, *facts) == [0, 1]


def test_an_address_passes_on_only_after_it_was_given_up(program):
    make_member(program, "ada", email="one@example.org")

    facts = [
        member_stated(program, "ada", email="two@example.org"),
        member_stated(program, "bob", email="one@example.org"),
    ]

    assert places(program, *facts) == [0, 1]
    assert [answer.error for answer in state_facts(program, facts, at=NOON)] == [None, None]


@pytest.fixture
def cup(program):
    """What bob may drink, and give up."""
    make_rewards(program, cup={"cost": {"points": 10}, "gives": {"free_product": "CUP"}})
    return redeem(make_member(program, "bob", points=10), "cup", capture=True)


def test_an_order_takes_turns_with_the_member_of_the_redemption_that_it_names(program, cup):
    facts = [
        order_stated(program, "1", member="bob"),
        order_stated(program, "2", member="ada", redemptions=[str(cup)]),
    ]

    assert places(program, *facts) == [0, 1]


def test_an_order_takes_turns_with_the_member_of_the_voucher_that_it_names(program, cup):
    facts = [
        order_stated(program, "1", member="bob"),
        order_stated(program, "2", member="ada", vouchers=[cup.voucher.shown.lower()]),
    ]

    assert places(program, *facts) == [0, 1]


def test_an_order_takes_turns_with_that_on_which_its_voucher_was_used(program, cup):
    make_member(program)
    state_order(program, "1", member="ada", vouchers=[cup.voucher.shown])

    facts = [
        order_stated(program, "1", member="ada", status="cancelled"),
        order_stated(program, "2", member="cleo", vouchers=[cup.voucher.shown]),
    ]

    assert places(program, *facts) == [0, 1]


def test_orders_that_name_different_vouchers_travel_together(program):
    facts = [
        order_stated(program, name, member=name, vouchers=[name]) for name in ("ada", "cleo")
    ]

    assert places(program, *facts) == [0, 0]
