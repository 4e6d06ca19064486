"""Referral programs as the file writes them: defaults, options, and mistakes at their place."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from core.periods import Period
from loyalty.rules.paying import PointTypeFace
from referrals.rules.attribution import FIRST, LAST, Attribution
from referrals.rules.fraud import WEIGHTS
from referrals.rules.payouts import Budget, Cap
from referrals.rules.programs import compile_referral_program, compile_referral_programs
from referrals.rules.qualification import Asked

POINT_TYPES = {
    "points": PointTypeFace("spendable", Decimal("0.01")),
    "status": PointTypeFace("status", Decimal(0)),
}
TEN_EUROS = {"gives": {"fixed": "10.00"}}
EVERYTHING = {
    "name": "Friends",
    "attribution": {"model": "last_touch", "window": "14 days"},
    "qualify": {"on": "order", "minimum": "20.00", "first_only": True},
    "hold": "14 days",
    "expires": "90 days",
    "advocate": {"gives": {"fixed": "10.00"}, "cap": {"times": 10, "per": "year"}},
    "friend": {
        "gives": {"percent": 50},
        "at": "claim",
        "voucher": {"valid": "30 days", "uses": 2, "prefix": "hi"},
    },
    "milestones": {
        "three": {"at": 3, "gives": {"points": 500}},
        "fifth": {"every": 5, "gives": {"points": 50, "point_type": "points"}},
    },
    "budget": {"points": 10000, "money": "5000.00"},
    "on_reversal": "keep",
    "fraud": {
        "review_at": 50,
        "block_at": 90,
        "weights": {"same_email": 100, "same_ip": 0},
        "shadow": True,
    },
}


def compiled(**form):
    return compile_referral_program(
        "friends", {"advocate": TEN_EUROS} | form, currency="EUR", point_types=POINT_TYPES
    )


def refused(**form):
    with pytest.raises(InvalidInput) as caught:
        compiled(**form)
    return {(problem.pointer, problem.code) for problem in caught.value.problems}


def test_what_is_left_out_is_as_documented():
    program = compiled()

    assert program.name == "friends"
    assert program.attribution == Attribution(FIRST, Period(30, "day"))
    assert program.asked == Asked("order", 0, first_only=False)
    assert (program.hold.count, program.expires) == (0, None)
    assert (program.friend, program.friend_at_claim, program.cap) == (None, False, None)
    assert (program.milestones, program.budget, program.keeps) == ((), Budget(), False)
    assert (program.fraud.review_at, program.fraud.block_at) == (40, 80)
    assert program.fraud.weights == WEIGHTS
    assert not program.fraud.shadow


def test_null_stands_for_every_default():
    nothing = dict.fromkeys(key for key in EVERYTHING if key != "advocate")

    assert compiled(**nothing).attribution == compiled().attribution


def test_every_option_is_understood():
    program = compiled(**EVERYTHING)

    assert program.name == "Friends"
    assert program.attribution == Attribution(LAST, Period(14, "day"))
    assert program.asked == Asked("order", 2000, first_only=True)
    assert (program.hold, program.expires) == (Period(14, "day"), Period(90, "day"))
    assert program.cap == Cap(10, "year")
    assert program.advocate.gift.gives.amount == 1000
    assert program.friend_at_claim
    assert program.friend.voucher.valid == Period(30, "day")
    assert (program.friend.voucher.uses, program.friend.voucher.prefix) == (2, "HI")
    assert [(m.code, m.number, m.repeats) for m in program.milestones] == [
        ("three", 3, False),
        ("fifth", 5, True),
    ]
    assert program.budget == Budget(10000, 500000)
    assert program.keeps
    assert (program.fraud.review_at, program.fraud.block_at, program.fraud.shadow) == (
        50,
        90,
        True,
    )
    assert program.fraud.weights == WEIGHTS | {"same_ip": 0}


def test_a_side_may_be_given_points_by_the_amount_of_the_order():
    gift = compiled(advocate={"gives": {"points": 3, "per": "2.00"}}).advocate.gift

    assert gift.for_amount(5000).form == {"points": 75, "point_type": "points"}


def test_a_program_may_be_one_sided_either_way_or_have_milestones_alone():
    three = {"three": {"at": 3, "gives": {"points": 5}}}

    assert compiled(advocate=None, friend=TEN_EUROS).advocate is None
    assert compiled().friend is None
    assert len(compiled(advocate=None, milestones=three).milestones) == 1
    assert refused(advocate=None) == {("", "required")}


@pytest.mark.parametrize("on", ["signup", "visit", "storage.used"])
def test_other_facts_than_orders_may_qualify(on):
    assert compiled(qualify={"on": on}).hears(on)


def test_holds_and_expiry_count_on_the_local_clock():
    berlin = ZoneInfo("Europe/Berlin")
    program = compiled(hold="1 day", expires="1 day")
    # The clocks go forward in the night to 29 March 2026: that day has 23 hours.
    at = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert program.due_at(at, berlin) == datetime(2026, 3, 29, 11, tzinfo=UTC)
    assert program.expires_at(at, berlin) == program.due_at(at, berlin)


@pytest.mark.parametrize(
    ("form", "place", "code"),
    [
        ({"attribution": {"model": "best_touch"}}, "/attribution/model", "not_a_choice"),
        ({"attribution": {"window": "0 days"}}, "/attribution/window", "out_of_range"),
        ({"attribution": {"windows": "1 day"}}, "/attribution/windows", "unknown_key"),
        ({"qualify": {"on": "refund"}}, "/qualify/on", "not_a_choice"),
        ({"qualify": {"on": "birthday"}}, "/qualify/on", "not_a_choice"),
        ({"qualify": {"on": "A visit"}}, "/qualify/on", "not_a_choice"),
        ({"qualify": {"minimum": 20}}, "/qualify/minimum", "wrong_type"),
        ({"qualify": {"minimum": "20.001"}}, "/qualify/minimum", "invalid_money"),
        ({"qualify": {"on": "signup", "minimum": "1.00"}}, "/qualify/minimum", "not_here"),
        ({"qualify": {"on": "signup", "first_only": True}}, "/qualify/first_only", "not_here"),
        ({"hold": "two weeks"}, "/hold", "invalid_period"),
        ({"expires": "0 days"}, "/expires", "out_of_range"),
        ({"advocate": {}}, "/advocate", "required"),
        ({"advocate": {"gives": {}}}, "/advocate/gives", "one_of"),
        (
            {"advocate": {"gives": {"pay": {"rate": "0.01"}}}},
            "/advocate/gives/pay",
            "not_here",
        ),
        (
            {"advocate": {"gives": {"points": 5, "point_type": "miles"}}},
            "/advocate/gives/point_type",
            "unknown_point_type",
        ),
        ({"advocate": {"gives": {"points": 5}, "at": "claim"}}, "/advocate/at", "unknown_key"),
        (
            {"advocate": {"gives": {"points": 1, "per": "0.00"}}},
            "/advocate/gives/per",
            "out_of_range",
        ),
        ({"advocate": {"gives": {"per": "1.00"}}}, "/advocate/gives", "required"),
        (
            {"advocate": {"gives": {"points": 1, "per": "1.00"}}, "qualify": {"on": "signup"}},
            "/advocate/gives/per",
            "not_here",
        ),
        (
            {"friend": {"gives": {"points": 1, "per": "1.00"}, "at": "claim"}},
            "/friend/gives/per",
            "not_here",
        ),
        ({"advocate": TEN_EUROS | {"cap": {"times": 5}}}, "/advocate/cap", "required"),
        (
            {"advocate": TEN_EUROS | {"cap": {"times": 0, "per": "year"}}},
            "/advocate/cap/times",
            "out_of_range",
        ),
        (
            {"advocate": TEN_EUROS | {"cap": {"times": 5, "per": "fact"}}},
            "/advocate/cap/per",
            "not_a_choice",
        ),
        (
            {"friend": TEN_EUROS | {"cap": {"times": 1, "per": "day"}}},
            "/friend/cap",
            "unknown_key",
        ),
        ({"friend": TEN_EUROS | {"at": "reward"}}, "/friend/at", "not_a_choice"),
        (
            {"friend": {"gives": {"points": 5}, "voucher": {"valid": "1 day"}}},
            "/friend/voucher",
            "not_here",
        ),
        (
            {"friend": TEN_EUROS | {"voucher": {"uses": 0}}},
            "/friend/voucher/uses",
            "out_of_range",
        ),
        (
            {"friend": TEN_EUROS | {"voucher": {"prefix": "H-C"}}},
            "/friend/voucher/prefix",
            "wrong_type",
        ),
        (
            {"friend": TEN_EUROS | {"voucher": {"codes": "pool"}}},
            "/friend/voucher/codes",
            "unknown_key",
        ),
        ({"milestones": {"a": {"gives": {"points": 5}}}}, "/milestones/a", "one_of"),
        (
            {"milestones": {"a": {"at": 1, "every": 2, "gives": {"points": 5}}}},
            "/milestones/a",
            "one_of",
        ),
        (
            {"milestones": {"a": {"at": 0, "gives": {"points": 5}}}},
            "/milestones/a/at",
            "out_of_range",
        ),
        ({"milestones": {"a": {"at": 1}}}, "/milestones/a", "required"),
        ({"budget": {"points": -1}}, "/budget/points", "out_of_range"),
        ({"budget": {"money": 5}}, "/budget/money", "wrong_type"),
        ({"on_reversal": "forget"}, "/on_reversal", "not_a_choice"),
        ({"fraud": {"review_at": 90, "block_at": 80}}, "/fraud/block_at", "out_of_order"),
        ({"fraud": {"weights": {"same_mail": 5}}}, "/fraud/weights/same_mail", "unknown_key"),
        (
            {"fraud": {"weights": {"same_email": 1001}}},
            "/fraud/weights/same_email",
            "out_of_range",
        ),
        ({"holds": "1 day"}, "/holds", "unknown_key"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(form, place, code):
    assert refused(**form) == {(place, code)}


def test_mistakes_in_several_programs_are_told_together():
    forms = {"a": {"advocate": TEN_EUROS, "hold": 5}, "b": {}}

    with pytest.raises(InvalidInput) as caught:
        compile_referral_programs(forms, currency="EUR", point_types=POINT_TYPES)

    assert [problem.pointer for problem in caught.value.problems] == [
        "/referral_programs/a/hold",
        "/referral_programs/b",
    ]
