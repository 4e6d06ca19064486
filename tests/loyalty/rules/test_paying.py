"""How many points can be used at a checkout, and what they are worth."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.paying import (
    PayTerms,
    PointTypeFace,
    Quote,
    plain_payment,
    quote_payment,
)

# A point is worth a cent.
CENTS = PayTerms("points", Fraction(1))
# From 500 points on, in hundreds, up to half the order.
STEPPED = PayTerms("points", Fraction(1), 500, 100, Decimal(50))
# Half a cent.
HALVES = PayTerms("points", Fraction(1, 2))

rates = st.fractions(min_value=Fraction(1, 1000), max_value=500, max_denominator=1000)
terms_of_any_kind = st.builds(
    PayTerms,
    st.just("points"),
    rates,
    minimum=st.integers(1, 600),
    step=st.integers(1, 150),
    at_most_percent=st.decimals("0.001", 100, places=3),
)
checkouts = st.fixed_dictionaries(
    {
        "available": st.integers(0, 20_000),
        "order_total": st.integers(0, 20_000),
        "asked": st.none() | st.integers(0, 25_000),
    }
)


def points_of(terms, **checkout):
    return quote_payment(terms, **checkout).points


def test_all_that_is_there_can_be_used_on_an_order_that_is_worth_more():
    quote = quote_payment(CENTS, available=1200, order_total=4000)

    assert quote == Quote(points=1200, discount=1200, minimum=1, step=1, maximum=1200)


def test_points_are_never_worth_more_than_the_order():
    assert points_of(CENTS, available=5000, order_total=4000) == 4000


def test_a_share_of_the_order_caps_what_points_pay():
    assert points_of(STEPPED, available=5000, order_total=4000) == 2000


def test_points_go_down_to_the_step():
    assert points_of(STEPPED, available=799, order_total=4000) == 700
    assert points_of(STEPPED, available=5000, order_total=1399) == 600


def test_below_the_minimum_none_can_be_used():
    assert points_of(STEPPED, available=499, order_total=4000) == 0
    assert points_of(STEPPED, available=500, order_total=4000) == 500
    assert points_of(STEPPED, available=5000, order_total=999) == 0


def test_no_more_is_used_than_was_asked_for_but_the_maximum_ignores_that():
    quote = quote_payment(STEPPED, available=1500, order_total=4000, asked=999)

    assert quote == Quote(points=900, discount=900, minimum=500, step=100, maximum=1500)


def test_asking_for_more_than_can_be_used_gives_what_can():
    assert points_of(STEPPED, available=5000, order_total=4000, asked=9000) == 2000


def test_the_minimum_that_is_no_multiple_of_the_step_is_reached_by_the_next_one():
    terms = PayTerms("points", Fraction(1), minimum=150, step=100)

    assert points_of(terms, available=199, order_total=4000) == 0
    assert points_of(terms, available=200, order_total=4000) == 200


def test_a_fraction_of_a_cent_is_dropped():
    assert quote_payment(HALVES, available=25, order_total=4000).discount == 12


def test_no_point_is_spent_that_the_order_cannot_use():
    # 2003 points are worth 10.015, which is more than 10.01.
    assert points_of(HALVES, available=9999, order_total=1001) == 2002


def test_points_that_are_worth_less_than_a_cent_pay_nothing():
    assert quote_payment(HALVES, available=1, order_total=4000) == Quote(0, 0, 1, 1, 0)


def test_nothing_can_be_paid_of_an_order_that_costs_nothing():
    assert quote_payment(CENTS, available=500, order_total=0) == Quote(0, 0, 1, 1, 0)


def test_without_a_total_only_the_points_set_the_limit():
    assert points_of(STEPPED, available=1234, order_total=None) == 1200


def test_points_without_a_reward_pay_by_their_value():
    face = PointTypeFace("spendable", Decimal("0.005"))

    assert plain_payment("points", face, "EUR") == PayTerms("points", Fraction(1, 2))
    assert plain_payment("points", face, "KWD") == PayTerms("points", Fraction(5))


@pytest.mark.parametrize(
    "face", [PointTypeFace("spendable", Decimal(0)), PointTypeFace("status", Decimal("0.01"))]
)
def test_points_without_a_value_and_status_points_do_not_pay(face):
    assert plain_payment("points", face, "EUR") is None


@given(terms_of_any_kind, checkouts)
def test_a_quote_keeps_to_every_rule(terms, checkout):
    quote = quote_payment(terms, **checkout)

    assert is_payable(terms, checkout, quote.points)
    assert quote.discount == int(quote.points * terms.rate)
    assert quote.discount <= checkout["order_total"]
    assert quote.points <= quote.maximum


@given(terms_of_any_kind, checkouts)
def test_a_quote_is_the_greatest_that_keeps_to_the_rules(terms, checkout):
    points = points_of(terms, **checkout)

    following = range(points + 1, points + terms.step + terms.minimum + 1001)
    assert not [more for more in following if is_payable(terms, checkout, more)]


@given(terms_of_any_kind, checkouts)
def test_the_maximum_is_the_quote_for_all_there_is(terms, checkout):
    everything = checkout | {"asked": None}

    assert quote_payment(terms, **checkout).maximum == points_of(terms, **everything)


@given(terms_of_any_kind, checkouts)
def test_asking_for_a_quote_is_quoted_the_same(terms, checkout):
    points = points_of(terms, **checkout)

    assert points_of(terms, **checkout | {"asked": points}) == points


def is_payable(terms, checkout, points):
    """Say whether so many points may be paid, rule by rule; none always may."""
    if not points:
        return True
    asked = checkout["asked"]
    cap = int(checkout["order_total"] * Fraction(terms.at_most_percent) / 100)
    return (
        points % terms.step == 0
        and points >= terms.minimum
        and points <= checkout["available"]
        and (asked is None or points <= asked)
        and points * terms.rate <= cap
        and points * terms.rate >= 1
    )
