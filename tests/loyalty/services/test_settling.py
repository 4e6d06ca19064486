"""What time does, whoever notices, and that noticing it changes nothing."""

from datetime import timedelta

import pytest

from engine.nightly import run_due
from loyalty.models import Entry, Wallet
from loyalty.queries.balances import WalletView, forecast_of
from loyalty.services.expiry import settle_due_wallets
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    reserve_points,
    state_order,
)

pytestmark = pytest.mark.django_db

SOON = NOON + timedelta(days=3)
LATER = NOON + timedelta(days=10)


def test_points_are_gone_at_the_moment_they_expire_without_any_job():
    ada = make_member(make_program())
    give_points(ada, 50, expires_at=SOON)

    before = balance_of(ada, at=SOON - timedelta(microseconds=1))
    after = balance_of(ada, at=SOON)

    assert (before.available, after.available) == (50, 0)
    assert after.lifetime_expired == 50
    assert Entry.objects.count() == 1


def test_pending_points_are_available_at_their_moment_without_any_job():
    program = make_program(points={"hold": {"days": 3}})
    ada = make_member(program)
    state_order(program)

    assert balance_of(ada, at=SOON) == WalletView(available=50, lifetime_earned=50)


def test_an_expired_lot_cannot_be_spent_without_any_job():
    ada = make_member(make_program(), points=10)
    give_points(ada, 50, expires_at=SOON)

    give_points(ada, -10, at=SOON)

    assert balance_of(ada, at=SOON).available == 0


def test_what_is_due_is_written_before_the_next_movement():
    ada = make_member(make_program())
    give_points(ada, 50, expires_at=SOON)

    give_points(ada, 5, at=LATER)

    assert [(e.kind, e.occurred_at) for e in entries_of(ada)] == [
        ("adjust", NOON),
        ("expire", SOON),
        ("adjust", LATER),
    ]


def test_the_job_writes_down_what_readers_see():
    program = make_program()
    ada = make_member(program)
    give_points(ada, 50, expires_at=SOON)
    seen = balance_of(ada, at=LATER)

    settle_due_wallets(program=program, at=LATER)

    wallet = Wallet.objects.get(member=ada)
    assert (wallet.available, wallet.lifetime_expired) == (0, 50)
    assert balance_of(ada, at=LATER) == seen


def test_the_job_may_run_twice():
    program = make_program()
    ada = make_member(program)
    give_points(ada, 50, expires_at=SOON)

    first = run_due(program, at=LATER)
    second = run_due(program, at=LATER)

    assert (first["expired"], second["expired"]) == (1, 0)
    assert len(entries_of(ada)) == 2


def test_the_job_counts_what_it_wrote():
    program = make_program(points={"hold": {"days": 3}})
    ada = make_member(program)
    state_order(program)
    give_points(ada, 50, expires_at=SOON)
    give_points(ada, 9)
    reserve_points(ada, 5)

    done = run_due(program, at=LATER)

    assert {word: count for word, count in done.items() if count} == {
        "released": 1,
        "expired": 1,
        "holds_ended": 1,
        "redemptions_ended": 1,
    }


def test_more_wallets_than_one_chunk_are_all_settled(monkeypatch):
    monkeypatch.setattr("loyalty.services.expiry.CHUNK", 2)
    program = make_program()
    members = [make_member(program, name) for name in ("ada", "bob", "cleo", "dan", "eve")]
    for member in members:
        give_points(member, 50, expires_at=SOON)

    assert run_due(program, at=LATER)["expired"] == 5


def test_things_happen_in_the_order_of_time():
    program = make_program(points={"hold": {"days": 3}, "expiry": {"after": "1 day"}})
    ada = make_member(program)
    state_order(program)
    give_points(ada, 5, expires_at=NOON + timedelta(days=2))

    pass_time(program, days=30)

    assert [entry.kind for entry in entries_of(ada)] == [
        "earn",
        "adjust",
        "expire",
        "release",
        "expire",
    ]


def test_an_unmoved_wallet_says_when_time_will_change_it():
    ada = make_member(make_program())
    give_points(ada, 50, expires_at=LATER)
    give_points(ada, 50, expires_at=SOON)

    assert Wallet.objects.get(member=ada).due_at == SOON


def test_every_future_date_is_told():
    program = make_program(points={"hold": {"days": 3}, "expiry": {"after": "7 days"}})
    ada = make_member(program)
    state_order(program)
    give_points(ada, 5, expires_at=SOON)

    forecast = forecast_of(ada, at=NOON, now=NOON)["points"]

    assert forecast.activating == [(SOON, 50)]
    assert forecast.expiring == [(SOON, 5), (LATER, 50)]


def test_a_future_balance_is_what_time_will_make_of_it():
    program = make_program(points={"hold": {"days": 3}, "expiry": {"after": "7 days"}})
    ada = make_member(program)
    state_order(program)

    forecast = forecast_of(ada, at=LATER, now=NOON)["points"]

    assert forecast.view == WalletView(lifetime_earned=50, lifetime_expired=50)


def test_a_past_balance_is_told_by_business_time():
    program = make_program()
    ada = make_member(program, points=10)
    pass_time(program, days=5)
    give_points(ada, 7)

    forecast = forecast_of(ada, at=NOON + timedelta(days=1), now=program.now())

    assert forecast["points"].view == WalletView(available=10, lifetime_earned=10)


def test_what_was_to_come_in_the_past_is_what_was_there_then():
    program = make_program(points={"hold": {"days": 3}, "expiry": {"after": "7 days"}})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=5)
    give_points(ada, -20)
    state_order(program, "2")
    program.refresh_from_db()

    def told(at, now):
        found = forecast_of(ada, at=at, now=now)["points"]
        return found.expiring, found.activating

    assert told(NOON, program.now()) == ([(LATER, 50)], [(SOON, 50)])
    assert told(NOON, LATER) == ([(LATER, 50)], [(SOON, 50)])
    assert told(NOON - timedelta(days=1), program.now()) == ([], [])


def test_a_past_lifetime_forgets_what_was_given_and_taken_since():
    program = make_program()
    ada = make_member(program, points=10)
    pass_time(program, days=5)
    give_points(ada, 7)
    give_points(ada, -3)

    forecast = forecast_of(ada, at=NOON + timedelta(days=1), now=program.now())

    assert forecast["points"].view == WalletView(available=10, lifetime_earned=10)
