"""Redeeming: points held or spent for a reward, within its terms."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from core.models import Event
from loyalty.models import Redemption, Reward
from loyalty.queries.balances import WalletView
from loyalty.rules.redemption import (
    AlreadyRedeemed,
    LimitReached,
    MemberSuspended,
    NotEligible,
    NotRedeemable,
    OutOfStock,
)
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.redemptions import expire_redemptions, void_redemption
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    redeem,
    requested,
)

pytestmark = pytest.mark.django_db

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
CARD = {"cost": {"points": 100}, "gives": {"physical": "A card"}}


@pytest.fixture
def program():
    program = make_program(point_types={"stars": {}})
    make_rewards(program, coffee=COFFEE)
    return program


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def sell(program, **terms):
    make_rewards(program, coffee=COFFEE | terms)


def taken_of(code="coffee"):
    return Reward.objects.get(code=code).taken


def test_redeeming_takes_the_cost_from_what_is_available(ada):
    redeem(ada, "coffee")

    assert balance_of(ada) == WalletView(available=400, held=100, lifetime_earned=500)


def test_a_redemption_is_held_for_half_an_hour(ada):
    redemption = redeem(ada, "coffee")

    assert redemption.status == "held"
    assert redemption.expires_at == NOON + timedelta(minutes=30)


def test_a_hold_lasts_as_long_as_is_asked_for(ada):
    redemption = redeem(ada, "coffee", ttl=timedelta(hours=24))

    assert redemption.expires_at == NOON + timedelta(hours=24)


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(hours=24, seconds=1)])
def test_a_hold_lasts_a_day_at_most(ada, ttl):
    with pytest.raises(InvalidInput, match="24 hours"):
        redeem(ada, "coffee", ttl=ttl)

    assert balance_of(ada).held == 0


def test_capturing_at_once_spends_without_a_hold(ada):
    redemption = redeem(ada, "coffee", capture=True)

    assert (redemption.status, redemption.captured_points) == ("captured", 100)
    assert redemption.spent_by.kind == "redeem"
    assert balance_of(ada) == WalletView(
        available=400, lifetime_earned=500, lifetime_redeemed=100
    )


def test_entries_name_the_redemption(ada):
    redemption = redeem(ada, "coffee")

    entry = entries_of(ada)[-1]
    assert (entry.source_type, entry.source_id) == ("redemption", str(redemption))
    assert entry.key == f"hold:{redemption}"


def test_redeeming_with_too_few_points_is_refused_and_changes_nothing(program):
    bob = make_member(program, "bob", points=99)
    sell(program, stock=1)

    with pytest.raises(InsufficientPoints, match="1 point short"):
        redeem(bob, "coffee")

    assert balance_of(bob).available == 99
    assert taken_of() == 0
    assert not Redemption.objects.exists()


def test_the_same_key_redeems_once(ada):
    assert redeem(ada, "coffee", key="cart") == redeem(ada, "coffee", key="cart")
    assert balance_of(ada).held == 100


def test_a_repeated_key_answers_even_when_nothing_more_could_be_had(program, ada):
    sell(program, stock=1)
    first = redeem(ada, "coffee", key="cart")

    assert redeem(ada, "coffee", key="cart") == first


def test_a_reward_outside_its_window_is_not_redeemable(program, ada):
    sell(program, redeemable={"until": "2026-05-04"})

    with pytest.raises(NotRedeemable):
        redeem(ada, "coffee")


def test_an_archived_reward_is_unknown(program, ada):
    make_rewards(program, card=CARD)

    with pytest.raises(InvalidInput, match="there is no reward 'coffee'"):
        redeem(ada, "coffee")


def test_a_reward_is_for_those_whom_its_condition_holds_for(program, ada):
    sell(program, when='member.locale == "de"')
    bob = make_member(program, "bob", points=100, locale="de")

    with pytest.raises(NotEligible):
        redeem(ada, "coffee")
    assert redeem(bob, "coffee").status == "held"


def test_a_member_suspended_for_redeeming_may_not(ada):
    ada.redeeming_suspended = True

    with pytest.raises(MemberSuspended):
        redeem(ada, "coffee")

    assert balance_of(ada).held == 0


def test_a_reward_with_two_prices_takes_the_first_that_can_be_paid(program, ada):
    sell(program, cost={"stars": 5, "points": 100})

    assert redeem(ada, "coffee").point_type.code == "points"


def test_a_reward_with_two_prices_takes_the_one_that_is_named(program, ada):
    sell(program, cost={"points": 100, "stars": 5})
    give_points(ada, 5, point_type="stars")

    redeem(ada, "coffee", point_type="stars")

    assert balance_of(ada, "stars").held == 5


def test_points_cannot_be_said_for_a_reward_that_has_its_price(ada):
    with pytest.raises(InvalidInput):
        redeem(ada, "coffee", points=50)


def test_one_order_redeems_the_same_reward_once_whatever_the_keys(ada):
    first = redeem(ada, "coffee", order="1001", key="a")

    with pytest.raises(AlreadyRedeemed) as refused:
        redeem(ada, "coffee", order="1001", key="b")

    assert refused.value.extra == {"redemption": str(first)}
    assert balance_of(ada).held == 100


def test_an_order_may_redeem_again_what_it_gave_up(ada):
    first = redeem(ada, "coffee", order="1001", key="a")
    void_redemption(redemption=first, requested=requested(ada))

    assert redeem(ada, "coffee", order="1001", key="b").status == "held"


def test_an_order_may_redeem_a_reward_several_times_if_that_allows_it(program, ada):
    sell(program, several_per_order=True)

    redeem(ada, "coffee", order="1001", key="a")
    redeem(ada, "coffee", order="1001", key="b")

    assert balance_of(ada).held == 200


def test_a_reward_runs_out(program, ada):
    sell(program, stock=1)
    redeem(ada, "coffee", key="a")

    with pytest.raises(OutOfStock):
        redeem(ada, "coffee", key="b")

    assert balance_of(ada).held == 100
    assert taken_of() == 1


def test_what_is_voided_goes_back_into_the_stock(program, ada):
    sell(program, stock=1)
    first = redeem(ada, "coffee", key="a")

    void_redemption(redemption=first, requested=requested(ada))

    assert taken_of() == 0
    assert redeem(ada, "coffee", key="b").status == "held"


def test_stock_comes_back_when_holds_are_over_though_no_job_has_run(program, ada):
    sell(program, stock=1)
    first = redeem(ada, "coffee", key="a")

    later = NOON + timedelta(minutes=30)
    redeem(ada, "coffee", key="b", at=later)

    first.refresh_from_db()
    assert (first.status, first.settled_at) == ("expired", later)
    assert taken_of() == 1


def test_a_stock_set_later_counts_what_was_taken_before(program, ada):
    redeem(ada, "coffee", key="a")
    redeem(ada, "coffee", key="b", capture=True)
    void_redemption(redemption=redeem(ada, "coffee", key="c"), requested=requested(ada))

    sell(program, stock=3)

    assert taken_of() == 2


def test_a_limit_per_member_holds_back(program, ada):
    sell(program, limits=[{"times": 1, "per": "day"}])
    bob = make_member(program, "bob", points=100)
    redeem(ada, "coffee", key="a")

    with pytest.raises(LimitReached):
        redeem(ada, "coffee", key="b")
    assert redeem(bob, "coffee", key="c").status == "held"


def test_a_limit_for_the_whole_program_holds_everybody_back(program, ada):
    sell(program, limits=[{"times": 1, "per": "day", "of": "program"}])
    bob = make_member(program, "bob", points=100)
    redeem(ada, "coffee", key="a")

    with pytest.raises(LimitReached):
        redeem(bob, "coffee", key="c")


def test_a_limit_forgets_what_was_given_up_or_is_over(program, ada):
    sell(program, limits=[{"times": 1, "per": "lifetime"}])
    void_redemption(redemption=redeem(ada, "coffee", key="a"), requested=requested(ada))
    redeem(ada, "coffee", key="b")

    over = NOON + timedelta(minutes=30)
    assert redeem(ada, "coffee", key="c", at=over).status == "held"


def test_a_hold_that_is_over_reads_as_expired_before_anybody_notes_it(ada):
    redemption = redeem(ada, "coffee")

    assert redemption.status_at(NOON + timedelta(minutes=29)) == "held"
    assert redemption.status_at(NOON + timedelta(minutes=30)) == "expired"


def test_ends_are_noted_with_the_time_at_which_they_came(ada):
    redemption = redeem(ada, "coffee")

    ended = expire_redemptions(program=ada.program, at=NOON + timedelta(days=7))

    redemption.refresh_from_db()
    assert ended == 1
    assert (redemption.status, redemption.settled_at) == ("expired", redemption.expires_at)
    assert Event.objects.get(type="redemption.expired").occurred_at == redemption.expires_at


def test_ends_are_noted_once(ada):
    redeem(ada, "coffee")
    later = NOON + timedelta(days=7)

    assert expire_redemptions(program=ada.program, at=later) == 1
    assert expire_redemptions(program=ada.program, at=later) == 0


def test_work_begins_when_the_points_are_spent(program, ada):
    make_rewards(program, card=CARD)

    assert redeem(ada, "card", key="a").fulfilment == "none"
    assert redeem(ada, "card", key="b", capture=True).fulfilment == "open"


def test_the_outside_hears_what_was_redeemed(ada):
    redemption = redeem(ada, "coffee", order="1001")

    told = Event.objects.get(type="redemption.held").data
    assert told["id"] == str(redemption)
    assert (told["member"], told["reward"], told["points"]) == ("ada", "coffee", 100)
    assert told["order"] == "1001"
