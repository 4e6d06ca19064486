"""A year of nightly jobs, a year without any, and a year in a sandbox are one year."""

from datetime import timedelta

import pytest

from engine.celebrations import celebrate_members
from engine.nightly import run_due
from engine.travel import move_clock
from loyalty.models import Entry, Member
from tests.factories import (
    NOON,
    make_member,
    make_program,
    member_stated,
    refund_order,
    reserve_points,
    state_order,
)
from tests.journeys.names import renamed
from tests.journeys.operations import POINTS, RULES, Shop
from tests.journeys.snapshots import snapshot
from tests.proof import prove, prove_days

pytestmark = pytest.mark.django_db

YEAR = NOON + timedelta(days=365)
# Things that happen, at most, before time passes.
AT_ONCE = 4

IDLE = {
    "hold": {"days": 10},
    "expiry": {"inactivity": "20 days", "reset_by": ["redeem", "event:visit"]},
    "debt": {"allow_up_to": 40},
    "spend_order": "oldest",
}


# What is celebrated in it, by members who tell their birthday now and then.
DAYS = {
    "birthday": {"on": "birthday", "award": {"points": 70}, "known_for": "10 days"},
    "year": {"on": "anniversary", "award": {"points": 40}, "expiry": {"after": "9 days"}},
}
ZONES = ["", "Asia/Tokyo", "America/New_York"]


class Year(Shop):
    """The same year for every seed, however time passes in it."""

    def tell_a_day(self):
        given = {"birthday": f"1990-{self.random.randint(1, 12):02}-17"}
        given["timezone"] = self.random.choice(ZONES)
        given["joined_at"] = (NOON - timedelta(days=self.random.randrange(300))).isoformat()
        return member_stated(self.program, self.random.choice(self.names), **given)

    facts = (*Shop.facts, tell_a_day)

    def member(self):
        """Whoever looks at a member finds its days celebrated, as at the doors."""
        member = super().member()
        celebrate_members(self.program, [member], at=self.program.now())
        return member

    def settle_hold(self):
        self.celebrate_all()
        return super().settle_hold()

    def reverse(self):
        self.celebrate_all()
        return super().reverse()

    def give_back(self):
        self.celebrate_all()
        return super().give_back()

    def celebrate_all(self):
        members = Member.objects.filter(program=self.program).order_by("id")
        celebrate_members(self.program, list(members), at=self.program.now())

    def live_until(self, end):
        while self.program.now() < end:
            self.live(self.random.randint(1, AT_ONCE))
            hours = self.random.choice([6, 60, 150])
            self.pass_until(min(end, self.program.now() + timedelta(hours=hours)))
        run_due(self.program, at=end)
        prove(self.program)
        prove_days(self.program)
        rows = snapshot(self.program)
        for theirs in rows.values():
            # A hold that has ended is told of when somebody notes it, with its own time;
            # an order that has named it meanwhile is told along.
            theirs.get("told", []).sort(key=lambda event: event[2])
            for kind, data, _ in theirs.get("told", []):
                if kind == "redemption.expired":
                    data["order"] = None
        return renamed(self.program, [self.happened, rows])

    def wait(self):
        """Time passes between throws alone."""


class WithNightlyJobs(Year):
    def pass_until(self, to):
        while (night := next_night(self.program.now())) < to:
            self.set_clock(night)
            run_due(self.program, at=night)
        self.set_clock(to)


class WithOneCatchUp(Year):
    def pass_until(self, to):
        self.set_clock(to)


class InTheSandbox(Year):
    def pass_until(self, to):
        move_clock(program=self.program, to=to)


def next_night(now):
    night = now.replace(hour=3, minute=0)
    return night if night > now else night + timedelta(days=1)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(POINTS, id="dated"),
        pytest.param(IDLE, id="idle", marks=pytest.mark.one_database),
    ],
)
def test_a_year_is_the_same_whenever_somebody_looks(points, monkeypatch):
    for code, rule in DAYS.items():
        monkeypatch.setitem(RULES, code, rule)

    nightly = WithNightlyJobs(7, points).live_until(YEAR)

    assert Entry.objects.filter(source_id__contains="birthday").count() > 2
    assert WithOneCatchUp(7, points).live_until(YEAR) == nightly
    assert InTheSandbox(7, points).live_until(YEAR) == nightly


def test_a_refund_takes_from_the_youngest_lot_whether_that_was_written_yet_or_not():
    terms = {"expiry": {"after": "10 days"}, "min_validity_after_return": "1 day"}
    over, back, late = (NOON + timedelta(days=days) for days in (10, 11, 20))
    taken = []
    for nights in ([over, back], []):
        program = make_program(points=terms)
        ada = make_member(program)
        state_order(program, amount=5000)
        # 30 points outlive the other 20 in a cart, and come back as a lot of a day.
        before = over - timedelta(hours=1)
        reserve_points(ada, 30, at=before, lasts=timedelta(hours=2))
        for night in nights:
            run_due(program, at=night)

        refund_order(program, amount=4000, at=late)

        clawback = Entry.objects.get(wallet__member=ada, kind="clawback")
        moved = clawback.allocations.order_by("id").values_list("lot__granted", "expired")
        taken.append([*moved])

    assert taken == [[(30, -30), (50, -10)]] * 2
