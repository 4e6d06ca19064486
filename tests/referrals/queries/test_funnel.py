"""How many came how far, what they brought and what they cost."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals.models import Referral
from referrals.queries.advocates import advocate_view
from referrals.queries.funnel import Funnel, funnels
from referrals.queries.programs import referral_setup_of
from referrals.rules.funnel import STAGES
from referrals.rules.refusals import REFUSALS
from referrals.services.clicks import record_click
from referrals.services.sharing import record_share, record_view
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
    """Shown ten times, passed on nine times; five visitors (one twice) and a bot; three
    claims, one of them without a click."""
    program = ada.program
    for _ in range(10):
        record_view(member=ada, at=NOON)
    for _ in range(9):
        record_share(member=ada, channel="mail", at=NOON)
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


def funnel_by(program, by, **more):
    return funnels(program.pk, by=by, at=program.now(), **more)


def test_each_stage_is_counted(program, ada):
    tell_a_story(ada)

    [funnel] = funnel_by(program, "referral_program").values()
    assert funnel == Funnel(
        views=10,
        shares=9,
        clicks=6,
        claims=3,
        signups=2,
        qualified=2,
        rewarded=2,
        reversed=1,
        visits=6,
        bots=1,
        revenue=3000,
        points=100,
        money=500,
    )


def test_a_shop_that_tells_of_no_shares_has_as_many_as_visitors(program, ada):
    for number in range(3):
        click(ada, ip=f"203.0.113.{number}")

    [funnel] = funnel_by(program, "channel").values()
    assert (funnel.views, funnel.shares, funnel.clicks, funnel.claims) == (3, 3, 3, 0)


def test_what_is_due_is_rewarded_though_nobody_has_written_it_down():
    program = make_referrals(hold="14 days")
    ada = make_member(program)
    claim(ada)
    enrol(program)
    order(program)

    counts = [
        funnels(program.pk, by="advocate", at=NOON + timedelta(days=days))[ada.pk].rewarded
        for days in (13, 14)
    ]

    assert counts == [0, 1]


def test_what_a_milestone_cost_is_its_advocates():
    program = make_referrals(
        friend=None, milestones={"first": {"at": 1, "gives": {"points": 500}}}
    )
    ada = make_member(program)
    claim(ada)
    enrol(program)
    order(program)

    by_advocate = funnel_by(program, "advocate")
    assert {key: funnel.points for key, funnel in by_advocate.items()} == {ada.pk: 600}


# What may happen to a friend, in any order; what cannot be is refused.
FRIENDS = ("bob", "cid", "dan")
steps = st.one_of(
    st.tuples(st.just("view")),
    st.tuples(st.just("share"), st.sampled_from(("mail", "copy"))),
    st.tuples(st.just("visit"), st.sampled_from(("mail", "blog")), st.integers(0, 2)),
    st.tuples(st.just("come"), st.sampled_from(("mail", "blog")), st.sampled_from(FRIENDS)),
    st.tuples(st.just("claim"), st.sampled_from(FRIENDS)),
    st.tuples(st.just("enrol"), st.sampled_from(FRIENDS)),
    st.tuples(st.just("checkout"), st.sampled_from(FRIENDS)),
    st.tuples(st.just("cancel"), st.sampled_from(FRIENDS)),
)


@settings(
    max_examples=settings.default.max_examples // 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(("ada", "eve")), steps), max_size=15))
def test_no_stage_counts_more_than_the_one_before_whatever_friends_leave_out(story):
    program = make_referrals()
    advocates = {name: make_member(program, name) for name in ("ada", "eve")}
    for name, step in story:
        with suppress(*REFUSALS.values()):
            happen(advocates[name], *step)

    for by in ("referral_program", "advocate", "channel"):
        for funnel in funnel_by(program, by).values():
            stages = [getattr(funnel, stage) for stage in STAGES]
            assert stages == sorted(stages, reverse=True)
    claims = Referral.objects.filter(program=program).count()
    assert sum(f.claims for f in funnel_by(program, "referral_program").values()) == claims


def happen(advocate, what, *about):
    if what in ("view", "share", "visit", "come"):
        invite(advocate, what, *about)
    else:
        join(advocate, what, *about)


def invite(advocate, what, *about):
    """Show the code, pass it on, visit by it, or visit and be claimed."""
    if what == "view":
        record_view(member=advocate, at=NOON)
        return
    channel, *who = about
    if what == "share":
        record_share(member=advocate, channel=channel, at=NOON)
    elif what == "visit":
        click(advocate, channel=channel, ip=f"203.0.113.{who[0]}")
    else:
        claim(advocate, who[0], click_token=click(advocate, channel=channel, ip=""))


def join(advocate, what, friend):
    """Claim a friend, enrol with the code, or order with it, or cancel."""
    program, code = advocate.program, code_of(advocate)
    if what == "claim":
        claim(advocate, friend)
    elif what == "enrol":
        enrol(program, friend, referral_code=code)
    else:
        enrol(program, friend)
        said = {"referral_code": code} if what == "checkout" else {"status": "cancelled"}
        order(program, friend, member=friend, **said)


def test_channels_and_advocates_are_told_apart(program, ada):
    tell_a_story(ada)
    eve = make_member(program, "eve")
    click(eve, channel="whatsapp")

    assert {key: f.claims for key, f in funnel_by(program, "channel").items()} == {
        "": 1,
        "mail": 2,
        "whatsapp": 0,
    }
    by_advocate = funnel_by(program, "advocate")
    assert (by_advocate[ada.pk].claims, by_advocate[eve.pk].claims) == (3, 0)


def test_another_program_is_not_counted(program, ada):
    tell_a_story(ada)

    assert funnel_by(make_referrals(), "channel") == {}


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
def test_a_funnel_takes_four_queries(program, ada, friends, django_assert_num_queries):
    for number in range(friends):
        claim(make_member(program, f"advocate-{number}"), f"friend-{number}")

    with django_assert_num_queries(4):
        funnels(program.pk, by="advocate", at=NOON)
