"""When time moves referrals, and whose facts take turns."""

from datetime import timedelta

import pytest

from referrals.queries.due import next_due
from referrals.queries.programs import referral_setup_of
from referrals.queries.turns import advocates_of_codes, advocates_of_friends
from referrals.services.agreeing import settle_due
from tests.factories import NOON, make_member, make_program
from tests.referrals.factories import claim, code_of, enrol, make_referrals, order, pass_days

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FAR = NOON + 1000 * DAY


@pytest.fixture
def program():
    return make_referrals(hold="14 days", expires="30 days")


@pytest.fixture
def ada(program):
    return make_member(program)


def test_the_next_moment_is_the_end_of_a_hold_or_of_a_claim(program, ada):
    claim(ada)
    enrol(program)
    claim(ada, "cid")
    assert next_due(program, after=NOON, until=FAR) == NOON + 30 * DAY

    order(program)
    assert next_due(program, after=NOON, until=FAR) == NOON + 14 * DAY


def test_what_has_been_done_comes_no_second_time(program, ada):
    claim(ada)
    pass_days(program, 30)

    assert next_due(program, after=None, until=FAR) is None
    assert settle_due(program=program, at=program.now()) == 0


def test_a_moment_beyond_the_end_is_none(program, ada):
    claim(ada)

    assert next_due(program, after=NOON, until=NOON + 29 * DAY) is None


def test_a_program_without_referrals_is_not_asked(django_assert_num_queries):
    program = make_program()
    referral_setup_of(program)

    with django_assert_num_queries(0):
        assert next_due(program, after=None, until=FAR) is None
        assert advocates_of_friends(program, ["bob"]) == []
        assert advocates_of_codes(program, ["X"]) == {}


def test_friends_lead_to_their_advocates_and_codes_to_their_owners(program, ada):
    claim(ada)
    enrol(program)
    code = code_of(ada)

    assert advocates_of_friends(program, ["bob", "ada", "nobody"]) == [("bob", "ada")]
    assert advocates_of_codes(program, [code.lower(), "NOBODYS1"]) == {code.lower(): "ada"}


def test_a_budget_is_shared_by_all():
    assert referral_setup_of(make_referrals(budget={"points": 5})).has_budget
    assert not referral_setup_of(make_referrals()).has_budget


def test_what_falls_due_first_has_the_room_under_a_cap():
    program = make_referrals(
        hold="5 days", advocate={"gives": {"points": 100}, "cap": {"times": 1, "per": "year"}}
    )
    ada = make_member(program)
    for name in ("bob", "cid"):
        claim(ada, name)
        enrol(program, name)
    pass_days(program, 2)
    order(program, "late", member="bob")
    order(program, "early", member="cid", placed_at=(NOON + DAY).isoformat())

    pass_days(program, 20)

    paid = ada.referred.get(payouts__side="advocate", payouts__outcome="given")
    assert paid.friend.external_id == "cid"
