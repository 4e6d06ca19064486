"""What becomes of a redemption: captured, voided, over, and given back."""

from datetime import timedelta

import pytest

from core.models import Event
from loyalty.models import Lot, Redemption, Reward
from loyalty.queries.balances import WalletView
from loyalty.rules.redemption import (
    AlreadyCaptured,
    AlreadyReversed,
    AlreadyVoided,
    ExceedsHold,
    HoldExpired,
)
from loyalty.services.redemptions import (
    NothingToFulfil,
    expire_redemptions,
    set_fulfilment,
)
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    pass_time,
    redeem,
)
from tests.loyalty.services.checkout import capture, reverse, void

pytestmark = pytest.mark.django_db

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}, "stock": 5}
CARD = {"cost": {"points": 100}, "gives": {"physical": "A card"}}
STARS = {"cost": {"points": 100}, "gives": {"points": 7, "point_type": "stars"}}


@pytest.fixture
def program():
    program = make_program(point_types={"stars": {}})
    make_rewards(program, coffee=COFFEE, card=CARD, stars=STARS)
    return program


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def remaining():
    return list(Lot.objects.order_by("id").values_list("remaining", flat=True))


def taken():
    return Reward.objects.get(code="coffee").taken


def test_a_capture_spends_what_was_held(ada):
    redemption = capture(redeem(ada, "coffee"))

    assert (redemption.status, redemption.captured_points) == ("captured", 100)
    assert redemption.spent_by.kind == "capture"
    assert balance_of(ada) == WalletView(
        available=400, lifetime_earned=500, lifetime_redeemed=100
    )


def test_a_capture_is_written_down(ada):
    redemption = capture(redeem(ada, "coffee"))

    stored = Redemption.objects.get(pk=redemption.pk)
    assert (stored.status, stored.captured_points) == ("captured", 100)
    assert (stored.settled_at, stored.spent_by_id) == (NOON, redemption.spent_by_id)


def test_a_capture_of_less_gives_the_rest_back_at_once(ada):
    redemption = capture(redeem(ada, "coffee"), 30)

    assert redemption.captured_points == 30
    assert balance_of(ada) == WalletView(
        available=470, lifetime_earned=500, lifetime_redeemed=30
    )
    assert [entry.kind for entry in entries_of(ada)][-2:] == ["capture", "void"]


def test_a_capture_of_less_spends_what_expires_soonest(ada):
    give_points(ada, 10, expires_at=NOON + timedelta(days=1))

    capture(redeem(ada, "coffee"), 10)

    assert remaining() == [500, 0]


def test_capturing_nothing_is_a_void(ada):
    redemption = capture(redeem(ada, "coffee"), 0)

    assert redemption.status == "voided"
    assert balance_of(ada).available == 500
    assert taken() == 0


def test_more_than_is_held_cannot_be_captured(ada):
    with pytest.raises(ExceedsHold):
        capture(redeem(ada, "coffee"), 101)

    assert balance_of(ada).held == 100


def test_the_same_capture_twice_spends_once(ada):
    redemption = redeem(ada, "coffee")

    first, again = capture(redemption, key="c"), capture(redemption, key="c")

    assert first == again
    assert balance_of(ada).lifetime_redeemed == 100


def test_another_capture_is_refused(ada):
    redemption = capture(redeem(ada, "coffee"))

    with pytest.raises(AlreadyCaptured):
        capture(redemption)

    assert balance_of(ada).lifetime_redeemed == 100


@pytest.mark.parametrize("again", [capture, void])
@pytest.mark.parametrize(
    ("settle", "refusal"),
    [
        (capture, AlreadyCaptured),
        (void, AlreadyVoided),
        (lambda redemption: reverse(capture(redemption)), AlreadyReversed),
    ],
)
def test_what_is_settled_is_refused_by_name(ada, settle, refusal, again):
    redemption = redeem(ada, "coffee")
    settle(redemption)
    known = balance_of(ada)

    with pytest.raises(refusal):
        again(redemption)

    assert balance_of(ada) == known


@pytest.mark.parametrize("again", [capture, void, reverse])
@pytest.mark.parametrize("is_noted", [True, False])
def test_a_hold_that_is_over_can_neither_be_captured_nor_voided(ada, again, is_noted):
    redemption = redeem(ada, "coffee")
    later = NOON + timedelta(minutes=30)
    if is_noted:
        expire_redemptions(program=ada.program, at=later)

    with pytest.raises(HoldExpired):
        again(redemption, at=later)

    assert balance_of(ada, at=later).available == 500


def test_a_hold_that_somebody_with_a_later_clock_saw_end_has_expired(ada):
    redemption = redeem(ada, "coffee")
    give_points(ada, 1, at=NOON + timedelta(minutes=30))

    with pytest.raises(HoldExpired):
        capture(redemption, at=NOON + timedelta(minutes=29))


