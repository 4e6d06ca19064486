"""Tiers in the pipeline: what a fact changes, in the same transaction and answer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Event
from engine.pipeline import state_facts
from engine.preview import preview_order
from loyalty.models import Decision, Entry, Redemption, Voucher
from loyalty.queries.verification import ledger_findings
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    change_rules,
    give_points,
    make_member,
    make_program,
    order_stated,
    refund_order,
    state_event,
    state_order,
)
from tests.tiers.factories import TIERS, make_ladders, tier_of
from tiers.models import DayPoints, DayTotal, EntryReward, StandingChange

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program)


def rewarding(**gold):
    """Return a ladder that gives something to those who reach gold."""
    return {"vip": {"tiers": TIERS | {"gold": {"threshold": "500.00"} | gold}}}


def days_of(member):
    rows = DayTotal.objects.filter(member=member).order_by("day")
    return [(str(row.day), row.spend, row.orders) for row in rows]


def test_an_order_lifts_its_member_and_says_so(program, ada):
    make_ladders(program)

    answer = state_order(program, amount=20000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "silver"}]
    assert tier_of(ada) == "silver"


def test_a_rise_of_two_tiers_is_told_as_one(program, ada):
    make_ladders(program)

    answer = state_order(program, amount=50000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]


def test_an_order_that_lifts_nobody_tells_no_tiers(program, ada):
    make_ladders(program)

    assert state_order(program, amount=19999).body["tiers"] == []


def test_the_order_after_the_one_that_lifted_earns_by_the_new_tier(program, ada):
    make_ladders(program)
    state_order(program, "1", amount=50000)

    answer = state_order(program, "2", amount=10000)

    assert answer.body["points"][0]["target"] == 150


def test_the_order_that_lifts_earns_by_the_tier_before(program, ada):
    make_ladders(program)

    assert state_order(program, amount=50000).body["points"][0]["target"] == 500


def test_the_multiplier_is_frozen_with_the_order(program, ada):
    make_ladders(program)
    state_order(program, "1", amount=50000)
    state_order(program, "2", amount=10000)

    answer = refund_order(program, "2", amount=5000)

    assert answer.body["points"][0]["target"] == 75


def test_a_decision_names_the_tier_that_multiplied(program, ada):
    make_ladders(program)
    state_order(program, "1", amount=50000)
    state_order(program, "2", amount=10000)

    outcome = Decision.objects.order_by("-id")[0].outcome
    (rule,) = [each for each in outcome["rules"] if each["rule"] == "spend"]
    assert rule["multipliers"] == [{"reason": "tier:vip.gold", "multiplier": "1.5"}]


def test_in_a_batch_the_second_order_of_a_member_earns_by_the_tier_of_the_first(program, ada):
    make_ladders(program)
    statements = [
        order_stated(program, "1", amount=50000),
        order_stated(program, "2", amount=100),
    ]
    statements.append(order_stated(program, "3", amount=10000))

    answers = state_facts(program, statements, at=NOON)

    assert [answer.body["points"][0]["target"] for answer in answers] == [500, 1, 150]


def test_a_preview_counts_with_the_tier(program, ada):
    make_ladders(program)
    state_order(program, "1", amount=50000)

    preview = preview_order(program, order_stated(program, "2", amount=10000), at=NOON)

    assert preview["points"][0]["target"] == 150


def test_rules_may_ask_for_the_tier(program, ada):
    make_ladders(program)
    gold = SPEND | {"when": 'member.tier.vip in ["gold"]'}
    change_rules(program, {"gold": gold})
    state_order(program, "1", amount=50000)

    answers = [state_order(program, "2", amount=10000)]

    assert answers[0].body["points"][0]["target"] == 150


def test_a_refund_takes_the_rise_back_that_its_order_brought(program, ada):
    make_ladders(program)
    state_order(program, amount=50000)

    answer = refund_order(program, amount=40000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "gold", "to": "member"}]
    change = StandingChange.objects.latest("id")
    assert (change.cause, change.source_type, change.source_id) == ("refund", "order", "1001")


def test_sums_by_day_follow_every_statement_of_an_order(program, ada):
    state_order(program, amount=5000)
    assert days_of(ada) == [("2026-05-04", 5000, 1)]

    refund_order(program, amount=2000)
    assert days_of(ada) == [("2026-05-04", 3000, 1)]

    state_order(program, amount=5000, status="cancelled")
    assert days_of(ada) == [("2026-05-04", 0, 0)]


def test_sums_are_kept_before_there_is_any_ladder(program, ada):
    state_order(program, amount=50000)
    make_ladders(program)

    answer = state_order(program, "2", amount=100)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]


def test_a_repeat_counts_once(program, ada):
    for _ in range(3):
        state_order(program, amount=5000)

    assert days_of(ada) == [("2026-05-04", 5000, 1)]


def test_an_order_counts_on_the_day_it_was_paid(program, ada):
    yesterday = NOON - timedelta(days=1)

    state_order(program, amount=5000, placed_at=yesterday.isoformat())

    assert days_of(ada) == [("2026-05-03", 5000, 1)]


def test_a_guests_order_counts_once_it_is_claimed(program):
    state_order(program, guest={"email": "ada@example.org"}, amount=5000)
    assert not DayTotal.objects.exists()

    ada = make_member(program, email="ada@example.org")

    assert days_of(ada) == [("2026-05-04", 5000, 1)]


def test_points_count_when_earned_and_when_released():
    program = make_program(points={"hold": {"days": 14}})
    ada = make_member(program)

    state_order(program, amount=5000)

    rows = DayPoints.objects.filter(member=ada).order_by("day")
    told = [(str(row.day), row.earned, row.released) for row in rows]
    assert told == [("2026-05-04", 50, 0), ("2026-05-18", 0, 50)]


def test_a_ladder_of_released_points_lifts_on_the_day_of_the_release():
    program = make_program(points={"hold": {"days": 14}})
    ada = make_member(program)
    tiers = {"member": {"threshold": 0}, "gold": {"threshold": 50}}
    ladder = {"metric": "points", "point_type": "points", "count": "released", "tiers": tiers}
    make_ladders(program, vip=ladder)

    state_order(program, amount=5000)

    assert tier_of(ada) == "member"
    assert tier_of(ada, at=NOON + timedelta(days=14)) == "gold"


def test_adjustments_count_only_if_they_were_made_to(program, ada):
    tiers = {"member": {"threshold": 0}, "gold": {"threshold": 100}}
    make_ladders(program, vip={"metric": "points", "point_type": "points", "tiers": tiers})
    give_points(ada, 500)
    state_order(program, "1", amount=100)
    assert tier_of(ada) == "member"

    give_points(ada, 99, counts_for_tiers=True)
    answer = state_order(program, "2", amount=100)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]


def test_entering_a_tier_gives_its_reward_in_the_same_answer(program, ada):
    make_ladders(program, **rewarding(entry={"points": 200, "point_type": "points"}))

    answer = state_order(program, amount=50000)

    assert answer.body["wallets"]["points"]["available"] == 700
    assert balance_of(ada).available == 700
    assert Entry.objects.get(source_type="tier").source_id == "vip.gold"


def test_every_tier_that_is_passed_gives_its_reward(program, ada):
    tiers = {
        "member": {"threshold": 0},
        "silver": {"threshold": "200.00", "entry": {"points": 50, "point_type": "points"}},
        "gold": {"threshold": "500.00", "entry": {"points": 200, "point_type": "points"}},
    }
    make_ladders(program, vip={"tiers": tiers})

    state_order(program, amount=50000)

    assert balance_of(ada).available == 500 + 50 + 200


def test_a_refund_that_undoes_the_entry_takes_its_reward_back(program, ada):
    make_ladders(program, **rewarding(entry={"points": 200, "point_type": "points"}))
    state_order(program, amount=50000)

    refund_order(program, amount=10000)

    assert balance_of(ada).available == 400
    assert EntryReward.objects.get().taken_back_at == NOON


def test_who_reaches_a_tier_again_after_a_refund_gets_the_reward_once_more(program, ada):
    make_ladders(program, **rewarding(entry={"points": 200, "point_type": "points"}))
    state_order(program, "1", amount=50000)
    refund_order(program, "1", amount=10000)

    state_order(program, "2", amount=10000)

    assert balance_of(ada).available == 400 + 100 + 200


def test_a_reward_of_once_in_a_lifetime_is_not_given_for_the_next_entry():
    program = make_program(rules={})
    ada = make_member(program)
    entry = {"points": 200, "point_type": "points"}
    ladder = rewarding(entry=entry)["vip"] | {"window": {"rolling": "1 month"}}
    make_ladders(program, vip=ladder)
    state_order(program, "1", amount=50000)

    later = NOON + timedelta(days=70)
    assert tier_of(ada, at=later) == "member"
    state_order(program, "2", amount=50000, at=later)

    assert balance_of(ada, at=later).available == 200
    assert tier_of(ada, at=later) == "gold"


def test_a_reward_of_each_time_is_given_for_every_entry():
    program = make_program(rules={})
    ada = make_member(program)
    entry = {"points": 200, "point_type": "points", "once": "each_time"}
    ladder = rewarding(entry=entry)["vip"] | {"window": {"rolling": "1 month"}}
    make_ladders(program, vip=ladder)
    state_order(program, "1", amount=50000)

    later = NOON + timedelta(days=70)
    state_order(program, "2", amount=50000, at=later)

    assert balance_of(ada, at=later).available == 400


def test_an_undone_entry_leaves_the_reward_of_an_earlier_one():
    program = make_program(rules={})
    ada = make_member(program)
    entry = {"points": 200, "point_type": "points", "once": "each_time"}
    ladder = rewarding(entry=entry)["vip"] | {"window": {"rolling": "1 month"}}
    make_ladders(program, vip=ladder)
    state_order(program, "1", amount=50000)
    later = NOON + timedelta(days=70)
    state_order(program, "2", amount=50000, at=later)

    refund_order(program, "2", amount=10000, at=later)

    assert balance_of(ada, at=later).available == 200


def test_an_entry_voucher_is_named_in_the_answer_and_void_after_the_refund(program, ada):
    make_ladders(program, **rewarding(entry={"fixed": "10.00"}))

    answer = state_order(program, amount=50000)
    voucher = Voucher.objects.get()
    assert answer.body["vouchers"] == [voucher.shown]

    refund_order(program, amount=10000)
    voucher.refresh_from_db()
    assert voucher.voided_at == NOON
    assert Redemption.objects.get().status == "reversed"


def test_a_physical_entry_reward_is_put_on_the_work_list(program, ada):
    make_ladders(program, **rewarding(entry={"physical": "Gold card"}))

    state_order(program, amount=50000)

    assert Redemption.objects.get().fulfilment == "open"


def test_what_tiers_give_leaves_the_ledger_provable(program, ada):
    make_ladders(program, **rewarding(entry={"points": 200, "point_type": "points"}))
    state_order(program, amount=50000)
    refund_order(program, amount=10000)

    assert list(ledger_findings(program)) == []


def test_a_ladder_that_follows_balances_rises_by_what_entering_gives(program, ada):
    tiers = {
        "member": {"threshold": 0},
        "silver": {"threshold": 100, "entry": {"points": 400, "point_type": "points"}},
        "gold": {"threshold": 500},
    }
    make_ladders(program, vip={"metric": "balance", "point_type": "points", "tiers": tiers})

    answer = state_order(program, amount=10000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]


def test_an_event_may_lift_by_its_points():
    program = make_program(rules={"review": {"on": "review", "award": {"points": 100}}})
    ada = make_member(program)
    tiers = {"member": {"threshold": 0}, "gold": {"threshold": 100}}
    make_ladders(program, vip={"metric": "points", "point_type": "points", "tiers": tiers})

    answer = state_event(program)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]
    assert StandingChange.objects.get(member=ada).cause == "event"


def test_the_outside_hears_of_the_rise(program, ada):
    make_ladders(program)

    state_order(program, amount=50000)

    event = Event.objects.get(type="tier.changed")
    assert event.member_id == ada.pk
    assert event.data["to"] == "gold"


def test_an_order_of_a_member_on_a_ladder_takes_at_most_twelve_statements(program, ada):
    make_ladders(program)
    state_order(program, "1", amount=50000)
    state_order(program, "2", amount=1000)

    with CaptureQueriesContext(connection) as queries:
        state_order(program, "3", amount=1000)

    bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    asked = [each for each in queries if not str(each["sql"]).startswith(bounds)]
    # SQLite writes the sums by day and those of points one after the other.
    assert len(asked) <= 12 + (connection.vendor == "sqlite")
