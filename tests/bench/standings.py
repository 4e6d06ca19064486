"""Members with orders and standings, by the million.

A hundredth of them is lived through the real review; everybody else is a copy, made by
the database. So standings are never invented, and a million take minutes.
"""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection, models, transaction

from core import bulk
from loyalty.models import Member, Program, Wallet
from tests.factories import NOON, change_rules, make_program
from tiers.models import DayTotal, Standing
from tiers.services.ladders import save_ladders
from tiers.services.reviews import review_members

TIERS = {
    "member": {"threshold": 0},
    "silver": {"threshold": "300.00", "multiplier": "1.25"},
    "gold": {"threshold": "800.00", "multiplier": "1.5"},
    "platinum": {"threshold": "2000.00", "multiplier": "2"},
}
LADDER = {"tiers": TIERS, "window": {"rolling": "12 months"}}

# Orders of each member, each on a day of its own, over so many days.
ORDERS = 10
DAYS = 730
TODAY = NOON.date()
LIVED = 100
CHUNK = 1_000


def make_standings(members: int) -> Program:
    """Return a program with so many members (a multiple of 100), all reviewed at noon."""
    program = make_program()
    change_rules(program, {})
    save_ladders(program=program, forms={"vip": LADDER}, at=NOON)
    lived = _live(program, max(1, members // LIVED))
    first = {model: _least(model, lived) for model in (Member, Wallet, DayTotal, Standing)}
    step = {model: _most(model) - first[model] + 1 for model in first}
    keys = {"member_id": Member}
    for model in first:
        _copy(model, {"id": model} | (keys if model is not Member else {}), first, step)
    with connection.cursor() as cursor:
        for model in first:
            table = model._meta.db_table
            cursor.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
            cursor.execute(f"VACUUM (FREEZE, ANALYZE) {table}")
    return program


def _live(program: Program, count: int) -> Sequence[Member]:
    """Make members with orders, and review them."""
    random = Random(4)
    columns = [field.attname for field in Member._meta.concrete_fields if field.attname != "id"]
    people = [
        Member(program=program, external_id=f"m{n}", joined_at=NOON, created_at=NOON)
        for n in range(count)
    ]
    bulk.insert_rows(
        Member, columns, [[getattr(each, name) for name in columns] for each in people]
    )
    members = list(Member.objects.filter(program=program).order_by("pk"))
    rows = []
    for member in members:
        # Few buy much: what an order comes to is spread as incomes are.
        usual = random.lognormvariate(8.3, 0.8)
        for ago in random.sample(range(DAYS), ORDERS):
            cents = max(100, int(random.lognormvariate(0, 0.5) * usual))
            rows.append((program.pk, member.pk, TODAY - timedelta(days=ago), cents, 1))
    bulk.insert_rows(DayTotal, ("program_id", "member_id", "day", "spend", "orders"), rows)
    for start in range(0, count, CHUNK):
        chunk = members[start : start + CHUNK]
        review_members(program=program, members=chunk, at=NOON)
    return members


def _least(model: type[models.Model], lived: Sequence[Member]) -> int:
    name = "pk__gte" if model is Member else "member__gte"
    rows: Any = model._default_manager.filter(**{name: lived[0].pk})
    return int(rows.order_by("pk").values_list("pk", flat=True)[0])


def _most(model: type[models.Model]) -> int:
    return int(model._default_manager.order_by("-pk").values_list("pk", flat=True)[0])


def _copy(
    model: type[models.Model],
    numbered: dict[str, type[models.Model]],
    first: dict[type[models.Model], int],
    step: dict[type[models.Model], int],
) -> None:
    """Write each row 99 times again, with other numbers."""
    columns = [field.column for field in model._meta.concrete_fields]
    given = [
        f"{name} + g * {step[numbered[name]]}"
        if name in numbered
        else "external_id || '-' || g"
        if name == "external_id"
        else f'"{name}"'
        for name in columns
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        # What was copied leads where what was lived does: nobody need look it up.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(given)} "
            f"FROM generate_series(1, {LIVED - 1}) g, {table} WHERE id >= %s ORDER BY g, id",
            [first[model]],
        )
