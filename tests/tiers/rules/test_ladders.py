import pytest

from core.errors import InvalidInput
from core.periods import MonthDay, Period
from tests.tiers.ladders import TIERS, compiled


def refused(**form):
    """Return where and why a ladder is refused."""
    with pytest.raises(InvalidInput) as caught:
        compiled(**form)
    return {(problem.pointer, problem.code) for problem in caught.value.problems}


def test_a_ladder_of_thresholds_alone_counts_spending_for_a_lifetime():
    ladder = compiled()

    assert (ladder.metric, ladder.window.kind, ladder.downgrade) == (
        "spend",
        "lifetime",
        "to_fit",
    )
    assert [(tier.code, tier.threshold) for tier in ladder.tiers] == [
        ("member", 0),
        ("silver", 20000),
        ("gold", 50000),
    ]
    assert ladder.length is None
    assert not ladder.rises_next_period


def test_null_stands_for_every_default():
    nothing = dict.fromkeys(
        ["name", "metric", "point_type", "count", "window", "upgrade", "valid_for", "downgrade",
         "grace", "carry_over", "on_refund"]
    )  # fmt: skip

    assert compiled(**nothing).metric == "spend"


def test_every_option_is_understood():
    ladder = compiled(
        metric="points",
        point_type="status",
        count="released",
        window={"calendar": "year", "starts": "04-06"},
        upgrade="next_period",
        valid_for="18 months",
        downgrade="one_step",
        grace="30 days",
        carry_over=True,
        on_refund="keep_until",
        tiers={"gold": {"threshold": 25, "operator": "over", "multiplier": "1.5"}},
    )

    assert (ladder.point_type, ladder.released, ladder.rises_next_period) == (
        "status",
        True,
        True,
    )
    assert ladder.window.starts == MonthDay(4, 6)
    assert (ladder.length, ladder.grace) == (Period(18, "month"), Period(30, "day"))
    assert (ladder.carry_over, ladder.keeps_on_refund) == (True, True)
    assert ladder.fit(25) == -1
    assert ladder.fit(26) == 0


def test_a_rolling_window_says_how_long_a_tier_lasts():
    assert compiled(window={"rolling": "12 months"}).length == Period(12, "month")


def test_an_entry_reward_is_given_once_unless_it_says_each_time():
    gold = {"threshold": "1.00", "entry": {"points": 200, "point_type": "points"}}
    again = {"threshold": "2.00", "entry": {"fixed": "5.00", "once": "each_time"}}

    ladder = compiled(tiers={"gold": gold, "again": again})

    assert ladder.tiers[0].entry.gives.points == 200
    assert not ladder.tiers[0].entry.each_time
    assert ladder.tiers[1].entry.gives.form == {"fixed": "5.00"}
    assert ladder.tiers[1].entry.each_time


@pytest.mark.parametrize(
    ("second", "code"), [("200.00", "same_threshold"), ("100.00", "thresholds_do_not_rise")]
)
def test_thresholds_rise(second, code):
    tiers = {"silver": {"threshold": "200.00"}, "gold": {"threshold": second}}

    assert refused(tiers=tiers) == {("/tiers/gold/threshold", code)}


def test_over_and_at_least_do_not_make_two_thresholds_of_one():
    tiers = {
        "silver": {"threshold": "200.00"},
        "gold": {"threshold": "200.00", "operator": "over"},
    }

    assert refused(tiers=tiers) == {("/tiers/gold/threshold", "same_threshold")}


