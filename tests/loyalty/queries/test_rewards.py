"""The catalogue: what is shown, how much is left, and who may have it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Reward, Voucher
from loyalty.queries.rewards import catalogue
from loyalty.services.redemptions import reverse_redemption, void_redemption
from loyalty.services.rewards import save_rewards
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    redeem,
    requested,
    state_order,
)

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
PAY = {"gives": {"pay": {"rate": "0.01", "minimum": 500, "step": 100}}}
ONCE_A_DAY = [{"times": 1, "per": "day"}]

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program(point_types={"miles": {}})


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def offer(program, **forms):
    save_rewards(program=program, forms=forms, at=NOON)


def codes(program, *, at=NOON):
    return [reward["code"] for reward in catalogue(program, None, at)]


def the_only(program, member=None, *, at=NOON):
    [reward] = catalogue(program, member, at)
    return reward


def answer(member, *, at=NOON):
    """Return what the only reward says of a member."""
    reward = the_only(member.program, member, at=at)
    return reward["affordable"], reward["eligible"], reward["why_not"]


def why_not(member, *, at=NOON):
    return answer(member, at=at)[2]


def queries_of(read):
    with CaptureQueriesContext(connection) as queries:
        read()
    return len(queries)


def test_a_reward_is_shown_as_it_is_written(program):
    offer(
        program,
        stollen={
            "name": "Stollen",
            "cost": {"points": 300, "miles": 30},
            "gives": {"fixed": "10.00", "minimum_order": "40.00"},
            "stock": 40,
            "limits": [{"times": 2, "per": "month"}],
            "visible": {"from": "2026-05-01", "until": "2026-06-01T12:00:00Z"},
        },
    )

    window = {
        "from": datetime(2026, 4, 30, 22, tzinfo=UTC),
        "until": datetime(2026, 6, 1, 12, tzinfo=UTC),
    }
    assert the_only(program) == {
        "code": "stollen",
        "name": "Stollen",
        "cost": {"points": 300, "miles": 30},
        "gives": {"fixed": "10.00", "minimum_order": "40.00"},
        "stock": 40,
        "limits": [
            {"times": 2, "per": "month", "of": "member", "window": "calendar"},
        ],
        "several_per_order": False,
        "visible": window,
        "redeemable": window,
    }


def test_rewards_come_in_the_order_of_the_program(program):
    offer(program, tea=COFFEE, coffee=COFFEE)

    assert codes(program) == ["tea", "coffee"]


def test_only_what_is_visible_is_shown(program):
    offer(program, stollen=COFFEE | {"visible": {"from": "2026-05-05", "until": "2026-05-06"}})

    midnight = datetime(2026, 5, 4, 22, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert codes(program, at=midnight - tick) == []
    assert codes(program, at=midnight) == ["stollen"]
    assert codes(program, at=midnight + timedelta(days=1) - tick) == ["stollen"]
    assert codes(program, at=midnight + timedelta(days=1)) == []


def test_what_is_archived_is_not_shown(program):
    offer(program, coffee=COFFEE, tea=COFFEE)
    offer(program, tea=COFFEE)

    assert codes(program) == ["tea"]


def test_a_member_with_enough_points_can_have_it(program, ada):
    offer(program, coffee=COFFEE | {"cost": {"points": 500}})

    assert answer(ada) == (True, True, None)


def test_a_member_with_a_point_too_few_cannot(program, ada):
    offer(program, coffee=COFFEE | {"cost": {"points": 501}})

    assert answer(ada) == (False, True, "insufficient_points")


def test_one_of_several_prices_is_enough(program, ada):
    offer(program, coffee=COFFEE | {"cost": {"points": 501, "miles": 3}})
    give_points(ada, 3, point_type="miles")

    assert answer(ada) == (True, True, None)


def test_points_that_have_expired_do_not_count_though_no_job_has_run(program):
    bob = make_member(program, "bob")
    give_points(bob, 100, expires_at=NOON + timedelta(days=1))
    offer(program, coffee=COFFEE)

    assert answer(bob)[0] is True
    assert answer(bob, at=NOON + timedelta(days=1))[0] is False


def test_paying_takes_the_smallest_payment(program, ada):
    offer(program, pay=PAY)
    bob = make_member(program, "bob", points=499)

    assert answer(ada) == (True, True, None)
    assert answer(bob) == (False, True, "insufficient_points")


def test_what_can_be_redeemed_later_says_so(program, ada):
    offer(program, coffee=COFFEE | {"redeemable": {"from": "2026-06-01"}})

    assert answer(ada) == (True, True, "not_redeemable")


def test_a_condition_says_who_is_meant(program, ada):
    bob = make_member(program, "bob", points=500, locale="de")
    offer(program, coffee=COFFEE | {"when": 'member.locale == "de"'})

    assert answer(ada) == (True, False, "not_eligible")
    assert answer(bob) == (True, True, None)


def test_a_condition_may_count_orders(program, ada):
    offer(program, coffee=COFFEE | {"when": "member.orders_count >= 1"})

    assert why_not(ada) == "not_eligible"
    state_order(program)
    assert why_not(ada, at=NOON + timedelta(minutes=1)) is None


def test_a_suspended_member_cannot_have_anything(program, ada):
    offer(program, coffee=COFFEE)
    ada.redeeming_suspended = True
    ada.save(update_fields=["redeeming_suspended"])

    assert answer(ada) == (True, True, "member_suspended")


def test_what_is_taken_is_not_left(program, ada):
    offer(program, coffee=COFFEE | {"stock": 2})

    redeem(ada, "coffee")
    assert (the_only(program)["stock"], why_not(ada)) == (1, None)
    redeem(ada, "coffee", capture=True)
    assert (the_only(program)["stock"], why_not(ada)) == (0, "out_of_stock")


def test_a_hold_that_is_over_has_given_its_piece_back_though_nobody_noted_it(program, ada):
    offer(program, coffee=COFFEE | {"stock": 1})
    redeem(ada, "coffee", ttl=timedelta(minutes=30))

    over = NOON + timedelta(minutes=30)
    just_before = over - timedelta(microseconds=1)
    assert the_only(program, at=just_before)["stock"] == 0
    assert (the_only(program, at=over)["stock"], why_not(ada, at=over)) == (1, None)


def test_what_never_had_a_stock_shows_none(program, ada):
    offer(program, coffee=COFFEE)
    redeem(ada, "coffee")

    assert the_only(program)["stock"] is None


def test_a_stock_that_is_set_later_counts_what_was_taken_before(program, ada):
    offer(program, coffee=COFFEE)
    redeem(ada, "coffee")
    void_redemption(redemption=redeem(ada, "coffee"), requested=requested(ada))

    offer(program, coffee=COFFEE | {"stock": 5})

    assert the_only(program)["stock"] == 4


def test_a_pool_has_as_many_as_there_are_codes_left(program, ada):
    offer(program, coffee=COFFEE | {"voucher": {"codes": "pool"}})
    assert (the_only(program)["stock"], why_not(ada)) == (0, "out_of_stock")

    import_code(program, "AAAA")
    assert (the_only(program)["stock"], why_not(ada)) == (1, None)


def test_of_a_stock_and_a_pool_the_smaller_counts(program):
    offer(program, coffee=COFFEE | {"voucher": {"codes": "pool"}, "stock": 1})
    for code in ("AAAA", "BBBB"):
        import_code(program, code)

    assert the_only(program)["stock"] == 1


def test_a_limit_that_is_reached_says_so_until_its_window_is_over(program, ada):
    offer(program, coffee=COFFEE | {"limits": ONCE_A_DAY})
    redeem(ada, "coffee", capture=True)

    assert why_not(ada) == "limit_reached"
    midnight = datetime(2026, 5, 4, 22, tzinfo=UTC)
    assert why_not(ada, at=midnight - timedelta(microseconds=1)) == "limit_reached"
    assert why_not(ada, at=midnight) is None


def test_a_rolling_limit_looks_back_from_now(program, ada):
    limits = [{"times": 1, "per": "day", "window": "rolling"}]
    offer(program, coffee=COFFEE | {"limits": limits})
    redeem(ada, "coffee", capture=True)

    a_day_later = NOON + timedelta(days=1)
    assert why_not(ada, at=a_day_later - timedelta(seconds=1)) == "limit_reached"
    assert why_not(ada, at=a_day_later) is None


def test_a_members_limit_is_no_concern_of_others(program, ada):
    offer(program, coffee=COFFEE | {"limits": ONCE_A_DAY})
    redeem(ada, "coffee", capture=True)

    assert why_not(make_member(program, "bob", points=500)) is None


def test_a_limit_of_the_program_is_shared(program, ada):
    offer(program, coffee=COFFEE | {"limits": [{"times": 1, "per": "day", "of": "program"}]})
    redeem(ada, "coffee", capture=True)

    assert why_not(make_member(program, "bob", points=500)) == "limit_reached"


def test_a_points_limit_leaves_room_for_the_whole_price_or_none(program, ada):
    offer(program, coffee=COFFEE | {"limits": [{"points": 299, "per": "lifetime"}]})

    redeem(ada, "coffee")
    assert why_not(ada) is None
    redeem(ada, "coffee", capture=True)
    assert why_not(ada) == "limit_reached"


def test_a_hold_that_ended_gives_the_limit_back(program, ada):
    offer(program, coffee=COFFEE | {"limits": ONCE_A_DAY})
    held = redeem(ada, "coffee", ttl=timedelta(minutes=30))
    assert why_not(ada) == "limit_reached"
    assert why_not(ada, at=NOON + timedelta(minutes=30)) is None

    void_redemption(redemption=held, requested=requested(ada))
    assert why_not(ada) is None


def test_what_was_reversed_gives_the_limit_back_and_a_part_gives_its_points(program, ada):
    offer(program, coffee=COFFEE | {"limits": [{"points": 150, "per": "lifetime"}]})
    spent = redeem(ada, "coffee", capture=True)
    assert why_not(ada) == "limit_reached"

    reverse_redemption(redemption=spent, points=49, requested=requested(ada))
    assert why_not(ada) == "limit_reached"
    reverse_redemption(redemption=spent, points=1, requested=requested(ada))
    assert why_not(ada) is None


def test_a_limit_of_one_reward_is_not_used_by_another(program, ada):
    offer(program, tea=COFFEE, coffee=COFFEE | {"limits": ONCE_A_DAY})
    redeem(ada, "tea", capture=True)

    assert [reward["why_not"] for reward in catalogue(program, ada, NOON)] == [None, None]


@pytest.mark.parametrize(("known", "most"), [(False, 3), (True, 7)])
def test_more_rewards_take_no_more_queries(program, ada, known, most):
    limits = [*ONCE_A_DAY, {"times": 9, "per": "day", "of": "program"}]
    one = COFFEE | {
        "stock": 9,
        "limits": limits,
        "when": "member.orders_count >= 0",
        "voucher": {"codes": "pool"},
    }
    member = ada if known else None
    counts = []
    for forms in ({"a": one}, {"a": one, "b": one, "c": one}):
        offer(program, **forms)
        catalogue(program, member, NOON)  # the configuration is in memory from now on
        counts.append(queries_of(lambda: catalogue(program, member, NOON)))

    assert counts == [most, most]


def import_code(program, code):
    reward = Reward.objects.get(program=program)
    Voucher.objects.create(program=program, reward=reward, code=code, shown=code)
