"""Gifts are redemptions of no points: whatever is done to them, nothing breaks."""

import pytest

from engine.lives import merge_people, part_people
from loyalty.models import Member, Redemption, Voucher
from loyalty.queries.export import member_export
from loyalty.rules.redemption import AlreadyCaptured, NothingSpent
from loyalty.services.redemptions import (
    capture_redemption,
    reverse_redemption,
    void_redemption,
)
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    make_member,
    make_program,
    refund_order,
    requested,
    reserve_points,
    state_order,
)
from tests.loyalty.admin.conftest import kim, listing, page, staff, text_of
from tests.proof import prove, prove_days
from tests.tiers.factories import TIERS, make_ladders

pytestmark = pytest.mark.django_db

__all__ = ["kim", "staff"]


@pytest.fixture
def program():
    program = make_program(rules={"spend": SPEND})
    gold = {"threshold": "500.00", "entry": {"fixed": "5.00"}}
    make_ladders(program, vip={"tiers": TIERS | {"gold": gold}})
    return program


@pytest.fixture(autouse=True)
def _all_agrees(program):
    yield
    prove(program)
    prove_days(program)


@pytest.fixture
def ada(program):
    """Return somebody who was given a voucher."""
    ada = make_member(program)
    state_order(program, "big", amount=50000)
    return ada


@pytest.fixture
def gift(ada):
    return Redemption.objects.get(member=ada)


@pytest.fixture
def code(gift):
    return Voucher.objects.get(redemption=gift).shown


def test_an_order_that_names_a_gift_is_refunded_as_any(program, gift):
    state_order(program, "2", amount=4000, redemptions=[str(gift)])

    answer = refund_order(program, "2", amount=1000)

    assert answer.body["points"][0]["target"] == 30
    assert answer.body["restored"] == [{"point_type": "points", "points": 0}]


def test_an_order_that_names_a_gift_is_cancelled_as_any(program, gift):
    state_order(program, "2", amount=4000, redemptions=[str(gift)])

    answer = state_order(program, "2", amount=4000, redemptions=[str(gift)], status="cancelled")

    assert answer.body["points"][0]["target"] == 0
    gift.refresh_from_db()
    assert gift.status == "captured"


def test_a_voucher_that_was_a_gift_is_used_and_given_back_with_its_order(program, gift, code):
    state_order(program, "2", amount=4000, vouchers=[code])
    assert Voucher.objects.get().used == 1

    refund_order(program, "2", amount=4000)

    assert Voucher.objects.get().used == 0


def test_an_order_paid_with_points_and_a_gift_gives_back_the_points(program, ada, gift):
    held = reserve_points(ada, 100)
    state_order(program, "2", amount=4000, redemptions=[str(held), str(gift)])

    answer = refund_order(program, "2", amount=4000)

    assert answer.body["restored"] == [{"point_type": "points", "points": 100}]


def test_the_refund_that_undoes_the_tier_takes_the_gift_back_though_an_order_names_it(
    program, ada, gift
):
    state_order(program, "2", amount=4000, redemptions=[str(gift)])

    refund_order(program, "big", amount=50000)

    gift.refresh_from_db()
    assert gift.status == "reversed"
    refund_order(program, "2", amount=4000)


def test_a_gift_is_captured_already(gift, ada):
    with pytest.raises(AlreadyCaptured):
        capture_redemption(redemption=gift, requested=requested(ada))
    with pytest.raises(AlreadyCaptured):
        void_redemption(redemption=gift, requested=requested(ada))


@pytest.mark.parametrize("points", [None, 1])
def test_no_point_of_a_gift_comes_back(gift, ada, points):
    with pytest.raises(NothingSpent):
        reverse_redemption(redemption=gift, points=points, requested=requested(ada))

    gift.refresh_from_db()
    assert gift.status == "captured"


def test_staff_see_what_a_gift_was_and_cannot_give_points_back_for_it(staff, gift, code):
    text = text_of(staff.get(page(gift)))

    assert "€5.00 off" in text
    assert code in text
    assert "reverse/" not in text
    assert staff.get(listing(Redemption)).status_code == 200


def test_a_members_page_shows_a_gift(staff, ada, code):
    assert code in text_of(staff.get(page(ada)))


def test_a_gift_moves_with_a_merge_and_back(program, ada, gift):
    bob = make_member(program, "bob")
    done = merge_people(member=ada, into=bob, requested=requested(bob))
    gift.refresh_from_db()
    assert gift.member_id == bob.pk

    part_people(merge=done, at=NOON)

    gift.refresh_from_db()
    assert gift.member_id == ada.pk


def test_an_export_tells_of_a_gift(ada, gift, code):
    document = member_export(Member.objects.get(pk=ada.pk), at=NOON)

    (told,) = document["redemptions"]
    assert (told["points"], told["reward"], told["gives"]) == (0, None, {"fixed": "5.00"})
    assert [voucher["code"] for voucher in document["vouchers"]] == [code]


def test_nothing_was_paid_for_a_gift(ada, gift):
    view = balance_of(ada)

    assert (view.available, view.lifetime_redeemed) == (500, 0)
