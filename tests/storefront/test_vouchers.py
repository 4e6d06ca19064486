"""Vouchers at the till: looked at, used, given back, and refused by name."""

import pytest

from loyalty.models import Voucher, VoucherUse
from tests.storefront.conftest import Door, make_key
from tests.storefront.rewarding import (
    enrol,
    faults,
    make_shop,
    redeemed,
    refusal,
    settle,
    wallet,
)


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 1000 points."""
    door = make_shop()
    enrol(door)
    return door


def issue(door, reward="tenner", key="r"):
    """Redeem a reward; return the redemption's id and its code."""
    redemption = redeemed(door, key, reward=reward)
    return redemption["id"], redemption["voucher"]["code"]


def consume(door, code, order="7", **body):
    return door.post(f"/vouchers/{code}/consume", {"order": order, **body})


def release(door, code, **body):
    return door.post(f"/vouchers/{code}/release", body)


def test_a_voucher_says_what_it_is_good_for(shop):
    redemption, code = issue(shop, "coffee")

    assert shop.get(f"/vouchers/{code}").json() == {
        "code": code,
        "valid": True,
        "why_not": None,
        "gives": {"free_product": "ESPRESSO"},
        "discount": None,
        "uses": 1,
        "uses_left": 1,
        "valid_from": "2026-05-01T10:00:00Z",
        "valid_until": "2026-05-31T10:00:00Z",
        "member": "ada",
        "reward": "coffee",
        "redemption": redemption,
    }


@pytest.mark.parametrize(
    "typed", [str.lower, lambda c: c.replace("-", ""), lambda c: c.replace("-", "%20")]
)
def test_a_code_is_known_however_it_is_typed(shop, typed):
    _, code = issue(shop, "coffee")

    assert shop.get(f"/vouchers/{typed(code)}").json()["code"] == code


@pytest.mark.parametrize(
    ("reward", "subtotal", "discount", "why_not"),
    [
        ("tenner", 4000, 1000, None),
        ("tenner", 3999, 0, "minimum_order"),
        ("half", 3000, 1500, None),
        ("half", 9000, 2000, None),
        ("coffee", 3000, None, None),
    ],
)
def test_with_a_subtotal_a_voucher_says_what_it_takes_off(
    shop, reward, subtotal, discount, why_not
):
    _, code = issue(shop, reward)

    body = shop.get(f"/vouchers/{code}?subtotal={subtotal}").json()

    assert (body["discount"], body["why_not"]) == (discount, why_not)


@pytest.mark.parametrize("subtotal", ["-1", "1.5", "x", "9" * 19, "9" * 5000, "%00"])
def test_a_faulty_subtotal_is_refused(shop, subtotal):
    _, code = issue(shop)

    assert faults(shop.get(f"/vouchers/{code}?subtotal={subtotal}")) == [
        ("/subtotal", "out_of_range")
    ]


def test_using_a_voucher_spends_the_points_that_are_held_for_it(shop):
    redemption, code = issue(shop)

    answer = consume(shop, code, subtotal=4000)

    assert (answer.status_code, answer.json()) == (
        200,
        {"code": code, "discount": 1000, "uses_left": 0, "redemption": redemption},
    )
    assert shop.get(f"/redemptions/{redemption}").json()["status"] == "captured"
    assert wallet(shop) == (800, 0)


def test_for_the_same_order_it_is_used_once(shop):
    _, code = issue(shop)

    first, again = (consume(shop, code, subtotal=4000) for _ in range(2))

    assert (again.status_code, again.json()) == (200, first.json())
    assert VoucherUse.objects.count() == 1


def test_for_another_order_it_is_used_up(shop):
    _, code = issue(shop)
    consume(shop, code)

    assert refusal(consume(shop, code, order="8")) == (409, "voucher_used")


