"""Whose time is up stays or falls, many at a time; a replay would have said the same."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models import Event
from loyalty.services.statuses import close_member
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, YEAR, count_order, make_ladders, review, spend
from tests.tiers.services.test_reviews_properties import facts, noon, standing
from tests.tiers.services.test_rounds_properties import review_all, stated
from tiers.models import Standing, StandingChange
from tiers.queries.due import due_members, next_review
from tiers.queries.proofs import Stretch, unproven_members
from tiers.services.by_hand import set_tier
from tiers.services.due import review_due_members
from tiers.services.ends import settle_ends
from tiers.services.outcomes import Outcome

pytestmark = pytest.mark.django_db

PLAIN = {
    "year": {"window": YEAR},
    "quarter": {"window": {"calendar": "quarter"}, "downgrade": "one_step"},
    "rolling": {"window": {"rolling": "3 months"}},
    "longer": {"window": {"rolling": "2 months"}, "valid_for": "5 months"},
    "timed": {"window": YEAR, "valid_for": "8 months"},
    "life": {"valid_for": "1 year"},
    "orders": {
        "metric": "orders",
        "window": {"calendar": "half_year"},
        "tiers": {"one": {"threshold": 1}, "two": {"threshold": 2}},
    },
}
DAY = timedelta(days=1)
END_OF_2027 = datetime(2027, 12, 31, 23, tzinfo=UTC)


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR})
    return program


def test_who_has_done_enough_is_given_another_end_and_nothing_is_told(program):
    ada = make_member(program)
    spend(ada, 50000)
    spend(ada, 50000, day=date(2027, 2, 1), at=datetime(2027, 2, 1, 12, tzinfo=UTC))
    changes = StandingChange.objects.count()

    assert settle_ends(program=program, at=END_OF_2027) == Outcome(1)

    row = Standing.objects.get()
    assert (row.tier, row.earned_until, row.period_start) == (
        "gold",
        date(2029, 1, 1),
        date(2027, 1, 1),
    )
    assert row.until == row.review_at == datetime(2028, 12, 31, 23, tzinfo=UTC)
    assert StandingChange.objects.count() == changes
    assert due_members(program.pk, END_OF_2027, after=0, most=10) == []


def test_who_has_not_done_enough_falls_when_the_time_was_up(program):
    ada = make_member(program)
    spend(ada, 50000)
    count_order(ada, 49999, day=date(2027, 2, 1))

    assert settle_ends(program=program, at=END_OF_2027 + DAY) == Outcome(1, falls=1)

    row = Standing.objects.get()
    assert (row.tier, row.since, row.earned_since) == ("silver", END_OF_2027, date(2028, 1, 1))
    assert row.until == row.review_at == datetime(2028, 12, 31, 23, tzinfo=UTC)
    fall = StandingChange.objects.latest("id")
    assert (fall.from_tier, fall.to_tier, fall.at, fall.cause) == (
        "gold",
        "silver",
        END_OF_2027,
        "review",
    )
    assert Event.objects.filter(type="tier.changed").latest("id").occurred_at == END_OF_2027


def test_who_fell_all_the_way_may_be_lifted_again_and_is_left_to_a_review():
    program = make_program()
    form = {"window": {"rolling": "3 months"}, "downgrade": "to_lowest", "tiers": TIERS}
    make_ladders(program, vip=form)
    ada = make_member(program)
    spend(ada, 50000)
    ended = datetime(2026, 8, 4, 22, tzinfo=UTC)

    assert settle_ends(program=program, at=ended) == Outcome()

    assert due_members(program.pk, ended, after=0, most=10) == [ada]


def test_who_counts_something_since_the_end_is_left_to_a_review(program):
    ada = make_member(program)
    spend(ada, 50000)
    spend(ada, 50000, day=date(2027, 2, 1), at=datetime(2027, 2, 1, 12, tzinfo=UTC))
    count_order(ada, 100, day=date(2028, 1, 1))

    assert settle_ends(program=program, at=END_OF_2027) == Outcome()


def test_a_tier_set_by_hand_is_left_to_a_review(program):
    ada = make_member(program)
    spend(ada, 50000)
    spend(ada, 50000, day=date(2027, 2, 1), at=datetime(2027, 2, 1, 12, tzinfo=UTC))
    set_tier(member=ada, ladder="vip", tier="gold", until=None, reason="guest", at=NOON)

    assert settle_ends(program=program, at=END_OF_2027) == Outcome()


def test_nobody_is_renewed_against_a_ladder_that_has_just_changed(program):
    ada = make_member(program)
    spend(ada, 50000)
    spend(ada, 50000, day=date(2027, 2, 1), at=datetime(2027, 2, 1, 12, tzinfo=UTC))
    harder = TIERS | {"gold": {"threshold": "900.00"}}
    make_ladders(program, vip={"tiers": harder, "window": YEAR}, applies_from=END_OF_2027)

    assert settle_ends(program=program, at=END_OF_2027) == Outcome()


def test_many_fall_at_once_and_each_is_told_where_to(program):
    spent_since = {"ada": 50000, "bob": 20000, "cem": 49999, "dan": 19999}
    for name, cents in spent_since.items():
        member = make_member(program, name)
        spend(member, 50000)
        count_order(member, cents, day=date(2027, 2, 1))

    assert settle_ends(program=program, at=END_OF_2027) == Outcome(4, falls=3)

    assert tiers_of(program) == {
        "ada": "gold",
        "bob": "silver",
        "cem": "silver",
        "dan": "member",
    }
    changes = StandingChange.objects.filter(at=END_OF_2027).order_by("member")
    told = [(each.member.external_id, each.from_tier, each.to_tier) for each in changes]
    fallen = [("bob", "gold", "silver"), ("cem", "gold", "silver"), ("dan", "gold", "member")]
    assert told == fallen
    events = Event.objects.filter(occurred_at=END_OF_2027).order_by("member_id")
    assert [(each.data["from"], each.data["to"]) for each in events] == [
        each[1:] for each in fallen
    ]
    assert [each.member_id for each in events] == [each.member_id for each in changes]


@pytest.mark.needs_postgresql
def test_whoever_was_proven_stays_proven_when_their_time_is_up(program):
    for name, cents in (("ada", 50000), ("bob", 100)):
        member = make_member(program, name)
        spend(member, 50000)
        spend(member, cents, day=date(2027, 2, 1), at=datetime(2027, 2, 1, 12, tzinfo=UTC))
    review_all(program, END_OF_2027 - DAY)

    assert settle_ends(program=program, at=END_OF_2027) == Outcome(2, falls=1)

    assert list(unproven_members(program, Stretch(), END_OF_2027)) == []


@pytest.mark.needs_postgresql
def test_who_counted_something_that_nobody_reviewed_is_looked_at_all_the_same(program):
    ada = make_member(program)
    spend(ada, 50000)
    review_all(program, END_OF_2027 - DAY)
    count_order(ada, 100, day=date(2026, 3, 1))

    assert settle_ends(program=program, at=END_OF_2027) == Outcome(1, falls=1)

    assert list(unproven_members(program, Stretch(), END_OF_2027)) == [ada.pk]


def test_who_has_left_does_not_fall(program):
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    for member in (ada, bob):
        spend(member, 50000)
    close_member(member=ada, reason="asked to", at=NOON)

    assert settle_ends(program=program, at=END_OF_2027) == Outcome(1, falls=1)

    assert tiers_of(program) == {"ada": "gold", "bob": "member"}


@settings(max_examples=settings.default.max_examples // 5, deadline=None)
@given(facts=facts, later=st.integers(0, 900))
def test_judged_by_a_sum_or_by_a_replay_a_member_stands_alike(facts, later):
    program = make_program()
    make_ladders(program, **{code: {"tiers": TIERS} | form for code, form in PLAIN.items()})
    ada = make_member(program)
    stated_on = 0
    for stated_on, paid_on, cents, _ in stated(facts):
        count_order(ada, cents, day=paid_on)
        review(ada, at=noon(stated_on))
    end = noon(stated_on + later)
    twin = make_member(program, "twin")
    for each in days_of(ada):
        count_order(twin, each[1], day=each[0], orders=each[2])
    review(twin, at=end)

    moment = None
    while (moment := next_review(program, after=moment, until=end)) is not None:
        review_due_members(program=program, at=moment)

    assert standing(ada) == standing(twin)


def tiers_of(program):
    rows = Standing.objects.filter(program=program).select_related("member")
    return {row.member.external_id: row.tier for row in rows}


def days_of(member):
    rows = member.daytotal_set.order_by("day")
    return list(rows.values_list("day", "spend", "orders"))
