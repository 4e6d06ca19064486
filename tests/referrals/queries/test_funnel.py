"""How many came how far, what they brought and what they cost."""

from dataclasses import astuple

import pytest

from referrals.queries.advocates import advocate_view
from referrals.queries.funnel import Funnel, funnels
from referrals.queries.programs import referral_setup_of
from referrals.services.clicks import record_click
from tests.factories import NOON, make_member
from tests.referrals.factories import claim, code_of, enrol, make_referrals, order, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_referrals(
        advocate={"gives": {"points": 100}, "cap": {"times": 2, "per": "year"}},
        friend={"gives": {"fixed": "5.00"}},
    )


@pytest.fixture
def ada(program):
    return make_member(program)


def click(advocate, *, channel="mail", **who):
    return record_click(
        program=advocate.program,
        code=code_of(advocate),
        channel=channel,
        visit=visit(**who),
        at=NOON,
    ).token


def tell_a_story(ada):
    """Five visitors (one twice) and a bot; three claims, one of them without a click."""
    program = ada.program
    tokens = [click(ada, ip=f"203.0.113.{number}") for number in range(5)]
    click(ada, ip="203.0.113.0")
    click(ada, user_agent="Googlebot")
    claim(ada, "bob", click_token=tokens[0])
    claim(ada, "cid", click_token=tokens[1])
    claim(ada, "dan")
    for name, amount in (("bob", 3000), ("cid", 4000)):
        enrol(program, name)
        order(program, f"of-{name}", member=name, amount=amount)
    order(program, "of-cid", member="cid", amount=4000, status="cancelled")


def test_each_stage_is_counted(program, ada):
    tell_a_story(ada)

    [funnel] = funnels(program.pk, by="referral_program").values()
    assert funnel == Funnel(
        views=7,
        bots=1,
        clicks=6,
        claims=3,
        signups=2,
        qualified=2,
        rewarded=2,
        reversed=1,
        revenue=3000,
        points=100,
        money=500,
    )


def test_no_stage_counts_more_than_the_one_before(program, ada):
    tell_a_story(ada)
    eve = make_member(program, "eve")
    token = click(eve, channel="copy")
    for number in range(3):
        claim(eve, f"friend-{number}", click_token=token)

    for by in ("referral_program", "advocate", "channel"):
        for funnel in funnels(program.pk, by=by).values():
            views, _, *stages = astuple(funnel)[:8]
            assert [views, *stages] == sorted([views, *stages], reverse=True)


def test_channels_and_advocates_are_told_apart(program, ada):
    tell_a_story(ada)
    eve = make_member(program, "eve")
    click(eve, channel="whatsapp")

    assert {key: f.claims for key, f in funnels(program.pk, by="channel").items()} == {
        "": 1,
        "mail": 2,
        "whatsapp": 0,
    }
    by_advocate = funnels(program.pk, by="advocate")
    assert (by_advocate[ada.pk].claims, by_advocate[eve.pk].claims) == (3, 0)


def test_another_program_is_not_counted(program, ada):
    tell_a_story(ada)

    assert funnels(make_referrals().pk, by="channel") == {}


def test_an_advocate_sees_what_was_earned_and_what_the_cap_leaves(program, ada):
    tell_a_story(ada)

    view = advocate_view(referral_setup_of(program), ada, "friends", NOON)

    assert view.earned == [{"point_type": "points", "points": 100}]
    assert view.cap == {"times": 2, "per": "year", "used": 1, "left": 1}
    assert view.funnel.rewarded == 2


def test_an_advocate_without_friends_sees_nothing(program, ada):
    view = advocate_view(referral_setup_of(program), ada, "friends", NOON)

    assert (view.funnel, view.earned) == (Funnel(), [])


@pytest.mark.parametrize("friends", [1, 3])
def test_a_funnel_takes_three_queries(program, ada, friends, django_assert_num_queries):
    for number in range(friends):
        claim(make_member(program, f"advocate-{number}"), f"friend-{number}")

    with django_assert_num_queries(3):
        funnels(program.pk, by="advocate")
