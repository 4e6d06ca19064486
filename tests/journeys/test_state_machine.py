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
from loyalty.models import Program, Redemption
from loyalty.queries.balances import forecast_of
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import (
    capture_redemption,
    reverse_redemption,
    void_redemption,
)
from loyalty.services.statuses import reactivate_member, suspend_member
from loyalty.services.transfers import transfer_points
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    point_type_of,
    redeem,
    refund_order,
    state_order,
)
from tests.journeys.checkout import STOCK, Checkout, Purchase
from tests.journeys.oracle import NEVER, Policy, Refused
from tests.proof import prove, prove_days

DAY = 24
NAMES = ("ada", "bob")

CUP = {"cost": {"points": 20}, "gives": {"free_product": "CUP"}, "stock": STOCK}

policies = st.builds(
    Policy,
    hold=st.sampled_from([0, 2 * DAY]),
    life=st.sampled_from([NEVER, 3 * DAY]),
    comeback=st.sampled_from([0, DAY]),
    oldest_first=st.booleans(),
    most_debt=st.sampled_from([NEVER, 0, 30]),
    restore=st.sampled_from(["prorated", "prorated", "full_refund_only", "never"]),
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
# For how long points are held, or 0 for points that are spent at once.
lasting = st.sampled_from([0, 1, 6, DAY])


class Points(RuleBasedStateMachine):
    """Two members, and everything that moves their points."""

    orders = Bundle("orders")
    redemptions = Bundle("redemptions")

    @initialize(policy=policies)
    def open_shop(self, policy):
        self.oracle = Checkout(policy, NAMES)
        self.program = make_program(points=form_of(policy), timezone="UTC")
        make_rewards(self.program, cup=CUP)
        self.members = {name: make_member(self.program, name) for name in NAMES}
        self.wallets = self.oracle.wallets
        self.redeemed = {}
        self.count = 0

    def asked(self):
        self.count += 1
        return Requested(f"k-{self.count}", self.program.now())

    def agree(self, theirs, ours):
        """Do the same on both sides: either both do it, or both refuse."""
        try:
            expected = theirs()
        except Refused:
            with pytest.raises(DomainError):
                ours()
            return None
        return expected, ours()

    # Orders: what was ordered, paid with, refunded, cancelled, and opened again.

    @rule(target=orders, name=names, euros=points, ago=st.sampled_from([0, 6, 4 * DAY]))
    def order(self, name, euros, ago):
        order = Purchase(f"o-{self.asked().key}", name, self.oracle.now - ago, euros)
        self.state(order)
        return order

    @rule(order=orders, euros=points, status=st.sampled_from(["paid", "pending", "cancelled"]))
    def restate(self, order, euros, status):
        order.euros, order.status = euros, status
        self.state(order)

    @rule(order=orders, redemption=redemptions)
    def pay_with(self, order, redemption):
        order.named.append(redemption)
        order.status = "paid"
        self.state(order)

    @rule(order=orders, euros=points)
    def refund(self, order, euros):
        order.refunded += euros
        expected = self.oracle.state(order, is_refund=True)
        refund_id = self.asked().key
        answer = refund_order(self.program, order.id, refund_id, amount=euros * 100)
        self.compare(answer, expected)

    def state(self, order):
        expected = self.oracle.state(order)
        paid = NOON + timedelta(hours=order.paid)
        answer = state_order(
            self.program,
            order.id,
            version=self.count + 1,
            member=order.name,
            amount=order.euros * 100,
            status=order.status,
            placed_at=paid.isoformat(),
            paid_at=paid.isoformat(),
            redemptions=[str(self.redeemed[one]) for one in order.named],
        )
        self.asked()
        self.compare(answer, expected)

    def compare(self, answer, restored):
        """What an order gave back, and how all that it names stands, is in its answer."""
        assert sum(part["points"] for part in answer.body["restored"]) == restored
        known = {str(ours): theirs for theirs, ours in self.redeemed.items()}
        for told in answer.body.get("redemptions", ()):
            assert told["status"] == known[told["id"]].status

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

    # Points redeemed: held for a while or spent at once, and what becomes of them.

    @rule(target=redemptions, name=names, amount=points, lasts=lasting)
    def redeem(self, name, amount, lasts):
        return self.make(name, amount, lasts)

    @rule(target=redemptions, order=orders, name=names, amount=points, lasts=lasting)
    def redeem_for(self, order, name, amount, lasts):
        return self.make(name, amount, lasts, order=order.id)

    @rule(target=redemptions, name=names, lasts=lasting, order=orders | st.none())
    def redeem_cup(self, name, lasts, order):
        return self.make(name, 20, lasts, reward="cup", order=order.id if order else "")

    def make(self, name, amount, lasts, *, reward="", order=""):
        pay = {"point_type": "points", "points": amount, "order_total": 10**12}
        made = self.agree(
            lambda: self.oracle.redeem(
                self.wallets[name], amount, reward=reward, order=order, lasts=lasts
            ),
            lambda: redeem(
                self.members[name],
                key=self.asked().key,
                order=order,
                capture=not lasts,
                ttl=timedelta(hours=lasts) if lasts else None,
                **({"reward": reward} if reward else pay),
            ),
        )
        if made is None:
            return multiple()
        theirs, self.redeemed[theirs] = made
        return theirs

    @rule(redemption=redemptions, amount=points | st.none())
    def capture(self, redemption, amount):
        self.settle(
            redemption,
            lambda: self.oracle.capture(redemption, amount),
            lambda **ours: capture_redemption(points=amount, **ours),
        )

    @rule(redemption=redemptions)
    def void(self, redemption):
        self.settle(redemption, lambda: self.oracle.void(redemption), void_redemption)

    @rule(redemption=redemptions, amount=points | st.none())
    def reverse(self, redemption, amount):
        self.settle(
            redemption,
            lambda: self.oracle.reverse(redemption, amount),
            lambda **ours: reverse_redemption(points=amount, **ours),
        )

    def settle(self, redemption, theirs, ours):
        row = Redemption.objects.get(pk=self.redeemed[redemption].pk)
        row.program = self.program
        self.agree(theirs, lambda: ours(redemption=row, requested=self.asked()))

    @rule(name=names)
    def suspend(self, name):
        self.wallets[name].is_suspended = True
        member, at = self.members[name], self.program.now()
        suspend_member(member=member, earning=False, redeeming=True, at=at)

    @rule(name=names)
    def reactivate(self, name):
        self.wallets[name].is_suspended = False
        reactivate_member(member=self.members[name], at=self.program.now())

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
    def redemptions_stand_as_the_oracle_says(self):
        rows = Redemption.objects.filter(program=self.program)
        now = self.program.now()
        ours = {
            row.pk: (row.status_at(now), row.captured_points, row.reversed_points)
            for row in rows
        }
        theirs = {
            row.pk: (one.status, one.captured, one.back) for one, row in self.redeemed.items()
        }
        assert ours == theirs

    @invariant()
    def the_ledger_agrees_with_itself(self):
        prove(self.program)
        prove_days(self.program)


def hours_of(dates):
    return {(at - NOON) / timedelta(hours=1): amount for at, amount in dates}


def form_of(policy):
    """Return the policy as a program file says it."""
    form = {"min_validity_after_return": f"{policy.comeback} hours"}
    form |= {"value": "0.01", "restore_on_refund": policy.restore}
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
