"""Vouchers: issued with a redemption, used at the till, given back."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound
from core.models import Event
from loyalty.models import Redemption, Reward, Voucher, VoucherUse
from loyalty.queries.setup import setup_of
from loyalty.queries.vouchers import find_voucher, voucher_state
from loyalty.rules.redemption import AlreadyCaptured, OutOfStock
from loyalty.services.redemptions import (
    capture_redemption,
    expire_redemptions,
    reverse_redemption,
    void_redemption,
)
from loyalty.services.vouchers import (
    MinimumOrder,
    VoucherExpired,
    VoucherNotYet,
    VoucherUsed,
    VoucherVoid,
    consume_voucher,
    import_codes,
    release_voucher,
)
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    make_rewards,
    redeem,
    requested,
)

pytestmark = pytest.mark.django_db

TEN_OFF = {"cost": {"points": 100}, "gives": {"fixed": "10.00", "minimum_order": "20.00"}}
HALF_OFF = {"cost": {"points": 100}, "gives": {"percent": 50, "at_most": "15.00"}}
CARD = {"cost": {"points": 100}, "gives": {"physical": "A card"}}


@pytest.fixture
def program():
    program = make_program()
    make_rewards(program, ten_off=TEN_OFF, half_off=HALF_OFF, card=CARD)
    return program


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def issue(member, reward="ten_off", **request):
    """Redeem a reward at once and give its voucher."""
    return redeem(member, reward, capture=True, **request).voucher


def sell(program, **voucher):
    make_rewards(program, ten_off=TEN_OFF | {"voucher": voucher})


def consume(voucher, order="1001", subtotal=4000, at=NOON):
    return consume_voucher(
        program=voucher.program, code=voucher.shown, order=order, subtotal=subtotal, at=at
    )


def release(voucher, order="1001"):
    return release_voucher(program=voucher.program, code=voucher.code, order=order, at=NOON)


def uses_left(voucher):
    voucher.refresh_from_db()
    return voucher.uses - voucher.used


def state_of(voucher, at=NOON, **known):
    found = find_voucher(voucher.program, voucher.code)
    return voucher_state(setup_of(voucher.program), found, at=at, **known)


def test_a_redemption_that_takes_money_off_yields_a_voucher(ada):
    voucher = redeem(ada, "ten_off").voucher

    assert (voucher.member, voucher.uses, voucher.issued_at) == (ada, 1, NOON)
    assert voucher.valid_until is None
    assert voucher.gives == TEN_OFF["gives"]


def test_a_redemption_of_a_thing_yields_none(ada):
    redeem(ada, "card")

    assert not Voucher.objects.exists()


def test_a_voucher_follows_the_terms_of_its_reward(program, ada):
    sell(program, valid="30 days", uses=3, prefix="HC")

    voucher = issue(ada)

    assert voucher.shown.startswith("HC-")
    assert voucher.uses == 3
    assert voucher.valid_until == NOON + timedelta(days=30)


def test_a_repeated_redemption_issues_one_voucher(ada):
    issue(ada, key="cart")
    issue(ada, key="cart")

    assert Voucher.objects.count() == 1


def test_a_voucher_takes_off_what_it_says(ada):
    assert consume(issue(ada)).discount == 1000


@pytest.mark.parametrize(("subtotal", "discount"), [(2000, 1000), (4000, 1500), (1, 0)])
def test_a_percentage_takes_off_its_share_up_to_its_cap(ada, subtotal, discount):
    assert consume(issue(ada, "half_off"), subtotal=subtotal).discount == discount


def test_a_discount_is_at_most_the_subtotal(program, ada):
    make_rewards(program, ten_off=TEN_OFF | {"gives": {"fixed": "10.00"}})

    assert consume(issue(ada), subtotal=700).discount == 700


def test_the_same_order_uses_a_voucher_once(ada):
    voucher = issue(ada)

    assert consume(voucher) == consume(voucher)
    assert uses_left(voucher) == 0


def test_a_voucher_is_used_up(ada):
    voucher = issue(ada)
    consume(voucher)

    with pytest.raises(VoucherUsed):
        consume(voucher, order="1002")

    assert VoucherUse.objects.count() == 1


def test_a_voucher_may_be_used_several_times(program, ada):
    sell(program, uses=2)
    voucher = issue(ada)

    consume(voucher, order="1")
    consume(voucher, order="2")

    with pytest.raises(VoucherUsed):
        consume(voucher, order="3")


def test_using_a_voucher_captures_what_was_held_for_it(ada):
    redemption = redeem(ada, "ten_off")

    consume(redemption.voucher)

    redemption.refresh_from_db()
    assert redemption.status == "captured"
    assert balance_of(ada).lifetime_redeemed == 100
    with pytest.raises(AlreadyCaptured):
        capture_redemption(redemption=redemption, requested=requested(ada))


def test_a_voucher_that_is_refused_leaves_its_points_held(ada):
    redemption = redeem(ada, "ten_off")

    with pytest.raises(MinimumOrder):
        consume(redemption.voucher, subtotal=1999)

    redemption.refresh_from_db()
    assert redemption.status == "held"
    assert uses_left(redemption.voucher) == 1


def test_a_voucher_expires(program, ada):
    sell(program, valid="30 days")
    voucher = issue(ada)

    with pytest.raises(VoucherExpired):
        consume(voucher, at=NOON + timedelta(days=30))


def test_a_voucher_may_begin_later(ada):
    voucher = issue(ada)
    voucher.valid_from = NOON + timedelta(days=1)
    voucher.save()

    with pytest.raises(VoucherNotYet):
        consume(voucher)


def test_a_voucher_is_void_when_its_redemption_was_given_up(ada):
    redemption = redeem(ada, "ten_off")
    void_redemption(redemption=redemption, requested=requested(ada))

    with pytest.raises(VoucherVoid):
        consume(redemption.voucher)


def test_a_voucher_is_void_when_its_points_came_back(ada):
    redemption = redeem(ada, "ten_off", capture=True)
    reverse_redemption(redemption=redemption, requested=requested(ada))

    with pytest.raises(VoucherVoid):
        consume(redemption.voucher)


def test_a_voucher_lives_while_only_a_part_of_its_points_came_back(ada):
    redemption = redeem(ada, "ten_off", capture=True)
    reverse_redemption(redemption=redemption, points=99, requested=requested(ada))

    assert consume(redemption.voucher).discount == 1000


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_voucher_is_void_when_the_hold_of_its_redemption_is_over(program, ada, is_noted):
    redemption = redeem(ada, "ten_off")
    later = NOON + timedelta(hours=1)
    if is_noted:
        expire_redemptions(program=program, at=later)

    with pytest.raises(VoucherVoid):
        consume(redemption.voucher, at=later)


def test_the_end_of_a_voucher_is_noted_with_the_time_at_which_it_came(program, ada):
    voucher = redeem(ada, "ten_off").voucher

    expire_redemptions(program=program, at=NOON + timedelta(days=3))

    voucher.refresh_from_db()
    assert voucher.voided_at == NOON + timedelta(minutes=30)


def test_a_voucher_says_why_it_is_worth_nothing(program, ada):
    sell(program, valid="30 days")
    voucher = issue(ada)

    assert state_of(voucher) is None
    assert state_of(voucher, subtotal=1999) == "minimum_order"
    assert state_of(voucher, at=NOON + timedelta(days=30)) == "voucher_expired"
    consume(voucher)
    assert state_of(voucher) == "voucher_used"


def test_a_code_is_found_however_it_is_typed(program, ada):
    voucher = issue(ada)

    assert find_voucher(program, voucher.shown.lower().replace("-", " ")) == voucher


def test_an_unknown_code_is_not_found(program):
    with pytest.raises(NotFound):
        consume_voucher(program=program, code="NOPE", order="1", at=NOON)


def test_a_use_can_be_given_back(ada):
    voucher = issue(ada)
    consume(voucher)

    release(voucher)
    release(voucher)

    assert uses_left(voucher) == 1
    assert consume(voucher, order="1002").discount == 1000


def test_an_order_that_comes_back_uses_the_voucher_again(ada):
    voucher = issue(ada)
    first = consume(voucher)
    release(voucher)

    assert consume(voucher) != first
    assert uses_left(voucher) == 0


def test_giving_back_what_another_order_uses_changes_nothing(ada):
    voucher = issue(ada)
    consume(voucher)

    release(voucher, order="1002")

    assert uses_left(voucher) == 0


def test_the_only_use_is_given_back_without_naming_its_order(ada):
    voucher = issue(ada)
    consume(voucher)

    release(voucher, order=None)

    assert uses_left(voucher) == 1


def test_one_of_several_uses_has_to_be_named(program, ada):
    sell(program, uses=2)
    voucher = issue(ada)
    consume(voucher, order="1")
    consume(voucher, order="2")

    with pytest.raises(InvalidInput):
        release(voucher, order=None)


def test_codes_from_a_pool_are_handed_out_as_they_were_imported(program, ada):
    sell(program, codes="pool", valid="1 month")
    assert import_codes(reward=Reward.objects.get(code="ten_off"), codes=["ab-1", "AB-2"]) == 2

    vouchers = [issue(ada, key=key) for key in ("a", "b")]

    assert [voucher.shown for voucher in vouchers] == ["ab-1", "AB-2"]
    assert consume(vouchers[0]).discount == 1000


def test_an_empty_pool_is_out_of_stock(program, ada):
    sell(program, codes="pool")

    with pytest.raises(OutOfStock):
        issue(ada)

    assert balance_of(ada).available == 500
    assert not Redemption.objects.exists()


def test_a_code_that_was_seen_never_goes_back_to_the_pool(program, ada):
    sell(program, codes="pool")
    import_codes(reward=Reward.objects.get(code="ten_off"), codes=["AB1"])
    redemption = redeem(ada, "ten_off")
    void_redemption(redemption=redemption, requested=requested(ada))

    with pytest.raises(OutOfStock):
        issue(ada)


def test_a_code_in_a_pool_is_nobodys_yet(program):
    sell(program, codes="pool")
    import_codes(reward=Reward.objects.get(code="ten_off"), codes=["AB1"])

    with pytest.raises(NotFound):
        find_voucher(program, "AB1")


def test_importing_codes_again_changes_nothing(program):
    reward = Reward.objects.get(code="ten_off")
    import_codes(reward=reward, codes=["AB1", "AB2"])

    assert import_codes(reward=reward, codes=["ab-2", "AB3", "AB3"]) == 1


def test_a_wrong_code_refuses_the_whole_import_and_says_where(program):
    reward = Reward.objects.get(code="ten_off")

    with pytest.raises(InvalidInput) as refused:
        import_codes(reward=reward, codes=["AB1", " - ", "X" * 65])

    assert [each.pointer for each in refused.value.problems] == ["/codes/1", "/codes/2"]
    assert not Voucher.objects.exists()


def test_the_outside_hears_of_vouchers(ada):
    voucher = issue(ada)
    consume(voucher)

    issued, used = Event.objects.filter(type__startswith="voucher.").order_by("id")
    assert (issued.type, issued.data["code"]) == ("voucher.issued", voucher.shown)
    assert (used.type, used.data["order"], used.data["uses_left"]) == (
        "voucher.used",
        "1001",
        0,
    )
