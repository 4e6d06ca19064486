"""Redemptions at the same moment. Each test says which mistake it would catch."""

from collections import Counter
from datetime import timedelta

import pytest

from loyalty.models import Redemption, Reward, Voucher, VoucherUse
from loyalty.rules.redemption import (
    AlreadyCaptured,
    AlreadyRedeemed,
    AlreadyVoided,
    ExceedsCaptured,
    HoldExpired,
    LimitReached,
    OutOfStock,
)
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.redemptions import (
    capture_redemption,
    expire_redemptions,
    reverse_redemption,
    void_redemption,
)
from loyalty.services.vouchers import VoucherUsed, VoucherVoid, consume_voucher, import_codes
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    make_rewards,
    redeem,
    requested,
)
from tests.proof import prove

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
TEN = range(10)


@pytest.fixture
def program():
    program = make_program()
    make_rewards(program, coffee=COFFEE)
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, points=1000)


def sell(program, **terms):
    make_rewards(program, coffee=COFFEE | terms)


def people(program, points=100):
    return [make_member(program, f"m-{number}", points=points) for number in TEN]


def redeem_each(members, **request):
    """Let every member redeem a coffee, all at the same moment."""
    return all_at_once(
        [
            lambda member=member, key=f"cart-{number}": redeem(
                member, "coffee", key=key, **request
            )
            for number, member in enumerate(members)
        ]
    )


def taken():
    return Reward.objects.get(code="coffee").taken


def kinds(results):
    return Counter(map(type, errors_in(results)))


def test_one_cart_sent_ten_times_is_charged_once(ada):
    # Catches: looking for the key before the lock.
    results = at_once(10, redeem, member=ada, reward="coffee", key="cart")

    assert errors_in(results) == []
    assert set(results) == {Redemption.objects.get()}
    assert balance_of(ada).held == 100


def test_ten_carts_cannot_spend_the_same_points(program):
    # Catches: asking whether there is enough before the lock.
    bob = make_member(program, "bob", points=300)

    results = redeem_each([bob] * 10)

    assert kinds(results) == {InsufficientPoints: 7}
    assert balance_of(bob).held == 300


def test_one_order_redeems_a_reward_once_though_two_carts_ask(ada):
    # Catches: looking at what the order has before the lock.
    results = redeem_each([ada, ada], order="1001")

    assert kinds(results) == {AlreadyRedeemed: 1}


def test_two_carts_for_the_last_item_sell_it_once(program):
    # Catches: looking at the stock before the reward is locked.
    sell(program, stock=1)

    results = redeem_each(people(program)[:2])

    assert kinds(results) == {OutOfStock: 1}
    assert taken() == 1


def test_a_stock_is_sold_to_the_last_item_and_no_further(program):
    # Catches: a stock that is read, counted down and written back.
    sell(program, stock=6)

    results = redeem_each(people(program))

    assert kinds(results) == {OutOfStock: 4}
    assert taken() == 6


def test_the_stock_of_holds_that_are_over_is_found_by_many_at_once(program, ada):
    # Catches: giving back a piece twice, or not at all, when two find the same end.
    sell(program, stock=4)
    later = NOON + timedelta(hours=1)
    for number in range(4):
        redeem(ada, "coffee", key=f"old-{number}")

    results = [
        *redeem_each(people(program), at=later),
        *at_once(3, expire_redemptions, program=program, at=later),
    ]

    assert kinds(results) == {OutOfStock: 6}
    assert taken() == 4


def test_a_job_and_shoppers_note_the_same_ends_once(program, ada):
    # Catches: deadlocks between who locks the reward first and who the redemption.
    sell(program, stock=4)
    later = NOON + timedelta(hours=1)
    for number in range(4):
        redeem(ada, "coffee", key=f"old-{number}")
    shoppers = people(program)[:4]

    results = all_at_once(
        [
            *(
                lambda member=member: redeem(member, "coffee", key=str(member), at=later)
                for member in shoppers
            ),
            *[lambda: expire_redemptions(program=program, at=later)] * 4,
        ]
    )

    assert errors_in(results) == []
    assert taken() == 4


def test_a_stock_that_is_set_while_people_redeem_counts_them_all(program):
    # Catches: redeeming an unlimited reward without any lock on it.
    results = all_at_once(
        [
            *(
                lambda member=member: redeem(member, "coffee", key=str(member))
                for member in people(program)
            ),
            lambda: sell(program, stock=100),
        ]
    )

    assert errors_in(results) == []
    assert taken() == 10


def test_a_limit_of_the_member_holds_against_two_carts(program, ada):
    # Catches: counting before the wallet is locked.
    sell(program, limits=[{"times": 1, "per": "day"}])

    assert kinds(redeem_each([ada, ada])) == {LimitReached: 1}


def test_a_limit_of_the_program_holds_against_many_members(program):
    # Catches: counting without a lock that all members share.
    sell(program, limits=[{"times": 3, "per": "day", "of": "program"}])

    assert kinds(redeem_each(people(program))) == {LimitReached: 7}


