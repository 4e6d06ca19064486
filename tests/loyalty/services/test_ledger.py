"""The one writer: entries, numbers, balances, and what may never change."""

from zoneinfo import ZoneInfo

import pytest
from django.db import Error, connection, transaction

from core.errors import InvalidInput
from loyalty.models import Allocation, Entry, RuleSet, Wallet
from loyalty.queries.balances import WalletView
from loyalty.rules.movements import grant
from loyalty.rules.wallets import (
    MAX_POINTS,
    Cause,
    InsufficientPoints,
    NewIds,
    NewLot,
    Terms,
    WalletState,
)
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    state_order,
)

pytestmark = pytest.mark.django_db


def test_entries_of_a_wallet_are_numbered_without_a_gap():
    ada = make_member(make_program())

    for _ in range(3):
        give_points(ada, 5)

    assert [entry.seq for entry in entries_of(ada)] == [1, 2, 3]


def test_every_entry_says_what_the_wallet_holds_after_it():
    ada = make_member(make_program())

    give_points(ada, 100)
    give_points(ada, -30)

    assert [entry.available_after for entry in entries_of(ada)] == [100, 70]


def test_every_entry_carries_the_hash_of_the_one_before():
    ada = make_member(make_program())

    give_points(ada, 100)
    give_points(ada, -30)

    first, second = entries_of(ada)
    assert (bytes(first.prev_hash), second.prev_hash) == (b"", first.hash)
    assert Wallet.objects.get(member=ada).head_hash == second.hash


def test_a_balance_that_would_leave_64_bits_is_refused():
    cause = Cause("1", ("adjustment", "1"), NOON)
    wallet = WalletState(1, 1, 1, Terms(ZoneInfo("UTC")), available=MAX_POINTS)

    with pytest.raises(InvalidInput, match="more points than a wallet can hold"):
        grant(wallet, NewIds(), kind="adjust", lots=[NewLot(1)], cause=cause)

    assert wallet.available == MAX_POINTS


def test_a_person_cannot_give_absurdly_many_points():
    ada = make_member(make_program())

    with pytest.raises(InvalidInput, match="/points: must be at most 1000000000000000"):
        give_points(ada, 10**15 + 1)

    assert balance_of(ada) == WalletView()


def test_spending_more_than_there_is_is_refused_and_changes_nothing():
    ada = make_member(make_program(), points=299)

    with pytest.raises(InsufficientPoints, match="1 point short"):
        give_points(ada, -300)

    assert balance_of(ada) == WalletView(available=299, lifetime_earned=299)


def test_point_types_are_counted_apart():
    program = make_program(
        point_types={"stars": {}},
        rules={
            "spend": {"on": "order", "award": {"points": 1, "per": "1.00"}},
            "stars": {"on": "order", "point_type": "stars", "award": {"points": 3}},
        },
    )
    ada = make_member(program)

    state_order(program, amount=2000)

    assert (balance_of(ada).available, balance_of(ada, "stars").available) == (20, 3)


APPEND_ONLY = [Entry, Allocation, RuleSet]


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_append_only_cannot_be_updated(model):
    give_and_take()

    with pytest.raises(Error, match="append-only"), transaction.atomic():
        model.objects.update(program_id=1)


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_append_only_cannot_be_deleted(model):
    give_and_take()

    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run(f"DELETE FROM {model._meta.db_table}")


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_append_only_cannot_be_replaced(model):
    # SQLite deletes what is in the way; without recursive triggers nobody would notice.
    give_and_take()
    table = model._meta.db_table
    columns = ", ".join(f.column for f in model._meta.concrete_fields)
    if connection.vendor == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
    else:
        statement = (
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} "
            "ON CONFLICT (id) DO UPDATE SET program_id = 1"
        )

    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run(statement)


@pytest.mark.needs_postgresql
@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_is_append_only_cannot_be_truncated(model):
    give_and_take()

    # What the test has written is checked first, or PostgreSQL refuses for that reason.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        run(f"TRUNCATE {model._meta.db_table} CASCADE")


def give_and_take():
    ada = make_member(make_program(), points=10)
    give_points(ada, -5)


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
