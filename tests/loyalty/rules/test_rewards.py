"""Rewards as they are compiled: prices, windows, gates, limits and codes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from core.periods import Period
from loyalty.rules.limits import Limit
from loyalty.rules.paying import PointTypeFace
from loyalty.rules.rewards import VoucherTerms, Window, compile_reward, compile_rewards

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
POINT_TYPES = {
    "points": PointTypeFace("spendable", Decimal(0), max_balance=5000),
    "stamps": PointTypeFace("stamp", Decimal(0)),
    "status": PointTypeFace("status", Decimal(0)),
}
BERLIN = {"zone": ZoneInfo("Europe/Berlin"), "currency": "EUR", "point_types": POINT_TYPES}
CHRISTMAS_EVE_NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


def reward(**keys):
    return compile_reward("coffee", COFFEE | keys, **BERLIN)


def problems_of(form):
    with pytest.raises(InvalidInput) as refused:
        compile_reward("coffee", form, **BERLIN)
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


def local_midnight(month, day):
    return datetime(2026, month, day, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_reward_that_says_no_more_has_the_defaults():
    coffee = reward()

    assert coffee.name == "coffee"
    assert coffee.cost == {"points": 100}
    assert (coffee.visible, coffee.redeemable) == (Window(), Window())
    assert (coffee.when, coffee.limits, coffee.several_per_order) == (None, (), False)
    assert coffee.voucher == VoucherTerms()


def test_any_of_several_point_types_may_pay():
    assert reward(cost={"points": 100, "stamps": 10}).cost == {"points": 100, "stamps": 10}


def test_a_reward_that_pays_has_no_cost():
    form = {"gives": {"pay": {"rate": "0.01"}}}

    assert compile_reward("pay", form, **BERLIN).cost == {}


def test_dates_are_local_midnights_and_times_are_instants():
    window = reward(visible={"from": "2026-11-01", "until": "2026-12-24T12:00:00Z"}).visible

    assert window == Window(local_midnight(11, 1), CHRISTMAS_EVE_NOON)


def test_a_window_includes_its_first_moment_and_not_its_last():
    window = Window(local_midnight(11, 1), CHRISTMAS_EVE_NOON)

    tick = timedelta(microseconds=1)
    assert [
        at in window
        for at in (
            local_midnight(11, 1) - tick,
            local_midnight(11, 1),
            CHRISTMAS_EVE_NOON - tick,
            CHRISTMAS_EVE_NOON,
        )
    ] == [False, True, True, False]


def test_it_can_be_redeemed_while_it_is_visible_unless_it_says_otherwise():
    visible = {"from": "2026-11-01", "until": "2026-12-24T12:00:00Z"}

    assert reward(visible=visible).redeemable == Window(
        local_midnight(11, 1), CHRISTMAS_EVE_NOON
    )
    assert reward(visible=visible, redeemable={"from": "2026-12-01"}).redeemable == Window(
        local_midnight(12, 1), CHRISTMAS_EVE_NOON
    )


def test_outside_its_window_nobody_may_have_it():
    stollen = reward(redeemable={"from": "2026-12-01"})

    eve = local_midnight(12, 1) - timedelta(seconds=1)
    assert stollen.why_not_offered(eve, {}) == "not_redeemable"
    assert stollen.why_not_offered(local_midnight(12, 1), {}) is None


def test_a_condition_lets_some_members_have_it():
    gated = reward(when='member.locale == "de" and member.joined_days_ago >= 365')

    may = {"locale": "de", "joined_days_ago": 365}
    assert gated.why_not_offered(CHRISTMAS_EVE_NOON, may) is None
    assert gated.why_not_offered(CHRISTMAS_EVE_NOON, may | {"locale": None}) == "not_eligible"


def test_limits_refuse_and_name_the_first_that_is_reached():
    coffee = reward(limits=[{"times": 2, "per": "day"}, {"points": 500, "per": "year"}])
    twice, points = coffee.limits

    assert twice == Limit("day", times=2, on_overflow="refuse")
    assert coffee.limit_reached([(0, 0), (400, 4)], 100) is None
    assert coffee.limit_reached([(0, 0), (401, 4)], 100) is points
    assert coffee.limit_reached([(200, 2), (500, 5)], 100) is twice


def test_a_code_is_as_the_voucher_says():
    coffee = reward(voucher={"valid": "30 days", "uses": 5, "prefix": "hc"})

    assert coffee.voucher == VoucherTerms(Period(30, "day"), uses=5, prefix="HC")


def test_codes_may_come_from_a_pool():
    assert reward(voucher={"codes": "pool"}).voucher == VoucherTerms(from_pool=True)


def test_what_yields_no_code_has_no_terms_for_one():
    assert reward(gives={"physical": "Card"}).voucher is None


def test_the_rewards_of_a_program_keep_their_order_and_name_every_mistake():
    forms = {"tea": COFFEE, "coffee": COFFEE}
    assert list(compile_rewards(forms, **BERLIN)) == ["tea", "coffee"]

    wrong = {"tea": {"cost": {"beans": 1}, "gives": {"percent": 101}}, "coffee": {}}
    with pytest.raises(InvalidInput) as refused:
        compile_rewards(wrong, **BERLIN)
    assert [problem.pointer for problem in refused.value.problems] == [
        "/rewards/tea/gives/percent",
        "/rewards/tea/cost/beans",
        "/rewards/coffee",
        "/rewards/coffee/cost",
    ]


@pytest.mark.parametrize(
    ("keys", "place", "code"),
    [
        # cost
        ({"cost": None}, "/cost", "required"),
        ({"cost": {}}, "/cost", "required"),
        ({"cost": {"beans": 100}}, "/cost/beans", "unknown_point_type"),
        ({"cost": {"status": 100}}, "/cost/status", "not_spendable"),
        ({"cost": {"points": 0}}, "/cost/points", "out_of_range"),
        ({"cost": {"points": "100"}}, "/cost/points", "wrong_type"),
        ({"cost": {"points": 5001}}, "/cost/points", "out_of_range"),
        ({"gives": {"points": 300}}, "/cost/points", "same_point_type"),
        # gives
        ({"gives": None}, "", "required"),
        ({"gives": {}}, "/gives", "one_of"),
        ({"gives": {"fixed": "0.00"}}, "/gives/fixed", "out_of_range"),
        ({"gives": {"fixed": 10}}, "/gives/fixed", "wrong_type"),
        ({"gives": {"fixed": "1.00", "at_most": "1.00"}}, "/gives/at_most", "unknown_key"),
        ({"gives": {"percent": 0}}, "/gives/percent", "out_of_range"),
        ({"gives": {"percent": "100.1"}}, "/gives/percent", "out_of_range"),
        ({"gives": {"percent": 5, "at_most": "0"}}, "/gives/at_most", "out_of_range"),
        ({"gives": {"free_shipping": False}}, "/gives/free_shipping", "wrong_type"),
        ({"gives": {"buy": 1}}, "/gives", "required"),
        ({"gives": {"buy": 0, "get": 1}}, "/gives/buy", "out_of_range"),
        ({"gives": {"buy": 1, "get": 1, "percent": 120}}, "/gives/percent", "out_of_range"),
        ({"gives": {"buy": 1, "get": 1, "lines": "line.sku = 1"}}, "/gives/lines", "syntax"),
        ({"gives": {"entitlement": "mb", "quantity": 0}}, "/gives/quantity", "out_of_range"),
        (
            {"gives": {"points": 5, "point_type": "x"}},
            "/gives/point_type",
            "unknown_point_type",
        ),
        ({"gives": {"custom": 5}}, "/gives/custom", "wrong_type"),
        # the rest
        ({"stock": -1}, "/stock", "out_of_range"),
        ({"when": "order.total > 5"}, "/when", "unknown_name"),
        ({"limits": [{"times": 1}]}, "/limits/0", "required"),
        ({"limits": [{"times": 1, "per": "fact"}]}, "/limits/0/per", "not_a_choice"),
        (
            {"limits": [{"times": 1, "per": "day", "on_overflow": "clip"}]},
            "/limits/0/on_overflow",
            "not_a_choice",
        ),
        ({"visible": {"from": "soon"}}, "/visible/from", "invalid_time"),
        (
            {"visible": {"from": "2026-05-02", "until": "2026-05-02"}},
            "/visible/until",
            "out_of_order",
        ),
        (
            {"visible": {"until": "2026-05-02"}, "redeemable": {"from": "2026-06-01"}},
            "/redeemable/from",
            "out_of_order",
        ),
        ({"voucher": {"uses": 0}}, "/voucher/uses", "out_of_range"),
        ({"voucher": {"valid": "0 days"}}, "/voucher/valid", "out_of_range"),
        ({"voucher": {"prefix": "H-C"}}, "/voucher/prefix", "wrong_type"),
        ({"voucher": {"codes": "pool", "uses": 2}}, "/voucher/uses", "not_here"),
        ({"voucher": {"codes": "pool", "prefix": "HC"}}, "/voucher/prefix", "not_here"),
        ({"gives": {"physical": "Card"}, "voucher": {"uses": 2}}, "/voucher", "not_here"),
        ({"price": 100}, "/price", "unknown_key"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(keys, place, code):
    assert problems_of(COFFEE | keys) == [(place, code)]


@pytest.mark.parametrize(
    ("keys", "place", "code"),
    [
        ({"rate": "0"}, "/rate", "out_of_range"),
        ({}, "", "out_of_range"),  # and the point type has no value either
        ({"rate": "1", "step": 0}, "/step", "out_of_range"),
        ({"rate": "1", "minimum": 0}, "/minimum", "out_of_range"),
        ({"rate": "1", "minimum": 5001}, "/minimum", "out_of_range"),
        ({"rate": "1", "step": 6000}, "/step", "out_of_range"),
        ({"rate": "1", "at_most_percent": 0}, "/at_most_percent", "out_of_range"),
        ({"rate": "1", "at_most_percent": 101}, "/at_most_percent", "out_of_range"),
        ({"rate": "1", "point_type": "beans"}, "/point_type", "unknown_point_type"),
        ({"rate": "1", "point_type": "status"}, "/point_type", "not_spendable"),
        (
            {"rate": "1", "point_type": "stamps", "minimum": 2**63 - 1},
            "/minimum",
            "out_of_range",
        ),
    ],
)
def test_payments_that_nobody_could_make_are_refused(keys, place, code):
    assert problems_of({"gives": {"pay": keys}}) == [(f"/gives/pay{place}", code)]


@pytest.mark.parametrize(("key", "value"), [("cost", {"points": 1}), ("stock", 5)])
def test_a_reward_that_pays_has_neither_a_cost_nor_a_stock(key, value):
    form = {"gives": {"pay": {"rate": "0.01"}}, key: value}

    assert problems_of(form) == [(f"/{key}", "not_here")]
