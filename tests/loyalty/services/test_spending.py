"""Orders paid with points: taken when they are paid, given back with their goods."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import InvalidInput
from engine.pipeline import state_facts
from loyalty.models import Decision, Redemption, VoucherUse
from loyalty.queries.balances import WalletView
from loyalty.services.redemptions import capture_redemption, reverse_redemption
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    order_stated,
    pass_time,
    redeem,
    refund_order,
    requested,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

VALUE = {"value": "0.01"}
# Nothing is earned, so that balances tell of what was spent alone.
NO_RULES = {}
FOUR = [{"id": "1", "quantity": 4, "unit_price": 1000}]


@pytest.fixture
def program():
    return make_program(points=VALUE, rules=NO_RULES)


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def pay(member, points=300, **request):
    return redeem(member, point_type="points", points=points, order_total=4000, **request)


def status_of(redemption):
    redemption.refresh_from_db()
    return redemption.status


def test_a_paid_order_captures_what_it_names(program, ada):
    cart = pay(ada)

    answer = state_order(program, redemptions=[str(cart)])

    assert status_of(cart) == "captured"
    assert balance_of(ada).available == 200
    assert answer.body["redemptions"] == [{"id": str(cart), "status": "captured", "why": None}]


def test_an_order_that_names_two_of_a_kind_captures_one(program, ada):
    make_rewards(
        program,
        mug={"cost": {"points": 10}, "gives": {"physical": "A mug"}},
        pin={"cost": {"points": 10}, "gives": {"physical": "A pin"}, "several_per_order": True},
    )
    carts = [redeem(ada, code, key=f"{code} {n}") for code in ("mug", "pin") for n in (1, 2)]

    answer = state_order(program, redemptions=[str(cart) for cart in carts])

    assert [status_of(cart) for cart in carts] == ["captured", "held", "captured", "captured"]
    left = {"id": str(carts[1]), "status": "held", "why": "already_redeemed"}
    assert left in answer.body["redemptions"]
    state_order(program, status="cancelled", redemptions=[str(cart) for cart in carts])
    assert balance_of(ada) == WalletView(available=500, lifetime_earned=500)


def test_a_paid_order_captures_what_was_redeemed_for_it(program, ada):
    cart = pay(ada, order="1001")

    state_order(program)

    assert status_of(cart) == "captured"


def test_a_pending_order_leaves_points_held(program, ada):
    cart = pay(ada)

    state_order(program, status="pending", redemptions=[str(cart)])

    assert status_of(cart) == "held"
    assert balance_of(ada).held == 300


def test_a_cancelled_order_gives_held_points_back(program, ada):
    cart = pay(ada)
    state_order(program, status="pending", redemptions=[str(cart)])

    state_order(program, status="cancelled", redemptions=[str(cart)])

    assert status_of(cart) == "voided"
    assert balance_of(ada) == WalletView(available=500, lifetime_earned=500)


def test_a_hold_that_is_over_does_not_stop_the_order(program, ada):
    cart = pay(ada)
    pass_time(program, hours=1)

    answer = state_order(program, redemptions=[str(cart)])

    assert answer.applied
    assert answer.body["redemptions"] == [
        {"id": str(cart), "status": "expired", "why": "already_expired"}
    ]
    assert balance_of(ada).available == 500


def test_a_redemption_nobody_knows_is_refused_with_its_place(program, ada):
    with pytest.raises(InvalidInput) as refused:
        state_order(program, redemptions=["red_9999999"])

    assert refused.value.problems[0].pointer == "/redemptions/0"
    assert refused.value.problems[0].code == "unknown_redemption"
    assert not Decision.objects.filter(fact_type="order").exists()


def test_another_members_points_do_not_pay(program, ada):
    bea = make_member(program, "bea", points=500)
    cart = pay(bea)

    answer = state_order(program, redemptions=[str(cart)])

    assert answer.body["redemptions"] == [
        {"id": str(cart), "status": "held", "why": "of_another_member"}
    ]
    assert status_of(cart) == "held"


def test_points_that_pay_for_one_order_do_not_pay_for_another(program, ada):
    cart = pay(ada, order="1001")

    answer = state_order(program, "1002", redemptions=[str(cart)])

    assert answer.body["redemptions"][0]["why"] == "of_another_order"
    assert status_of(cart) == "held"


@pytest.mark.parametrize(("quantity", "restored"), [(1, 75), (2, 150), (3, 225), (4, 300)])
def test_a_refund_gives_back_the_goods_share_of_the_points(program, ada, quantity, restored):
    state_order(program, lines=FOUR, redemptions=[str(pay(ada))])

    answer = refund_order(program, lines=[{"id": "1", "quantity": quantity}])

    assert answer.body["restored"] == [{"point_type": "points", "points": restored}]
    assert balance_of(ada).available == 200 + restored


def test_fractions_of_a_point_come_back_with_the_last_goods(program, ada):
    three = [{"id": "1", "quantity": 3, "unit_price": 1000}]
    state_order(program, lines=three, redemptions=[str(pay(ada, 100))])

    backs = [
        refund_order(program, "1001", f"r-{n}", lines=[{"id": "1", "quantity": 1}])
        for n in range(3)
    ]

    # 33.3, 66.7 and 100 in all, with fractions dropped: 33, 66, 100.
    assert [back.body["restored"][0]["points"] for back in backs] == [33, 33, 34]


def test_a_cancelled_order_gives_all_spent_points_back(program, ada):
    cart = pay(ada)
    state_order(program, redemptions=[str(cart)])

    answer = state_order(program, status="cancelled", redemptions=[str(cart)])

    assert status_of(cart) == "reversed"
    assert answer.body["restored"] == [{"point_type": "points", "points": 300}]
    assert balance_of(ada) == WalletView(available=500, lifetime_earned=500)


def test_the_same_cancellation_twice_gives_back_once(program, ada):
    cart = pay(ada)
    state_order(program, version=1, redemptions=[str(cart)])
    state_order(program, version=2, status="cancelled", redemptions=[str(cart)])

    state_order(program, version=3, status="cancelled", channel="web")

    assert balance_of(ada).available == 500


def test_what_was_reversed_by_hand_counts_as_given_back(program, ada):
    cart = pay(ada)
    state_order(program, lines=FOUR, redemptions=[str(cart)])
    cart.refresh_from_db()
    reverse_redemption(redemption=cart, points=100, requested=requested(ada))

    half = refund_order(program, lines=[{"id": "1", "quantity": 2}])

    # Half of 300 is 150, and 100 of them were back already.
    assert half.body["restored"] == [{"point_type": "points", "points": 50}]


@pytest.mark.parametrize(
    ("policy", "half", "whole"), [("full_refund_only", 0, 300), ("never", 0, 0)]
)
def test_the_point_types_policy_says_what_comes_back(policy, half, whole):
    program = make_program(points=VALUE | {"restore_on_refund": policy}, rules=NO_RULES)
    ada = make_member(program, points=500)
    state_order(program, lines=FOUR, redemptions=[str(pay(ada))])

    first = refund_order(program, "1001", "r-1", lines=[{"id": "1", "quantity": 2}])
    second = refund_order(program, "1001", "r-2", lines=[{"id": "1", "quantity": 2}])

    restored = [one.body["restored"] for one in (first, second)]
    assert [sum(part["points"] for part in parts) for parts in restored] == [half, whole - half]


def test_points_come_back_to_their_lots_with_their_old_expiry(program):
    ada = make_member(program)
    give_points(ada, 100, expires_at=NOON + timedelta(days=5))
    give_points(ada, 400, expires_at=NOON + timedelta(days=50))
    state_order(program, lines=FOUR, redemptions=[str(pay(ada, 200))])

    refund_order(program, lines=[{"id": "1", "quantity": 4}])

    assert balance_of(ada, at=NOON + timedelta(days=4)).available == 500
    assert balance_of(ada, at=NOON + timedelta(days=6)).available == 400


def test_points_whose_time_is_over_come_back_for_a_fortnight(program):
    ada = make_member(program)
    give_points(ada, 300, expires_at=NOON + timedelta(days=5))
    state_order(program, lines=FOUR, redemptions=[str(pay(ada))])
    pass_time(program, days=10)

    refund_order(program, lines=[{"id": "1", "quantity": 4}])

    assert balance_of(ada, at=NOON + timedelta(days=23)).available == 300
    assert balance_of(ada, at=NOON + timedelta(days=24)).available == 0


def test_points_that_are_lost_at_once_are_not_said_to_be_restored():
    program = make_program(
        points=VALUE | {"min_validity_after_return": "0 days"}, rules=NO_RULES
    )
    ada = make_member(program)
    give_points(ada, 300, expires_at=NOON + timedelta(days=5))
    state_order(program, lines=FOUR, redemptions=[str(pay(ada))])
    pass_time(program, days=10)

    answer = refund_order(program, lines=[{"id": "1", "quantity": 4}])

    assert answer.body["restored"] == [{"point_type": "points", "points": 0}]


def test_points_come_back_before_others_are_taken():
    program = make_program(points=VALUE)
    ada = make_member(program, points=300)
    state_order(program, lines=FOUR, redemptions=[str(pay(ada))])
    spent = pay(ada, 40)
    capture_redemption(redemption=spent, requested=requested(ada))

    refund_order(program, lines=[{"id": "1", "quantity": 4}])

    # 40 points were earned and spent elsewhere; the 300 that come back cover them.
    assert balance_of(ada).available == 260
    assert [entry.kind for entry in entries_of(ada)][-2:] == ["restore", "clawback"]
    prove(program)


def test_what_came_back_is_not_taken_again_when_the_order_is_opened_again(program, ada):
    cart = pay(ada)
    state_order(program, version=1, redemptions=[str(cart)])
    state_order(program, version=2, status="cancelled", redemptions=[str(cart)])

    answer = state_order(program, version=3, redemptions=[str(cart)])

    assert answer.body["redemptions"][0]["status"] == "reversed"
    assert balance_of(ada).available == 500


def test_a_paid_order_uses_its_vouchers(program, ada):
    make_rewards(program, ten={"cost": {"points": 100}, "gives": {"fixed": "10.00"}})
    code = redeem(ada, "ten", capture=True).voucher.shown

    answer = state_order(program, vouchers=[code.lower()])

    assert answer.body["used_vouchers"] == [{"code": code, "discount": 1000, "why": None}]
    assert VoucherUse.objects.get().order_ref == "1001"


def test_using_the_voucher_of_a_held_redemption_spends_its_points(program, ada):
    make_rewards(program, ten={"cost": {"points": 100}, "gives": {"fixed": "10.00"}})
    held = redeem(ada, "ten")

    state_order(program, vouchers=[held.voucher.shown])

    assert status_of(held) == "captured"
    assert balance_of(ada) == WalletView(
        available=400, lifetime_earned=500, lifetime_redeemed=100
    )


def test_a_voucher_that_was_used_before_does_not_stop_the_order(program, ada):
    make_rewards(program, ten={"cost": {"points": 100}, "gives": {"fixed": "10.00"}})
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, vouchers=[code])

    answer = state_order(program, "1002", vouchers=[code])

    assert answer.applied
    assert answer.body["used_vouchers"][0]["why"] == "voucher_used"


def test_a_cancelled_order_gives_its_vouchers_back(program, ada):
    make_rewards(program, ten={"cost": {"points": 100}, "gives": {"fixed": "10.00"}})
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, vouchers=[code])

    state_order(program, status="cancelled", vouchers=[code])

    assert state_order(program, "1002", vouchers=[code]).body["used_vouchers"][0]["why"] is None


def test_a_voucher_nobody_knows_is_refused_with_its_place(program, ada):
    with pytest.raises(InvalidInput) as refused:
        state_order(program, vouchers=["NOBODY-KNOWS-THIS"])

    assert refused.value.problems[0].pointer == "/vouchers/0"


def test_the_decision_tells_what_became_of_the_points(program, ada):
    cart = pay(ada)

    state_order(program, redemptions=[str(cart)])

    outcome = Decision.objects.get(fact_type="order").outcome
    assert outcome["redemptions"] == [{"id": str(cart), "status": "captured", "why": None}]


def test_orders_of_members_who_never_redeemed_ask_nothing_of_redemptions(program, ada):
    with CaptureQueriesContext(connection) as queries:
        state_order(program)

    assert not any("loyalty_redemption" in query["sql"] for query in queries)


def test_a_batch_of_orders_settles_what_each_was_paid_with(program):
    members = [make_member(program, f"m{n}", points=500) for n in range(3)]
    carts = {member.external_id: pay(member) for member in members}
    orders = [
        order_stated(program, f"o-{name}", member=name, redemptions=[str(cart)])
        for name, cart in carts.items()
    ]

    state_facts(program, orders, at=NOON)

    assert set(Redemption.objects.values_list("status", flat=True)) == {"captured"}
    prove(program)


def test_an_order_that_drops_a_redemption_before_it_is_paid_does_not_take_it(program, ada):
    cart = pay(ada)
    state_order(program, status="pending", redemptions=[str(cart)])

    state_order(program, redemptions=[])

    assert status_of(cart) == "held"
    assert cart.order_ref == ""
