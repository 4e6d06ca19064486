from datetime import timedelta
from uuid import uuid4

import pytest

from core.models import Event
from tests.concurrency import all_at_once, errors_in
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, count_order, make_ladders, review, spend, tier_of
from tiers.models import LadderVersion, ReviewChunk, Standing, StandingChange
from tiers.queries.ladders import tier_setup_of
from tiers.services import rounds
from tiers.services.ladders import save_ladders, undo_ladder_version
from tiers.services.outcomes import Outcome
from tiers.services.rounds import (
    begin_round,
    open_chunks,
    review_changes,
    review_chunk,
    work_round,
)

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=10)
EASIER = TIERS | {"gold": {"threshold": "300.00"}}


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS})
    return program


@pytest.fixture
def people(program, monkeypatch):
    """Seven who have bought for 300.00 each, in steps of two."""
    monkeypatch.setattr(rounds, "CHUNK", 2)
    found = [make_member(program, f"m-{number}") for number in range(7)]
    for one in found:
        spend(one, 30000)
    return found


def review_all(program, at=LATER):
    return work_round(program=program, number=begin_round(program=program, at=at), at=at)


def test_a_program_that_begins_with_its_ladders_has_nobody_to_review(program):
    revision = program.revision

    assert review_changes(program=program, at=NOON) == Outcome()

    assert program.revision == revision
    assert not ReviewChunk.objects.exists()


def test_ladders_that_come_later_are_true_at_once_and_everybody_is_reviewed():
    program = make_program()
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    count_order(ada, 50000)
    make_ladders(program, vip={"tiers": TIERS})
    assert (tier_of(ada), tier_of(bob)) == ("gold", "member")

    done = review_changes(program=program, at=NOON)

    assert (done.rises, done.falls) == (1, 0)
    assert Standing.objects.get().tier == "gold"
    assert StandingChange.objects.get().cause == "ladder"
    assert (tier_of(ada), tier_of(bob)) == ("gold", "member")
    assert review_changes(program=program, at=NOON) == Outcome()


def test_until_a_change_is_reviewed_reads_are_true(program, people, django_assert_num_queries):
    make_ladders(program, vip={"tiers": EASIER}, applies_from=LATER)
    assert tier_of(people[0], at=LATER) == "gold"
    assert Standing.objects.filter(tier="gold").count() == 0

    done = review_changes(program=program, at=LATER)

    assert done == Outcome(7, rises=7)
    assert Standing.objects.filter(tier="gold").count() == 7
    assert LadderVersion.objects.filter(reviewed_at=None).count() == 0
    tier_setup_of(program)
    with django_assert_num_queries(1):
        assert tier_of(people[0], at=LATER) == "gold"


def test_an_undone_change_is_reviewed_as_well(program, people):
    make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON)
    review_changes(program=program, at=NOON)
    undo_ladder_version(program=program, code="vip", at=LATER)
    assert tier_of(people[0], at=LATER) == "silver"

    done = review_changes(program=program, at=LATER)

    assert done == Outcome(7, falls=7)
    assert set(Standing.objects.values_list("tier", flat=True)) == {"silver"}
    assert tier_of(people[0], at=LATER) == "silver"
    assert review_changes(program=program, at=LATER) == Outcome()


def test_a_change_that_has_not_begun_is_not_reviewed_against(program, people):
    make_ladders(program, vip={"tiers": EASIER}, applies_from=LATER)

    assert review_changes(program=program, at=NOON) == Outcome()

    assert LadderVersion.objects.filter(reviewed_at=None).count() == 1
    assert tier_of(people[0]) == "silver"


def test_a_ladder_that_comes_back_is_reviewed(program, people):
    form = {"vip": {"tiers": TIERS}}
    save_ladders(program=program, forms={"other": form["vip"]}, at=NOON)
    count_order(people[0], 20000)
    save_ladders(program=program, forms=form, at=LATER)
    assert tier_of(people[0], at=LATER) == "gold"

    assert review_changes(program=program, at=LATER).rises == 1


