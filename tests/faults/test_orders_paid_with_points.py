"""Orders and what they were paid with, at the same moment. Each test says what it catches."""

from datetime import timedelta

import pytest

from core import transactions
from engine.pipeline import state_facts
from loyalty.models import Redemption, Reward, VoucherUse
from loyalty.rules.redemption import (
    AlreadyCaptured,
    AlreadyReversed,
    ExceedsCaptured,
)
from loyalty.services.redemptions import (
    capture_redemption,
    expire_redemptions,
    reverse_redemption,
    void_redemption,
)
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    make_rewards,
    order_stated,
    redeem,
    refund_order,
    requested,
    state_order,
)
from tests.proof import prove

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]

CUPS = [f"cup{number}" for number in range(6)]
CUP = {"cost": {"points": 50}, "gives": {"free_product": "CUP"}, "stock": 20}


@pytest.fixture
def program():
    program = make_program(points={"value": "0.01"}, rules={})
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def pay(member, points=300, **request):
    return redeem(member, point_type="points", points=points, order_total=5000, **request)


def again(redemption):
    """Return the redemption as another process would read it."""
    return Redemption.objects.select_related("program", "member").get(pk=redemption.pk)


def status_of(answer):
    return answer.body["redemptions"][0]["status"]


def test_an_order_paid_with_points_that_is_stated_ten_times_spends_them_once(program, ada):
    # Catches: looking at what is held before the wallet is locked.
    cart = pay(ada)

    answers = at_once(10, state_order, program=program, version=1, redemptions=[str(cart)])

    assert errors_in(answers) == []
    assert sum(answer.applied for answer in answers) == 1
    assert balance_of(ada).lifetime_redeemed == 300


def test_ten_versions_of_an_order_paid_with_points_spend_them_once(program, ada):
    # Catches: the same, where each statement counts.
    cart = pay(ada)

    answers = all_at_once(
        [
            lambda version=version: state_order(
                program, version=version, channel=f"c{version}", redemptions=[str(cart)]
            )
            for version in range(1, 11)
        ]
    )

    assert errors_in(answers) == []
    assert balance_of(ada).lifetime_redeemed == 300


def test_a_capture_and_the_orders_statement_spend_points_once(program, ada):
    # Catches: a stage that trusts what it read of a redemption before the lock.
    for number in range(5):
        cart = pay(ada, 50)
        captured, stated = all_at_once(
            [
                lambda cart=cart: capture_redemption(
                    redemption=again(cart), requested=requested(ada)
                ),
                lambda cart=cart, number=number: state_order(
                    program, f"o-{number}", redemptions=[str(cart)]
                ),
            ]
        )
        assert isinstance(captured, Redemption | AlreadyCaptured)
        assert status_of(stated) == "captured"

    assert balance_of(ada).lifetime_redeemed == 250


def test_a_void_and_the_orders_statement_agree(program, ada):
    # Catches: points that are given back and spent.
    for number in range(5):
        cart = pay(ada, 50)
        voided, stated = all_at_once(
            [
                lambda cart=cart: void_redemption(
                    redemption=again(cart), requested=requested(ada)
                ),
                lambda cart=cart, number=number: state_order(
                    program, f"o-{number}", redemptions=[str(cart)]
                ),
            ]
        )
        spent = isinstance(voided, AlreadyCaptured)
        assert status_of(stated) == ("captured" if spent else "voided")


def test_a_refund_and_a_reversal_give_back_what_was_spent_once(program, ada):
    # Catches: a refund that works out what is left before the lock.
    cart = pay(ada)
    state_order(program, redemptions=[str(cart)])

    reversal, refund = all_at_once(
        [
            lambda: reverse_redemption(redemption=again(cart), requested=requested(ada)),
            lambda: refund_order(program, amount=5000),
        ]
    )

    assert errors_in([refund]) == []
    assert isinstance(reversal, Redemption | AlreadyReversed)
    assert balance_of(ada).available == 500
    assert balance_of(ada).lifetime_redeemed == 0


def test_half_a_refund_and_a_larger_reversal_do_not_add_up(program, ada):
    # Catches: taking the refund's share of what a reversal has given back before.
    cart = pay(ada)
    state_order(program, redemptions=[str(cart)])

    reversal, refund = all_at_once(
        [
            lambda: reverse_redemption(
                redemption=again(cart), points=200, requested=requested(ada)
            ),
            lambda: refund_order(program, amount=2500),
        ]
    )

    assert errors_in([refund]) == []
    if isinstance(reversal, Exception):
        # The refund was first: only 150 of 300 were left.
        assert isinstance(reversal, ExceedsCaptured)
    back = 150 if isinstance(reversal, Exception) else 200
    assert balance_of(ada).available == 200 + back


def test_ten_refunds_give_back_all_that_was_spent_and_no_more(program, ada):
    # Catches: adding up what came back from what was read before the lock.
    state_order(program, redemptions=[str(pay(ada))])

    refunds = all_at_once(
        [
            lambda number=number: refund_order(program, "1001", f"r-{number}", amount=500)
            for number in range(10)
        ]
    )

    assert errors_in(refunds) == []
    assert balance_of(ada).available == 500


