"""Five weeks at the café and the year after, against the bills themselves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.travel import move_clock
from loyalty.models import Redemption, VoucherUse
from loyalty.queries.setup import setup_of
from loyalty.queries.vouchers import voucher_state
from seeds.acts import redemption_key
from tests.proof import prove
from tests.seeds.living import available, days_of_shop, live_through

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
REGULARS = ("anna", "bilal", "clara", "dora", "emil")

# After five weeks. Coffees that were paid for, less ten for each card: anna had 5 + 5 + 4 +
# 5 + 4 and changed two cards, emil 6 + 4 + 4 + 4 + 4 and changed one.
STAMPS = {"anna": 2, "bilal": 7, "clara": 3, "dora": 6, "emil": 12}
# The last coffee that was paid for: a year later stamps are void.
LAST = {
    "anna": "2026-04-03 07:40",
    "bilal": "2026-04-03 08:05",
    "clara": "2026-04-04 10:30",
    "dora": "2026-04-02 12:20",
    "emil": "2026-04-05 14:45",
}


def local(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def a_month_after(year, month):
    return (year + month // 12, month % 12 + 1)


def earned():
    """Yield who earned how many points when, by the bills as they ended up."""
    bills = {order["id"]: order for day in days_of_shop("coffee_shop") for order in day.orders}
    enrolled = set()
    for bill in sorted(bills.values(), key=lambda bill: bill["paid_at"]):
        member = bill.get("member")
        if member is None:
            continue
        paid_at = datetime.fromisoformat(bill["paid_at"]).astimezone(BERLIN)
        if member not in enrolled:
            enrolled.add(member)
            yield member, paid_at, 20
        if bill["status"] == "paid":
            yield member, paid_at, points_of(bill, paid_at)
    yield "clara", datetime(2026, 8, 2, tzinfo=BERLIN), 50
    # Anna's first birthday was on file for twelve days only.
    yield "anna", datetime(2027, 3, 14, tzinfo=BERLIN), 50


def points_of(bill, paid_at):
    cents = sum(
        (line["quantity"] - line.get("refunded_quantity", 0)) * line["unit_price"]
        - line.get("discount", 0)
        for line in bill["lines"]
    )
    early = paid_at.weekday() < 5 and (6, 30) <= (paid_at.hour, paid_at.minute) < (9, 0)
    return cents * (2 if early else 1) // 100


def points_at(moment):
    """Return what everybody has at a moment: points live for a year and to its month's end."""
    points = dict.fromkeys(REGULARS, 0)
    for member, earned_at, many in earned():
        year, month = a_month_after(earned_at.year + 1, earned_at.month)
        if earned_at <= moment < local(year, month, 1):
            points[member] += many
    return points


def seen(program, point_type="points"):
    return {member: available(program, member, point_type) for member in REGULARS}


def stamps_at(moment):
    """Return what everybody has on the card: nothing a year after the last coffee."""
    ends = {who: datetime.fromisoformat(last).replace(year=2027) for who, last in LAST.items()}
    return {
        who: STAMPS[who] if moment < ends[who].replace(tzinfo=BERLIN) else 0 for who in REGULARS
    }


def moments():
    """Return when something may change after the five weeks, and the seconds before."""
    year, month = 2026, 5
    turns = {local(2026, 8, 2), local(2027, 3, 14)}
    turns |= {
        datetime.fromisoformat(last).replace(year=2027, tzinfo=BERLIN) for last in LAST.values()
    }
    while (year, month) <= (2027, 5):
        turns.add(local(year, month, 1))
        year, month = a_month_after(year, month)
    return sorted(turns | {turn - timedelta(seconds=1) for turn in turns})


def test_a_year_of_points_and_stamps_is_that_of_the_bills():
    program = live_through("coffee_shop")
    assert program.now() == local(2026, 4, 6)
    assert seen(program) == points_at(program.now())
    assert seen(program, "stamps") == STAMPS

    for moment in moments():
        move_clock(program=program, to=moment)
        assert seen(program) == points_at(moment), moment
        assert seen(program, "stamps") == stamps_at(moment), moment

    # What is left was given for birthdays.
    assert seen(program) == dict.fromkeys(REGULARS, 0) | {"anna": 50, "clara": 50}
    prove(program)


def test_ten_stamps_are_a_free_drink_at_the_till_on_the_phone_or_forgotten():
    program = live_through("coffee_shop")

    told = {
        redemption.key: (
            redemption.status,
            list(uses_of(redemption.voucher).values_list("order_ref", flat=True)),
        )
        for redemption in Redemption.objects.select_related("voucher")
    }

    assert told == {
        redemption_key("anna-1"): ("captured", ["w3-2-anna"]),
        redemption_key("anna-2"): ("captured", ["w5-3-anna"]),
        redemption_key("bilal-1"): ("captured", ["w3-3-bilal"]),
        redemption_key("bilal-2"): ("captured", ["w4-5-bilal"]),
        redemption_key("clara-1"): ("expired", []),
        # The first bill was on the wrong table.
        redemption_key("clara-2"): ("captured", ["w5-6-clara"]),
        redemption_key("emil-1"): ("captured", []),
    }
    voucher = Redemption.objects.get(key=redemption_key("emil-1")).voucher
    # 30 days from 15 March, 21:30; clocks went forward meanwhile.
    end = local(2026, 4, 14, 21, 30)

    states = []
    for moment in (end - timedelta(seconds=1), end):
        move_clock(program=program, to=moment)
        states.append(voucher_state(setup_of(program), voucher, at=moment))

    assert states == [None, "voucher_expired"]
    assert available(program, "emil", "stamps") == STAMPS["emil"]


def uses_of(voucher):
    return VoucherUse.objects.filter(voucher=voucher, released_at=None)
