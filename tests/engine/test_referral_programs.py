"""The ready-made referral programs, lived through as their first lines say."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.program_file import apply_program, read_program
from engine.travel import move_clock
from loyalty.models import Program, Voucher
from referrals.models import Payout, Referral
from referrals.services.paying import friend_voucher
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    refund_order,
    state_event,
    state_order,
)
from tests.proof import prove
from tests.referrals.factories import claim, code_of

FEATURES = Path(__file__).resolve().parents[2] / "seeds" / "programs" / "features"
pytestmark = pytest.mark.django_db


def feature(name):
    """Load a ready-made program as a sandbox, whose clock begins at noon."""
    text = (FEATURES / f"{name}.yaml").read_text()
    text = text.replace("{slug:", "{sandbox: true, slug:")
    text = text.replace("  slug:", "  sandbox: true\n  slug:")
    apply_program(read_program(text.encode(), name=name), at=NOON)
    return Program.objects.get(sandbox=True)


def pass_days(program, days):
    move_clock(program=program, to=program.now() + timedelta(days=days))


def refer(advocate, friend):
    return make_member(advocate.program, friend, referral_code=code_of(advocate))


def states(program):
    return list(Referral.objects.filter(program=program).values_list("state", flat=True))


def vouchers_of(member):
    rows = Voucher.objects.filter(member=member, voided_at=None)
    return [voucher.gives for voucher in rows]


def test_two_sided_gives_the_friend_half_off_at_once_and_the_advocate_ten_after_two_weeks():
    program = feature("two_sided")
    ada = make_member(program)
    referral = claim(ada, "bob")
    given = friend_voucher(referral)
    assert given.gives == {"percent": 50, "at_most": "25.00"}
    assert given.code.startswith("HI")

    bob = make_member(program, "bob")
    state_order(program, member="bob", amount=2000)
    pass_days(program, 13)
    assert (states(program), vouchers_of(ada)) == (["qualified"], [])

    pass_days(program, 1)
    assert states(program) == ["rewarded"]
    assert vouchers_of(ada) == [{"fixed": "10.00"}]
    assert vouchers_of(bob) == [{"percent": 50, "at_most": "25.00"}]
    prove(program)


def test_two_sided_gives_the_advocate_nothing_for_what_came_back_within_two_weeks():
    program = feature("two_sided")
    ada = make_member(program)
    refer(ada, "bob")
    state_order(program, member="bob", amount=2000)

    refund_order(program, amount=1)
    pass_days(program, 14)

    assert (states(program), vouchers_of(ada)) == (["reversed"], [])


def test_two_sided_rewards_ten_friends_a_year_and_the_eleventh_friend_all_the_same():
    program = feature("two_sided")
    ada = make_member(program)
    for number in range(11):
        friend = refer(ada, f"f-{number}")
        state_order(program, f"o-{number}", member=friend.external_id, amount=2500)

    pass_days(program, 14)

    assert len(vouchers_of(ada)) == 10
    friends = Payout.objects.filter(program=program, side="friend", outcome="given")
    assert friends.count() == 11
    prove(program)


def test_one_sided_gives_the_advocate_two_points_for_every_dollar_and_the_friend_none():
    program = feature("one_sided")
    ada = make_member(program)
    bob = refer(ada, "bob")

    # Two for each of 12.99 dollars are 25.98, and points are whole.
    state_order(program, member="bob", amount=1299)

    assert (balance_of(ada).pending + balance_of(ada).available) == 25
    assert balance_of(bob).pending + balance_of(bob).available == 0
    prove(program)


def test_one_sided_keeps_what_was_given_after_a_refund_and_five_times_a_month():
    program = feature("one_sided")
    ada = make_member(program)
    for number in range(6):
        friend = refer(ada, f"f-{number}")
        state_order(program, f"o-{number}", member=friend.external_id, amount=1000)

    refund_order(program, "o-0", amount=1000)

    assert balance_of(ada).pending + balance_of(ada).available == 5 * 20
    prove(program)


def test_storage_gives_both_half_a_gigabyte_for_a_first_file():
    program = feature("storage")
    ada = make_member(program)
    bob = refer(ada, "bob")
    state_event(program, "e-0", type="review", member="bob")
    assert storage_of(ada) == storage_of(bob) == 0

    for _ in range(3):
        state_event(program, "e-1", type="first_file", member="bob")

    assert storage_of(ada) == storage_of(bob) == 500
    prove(program)


def test_storage_ends_at_sixteen_gigabytes_for_the_advocate_and_not_for_friends():
    program = feature("storage")
    ada = make_member(program)
    friends = [refer(ada, f"f-{number}") for number in range(33)]
    for friend in friends:
        event_id = f"e-{friend.external_id}"
        state_event(program, event_id, type="first_file", member=friend.external_id)

    assert storage_of(ada) == 32 * 500
    assert {storage_of(friend) for friend in friends} == {500}


def storage_of(member):
    given = Payout.objects.filter(member=member, outcome="given", taken_back_at=None)
    assert {payout.gives["entitlement"] for payout in given} <= {"storage_mb"}
    return sum(payout.gives["quantity"] for payout in given)


def test_milestones_come_at_three_at_ten_and_with_every_fifth():
    program = feature("milestones")
    ada = make_member(program)
    seen = {}
    for number in range(1, 12):
        friend = refer(ada, f"f-{number}")
        assert balance_of(friend).available == 50
        seen[number] = (balance_of(ada).available, boxes_of(ada))

    # 100 for each, 500 more from the third on, 2,000 more from the tenth on.
    assert seen == {
        1: (100, 0),
        2: (200, 0),
        3: (800, 0),
        4: (900, 0),
        5: (1000, 1),
        6: (1100, 1),
        7: (1200, 1),
        8: (1300, 1),
        9: (1400, 1),
        10: (3500, 2),
        11: (3600, 2),
    }
    prove(program)


def boxes_of(member):
    given = Payout.objects.filter(member=member, outcome="given", taken_back_at=None)
    return given.filter(gives__physical="A box of chocolates").count()
