"""Steps that time takes: they bear the moment they came about, whoever notes them when."""

from datetime import timedelta

import pytest

from core.models import Event
from referrals.models import Referral
from referrals.services.agreeing import settle_due
from referrals.services.reviews import Decided, approve_referrals
from tests.factories import NOON
from tests.referrals.factories import claim, enrol, make_referrals, order, visit

pytestmark = pytest.mark.django_db

DUE = NOON + timedelta(days=14)
OVER = NOON + timedelta(days=30)
MUCH_LATER = NOON + timedelta(days=40)


@pytest.fixture
def program():
    return make_referrals(hold="14 days", expires="30 days")


def last_step():
    step = Referral.objects.get(friend__external_id="bob").steps.last()
    return step.state, step.cause, step.at


def look(program, at):
    """Set the clock, with no job having run since, and look what is due."""
    program.clock_at = at
    program.save(update_fields=["clock_at"])
    settle_due(program=program, at=at)


def test_a_reward_is_of_the_moment_when_it_was_due(program, ada):
    claim(ada)
    enrol(program)
    order(program)

    look(program, MUCH_LATER)

    assert last_step() == ("rewarded", "time", DUE)
    told = Event.objects.get(type="referral.rewarded")
    assert told.occurred_at == DUE


def test_what_is_noted_with_a_later_order_was_not_caused_by_it(program, ada):
    claim(ada)
    enrol(program)
    order(program)

    order(program, "1002", at=MUCH_LATER)

    assert last_step() == ("rewarded", "time", DUE)


def test_a_claim_runs_out_at_its_end_though_an_order_comes_later(program, ada):
    claim(ada)
    enrol(program)

    order(program, at=MUCH_LATER)

    assert last_step() == ("expired", "time", OVER)


def test_a_claim_of_somebody_else_finds_the_first_run_out_at_its_end(program, ada, eve):
    first = claim(ada)

    claim(eve, at=MUCH_LATER)

    step = first.steps.last()
    assert (step.state, step.cause, step.at) == ("expired", "time", OVER)


def test_an_order_that_is_stated_when_its_hold_has_passed_is_what_brought_the_reward(
    program, ada
):
    claim(ada)
    enrol(program)

    noon = NOON.isoformat()
    order(program, at=MUCH_LATER, placed_at=noon, paid_at=noon)

    assert last_step() == ("rewarded", "order:1001", MUCH_LATER)


def test_an_earlier_order_that_makes_a_reward_due_in_the_past_is_what_brought_it(program, ada):
    claim(ada)
    enrol(program)
    order(program, "1002", at=NOON + timedelta(days=10))

    noon, then = NOON.isoformat(), NOON + timedelta(days=15)
    order(program, at=then, placed_at=noon, paid_at=noon)

    assert last_step() == ("rewarded", "order:1001", then)


def test_what_a_person_let_through_after_its_hold_is_of_that_moment(program, eve):
    seen = visit(device_id="phone-1")
    claim(eve, "ada", context=seen)
    enrol(program, "ada")
    ada = program.member_set.get(external_id="ada")
    flagged = claim(ada, context=visit("198.51.100.1", device_id="phone-1"))
    enrol(program)
    order(program)
    look(program, MUCH_LATER)
    assert last_step()[0] == "flagged"

    decided = Decided("eva", "looked at it")
    approve_referrals(program=program, referrals=[flagged.pk], decided=decided, at=MUCH_LATER)

    assert last_step() == ("rewarded", "review", MUCH_LATER)


def test_steps_are_in_the_order_of_their_times(program, ada):
    claim(ada)
    enrol(program)
    order(program)
    order(program, "1002", at=MUCH_LATER)
    order(program, status="cancelled", at=MUCH_LATER)

    steps = Referral.objects.get().steps.order_by("number")
    times = list(steps.values_list("at", flat=True))
    assert times == sorted(times)
