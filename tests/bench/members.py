"""Benchmarks of members: one that everybody is at, one with a long statement, the proof."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from django.db import connection
from django.test import RequestFactory

from core import clock
from engine.pipeline import state_fact, state_facts
from loyalty.models import Allocation, Entry, Lot, Member, Program, Wallet
from loyalty.queries.balances import forecast_of
from loyalty.queries.verification import Finding, ledger_findings
from storefront.api.entries import EntryListView
from storefront.models import ApiKey
from storefront.services.keys import create_api_key
from tests.bench.facts import an_order, make_shop
from tests.bench.measure import Row, rates
from tests.factories import NOON

CLIENTS = 32
LONG = 100_000
# How many entries the proof goes through: `BENCH_ENTRIES=10000000 make bench`.
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "200000"))


def hot_member(times: int = 10) -> list[Row]:
    """Thirty-two clients on one member, against as many on a thousand members."""
    program = make_shop(members=1_000)
    places = count()

    def client(members: int) -> None:
        try:
            for _ in range(times):
                state_fact(program, an_order(f"m{next(places) % members}"), at=NOON)
        finally:
            connection.close()

    def crowd(members: int) -> None:
        # An error of any of them, a deadlock too, ends the benchmark.
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(client, [members] * CLIENTS))

    fast, bound = rates(
        lambda _: crowd(1), lambda _: crowd(1_000), units=CLIENTS * times, pairs=5
    )
    return [Row(f"one hot member, {CLIENTS} clients", fast, bound, "orders/s", ">= 0.25")]


def long_statement(times: int = 100) -> list[Row]:
    """A member with 100,000 entries, against one with ten."""
    program = make_shop(members=2)
    for _ in range(10):
        for member in ("m0", "m1"):
            state_fact(program, an_order(member), at=NOON)
    _lengthen(Wallet.objects.get(member__external_id="m0", program=program))
    long, short = Member.objects.filter(program=program).order_by("external_id")

    def balance(member: Member) -> None:
        for _ in range(times):
            forecast_of(member, at=NOON, now=NOON)

    token = create_api_key(
        program=program, kind=ApiKey.Kind.SECRET, scopes={"members"}, at=clock.real_now()
    )[1]
    ask = RequestFactory(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {token}"})
    view: Any = EntryListView.as_view()

    def page(member: Member) -> None:
        for _ in range(times):
            # As many rows for both: the short one has no more.
            answer = view(ask.get("/", {"limit": 10}), member_id=member.external_id)
            if len(answer.data["results"]) != 10:
                raise AssertionError(answer.data)

    return [
        _times(f"{what}, {LONG:,} entries and 10", act, long, short, times)
        for what, act in (("balance", balance), ("first page of the statement", page))
    ]


def _times(
    what: str, act: Callable[[Member], None], long: Member, short: Member, times: int
) -> Row:
    ours, limit = rates(lambda _: act(long), lambda _: act(short), units=times)
    return Row(what, 1e6 / ours, 1e6 / limit, "µs", "<= 1.20")


def _lengthen(wallet: Wallet) -> None:
    """Give a wallet many more entries, each with a lot that was spent long ago."""
    lot = Lot.objects.filter(wallet=wallet).latest("id")
    entry = Entry.objects.get(pk=lot.entry_id)
    for row, changed in (
        (entry, {"id": "%s + n", "seq": "%s + n", "key": "'long:' || n"}),
        (lot, {"id": "%s + n", "entry_id": "%s + n", "pending": "0", "spent": "granted"}),
    ):
        start = 20_000_000
        table = row._meta.db_table
        names = [field.column for field in row._meta.concrete_fields]
        values = [changed.get(name, f'"{name}"').replace("%s", str(start)) for name in names]
        columns = ", ".join(f'"{name}"' for name in names)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ({columns}) SELECT {", ".join(values)} '
                f'FROM "{table}", generate_series(1, {LONG}) AS n WHERE id = {row.pk}'
            )
            cursor.execute(f'ANALYZE "{table}"')


def proof() -> list[Row]:
    """`verify_ledger`, against reading the same rows in the same order."""
    program = make_shop(members=1_000)
    for _ in range(ENTRIES // 1_000):
        state_facts(program, [an_order(f"m{n}") for n in range(1_000)], at=NOON)

    def ours(turn: int) -> None:
        for step in ledger_findings(program):
            if isinstance(step, Finding):
                raise AssertionError(step)  # noqa: TRY004

    def limit(turn: int) -> None:
        for _ in _all_rows(program):
            pass

    slow, bound = rates(ours, limit, units=ENTRIES, pairs=3)
    what = f"verify_ledger, {ENTRIES:,} entries"
    return [Row(what, ENTRIES / slow, ENTRIES / bound, "s", "<= 3.00")]


def _all_rows(program: Program) -> Iterator[Any]:
    for model in (Entry, Lot, Allocation):
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f'SELECT * FROM "{model._meta.db_table}" WHERE program_id = %s '
                "ORDER BY wallet_id, id",
                [program.pk],
            )
            while rows := cursor.fetchmany(2_000):
                yield from rows