def test_a_void_gives_back_to_the_lots_that_it_came_from(ada):
    give_points(ada, 10, expires_at=NOON + timedelta(days=1))

    void(redeem(ada, "coffee"))

    assert remaining() == [500, 10]


def test_a_hold_outlives_points_that_expire_during_checkout(ada):
    give_points(ada, 100, expires_at=NOON + timedelta(minutes=10))
    redemption = redeem(ada, "coffee")

    capture(redemption, at=NOON + timedelta(minutes=20))

    assert balance_of(ada, at=NOON + timedelta(minutes=20)).available == 500


def test_points_that_expired_while_held_come_back_for_two_weeks(ada):
    give_points(ada, 100, expires_at=NOON + timedelta(minutes=10))
    redemption = redeem(ada, "coffee")
    at = NOON + timedelta(minutes=20)

    void(redemption, at=at)

    assert balance_of(ada, at=at).available == 600
    assert balance_of(ada, at=at + timedelta(days=14)).available == 500


def test_ten_thousand_holds_that_end_together_are_settled_in_chunks(
    ada, django_assert_max_num_queries
):
    redeem(ada, "coffee", key="first")
    make_rewards(ada.program, coffee=COFFEE | {"stock": 20_000}, card=CARD, stars=STARS)
    first = Redemption.objects.get()
    Redemption.objects.bulk_create(_copy(first, number) for number in range(1, 10_000))
    Reward.objects.filter(code="coffee").update(taken=10_000)

    with django_assert_max_num_queries(10 * 20 + 10):
        ended = expire_redemptions(program=ada.program, at=NOON + timedelta(hours=1))

    assert ended == 10_000
    assert not Redemption.objects.exclude(status="expired").exists()
    assert taken() == 0


def _copy(first, number):
    return Redemption(
        program=first.program,
        member=first.member,
        point_type=first.point_type,
        reward=first.reward,
        key=f"copy-{number}",
        status="held",
        points=100,
        gives=first.gives,
        held_at=first.held_at,
        expires_at=first.expires_at,
    )


def test_work_can_be_noted_and_is_called_off_when_the_points_come_back(ada):
    redemption = redeem(ada, "card", capture=True)

    set_fulfilment(redemption=redemption, status="in_progress", note="packed", at=NOON)
    redemption = reverse(redemption)

    assert redemption.fulfilment == "cancelled"
    with pytest.raises(NothingToFulfil):
        set_fulfilment(redemption=redemption, status="fulfilled", at=NOON)


def test_work_that_is_done_remembers_when(ada):
    redemption = redeem(ada, "card", capture=True)

    done = set_fulfilment(redemption=redemption, status="fulfilled", at=NOON)

    assert done.fulfilled_at == NOON


def test_nothing_has_to_be_done_about_a_coffee(ada):
    with pytest.raises(NothingToFulfil):
        set_fulfilment(redemption=redeem(ada, "coffee"), status="fulfilled", at=NOON)


def test_the_outside_hears_every_step(ada):
    reverse(capture(redeem(ada, "coffee", key="a")))
    void(redeem(ada, "coffee", key="b"))
    redeem(ada, "coffee", key="c")
    expire_redemptions(program=ada.program, at=NOON + timedelta(hours=1))

    told = Event.objects.filter(type__startswith="redemption.").order_by("id")
    assert [event.type.partition(".")[2] for event in told] == [
        "held",
        "captured",
        "reversed",
        "held",
        "voided",
        "held",
        "expired",
    ]


def test_the_outside_hears_how_far_the_work_is_and_hears_it_once(ada):
    redemption = redeem(ada, "card", capture=True)

    for status in ("in_progress", "in_progress", "fulfilled", "fulfilled"):
        set_fulfilment(redemption=redemption, status=status, note="for Bea", at=NOON)

    told = list(Event.objects.filter(type__startswith="redemption.f").order_by("id"))
    assert [(event.type, event.data["fulfilment"]) for event in told] == [
        ("redemption.fulfilment_changed", "in_progress"),
        ("redemption.fulfilled", "fulfilled"),
    ]
    assert told[1].member_id == ada.pk
    assert "for Bea" not in str(told[1].data)


def test_the_outside_hears_of_a_reversal_as_it_is_when_it_is_done(ada):
    reverse(redeem(ada, "card", capture=True))

    told = Event.objects.get(type="redemption.reversed").data
    assert (told["status"], told["fulfilment"]) == ("reversed", "cancelled")


def test_holds_end_by_themselves(ada):
    redeem(ada, "coffee")

    pass_time(ada.program, minutes=30)

    assert balance_of(ada).available == 500


def test_holds_that_end_together_all_end(ada):
    for number in range(4):
        redeem(ada, "coffee", key=f"cart-{number}")

    pass_time(ada.program, minutes=30)

    assert balance_of(ada).available == 500
    assert [entry.kind for entry in entries_of(ada)][-4:] == ["void"] * 4