def test_a_voucher_of_two_uses_is_used_twice(shop):
    _, code = issue(shop, "half")

    left = [consume(shop, code, order=order).json()["uses_left"] for order in "78"]

    assert left == [1, 0]
    assert refusal(consume(shop, code, order="9")) == (409, "voucher_used")


def test_an_order_that_is_too_small_is_refused_and_changes_nothing(shop):
    _, code = issue(shop)

    assert refusal(consume(shop, code, subtotal=3999)) == (409, "minimum_order")
    assert wallet(shop) == (800, 200)


def test_a_voucher_is_over_at_its_time(shop):
    redemption, code = issue(shop, "coffee")
    settle(shop, redemption, "capture")
    shop.put("/clock", {"now": "2026-05-31T10:00:00Z"})

    assert refusal(consume(shop, code)) == (409, "voucher_expired")
    assert shop.get(f"/vouchers/{code}").json()["why_not"] == "voucher_expired"


@pytest.mark.parametrize("ends", ["void", "reverse", "expire"])
def test_a_voucher_of_a_redemption_that_came_to_nothing_is_void(shop, ends):
    redemption, code = issue(shop)
    if ends == "reverse":
        settle(shop, redemption, "capture", "c")
    if ends == "expire":
        shop.put("/clock", {"now": "2026-05-01T10:30:00Z"})
    else:
        assert settle(shop, redemption, ends).status_code == 200

    assert refusal(consume(shop, code)) == (409, "voucher_void")


def test_what_was_used_can_be_given_back(shop):
    _, code = issue(shop)
    consume(shop, code)

    answer = release(shop, code, order="7")

    assert answer.status_code == 200
    assert (answer.json()["valid"], answer.json()["uses_left"]) == (True, 1)
    assert consume(shop, code, order="8").status_code == 200


def test_giving_back_again_or_for_another_order_changes_nothing(shop):
    _, code = issue(shop)
    consume(shop, code)

    assert release(shop, code, order="8").json()["uses_left"] == 0
    assert [release(shop, code).json()["uses_left"] for _ in range(2)] == [1, 1]


def test_of_several_orders_one_has_to_be_named(shop):
    _, code = issue(shop, "half")
    consume(shop, code, order="7")
    consume(shop, code, order="8")

    assert faults(release(shop, code)) == [("/order", "required")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"order": None}, ("/order", "required")),
        ({"subtotal": -1}, ("/subtotal", "negative")),
        ({"subtotal": 10.5}, ("/subtotal", "not_an_integer")),
        ({"subtotal": 2**63}, ("/subtotal", "out_of_range")),
        ({"subtotle": 5}, ("/subtotle", "unknown_field")),
    ],
)
def test_a_faulty_use_is_refused_by_name_and_changes_nothing(shop, body, fault):
    _, code = issue(shop)

    assert faults(consume(shop, code, **body)) == [fault]
    assert not VoucherUse.objects.exists()


@pytest.mark.parametrize("code", ["HC-NOTHING", "%00", "%20", "---", "x" * 300, "%F0%9F%90%9D"])
def test_a_code_that_there_is_not_is_not_found(shop, code):
    answers = [shop.get(f"/vouchers/{code}"), consume(shop, code), release(shop, code)]

    assert {refusal(answer) for answer in answers} == {(404, "not_found")}


def test_another_programs_vouchers_are_not_there(shop, other_program):
    _, code = issue(shop)
    other = Door(make_key(other_program))

    answers = [other.get(f"/vouchers/{code}"), consume(other, code), release(other, code)]

    assert {refusal(answer) for answer in answers} == {(404, "not_found")}
    assert Voucher.objects.get().used == 0


def test_codes_are_not_to_be_guessed(shop):
    codes = {issue(shop, "half", f"r{n}")[1].replace("-", "") for n in range(5)}

    assert len(codes) == 5
    # 31 letters and digits: 17 of them have more than 80 bits.
    assert all(len(code) >= 17 and set(code) <= set("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for code in codes)  # noqa: E501 # fmt: skip