def test_a_round_that_was_killed_goes_on_where_it_was(program, people, monkeypatch):
    make_ladders(program, vip={"tiers": EASIER}, applies_from=LATER)
    steps = []
    real = rounds.review_members

    def killed_in_the_third(**given):
        steps.append(given["members"])
        if len(steps) == 3:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(rounds, "review_members", killed_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        review_changes(program=program, at=LATER)
    assert Standing.objects.filter(tier="gold").count() == 4
    assert tier_of(people[6], at=LATER) == "gold"
    steps.clear()
    monkeypatch.setattr(rounds, "review_members", real)

    done = review_changes(program=program, at=LATER)

    assert done == Outcome(7, rises=7)
    assert Event.objects.filter(type="tier.changed", data__to="gold").count() == 7


def test_a_change_in_the_middle_of_a_round_begins_another(program, people):
    begun = begin_round(program=program, at=LATER)
    assert begin_round(program=program, at=LATER) == begun
    make_ladders(program, vip={"tiers": EASIER}, at=LATER)

    assert begin_round(program=program, at=LATER) != begun
    assert review_changes(program=program, at=LATER) == Outcome(7, rises=7)
    work_round(program=program, number=begun, at=LATER)
    assert LadderVersion.objects.filter(reviewed_at=None).count() == 0


@pytest.mark.parametrize(("parts", "chunks"), [(1, 1), (3, 3), (7, 7), (9, 7)])
def test_parts_have_everybody_once(program, people, parts, chunks):
    begin_round(program=program, at=LATER, parts=parts)

    found = list(ReviewChunk.objects.order_by("first"))
    assert len(found) == chunks
    assert (found[0].first, found[-1].last) == (0, None)
    assert [each.last + 1 for each in found[:-1]] == [each.first for each in found[1:]]


def test_a_chunk_that_is_done_or_gone_is_left_alone(program, people):
    number = begin_round(program=program, at=LATER, parts=2)
    first, second = open_chunks(number)
    review_chunk(program=program, chunk_id=first, at=LATER)
    before = ReviewChunk.objects.get(pk=first).done_at

    review_chunk(program=program, chunk_id=first, at=LATER)
    review_chunk(program=program, chunk_id=0, at=LATER)

    assert ReviewChunk.objects.get(pk=first).done_at == before
    assert open_chunks(number) == [second]
    assert work_round(program=program, number=uuid4(), at=LATER) == Outcome()


def test_a_review_of_everybody_puts_right_what_was_missed(program, people):
    count_order(people[3], 20000)

    done = review_all(program)

    assert (done.rises, done.falls) == (1, 0)
    assert tier_of(people[3]) == "gold"
    again = review_all(program)
    assert (again.rises, again.falls) == (0, 0)


def test_nobody_is_reviewed_as_of_a_time_before_what_is_known(program, people):
    spend(people[0], 20000, at=LATER)

    assert review_all(program, at=NOON).moved == 0

    assert Standing.objects.get(member=people[0]).tier == "gold"
    assert review(people[0], at=LATER) == []


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_several_who_work_on_a_round_do_nothing_twice(program, people):
    make_ladders(program, vip={"tiers": EASIER}, applies_from=LATER)
    number = begin_round(program=program, at=LATER, parts=2)

    done = all_at_once(
        [lambda: work_round(program=program, number=number, at=LATER)] * 3
        + [
            lambda chunk=chunk: review_chunk(program=program, chunk_id=chunk, at=LATER)
            for chunk in open_chunks(number)
        ]
    )

    assert errors_in(done) == []
    chunks = ReviewChunk.objects.filter(round=number)
    assert sum(chunk.reviewed for chunk in chunks) == 7
    assert sum(chunk.rises for chunk in chunks) == 7
    assert StandingChange.objects.filter(to_tier="gold").count() == 7
    assert LadderVersion.objects.filter(reviewed_at=None).count() == 0
