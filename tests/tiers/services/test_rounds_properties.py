"""Reviewed by time as it comes, or by a review of everybody: members stand where they stand.

What a review of everybody leaves out is what no review could find anything new of.
"""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.models import Member
from loyalty.services.statuses import close_member, reactivate_member
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, count_order, make_ladders, review
from tests.tiers.services.test_reviews_properties import (
    FIRST,
    FORMS,
    facts,
    noon,
    standing,
    written,
)
from tiers.models import Proof, Standing, StandingChange
from tiers.queries.due import next_review
from tiers.queries.proofs import Stretch, unproven_members
from tiers.services.due import review_due_members
from tiers.services.rounds import begin_round, work_round

pytestmark = pytest.mark.django_db

examples = settings(max_examples=settings.default.max_examples // 6, deadline=None)


@pytest.fixture
def program():
    return a_program()


def a_program():
    """Return one with ladders of many kinds; each example has its own."""
    program = make_program()
    make_ladders(program, **{code: form | {"tiers": TIERS} for code, form in FORMS.items()})
    return program


def live(program, end):
    """Do the daily work at every moment up to `end` that has some."""
    moment = None
    while (moment := next_review(program, after=moment, until=end)) is not None:
        review_due_members(program=program, at=moment)


def review_all(program, at):
    number = begin_round(program=program, at=at)
    return work_round(program=program, number=number, at=at)


def rows(program):
    return list(Standing.objects.filter(program=program).order_by("id").values())


def stated(facts):
    """Yield on which day what was stated of which day; a refund takes all of one."""
    totals = {}
    for stated_on, back, amount in sorted(facts):
        paid_on, cents = FIRST + timedelta(days=stated_on - back), amount
        if amount < 0:
            paid_on = max(totals, default=None)
            cents = -totals.get(paid_on, 0)
        if cents:
            totals[paid_on] = totals.get(paid_on, 0) + cents
            yield stated_on, paid_on, cents, totals


@examples
@given(facts=facts, later=st.integers(0, 500))
def test_the_daily_work_a_review_of_everybody_and_a_diary_agree(facts, later):
    program = a_program()
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    stated_on, bought = 0, {}
    for stated_on, paid_on, cents, bought in stated(facts):  # noqa: B007
        live(program, noon(stated_on))
        for member in (ada, bob):
            count_order(member, cents, day=paid_on, orders=0)
        review(ada, at=noon(stated_on))
    end = noon(stated_on + later)
    live(program, end)
    before = standing(ada)

    review_all(program, end)

    assert standing(ada) == before
    assert standing(ada) == standing(bob)
    assert {code: row[1] for code, row in standing(bob).items()} == written(bob, bought, end)


@examples
@given(facts=facts, later=st.integers(0, 500))
def test_a_review_of_everybody_after_the_daily_work_changes_nothing(facts, later):
    program = a_program()
    ada = make_member(program)
    stated_on = 0
    for stated_on, paid_on, cents, _ in stated(facts):
        live(program, noon(stated_on))
        count_order(ada, cents, day=paid_on, orders=0)
        review(ada, at=noon(stated_on))
    end = noon(stated_on + later)
    live(program, end)
    before, changes = rows(program), StandingChange.objects.count()

    done = review_all(program, end)

    assert done.moved == 0
    assert rows(program) == before
    assert StandingChange.objects.count() == changes


@pytest.mark.needs_postgresql
@examples
@given(
    facts=facts,
    missed=st.lists(st.booleans(), min_size=6, max_size=6),
    proven_on=st.integers(0, 900),
    later=st.integers(0, 500),
    is_lived=st.booleans(),
)
def test_whoever_a_review_would_change_is_looked_at(facts, missed, proven_on, later, is_lived):
    program = a_program()
    ada = make_member(program)
    stated_on, is_proven = 0, False
    for (stated_on, paid_on, cents, _), is_missed in zip(stated(facts), missed, strict=False):
        if stated_on > proven_on and not is_proven:
            review_all(program, noon(proven_on))
            is_proven = True
        count_order(ada, cents, day=paid_on, orders=0)
        if not is_missed:
            review(ada, at=noon(stated_on))
    end = noon(stated_on + later)
    if is_lived:
        live(program, end)
    before = rows(program)

    looked_at = list(unproven_members(program, Stretch(), end))
    review(ada, at=end)

    assert rows(program) == before or ada.pk in looked_at


@pytest.mark.needs_postgresql
def test_whoever_is_proven_is_not_looked_at_again(program):
    ada, bob, eve = (make_member(program, name) for name in ("ada", "bob", "eve"))
    for member in (ada, bob):
        count_order(member, 50000, day=FIRST)
        review(member, at=noon(0))
    review_all(program, noon(1))
    assert set(Proof.objects.values_list("member", flat=True)) == {ada.pk, bob.pk}

    assert list(unproven_members(program, Stretch(), noon(1))) == []

    count_order(bob, 100, day=FIRST)
    assert list(unproven_members(program, Stretch(), noon(1))) == [bob.pk]
    assert eve.pk > bob.pk


@pytest.mark.needs_postgresql
def test_a_row_that_somebody_changed_is_looked_at_and_put_right(program):
    ada = make_member(program)
    count_order(ada, 50000, day=FIRST)
    review_all(program, noon(0))
    before = rows(program)
    Standing.objects.filter(member=ada, ladder__code="life").update(tier="silver")

    review_all(program, noon(0))

    assert [row["tier"] for row in rows(program)] == [row["tier"] for row in before]


def test_who_has_left_is_reviewed_when_they_come_back(program):
    ada = make_member(program)
    count_order(ada, 50000, day=FIRST)
    close_member(member=ada, reason="asked to", at=NOON)
    review_all(program, NOON)
    reactivate_member(member=Member.objects.select_related("program").get(), at=NOON)

    review_all(program, NOON)

    assert Standing.objects.get(ladder__code="life").tier == "gold"
