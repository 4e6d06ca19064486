"""What speaks against a referral, how much, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.rules.fraud import (
    KINDS,
    OF_THE_HOME,
    SHARED_KINDS,
    WEIGHTS,
    Evidence,
    FraudTerms,
    Outcome,
    Score,
    is_just_above,
    is_ring,
    score,
)
from referrals.rules.states import Reason

TERMS = FraudTerms()

evidence = st.builds(
    Evidence,
    same=st.frozensets(st.sampled_from(KINDS)),
    shared=st.frozensets(st.sampled_from(SHARED_KINDS)),
    is_known=st.booleans(),
    names_are_alike=st.booleans(),
    is_disposable=st.booleans(),
    is_ring=st.booleans(),
    is_just_above=st.booleans(),
    claims_of_ip=st.integers(0, 10),
    claims_of_network=st.integers(0, 40),
    claims_of_advocate=st.integers(0, 40),
)


def same(*kinds):
    return score(Evidence(same=frozenset(kinds)), TERMS)


def test_nothing_speaks_against_a_stranger():
    found = score(Evidence(), TERMS)

    assert found == Score(0, ())
    assert found.outcome(TERMS) == Outcome.ALLOW


def test_the_weights_of_what_is_found_add_up():
    assert same("device", "address") == Score(100, ("same_device", "same_address"))


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        (("email",), Outcome.BLOCK),
        (("phone",), Outcome.BLOCK),
        (("device",), Outcome.REVIEW),
        (("address",), Outcome.REVIEW),
        (("address", "ip"), Outcome.REVIEW),
        (("device", "ip"), Outcome.REVIEW),
        (("device", "payment", "address", "ip"), Outcome.REVIEW),
        (("email", "ip"), Outcome.BLOCK),
        (("ip",), Outcome.ALLOW),
        (("network",), Outcome.ALLOW),
    ],
)
def test_what_a_household_shares_is_looked_at_and_what_one_person_has_is_blocked(
    kinds, outcome
):
    assert same(*kinds).outcome(TERMS) == outcome


def test_the_address_is_not_counted_twice_as_its_network():
    assert same("ip", "network").reasons == ("same_ip",)


def test_weights_of_the_program_hold_and_what_weighs_nothing_is_no_reason():
    terms = FraudTerms(weights=WEIGHTS | {"same_email": 0, "same_ip": 7})

    assert score(Evidence(same=frozenset({"email", "ip"})), terms) == Score(7, ("same_ip",))


@given(st.integers(0, 1000), st.integers(0, 40), st.integers(0, 40), st.integers(1, 100))
def test_what_a_home_shares_never_blocks_whatever_it_weighs(weight, ip, network, block_at):
    weights = WEIGHTS | dict.fromkeys(OF_THE_HOME, weight)
    terms = FraudTerms(review_at=1, block_at=block_at, weights=weights)
    found = Evidence(
        same=frozenset(KINDS) - {"email", "phone"},
        shared=frozenset({"device", "payment", "address"}),
        names_are_alike=True,
        claims_of_ip=ip,
        claims_of_network=network,
    )

    assert score(found, terms).outcome(terms) != Outcome.BLOCK


@given(evidence)
def test_in_the_shadow_nothing_comes_of_a_score(found):
    shadow = FraudTerms(shadow=True)

    assert score(found, shadow) == score(found, TERMS)
    assert score(found, shadow).outcome(shadow) == Outcome.ALLOW


@given(evidence, st.sampled_from(KINDS))
def test_more_evidence_never_speaks_for_a_referral(found, kind):
    more = Evidence(
        same=found.same | {kind},
        **{name: getattr(found, name) for name in Evidence.__slots__ if name != "same"},
    )

    assert score(more, TERMS).points >= score(found, TERMS).points


def test_who_shares_an_address_to_write_to_is_told_that_it_is_a_self_referral():
    assert same("email").shown_reason == Reason.SELF_REFERRAL
    assert score(Evidence(is_known=True), TERMS).shown_reason == Reason.REJECTED


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (Evidence(claims_of_ip=6), "ip_velocity"),
        (Evidence(claims_of_network=21), "network_velocity"),
        (Evidence(claims_of_advocate=21), "advocate_velocity"),
        (Evidence(is_disposable=True), "disposable_email"),
        (Evidence(is_ring=True), "ring"),
        (Evidence(is_known=True), "known_before"),
        (Evidence(names_are_alike=True), "similar_name"),
        (Evidence(is_just_above=True), "just_above_minimum"),
        (Evidence(shared=frozenset({"device"})), "shared_device"),
        (Evidence(friends_alike=4), "dense_group"),
    ],
)
def test_each_thing_that_is_found_has_its_word(evidence, word):
    assert score(evidence, TERMS) == Score(WEIGHTS[word], (word,))


def test_what_is_usual_is_no_reason():
    usual = Evidence(
        claims_of_ip=5, claims_of_network=20, claims_of_advocate=20, friends_alike=3
    )

    assert score(usual, TERMS).reasons == ()


@pytest.mark.parametrize(
    ("amount", "minimum", "is_so"),
    [
        (2000, 2000, True),
        (2040, 2000, True),
        (2041, 2000, False),
        (1999, 2000, False),
        (5, 0, False),
    ],
)
def test_an_order_is_just_above_the_minimum_by_two_percent(amount, minimum, is_so):
    assert is_just_above(amount, minimum) == is_so


def test_a_ring_is_a_way_back_to_the_advocate():
    pairs = frozenset({(1, 2), (2, 3), (5, 1)})

    assert is_ring(pairs, advocate=3, friend=1)
    assert is_ring(pairs, advocate=2, friend=1)
    assert not is_ring(pairs, advocate=3, friend=4)
    assert not is_ring(pairs, advocate=5, friend=4)
