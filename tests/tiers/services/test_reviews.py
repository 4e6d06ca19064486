from datetime import UTC, date, datetime, timedelta

import pytest

from core.models import Event
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import (
    TIERS,
    TODAY,
    YEAR,
    count_order,
    make_ladders,
    review,
    spend,
    tier_of,
)
from tiers.models import Standing, StandingChange
from tiers.queries.due import due_members
from tiers.services.moves import Cause, moved_to
from tiers.services.reviews import preview_members

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2027, 12, 31, 23, tzinfo=UTC)


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR})
    return program


def changes_of(member):
    rows = StandingChange.objects.filter(member=member).order_by("id")
    return list(rows.values_list("from_tier", "to_tier", "at", "cause"))


def test_a_rise_is_written_down_with_its_cause_and_told_outside(program):
    ada = make_member(program)
    count_order(ada, 50000)

    (move,) = review(ada, causes={ada.pk: Cause("order", "order", "1001")})

    assert (move.from_, move.to, move.passed) == ("member", "gold", ("silver", "gold"))
    row = Standing.objects.get()
    assert (row.tier, row.since, row.until) == ("gold", NOON, NEW_YEAR)
    change = StandingChange.objects.get()
    assert (change.cause, change.source_type, change.source_id) == ("order", "order", "1001")
    event = Event.objects.get(type="tier.changed")
    assert event.data == {
        "ladder": "vip",
        "from": "member",
        "to": "gold",
        "at": "2026-05-04T12:00:00Z",
        "cause": "order",
    }


def test_a_review_that_is_repeated_changes_nothing(program):
    ada = make_member(program)
    spend(ada, 50000)
    before = Standing.objects.values().get()

    assert review(ada, at=NOON + timedelta(hours=3)) == []

    assert Standing.objects.values().get() == before
    assert StandingChange.objects.count() == 1


def test_who_never_rose_has_no_row(program):
    ada = make_member(program)

    assert spend(ada, 19999) == []

    assert not Standing.objects.exists()
    assert tier_of(ada) == "member"


def test_a_tier_ends_on_its_date_whether_or_not_a_review_has_run(program):
    ada = make_member(program)
    spend(ada, 50000)

    assert tier_of(ada, at=NEW_YEAR - timedelta(seconds=1)) == "gold"
    assert tier_of(ada, at=NEW_YEAR) == "member"
    assert Standing.objects.get().tier == "gold"


def test_a_late_review_writes_down_what_happened_when_it_happened(program):
    ada = make_member(program)
    spend(ada, 50000)
    late = datetime(2028, 6, 1, 12, tzinfo=UTC)
    assert [member.pk for member in due_members(program.pk, late, after=0, most=10)] == [ada.pk]

    review(ada, at=late)

    assert changes_of(ada) == [
        ("member", "gold", NOON, "review"),
        ("gold", "member", NEW_YEAR, "review"),
    ]
    assert due_members(program.pk, late, after=0, most=10) == []


def test_a_refund_undoes_the_rise_that_the_order_caused(program):
    ada = make_member(program)
    spend(ada, 50000)
    count_order(ada, -1, orders=0)

    (move,) = review(ada, causes={ada.pk: Cause("refund", "order", "1001")})

    assert (move.from_, move.to, move.undone, move.left) == ("gold", "silver", True, ("gold",))
    assert tier_of(ada) == "silver"
    assert review(ada, at=NOON + timedelta(days=1)) == []


def test_a_refund_leaves_what_is_kept_until_its_time_is_up():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "on_refund": "keep_until"})
    ada = make_member(program)
    spend(ada, 50000)
    count_order(ada, -50000, orders=-1)

    assert review(ada) == []

    assert tier_of(ada) == "gold"
    (move,) = review(ada, at=NEW_YEAR)
    assert (move.from_, move.to) == ("gold", "member")


def test_an_order_backdated_into_the_last_year_lifts_from_there():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR})
    ada = make_member(program)

    spend(ada, 50000, day=date(2025, 12, 30))

    row = Standing.objects.get()
    assert (row.tier, row.earned_since) == ("gold", date(2025, 12, 30))
    assert row.until == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_each_rise_of_a_day_is_a_change_of_its_own(program):
    ada = make_member(program)
    spend(ada, 20000)

    spend(ada, 30000, at=NOON + timedelta(hours=1))

    assert changes_of(ada) == [
        ("member", "silver", NOON, "review"),
        ("silver", "gold", NOON + timedelta(hours=1), "review"),
    ]


def test_a_preview_tells_the_moves_and_writes_nothing(program):
    ada = make_member(program)
    count_order(ada, 50000)

    (move,) = preview_members(program, [ada], NOON)

    assert (move.from_, move.to) == ("member", "gold")
    assert not Standing.objects.exists()


def test_answers_tell_one_move_a_ladder(program):
    ada = make_member(program)
    moves = spend(ada, 20000) + spend(ada, 30000, at=NOON + timedelta(hours=1))

    assert moved_to(moves, ada.pk) == [{"ladder": "vip", "from": "member", "to": "gold"}]


def test_a_rise_in_the_next_period_has_a_row_that_waits():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "upgrade": "next_period"})
    ada = make_member(program)
    assert spend(ada, 50000) == []
    new_year = datetime(2026, 12, 31, 23, tzinfo=UTC)

    assert due_members(program.pk, new_year, after=0, most=10) == [ada]
    (move,) = review(ada, at=new_year)

    assert (move.from_, move.to, move.at) == ("member", "gold", new_year)


@pytest.mark.parametrize("members", [1, 3])
def test_a_review_takes_as_many_statements_for_many_as_for_one(
    program, members, django_assert_max_num_queries
):
    people = [make_member(program, f"m-{n}") for n in range(members)]
    for one in people:
        count_order(one, 50000)
    review(people[0], at=NOON)  # so that there is one row to be found
    count_order(people[0], -50000, orders=-1)

    # Savepoints apart: rows, days, new rows, a changed row, changes, events.
    with django_assert_max_num_queries(6 + 2 + members):
        review(*people)


def test_several_ladders_are_climbed_apart():
    program = make_program()
    buyer = {"metric": "orders", "tiers": {"regular": {"threshold": 2}}}
    make_ladders(program, vip={"tiers": TIERS}, loyal=buyer)
    ada = make_member(program)

    spend(ada, 20000, orders=2)

    assert (tier_of(ada), tier_of(ada, ladder="loyal")) == ("silver", "regular")


def test_without_ladders_there_is_nothing_to_review(django_assert_max_num_queries):
    program = make_program()
    ada = make_member(program)
    review(ada)

    with django_assert_max_num_queries(2):
        assert review(ada) == []
    assert NOON.date() == TODAY


def test_a_fall_that_nobody_saw_keeps_its_date_though_a_refund_moves_the_rise_before_it():
    program = make_program()
    ada = make_member(program)
    quarter = {"window": {"calendar": "quarter"}, "valid_for": "end_of_period"}
    make_ladders(program, vip={"tiers": TIERS} | quarter)
    spend(ada, 50000)
    second = NOON + timedelta(days=6)
    spend(ada, 50000, day=second.date(), at=second)
    count_order(ada, -50000, orders=-1)

    review(ada, at=NOON.replace(month=7, day=20))

    fall = StandingChange.objects.latest("id")
    assert (fall.from_tier, fall.to_tier, fall.cause) == ("gold", "member", "review")
    assert fall.at == datetime(2026, 6, 30, 22, tzinfo=UTC)
