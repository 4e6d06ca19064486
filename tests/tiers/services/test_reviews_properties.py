"""Reviewed after every fact, or once at the end, or never: a member stands where they stand."""

from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_member, make_program
from tests.tiers.factories import TIERS, count_order, make_ladders, review
from tests.tiers.oracle import Diary
from tiers.models import Standing
from tiers.queries.standings import standings_of

pytestmark = pytest.mark.django_db

FIRST = date(2025, 11, 1)
BERLIN = ZoneInfo("Europe/Berlin")
FORMS = {
    "year": {"window": {"calendar": "year"}, "downgrade": "one_step", "grace": "30 days"},
    "fiscal": {"window": {"calendar": "year", "starts": "04-06"}, "carry_over": True},
    "rolling": {"window": {"rolling": "3 months"}},
    "later": {"window": {"calendar": "quarter"}, "upgrade": "next_period"},
    "life": {},
}
THRESHOLDS = {"member": 0, "silver": 20000, "gold": 50000}

numbers = count(1)
# A day of stating, how many days back it was paid (a third of them, at most), and what.
facts = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.one_of(st.just(0), st.just(0), st.integers(1, 300)),
        st.sampled_from([-1, 5000, 20000, 29999, 50000]),
    ),
    max_size=6,
)


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, **{code: form | {"tiers": TIERS} for code, form in FORMS.items()})
    return program


@settings(
    max_examples=settings.default.max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(facts=facts, later=st.integers(0, 500))
def test_reviewing_after_each_fact_equals_reviewing_once(program, facts, later):
    ada = make_member(program, f"ada-{next(numbers)}")
    bob = make_member(program, f"bob-{next(numbers)}")
    totals = {}
    stated_on = 0
    for stated_on, back, amount in sorted(facts):
        paid_on, cents = FIRST + timedelta(days=stated_on - back), amount
        if amount < 0:
            # A refund takes all of a day that was paid before.
            paid_on = max(totals, default=None)
            cents = -totals.get(paid_on, 0)
        if not cents:
            continue
        totals[paid_on] = totals.get(paid_on, 0) + cents
        for member in (ada, bob):
            count_order(member, cents, day=paid_on, orders=0)
        review(ada, at=noon(stated_on))

    end = noon(stated_on + later)
    read = {code: held.tier for code, held in standings_of(program, [ada], end)[ada.pk].items()}
    review(ada, bob, at=end)

    assert standing(ada) == standing(bob)
    assert read == {
        code: row[0] or None for code, row in standing(ada).items()
    } | dict.fromkeys(FORMS.keys() - standing(ada).keys(), "member")
    assert review(ada, bob, at=end) == []
    assert {code: row[1] for code, row in standing(bob).items()} == written(bob, totals, end)


def noon(number):
    day = FIRST + timedelta(days=number)
    return datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)


def standing(member):
    """Return tier, tier earned and its dates by ladder; who is nowhere has no row."""
    rows = Standing.objects.filter(member=member).select_related("ladder")
    found = {
        row.ladder.code: (
            row.tier,
            (row.earned, row.earned_since, row.earned_until),
            row.until,
            row.review_at,
        )
        for row in rows
    }
    return {code: row for code, row in found.items() if row[1][1] or row[3]}


def written(member, totals, end):
    """Return what a diary has, of the ladders in which the member stands somewhere."""
    thresholds = {code: {"threshold": number} for code, number in THRESHOLDS.items()}
    return {
        code: Diary(FORMS[code] | {"tiers": thresholds}, totals, member.joined_at.date()).write(
            FIRST - timedelta(days=310), end.date()
        )
        for code in standing(member)
    }
