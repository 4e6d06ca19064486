"""A shop's days through the real engine, whole and in pieces."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from engine.program_file import apply_program
from engine.travel import move_clock
from loyalty.models import EarningRule, Entry, Member, Order, Program
from loyalty.queries.balances import WalletView
from loyalty.services.programs import publish_rules
from seeds.data_summary import DataSummary
from seeds.online_retail import SHIPPED_QUARTER, read_days
from seeds.proof import points_of_orders, recompute_points
from seeds.replay import FactRefused, Step, open_program, replay_days
from seeds.shops import SHOPS
from tests.factories import balance_of, refund_order
from tests.proof import prove
from tests.seeds.conftest import expected_of

pytestmark = pytest.mark.django_db

FORM = SHOPS["gift_shop"].program_file()
OPENING = datetime(2010, 12, 1, tzinfo=UTC)
# The shop's points: 25 for enrolling, one per pound, 50 more from 200 pounds on.


@pytest.fixture
def days(shop_file, row):
    """Two members and a guest in three days; on the last one, goods come back."""
    path = shop_file(
        row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00"),
        row("536366", "71053", 100, "3.00", at="2010-12-01 09:00:00", customer="13047"),
        row("536367", "71053", 1, "3.00", at="2010-12-01 17:00:00", customer=""),
        row("536368", "22633", 4, "1.85", at="2010-12-02 10:00:00"),
        row("C536369", "71053", -4, "3.00", at="2010-12-20 11:00:00"),
        row("536370", "84879", 6, "1.69", at="2010-12-20 12:00:00", customer="13047"),
    )
    return list(read_days(path, DataSummary()))


@pytest.fixture
def program():
    return open_program(FORM, at=OPENING)


def live_through(program, days, **how):
    return list(replay_days(program, days, **how))


def member(program, key="17850"):
    return Member.objects.select_related("program").get(program=program, external_id=key)


def history(program):
    """Return all entries of all wallets, without what is no business of the shop's."""
    rows = Entry.objects.filter(program=program).order_by("wallet__member__external_id", "seq")
    columns = ("seq", "kind", "available", "pending", "debt", "occurred_at", "source_id")
    told = rows.values_list("wallet__member__external_id", *columns)
    # A signup has the number of the member's row, which is another in each program.
    return [(*row, re.sub(r":signup:\d+$", ":signup", source)) for *row, source in told]


@pytest.fixture
def undisturbed(days):
    """Return the history of another program that lived through the days in one go."""
    twin = open_program(SHOPS["gift_shop"].program_file(), at=OPENING)
    live_through(twin, days)
    told = history(twin)
    Program.objects.filter(pk=twin.pk).update(slug="twin")
    return told


def test_every_day_is_stated_and_told(program, days):
    steps = live_through(program, days)

    assert steps == [
        Step(days[0].date, facts=5, orders=3, ends_day=True),
        Step(days[1].date, facts=1, orders=1, ends_day=True),
        Step(days[2].date, facts=2, orders=1, ends_day=True),
    ]


def test_members_have_their_points_at_the_end_of_the_last_day(program, days):
    live_through(program, days)

    # 25, 30 and 7 were released; then 12 of the 30 were taken back.
    assert balance_of(member(program)) == WalletView(available=50, lifetime_earned=50)
    # 25 and 300 + 50 were released, and 10 of the last day are on hold.
    assert balance_of(member(program, "13047")) == WalletView(
        available=375, pending=10, lifetime_earned=385
    )
    assert points_of_orders(program) == {"536365": 18, "536366": 350, "536368": 7, "536370": 10}
    prove(program)


def test_the_clock_ends_with_the_last_day(program, days):
    live_through(program, days)

    program.refresh_from_db()
    assert program.now() == datetime(2010, 12, 21, tzinfo=UTC)


def test_points_expire_as_the_days_go_by(program, shop_file, row):
    path = shop_file(
        row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00"),
        row("540000", "71053", 1, "3.00", at="2011-07-01 08:26:00", customer="13047"),
    )
    live_through(program, read_days(path, DataSummary()))

    assert balance_of(member(program)) == WalletView(lifetime_earned=55, lifetime_expired=55)


def test_a_guest_has_an_order_and_no_points(program, days):
    live_through(program, days)

    guest = Order.objects.get(program=program, external_id="536367")
    assert (guest.member, guest.waiting, guest.posted) == (None, False, {})


