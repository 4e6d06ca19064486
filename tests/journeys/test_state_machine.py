"""Anything that may happen to points, in any order, against the oracle.

After every step each member has what the oracle says, dates included, and the ledger
agrees with itself.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from core.errors import DomainError
from engine.nightly import run_due
from engine.travel import move_clock
from loyalty.models import Program
from loyalty.queries.balances import forecast_of
from loyalty.services.adjustments import Requested
from loyalty.services.holds import capture_hold, void_hold
from loyalty.services.transfers import transfer_points
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    point_type_of,
    refund_order,
    reserve_points,
    state_order,
)
from tests.journeys.oracle import NEVER, Oracle, Policy, Refused
from tests.proof import prove

DAY = 24
NAMES = ("ada", "bob")

policies = st.builds(
    Policy,
    hold=st.sampled_from([0, 2 * DAY]),
    life=st.sampled_from([NEVER, 3 * DAY]),
    comeback=st.sampled_from([0, DAY]),
    oldest_first=st.booleans(),
    most_debt=st.sampled_from([NEVER, 0, 30]),
) | st.builds(
    Policy,
    hold=st.sampled_from([0, 2 * DAY]),
    life=st.just(3 * DAY),
    most_debt=st.just(0),
    pending_only=st.just(True),
)
names = st.sampled_from(NAMES)
points = st.integers(1, 100)
spans = st.sampled_from([1, 6, DAY, 3 * DAY])


class Points(RuleBasedStateMachine):
    """Two members, and everything that moves their points."""

    orders = Bundle("orders")
    holds = Bundle("holds")

    @initialize(policy=policies)
    def open_shop(self, policy):
        self.oracle = Oracle(policy, NAMES)
        self.program = make_program(points=form_of(policy), timezone="UTC")
        self.members = {name: make_member(self.program, name) for name in NAMES}
        self.wallets = self.oracle.wallets
        self.count = 0

    def asked(self):
        self.count += 1
        return Requested(f"k-{self.count}", self.program.now())

    def agree(self, theirs, ours):
        """Do the same on both sides: either both do it, or both refuse."""
        try:
            theirs()
        except Refused:
            with pytest.raises(DomainError):
                ours()
            return None
        return ours()

    # Orders: what was ordered, refunded, cancelled, and opened again.

    @rule(target=orders, name=names, euros=points, ago=st.sampled_from([0, 6, 4 * DAY]))
    def order(self, name, euros, ago):
        order = {"id": f"o-{self.asked().key}", "name": name, "euros": euros, "refunded": 0}
        order |= {"status": "paid", "paid": self.oracle.now - ago}
        self.state(order)
        return order

    @rule(order=orders, euros=points, status=st.sampled_from(["paid", "cancelled"]))
    def restate(self, order, euros, status):
        order |= {"euros": euros, "status": status}
        self.state(order)

    @rule(order=orders, euros=points)
    def refund(self, order, euros):
        order["refunded"] += euros
        self.expect(order)
        refund_order(self.program, order["id"], self.asked().key, amount=euros * 100)

    def state(self, order):
        self.expect(order)
        paid = NOON + timedelta(hours=order["paid"])
        state_order(
            self.program,
            order["id"],
            member=order["name"],
            amount=order["euros"] * 100,
            status=order["status"],
            placed_at=paid.isoformat(),
            paid_at=paid.isoformat(),
        )

    def expect(self, order):
        left = max(0, order["euros"] - order["refunded"])
        worth = left if order["status"] == "paid" else 0
        self.oracle.order(self.wallets[order["name"]], order["id"], worth, order["paid"])

    # Points by hand, from one to the other, and for a checkout.

    @rule(name=names, amount=points, life=spans | st.none(), wait=spans | st.none())
    def give(self, name, amount, life, wait):
        opens = self.oracle.now + (wait or 0)
        terms = {"opens": opens} if wait else {}
        terms |= {"ends": opens + life} if life else {}
        self.oracle.adjust(self.wallets[name], amount, **terms)
        dates = {"ends": "expires_at", "opens": "available_at"}
        give_points(
            self.members[name],
            amount,
            **{dates[word]: NOON + timedelta(hours=at) for word, at in terms.items()},
        )

    @rule(name=names, amount=points)
    def take(self, name, amount):
        self.agree(
            lambda: self.oracle.adjust(self.wallets[name], -amount),
            lambda: give_points(self.members[name], -amount),
        )

    @rule(name=names, amount=points)
    def deduct(self, name, amount):
        self.agree(
            lambda: self.oracle.deduct(self.wallets[name], amount),
            lambda: give_points(self.members[name], -amount, allow_debt=True),
        )

    @rule(name=names, amount=points)
    def transfer(self, name, amount):
        other = NAMES[1 - NAMES.index(name)]
        self.agree(
            lambda: self.oracle.transfer(self.wallets[name], self.wallets[other], amount),
            lambda: transfer_points(
                sender=self.members[name],
                recipient=self.members[other],
                point_type=point_type_of(self.program),
                points=amount,
                requested=self.asked(),
            ),
        )

    @rule(target=holds, name=names, amount=points, lasts=st.integers(1, DAY))
    def hold(self, name, amount, lasts):
        hold = self.agree(
            lambda: self.oracle.hold(self.wallets[name], amount, lasts),
            lambda: reserve_points(
                self.members[name],
                amount,
                key=self.asked().key,
                lasts=timedelta(hours=lasts),
            ),
        )
        return (name, self.wallets[name].holds[-1], hold) if hold else multiple()

    @rule(hold=holds, amount=points)
    def capture(self, hold, amount):
        name, theirs, ours = hold
        self.agree(
            lambda: self.oracle.capture(self.wallets[name], theirs, amount),
            lambda: capture_hold(hold=ours, points=amount, requested=self.asked()),
        )

    @rule(hold=holds)
    def void(self, hold):
        name, theirs, ours = hold
        self.agree(
            lambda: self.oracle.void(self.wallets[name], theirs, self.oracle.now),
            lambda: void_hold(hold=ours, requested=self.asked()),
        )

    # Time, with the job that writes it down, and without.

    @rule(span=spans, has_job=st.booleans())
    def wait(self, span, has_job):
        self.oracle.wait(span)
        to = self.program.now() + timedelta(hours=span)
        if has_job:
            move_clock(program=self.program, to=to)
        else:
            Program.objects.filter(pk=self.program.pk).update(clock_at=to)
            self.program.clock_at = to

    @rule()
    def run_the_job(self):
        run_due(self.program, at=self.program.now())

    @invariant()
    def members_have_what_the_oracle_says(self):
        for name, wallet in self.wallets.items():
            ours = balance_of(self.members[name])
            assert tuple(ours.as_dict().values()) == wallet.balances()

    @invariant()
    def the_future_is_what_the_oracle_says(self):
        now = self.program.now()
        for name, wallet in self.wallets.items():
            known = forecast_of(self.members[name], at=now, now=now)["points"]
            expiring, activating = Counter(), Counter()
            for lot in wallet.lots:
                expiring[lot.ends] += lot.free + lot.pending
                activating[lot.opens] += lot.pending
            assert hours_of(known.expiring) == +Counter(
                {ends: amount for ends, amount in expiring.items() if ends < NEVER}
            )
            assert hours_of(known.activating) == +activating

    @invariant()
    def the_ledger_agrees_with_itself(self):
        prove(self.program)


def hours_of(dates):
    return {(at - NOON) / timedelta(hours=1): amount for at, amount in dates}


def form_of(policy):
    """Return the policy as a program file says it."""
    form = {"min_validity_after_return": f"{policy.comeback} hours"}
    form["spend_order"] = "oldest" if policy.oldest_first else "soonest_expiry"
    if policy.hold:
        form["hold"] = {"days": policy.hold // DAY}
    if policy.life < NEVER:
        form["expiry"] = {"after": f"{policy.life // DAY} days"}
    if policy.most_debt < NEVER:
        form["debt"] = {"allow_up_to": policy.most_debt} if policy.most_debt else "clamp"
    if policy.pending_only:
        form["debt"] = "pending_only"
    return form


@pytest.mark.django_db
def test_whatever_happens_members_have_what_the_oracle_says():
    bounds = settings(max_examples=settings.default.max_examples // 2, stateful_step_count=20)

    run_state_machine_as_test(Points, settings=bounds)
