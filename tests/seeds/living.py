"""Living through a ready-made shop, and looking at what its members have."""

from loyalty.models import Entry, Member
from seeds.data_summary import DataSummary
from seeds.replay import open_program, replay_days
from seeds.shops import SHOPS
from tests.factories import balance_of


def days_of_shop(name):
    shop = SHOPS[name]
    return list(shop.read(shop.orders, DataSummary()))


def live_through(name):
    """Let all days of a shop happen; return its program."""
    days = days_of_shop(name)
    program = open_program(SHOPS[name].program_file(), at=days[0].starts_at)
    for _ in replay_days(program, days):
        pass
    return program


def member_of(program, key):
    return Member.objects.select_related("program").get(program=program, external_id=key)


def available(program, key, point_type="points"):
    return balance_of(member_of(program, key), point_type).available


def known_members(program):
    return list(Member.objects.filter(program=program).values_list("external_id", flat=True))


def ledger_of(program):
    """Return all that was written for the program's members, but for numbers of rows."""
    rows = Entry.objects.filter(program=program)
    order = ("wallet__member__external_id", "wallet__point_type__code", "seq")
    columns = ("kind", "available", "pending", "held", "debt", "occurred_at")
    return list(rows.order_by(*order).values_list(*order, *columns))
