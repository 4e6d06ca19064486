"""What referrals cost a fact, and what they tell it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.pipeline import state_facts
from engine.preview import preview_order
from loyalty.models import MemberEvent, Order
from loyalty.queries.setup import setup_of
from loyalty.services.erasing import erase_member
from loyalty.services.facts import Fact, Wave
from loyalty.services.ledger import Book
from referrals.models import Referral, ReferralStep
from referrals.services.programs import save_referral_programs
from referrals.services.stage import find_referrals, qualify_referrals
from tests.factories import (
    NOON,
    event_stated,
    make_member,
    make_program,
    order_stated,
    state_event,
    state_order,
)
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    order,
    points_of,
)

pytestmark = pytest.mark.django_db


def wave_of(program, member_id="bob", **content):
    state_order(program, member=member_id, **content)
    row = Order.objects.get(program=program)
    fact = Fact(
        order_stated(program, member=member_id, **content), member=row.member, order=row
    )
    setup = setup_of(program)
    return Wave(program, setup, program.now(), [fact], Book(setup, program.now()))


def queries_of(wave):
    find_referrals(wave)
    with CaptureQueriesContext(connection) as captured:
        qualify_referrals(wave, find_referrals(wave))
    return len(captured)


def test_an_order_of_somebody_whom_nobody_referred_costs_one_query(program):
    make_member(program, "bob")

    assert queries_of(wave_of(program)) == 1


def test_an_order_in_a_program_without_referrals_costs_nothing():
    program = make_program()
    make_member(program, "bob")

    assert queries_of(wave_of(program)) == 0


def test_an_order_in_a_program_whose_referrals_have_ended_is_still_looked_at(program):
    save_referral_programs(program=program, forms={}, at=NOON)
    make_member(program, "bob")

    assert queries_of(wave_of(program)) == 1


def test_an_event_that_no_program_asks_for_costs_nothing(program):
    bob = make_member(program, "bob")
    state_event(program, member="bob")
    row = MemberEvent.objects.get(external_id="e-1")
    fact = Fact(event_stated(program, member="bob"), member=bob, event=row)
    setup = setup_of(program)

    assert queries_of(Wave(program, setup, NOON, [fact], Book(setup, NOON))) == 0


def test_a_preview_writes_nothing(program):
    claim(make_member(program))
    enrol(program)
    before = ReferralStep.objects.count()
    stated = order_stated(program, member="bob")

    preview_order(program, stated, at=NOON)

    assert Referral.objects.get().state == "signed_up"
    assert ReferralStep.objects.count() == before


def test_who_is_paid_is_among_those_to_be_locked(program):
    ada = make_member(program)
    claim(ada)
    enrol(program)

    assert find_referrals(wave_of(program)).advocates == {ada.pk}


def test_a_wave_settles_many_friends_of_one_advocate(program):
    ada = make_member(program)
    orders = []
    for name in ("bob", "cid", "dan"):
        claim(ada, name)
        enrol(program, name)
        orders.append(order_stated(program, f"of-{name}", member=name))

    answers = state_facts(program, orders, at=NOON)

    assert [each.body["referral"]["state"] for each in answers] == ["rewarded"] * 3


def test_a_code_that_brings_nothing_does_not_hold_up_an_order(program):
    ada = make_member(program)

    told = order(program, member="ada", referral_code=code_of(ada))

    assert (told["id"], told["reason"]) == (None, "self_referral")
    assert not Referral.objects.exists()


def test_a_friend_whose_advocate_was_erased_is_still_rewarded(program):
    ada = make_member(program)
    claim(ada)
    enrol(program)
    erase_member(member=ada, at=NOON)

    told = order(program)

    assert told["state"] == "rewarded"
    assert points_of(program.member_set.get(external_id="bob")) == 50