@pytest.mark.parametrize(
    ("form", "place", "code"),
    [
        ({"window": {"rolling": "0 days"}}, "/window/rolling", "out_of_range"),
        ({"window": {"rolling": "12 hours"}}, "/window/rolling", "out_of_range"),
        ({"window": "forever"}, "/window", "not_a_choice"),
        ({"window": {"calendar": "decade"}}, "/window/calendar", "not_a_choice"),
        ({"window": {"calendar": "year", "starts": "02-30"}}, "/window/starts", "invalid_time"),
        ({"window": {"calendar": "month", "starts": "04-06"}}, "/window/starts", "not_here"),
        ({"window": {"anniversary": "birth"}}, "/window/anniversary", "not_a_choice"),
        ({"window": {"calendar": "year", "rolling": "1 year"}}, "/window", "not_a_choice"),
        ({"metric": "points", "point_type": "miles"}, "/point_type", "unknown_point_type"),
        ({"point_type": "points"}, "/point_type", "not_here"),
        ({"count": "released"}, "/count", "not_here"),
        ({"valid_for": "0 days"}, "/valid_for", "out_of_range"),
        ({"valid_for": "for_ever"}, "/valid_for", "not_a_choice"),
        ({"upgrade": "next_period"}, "/upgrade", "not_here"),
        ({"carry_over": True}, "/carry_over", "not_here"),
        ({"grace": "6 hours"}, "/grace", "out_of_range"),
        ({"downgrade": "two_steps"}, "/downgrade", "not_a_choice"),
        ({"metrics": "spend"}, "/metrics", "unknown_key"),
        ({"tiers": {}}, "/tiers", "required"),
        (
            {
                "window": {"calendar": "year"},
                "upgrade": "next_period",
                "valid_for": "end_of_period",
            },
            "/valid_for",
            "out_of_order",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(form, place, code):
    assert (place, code) in refused(**{"tiers": whole(form)} | form)


def whole(form):
    """Tiers that fit the metric: nothing else is to be wrong."""
    return TIERS if form.get("metric", "spend") == "spend" else {"gold": {"threshold": 5}}


@pytest.mark.parametrize(
    ("tier", "place", "code"),
    [
        ({}, "/tiers/gold", "required"),
        ({"threshold": 500}, "/tiers/gold/threshold", "wrong_type"),
        ({"threshold": "5.001"}, "/tiers/gold/threshold", "invalid_money"),
        ({"threshold": "5.00", "operator": "above"}, "/tiers/gold/operator", "not_a_choice"),
        ({"threshold": "5.00", "multiplier": 1.5}, "/tiers/gold/multiplier", "wrong_type"),
        ({"threshold": "5.00", "benefits": {"x": 1.5}}, "/tiers/gold/benefits/x", "wrong_type"),
        ({"threshold": "5.00", "benefits": {"No": 1}}, "/tiers/gold/benefits/No", "wrong_type"),
        ({"threshold": "5.00", "entry": {}}, "/tiers/gold/entry", "one_of"),
        (
            {"threshold": "5.00", "entry": {"points": 5, "point_type": "miles"}},
            "/tiers/gold/entry/point_type",
            "unknown_point_type",
        ),
        (
            {"threshold": "5.00", "entry": {"pay": {"point_type": "points", "rate": "0.01"}}},
            "/tiers/gold/entry/pay",
            "not_here",
        ),
    ],
)
def test_a_tier_that_cannot_be_is_refused_at_its_place(tier, place, code):
    assert refused(tiers={"gold": tier}) == {(place, code)}


def test_a_balance_is_followed_and_does_not_last():
    form = {"metric": "balance", "tiers": {"gold": {"threshold": 5}}}

    assert compiled(**form, window="lifetime").metric == "balance"
    assert refused(**form, valid_for="12 months") == {("/valid_for", "not_here")}


def test_what_a_balance_brings_is_given_once():
    gold = {"threshold": 5, "entry": {"points": 10, "once": "each_time"}}

    found = refused(metric="balance", tiers={"gold": gold})

    assert found == {("/tiers/gold/entry/once", "not_here")}


def test_a_threshold_that_is_no_number_is_compared_with_no_other():
    tiers = {
        "member": {"threshold": 0},
        "silver": {"threshold": "many"},
        "gold": {"threshold": "0.00"},
    }

    # Gold is looked at beside the last that could be read.
    assert refused(tiers=tiers) == {
        ("/tiers/silver/threshold", "invalid_money"),
        ("/tiers/gold/threshold", "same_threshold"),
    }
