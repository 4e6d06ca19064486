"""What members live through, for tests of their tiers."""

from engine.lives import merge_people
from loyalty.models import Member
from tests.factories import NOON, requested, state_order
from tests.tiers.factories import TIERS
from tiers.models import DayTotal


def buy(member, amount, order="", **content):
    order = order or f"{member.external_id}-1"
    member_id = member.external_id
    return state_order(member.program, order, member=member_id, amount=amount, **content)


def merge(member, into, *, at=NOON):
    asked = requested(into, at=at)
    return merge_people(member=fresh(member), into=fresh(into), requested=asked)


def fresh(member):
    found = Member.objects.get(pk=member.pk)
    found.program = member.program
    return found


def days_of(member):
    rows = DayTotal.objects.filter(member=member).exclude(spend=0, orders=0)
    return [(str(row.day), row.spend, row.orders) for row in rows.order_by("day")]


def gives(what, **gold):
    entry = {"entry": what | gold}
    return {"tiers": TIERS | {"gold": {"threshold": "500.00"} | entry}}