def test_two_orders_that_name_the_same_points_do_not_both_have_them(program, ada):
    # Catches: tying a redemption to an order by what was read before the lock.
    cart = pay(ada)

    answers = all_at_once(
        [
            lambda order=order: state_order(program, order, redemptions=[str(cart)])
            for order in ("1001", "1002", "1003")
        ]
    )

    whys = [answer.body["redemptions"][0]["why"] for answer in answers]
    assert sorted(whys, key=str) == [None, "of_another_order", "of_another_order"]
    assert balance_of(ada).lifetime_redeemed == 300


def test_a_voucher_pays_for_one_of_ten_orders_of_different_members(program, ada):
    # Catches: looking at its uses before the voucher is locked.
    make_rewards(program, cup=CUP)
    code = redeem(ada, "cup", capture=True).voucher.shown
    names = [make_member(program, f"m-{number}").external_id for number in range(10)]

    answers = all_at_once(
        [
            lambda name=name: state_order(program, name, member=name, vouchers=[code])
            for name in names
        ]
    )

    assert errors_in(answers) == []
    whys = [answer.body["used_vouchers"][0]["why"] for answer in answers]
    assert (whys.count(None), whys.count("voucher_used")) == (1, 9)
    assert VoucherUse.objects.count() == 1


def test_a_cancellation_and_the_end_of_the_hold_give_points_back_once(program, ada):
    # Catches: an order that is refused for a hold that was open when it looked; stock
    # that is given back twice.
    make_rewards(program, cup=CUP)
    over = NOON + timedelta(minutes=30)
    cups = [redeem(ada, "cup", order=f"o-{number}") for number in range(5)]
    for number in range(5):
        state_order(program, f"o-{number}", status="pending")

    results = all_at_once(
        [
            *(
                lambda number=number: state_order(
                    program, f"o-{number}", status="cancelled", at=over - timedelta(seconds=1)
                )
                for number in range(5)
            ),
            *[lambda: expire_redemptions(program=program, at=over)] * 2,
        ]
    )

    assert errors_in(results) == []
    assert balance_of(ada, at=over).available == 500
    assert Reward.objects.get().taken == 0
    assert {again(cup).status for cup in cups} <= {"voided", "expired"}


def test_batches_that_give_back_stock_in_crossing_order_do_not_wait_in_a_circle(
    program, monkeypatch
):
    # Catches: locking rewards in the order of the facts.
    monkeypatch.setattr(transactions, "RETRIES", 0)
    batches = [CUPS, CUPS[::-1], CUPS[3:] + CUPS[:3]]
    facts = cancelling(program, batches)

    results = all_at_once(
        [lambda stated=stated: state_facts(program, stated, at=NOON) for stated in facts]
    )

    assert errors_in(results) == []
    assert set(Reward.objects.values_list("taken", flat=True)) == {0}


def test_batches_in_which_members_take_turns_may_cross(program):
    # Catches: a batch that gives up when its next wave meets another's rewards.
    batches = [CUPS, CUPS[::-1], CUPS[3:] + CUPS[:3]]
    facts = cancelling(program, batches, members=1)

    results = all_at_once(
        [lambda stated=stated: state_facts(program, stated, at=NOON) for stated in facts]
    )

    assert errors_in(results) == []
    assert [answer.error for answers in results for answer in answers] == [None] * 18
    assert set(Reward.objects.values_list("taken", flat=True)) == {0}


def cancelling(program, batches, members=6):
    """Return batches that cancel orders paid with these cups, of so many members each."""
    make_rewards(program, **dict.fromkeys(CUPS, CUP))
    stated = []
    for number, cups in enumerate(batches):
        names = [f"m-{number}-{place % members}" for place in range(len(cups))]
        people = {name: make_member(program, name, points=300) for name in names}
        for name, cup in zip(names, cups, strict=True):
            order = f"{number}-{cup}"
            redeem(people[name], cup, order=order)
            state_order(program, order, member=name)
        stated.append(
            [
                order_stated(program, f"{number}-{cup}", member=name, status="cancelled")
                for name, cup in zip(names, cups, strict=True)
            ]
        )
    assert set(Reward.objects.values_list("taken", flat=True)) == {len(batches)}
    return stated


def test_batches_that_use_vouchers_in_crossing_order_do_not_wait_in_a_circle(
    program, monkeypatch
):
    # Catches: locking vouchers in the order of the facts.
    monkeypatch.setattr(transactions, "RETRIES", 0)
    make_rewards(program, cup=CUP | {"voucher": {"uses": 9}})
    owners = [make_member(program, f"owner-{number}", points=50) for number in range(6)]
    codes = [redeem(owner, "cup", capture=True).voucher.shown for owner in owners]
    batches = [codes, codes[::-1], codes[3:] + codes[:3]]
    facts = []
    for number, names in enumerate(batches):
        people = [make_member(program, f"m-{number}-{place}") for place in range(len(names))]
        facts.append(
            [
                order_stated(program, f"o-{one}", member=one.external_id, vouchers=[code])
                for one, code in zip(people, names, strict=True)
            ]
        )

    results = all_at_once(
        [lambda stated=stated: state_facts(program, stated, at=NOON) for stated in facts]
    )

    assert errors_in(results) == []
    assert VoucherUse.objects.count() == 18
