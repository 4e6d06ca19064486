"""Benchmarks of facts: one order, batches, an import, previews, the rules alone.

BENCH_ORDERS=1000000 python -m tests.bench long_import
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.pipeline import state_fact, state_facts
from engine.preview import preview_order
from loyalty.models import Member, Program, Wallet
from loyalty.queries.setup import setup_of
from loyalty.rules.earning import evaluate_order
from loyalty.rules.orders import order_facts
from loyalty.rules.statements import OrderStatement, parse_member, parse_order
from tests.bench.measure import Row, peak_mib, processor_time, rates
from tests.bench.rows import BareOrder, write_in_bulk, write_one_by_one
from tests.factories import NOON, make_program

numbers = count(1)
ORDERS = int(os.environ.get("BENCH_ORDERS", "100000"))
POINTS = {"hold": {"days": 14}, "expiry": {"after": "12 months"}}


def twenty_rules() -> dict[str, Any]:
    """Return twenty rules of the kinds that shops have."""
    rules: dict[str, Any] = {
        "spend": {"on": "order", "award": {"points": 1, "per": "1.00"}},
        "double": {"on": "order", "multiply": 2, "lines": 'line.category == "coffee"'},
        "big": {"on": "order", "award": {"points": 50}, "when": "order.subtotal >= 20000"},
    }
    for number in range(17):
        rules[f"sku{number}"] = {
            "on": "order",
            "award": {"points": 2, "per_item": True},
            "lines": f'line.sku in ["S{number}", "T{number}"]',
            "when": 'order.channel == "web" and order.total > 100',
        }
    return rules


def make_shop(members: int = 0, rules: dict[str, Any] | None = None) -> Program:
    program = make_program(points=POINTS, rules=rules)
    ids = [f"m{number}" for number in range(members)]
    for start in range(0, members, 1000):
        chunk = [parse_member(i, {}, now=NOON) for i in ids[start : start + 1000]]
        state_facts(program, chunk, at=NOON)
    program.refresh_from_db()
    return program


def order_body(member: str | None, lines: int = 3) -> dict[str, Any]:
    return {
        "member": member,
        "version": 1,
        "status": "paid",
        "currency": "EUR",
        "placed_at": NOON.isoformat(),
        "channel": "web",
        "lines": [
            {
                "id": str(line),
                "sku": f"S{line}",
                "name": "Something nice",
                "categories": ["coffee"],
                "quantity": 2,
                "unit_price": 1250 + line,
            }
            for line in range(lines)
        ],
    }


def an_order(member: str | None, lines: int = 3) -> OrderStatement:
    body = order_body(member, lines)
    return parse_order(f"o{next(numbers)}", body, currency="EUR", now=NOON)


def database_settings() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return {name: parameters[name] for name in names if parameters.get(name)}


def single_order(times: int = 150) -> list[Row]:
    """One order statement in process, against the same rows by bare psycopg."""
    program = make_shop(members=1)
    state_fact(program, an_order("m0"), at=NOON)
    bare = BareOrder(Member.objects.get(program=program))

    def ours(turn: int) -> None:
        for _ in range(times):
            state_fact(program, an_order("m0"), at=NOON)

    limit = partial(_bare_single, bare, times)
    fast, bound = rates(ours, limit, units=times)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        state_fact(program, an_order("m0"), at=NOON)
    return [
        Row("one order statement, in process", fast, bound, "orders/s", ">= 0.40"),
        Row("SQL statements of an order", len(queries), None, "statements", "<= 12"),
    ]


def _bare_single(bare: BareOrder, times: int, turn: int) -> None:
    write_one_by_one(bare, times, database_settings())


def batches() -> list[Row]:
    """Batches of 1,000 and 10,000 orders, against COPY and set-based SQL."""
    rows = []
    for size in (1_000, 10_000):
        program = make_shop(members=size)
        state_fact(program, an_order("m0"), at=NOON)
        bare = BareOrder(Member.objects.get(program=program, external_id="m0"))
        wallets = list(Wallet.objects.filter(program=program).values_list("pk", flat=True))

        def ours(turn: int, program: Program = program, size: int = size) -> None:
            statements = [an_order(f"m{number}") for number in range(size)]
            state_facts(program, statements, at=NOON)

        def limit(turn: int, bare: BareOrder = bare, wallets: Sequence[int] = wallets) -> None:
            write_in_bulk(bare, wallets, database_settings())

        fast, bound = rates(ours, limit, units=size, pairs=5)
        rows.append(Row(f"batches of {size:,} orders", fast, bound, "orders/s", ">= 0.40"))
    return rows


def rules_alone() -> list[Row]:
    """Twenty rules on an order of five lines: rules alone, and with the order's sums."""
    program = make_shop(rules=twenty_rules())
    setup = setup_of(program)
    rule_set = setup.rule_set(setup.rule_set_id_at(NOON) or 0)
    body = an_order(None, lines=5).body | {"status": "paid"}
    member = {"orders_count": 0, "is_first": True, "attributes": {}, "tier": {}}
    prepared = order_facts(body, [])
    ask = partial(
        evaluate_order,
        rule_set,
        at=NOON,
        fulfilled_at=None,
        member=member,
        bonuses=(),
    )

    return [
        Row("20 rules on 5 lines", processor_time(partial(ask, prepared)), None, "µs", "<= 60"),
        Row(
            "the same with the order's sums",
            processor_time(lambda: ask(order_facts(body, []))),
            None,
            "µs",
            "",
        ),
    ]


def previews(times: int = 200) -> list[Row]:
    """What an order would earn, against one indexed query."""
    program = make_shop(members=1, rules=twenty_rules())
    statement = an_order("m0", lines=5)

    def ours(turn: int) -> None:
        for _ in range(times):
            preview_order(program, statement, at=NOON)

    def limit(turn: int) -> None:
        for _ in range(times):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT * FROM loyalty_member WHERE program_id = %s AND external_id = %s",
                    [program.pk, "m0"],
                )
                cursor.fetchone()

    fast, bound = rates(ours, limit, units=times)
    return [Row("preview of 5 lines, 20 rules", fast, bound, "previews/s", "")]


def long_import(orders: int = ORDERS, size: int = 1_000) -> list[Row]:
    """An import: its memory must not grow, nor its rate fall."""
    program = make_shop(members=size)
    batch_seconds = []
    after_first = 0.0
    for number in range(orders // size):
        at = NOON + timedelta(seconds=number)
        statements = [an_order(f"m{member}") for member in range(size)]
        start = perf_counter()
        state_facts(program, statements, at=at)
        batch_seconds.append(perf_counter() - start)
        if number == orders // size // 10:
            after_first = peak_mib()
    tenth = max(1, len(batch_seconds) // 10)
    first = size * tenth / sum(batch_seconds[:tenth])
    last = size * tenth / sum(batch_seconds[-tenth:])
    return [
        Row(f"import of {orders:,}: last tenth", last, first, "orders/s", ">= 0.90"),
        Row("its memory at the end", peak_mib(), after_first, "MiB", "<= 300, flat"),
    ]