def test_days_that_are_over_are_passed_over(program, days):
    live_through(program, days)
    told = history(program)

    assert live_through(program, days) == []
    assert history(program) == told


@pytest.mark.parametrize("steps", [1, 2, 4, 6, 7])
def test_a_replay_cut_short_goes_on_as_if_nothing_had_happened(
    undisturbed, program, days, steps
):
    cut = replay_days(program, days, batch=1)
    list(islice(cut, steps))
    cut.close()

    live_through(Program.objects.get(pk=program.pk), days)

    assert history(program) == undisturbed


def test_a_replay_killed_after_its_clock_was_set_still_releases_what_is_due(
    undisturbed, program, days
):
    live_through(program, days[:2])
    Program.objects.filter(pk=program.pk).update(clock_at=days[2].ends_at)

    live_through(Program.objects.get(pk=program.pk), days)

    assert history(program) == undisturbed


def test_a_longer_file_goes_on_where_a_shorter_one_ended(undisturbed, program, days):
    live_through(program, days[:1])

    assert [step.date for step in live_through(program, days)] == [days[1].date, days[2].date]
    assert history(program) == undisturbed


def test_orders_are_stated_late_where_the_clock_was_moved_ahead(undisturbed, program, days):
    live_through(program, days[:1])
    ahead = days[2].ends_at + timedelta(days=30)
    move_clock(program=program, to=ahead)

    live_through(program, days)

    assert program.now() == ahead
    assert points_of_orders(program)["536365"] == 18
    prove(program)


def test_a_fact_that_the_engine_refuses_is_named_and_what_came_before_is_in(
    program, shop_file, row
):
    path = shop_file(
        row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00"),
        row("536366", "71053", 999999999, "999999999.00", at="2010-12-02 08:26:00"),
        row("536366", "71053", 999999999, "999999999.00", at="2010-12-02 08:26:00"),
    )

    with pytest.raises(FactRefused, match=r"order 536366 of 2010-12-02: .*more than"):
        live_through(program, read_days(path, DataSummary()))

    assert points_of_orders(program) == {"536365": 30}


def test_a_program_without_facts_is_set_back_to_the_first_day():
    apply_program(FORM, at=datetime(2026, 5, 4, 12, tzinfo=UTC))

    assert open_program(FORM, at=OPENING).now() == OPENING


def test_a_program_with_facts_keeps_its_clock_and_its_rules(program, days):
    live_through(program, days)
    edit_bulk_rule(program)

    again = open_program(FORM, at=OPENING)

    assert again.now() == days[2].ends_at
    assert EarningRule.objects.get(program=program, code="bulk").archived_at is not None


def edit_bulk_rule(program):
    EarningRule.objects.filter(program=program, code="bulk").update(archived_at=program.now())
    publish_rules(program=program, at=program.now())
    program.refresh_from_db()


# The second opinion


def test_the_first_days_of_the_shipped_quarter_agree_with_the_second_opinion(program):
    days = list(islice(read_days(SHIPPED_QUARTER, DataSummary()), 3))
    expected = expected_of(days)

    live_through(program, days)

    result = recompute_points(program, expected)
    assert (result.agreeing, result.left_out, result.differing) == (len(expected), 0, [])
    prove(program)


def test_an_order_that_earned_something_else_is_named(program, days):
    live_through(program, days)
    expected = expected_of(days)
    expected["536365"] = expected["536365"]._replace(points=19)

    result = recompute_points(program, expected)

    assert (result.agreeing, result.differing) == (4, ["536365 has 18, not 19"])


def test_an_order_that_others_refunded_is_left_out(program, days):
    live_through(program, days)
    refund_order(program, "536368", amount=100)

    result = recompute_points(program, expected_of(days))

    assert (result.agreeing, result.left_out, result.differing) == (4, 1, [])


def test_an_order_under_edited_rules_is_left_out(program, days):
    live_through(program, days[:2])
    edit_bulk_rule(program)
    live_through(program, days)

    result = recompute_points(program, expected_of(days))

    assert (result.agreeing, result.left_out, result.differing) == (4, 1, [])


def test_points_that_expired_before_the_goods_came_back_count_as_taken(program, shop_file, row):
    path = shop_file(
        row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00"),
        row("C540000", "71053", -4, "3.00", at="2011-07-01 08:26:00"),
    )
    days = list(read_days(path, DataSummary()))

    live_through(program, days)

    assert points_of_orders(program) == {"536365": 18}
    assert balance_of(member(program)) == WalletView(lifetime_earned=55, lifetime_expired=55)