def test_a_capture_and_a_void_settle_a_redemption_once(program, ada):
    # Catches: looking at the status before the wallet is locked.
    sell(program, stock=1)
    redemption = redeem(ada, "coffee")

    results = all_at_once(
        [
            lambda: capture_redemption(redemption=again(redemption), requested=requested(ada)),
            lambda: void_redemption(redemption=again(redemption), requested=requested(ada)),
        ]
    )

    (error,) = errors_in(results)
    assert isinstance(error, AlreadyCaptured | AlreadyVoided)
    assert taken() == isinstance(error, AlreadyCaptured)
    assert balance_of(ada).held == 0


def test_a_capture_and_the_job_that_ends_holds_agree(program, ada):
    # Catches: writing "expired" over "captured".
    redemption = redeem(ada, "coffee")
    over = NOON + timedelta(minutes=30)

    results = all_at_once(
        [
            lambda: capture_redemption(
                redemption=again(redemption),
                requested=requested(ada, at=over - timedelta(seconds=1)),
            ),
            lambda: expire_redemptions(program=program, at=over),
        ]
    )

    redemption.refresh_from_db()
    if kinds(results) == {HoldExpired: 1}:
        assert (redemption.status, redemption.captured_points) == ("expired", 0)
    else:
        assert errors_in(results) == []
        assert (redemption.status, redemption.captured_points) == ("captured", 100)


def test_reversals_at_once_give_back_no_more_than_was_spent(ada):
    # Catches: adding up what came back before the lock.
    redemption = redeem(ada, "coffee", capture=True)

    results = all_at_once(
        [
            lambda: reverse_redemption(
                redemption=again(redemption), points=40, requested=requested(ada)
            )
        ]
        * 4
    )

    assert kinds(results) == {ExceedsCaptured: 2}
    assert balance_of(ada).available == 980


def test_the_same_reversal_sent_ten_times_gives_back_once(ada):
    # Catches: looking for the key before the lock.
    redemption = redeem(ada, "coffee", capture=True)

    results = all_at_once(
        [
            lambda: reverse_redemption(
                redemption=again(redemption), points=40, requested=requested(ada, "r")
            )
        ]
        * 10
    )

    assert errors_in(results) == []
    assert balance_of(ada).available == 940


def test_two_tills_cannot_use_the_same_voucher(program, ada):
    # Catches: looking at the uses before the voucher is locked.
    voucher = redeem(ada, "coffee").voucher

    results = all_at_once(
        [
            lambda order=order: consume_voucher(
                program=program, code=voucher.code, order=order, subtotal=500, at=NOON
            )
            for order in ("1001", "1002")
        ]
    )

    assert kinds(results) == {VoucherUsed: 1}
    assert VoucherUse.objects.count() == 1
    assert balance_of(ada).lifetime_redeemed == 100


def test_a_voucher_of_three_uses_is_used_three_times(program, ada):
    # Catches: counting uses by reading and writing back.
    sell(program, voucher={"uses": 3})
    voucher = redeem(ada, "coffee").voucher

    results = all_at_once(
        [
            lambda number=number: consume_voucher(
                program=program, code=voucher.code, order=str(number), at=NOON
            )
            for number in TEN
        ]
    )

    assert kinds(results) == {VoucherUsed: 7}
    assert VoucherUse.objects.count() == 3


def test_one_order_sent_ten_times_uses_a_voucher_once(program, ada):
    # Catches: looking for the order's use before the voucher is locked.
    voucher = redeem(ada, "coffee").voucher

    results = at_once(
        10, consume_voucher, program=program, code=voucher.code, order="1001", at=NOON
    )

    assert errors_in(results) == []
    assert len(set(results)) == 1


def test_a_voucher_that_is_used_while_its_points_come_back_is_one_or_the_other(program, ada):
    # Catches: a void that does not wait for the till.
    redemption = redeem(ada, "coffee")

    results = all_at_once(
        [
            lambda: consume_voucher(
                program=program, code=redemption.voucher.code, order="1001", at=NOON
            ),
            lambda: void_redemption(redemption=again(redemption), requested=requested(ada)),
        ]
    )

    (error,) = errors_in(results)
    assert isinstance(error, AlreadyCaptured | VoucherVoid)
    assert VoucherUse.objects.count() == isinstance(error, AlreadyCaptured)


def test_codes_taken_from_a_pool_by_many_at_once_are_all_different(program):
    # Catches: two that take the first code they see.
    sell(program, voucher={"codes": "pool"})
    import_codes(reward=Reward.objects.get(code="coffee"), codes=[f"C{n}" for n in range(20)])

    results = redeem_each(people(program))

    assert errors_in(results) == []
    assert Voucher.objects.exclude(issued_at=None).count() == 10


def again(redemption):
    """Return the redemption as another process would read it."""
    return Redemption.objects.select_related("program", "member").get(pk=redemption.pk)
