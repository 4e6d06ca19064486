"""What referrals pay, whom, when; and what a refund takes back."""

from datetime import timedelta

import pytest

from loyalty.models import Entry, Voucher
from referrals.models import Payout, Referral, ReferralProgram
from tests.concurrency import all_at_once, errors_in
from tests.factories import NOON, change_rules, make_member, refund_order, state_order
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    enrol,
    event,
    make_referrals,
    order,
    pass_days,
    points_of,
)

pytestmark = pytest.mark.django_db
MINIMUM = {"minimum": "20.00", "first_only": True}


def start(**form):
    """Return an advocate and a friend who has enrolled, of a program of this form."""
    program = make_referrals(**form)
    ada = make_member(program)
    claim(ada)
    enrol(program)
    return ada, program.member_set.get(external_id="bob")


def state_of(ada):
    return Referral.objects.get(program=ada.program_id).state


def outcomes(**condition):
    rows = Payout.objects.filter(**condition).order_by("pk")
    return [(row.side, row.outcome, row.taken_back_at is None) for row in rows]


def bring(ada, *names):
    """Let friends of these names be claimed, enrol and order."""
    for name in names:
        claim(ada, name)
        enrol(ada.program, name)
        order(ada.program, f"of-{name}", member=name)


def test_a_friends_order_pays_both_sides():
    ada, bob = start()

    told = order(ada.program)

    assert told["state"] == "rewarded"
    assert (points_of(ada), points_of(bob)) == (100, 50)
    prove(ada.program)


def test_steps_tell_how_it_came_to_that():
    ada, _ = start()
    order(ada.program)

    steps = Referral.objects.get().steps.values_list("number", "state", "cause", "version")
    assert list(steps) == [
        (1, "claimed", "address", 0),
        (2, "signed_up", "facts", 0),
        (3, "qualified", "order:1001", 1),
        (4, "rewarded", "order:1001", 1),
    ]


def test_the_same_news_again_pays_nobody_again():
    ada, bob = start()
    order(ada.program)

    for _ in range(3):
        order(ada.program)

    assert (points_of(ada), points_of(bob)) == (100, 50)
    assert Entry.objects.filter(source_type="referral").count() == 2


def test_an_order_below_the_minimum_pays_nobody():
    ada, bob = start(qualify=MINIMUM)

    told = order(ada.program, amount=1999)

    assert told["state"] == "rejected"
    assert (points_of(ada), points_of(bob)) == (0, 0)
    assert Referral.objects.get().reason == "below_minimum"


def test_a_cancelled_first_order_leaves_the_next_one_the_first():
    ada, _ = start(qualify=MINIMUM)
    order(ada.program, "1", amount=1000)
    order(ada.program, "1", amount=1000, status="cancelled")

    order(ada.program, "2", amount=2000)

    assert (state_of(ada), points_of(ada)) == ("rewarded", 100)


def test_the_advocate_is_paid_when_the_hold_has_passed_and_the_friend_before():
    ada, bob = start(hold="14 days")
    order(ada.program)
    assert (state_of(ada), points_of(ada), points_of(bob)) == ("qualified", 0, 50)

    pass_days(ada.program, 13)
    assert points_of(ada) == 0

    pass_days(ada.program, 1)
    assert (state_of(ada), points_of(ada)) == ("rewarded", 100)


def test_the_hold_counts_from_the_order_whenever_it_is_stated():
    ada, _ = start(hold="2 days")
    pass_days(ada.program, 5)

    order(ada.program, placed_at=(NOON + timedelta(days=1)).isoformat())

    assert points_of(ada) == 100


def test_a_refund_within_the_hold_leaves_the_advocate_nothing():
    ada, bob = start(qualify=MINIMUM, hold="14 days")
    order(ada.program, amount=3000)

    refund_order(ada.program, amount=2000)
    pass_days(ada.program, 20)

    assert (state_of(ada), points_of(ada), points_of(bob)) == ("reversed", 0, 0)


def test_a_refund_below_the_minimum_takes_the_rewards_back_once():
    ada, bob = start(qualify=MINIMUM)
    order(ada.program, amount=3000)

    refund_order(ada.program, "1001", "r-1", amount=1500)
    refund_order(ada.program, "1001", "r-2", amount=500)

    assert (state_of(ada), points_of(ada), points_of(bob)) == ("reversed", 0, 0)
    assert Entry.objects.filter(kind="clawback").count() == 2
    prove(ada.program)


def test_a_refund_that_leaves_the_minimum_takes_nothing_back():
    ada, _ = start(qualify=MINIMUM)
    order(ada.program, amount=3000)

    refund_order(ada.program, amount=1000)

    assert (state_of(ada), points_of(ada)) == ("rewarded", 100)


def test_an_order_that_is_paid_again_qualifies_as_a_new_version():
    ada, bob = start()
    order(ada.program)
    order(ada.program, status="cancelled")
    assert (points_of(ada), points_of(bob)) == (0, 0)

    order(ada.program, status="paid")

    assert Referral.objects.get().version == 2
    assert (points_of(ada), points_of(bob)) == (100, 50)


def test_another_order_takes_the_place_of_one_that_was_cancelled():
    ada, _ = start()
    order(ada.program, "1")
    order(ada.program, "2", placed_at=(NOON - timedelta(minutes=0)).isoformat())

    order(ada.program, "1", status="cancelled")

    referral = Referral.objects.get()
    assert (referral.state, referral.version, referral.qualified_by) == (
        "rewarded",
        1,
        "order:2",
    )
    assert points_of(ada) == 100


def test_rewards_that_are_kept_stay_after_a_refund():
    ada, bob = start(on_reversal="keep")
    order(ada.program)

    order(ada.program, status="cancelled")

    assert (state_of(ada), points_of(ada), points_of(bob)) == ("rewarded", 100, 50)


def test_points_by_amount_follow_the_order():
    ada, _ = start(friend=None, advocate={"gives": {"points": 1, "per": "1.00"}})
    order(ada.program, amount=5099)
    assert points_of(ada) == 50

    refund_order(ada.program, amount=1000)

    assert points_of(ada) == 40
    prove(ada.program)


def test_a_voucher_that_was_not_used_is_void_after_a_refund():
    ada, _ = start(advocate={"gives": {"fixed": "10.00"}, "voucher": {"valid": "30 days"}})
    order(ada.program)
    voucher = Voucher.objects.get(member=ada)
    assert voucher.valid_until == NOON + timedelta(days=30)

    order(ada.program, status="cancelled")

    voucher.refresh_from_db()
    assert voucher.voided_at is not None
    assert not Payout.objects.filter(was_used=True).exists()


def test_a_voucher_that_was_used_is_written_off_and_not_given_twice():
    ada, _ = start(friend=None, advocate={"gives": {"fixed": "10.00"}})
    order(ada.program)
    Voucher.objects.filter(member=ada).update(used=1)

    order(ada.program, status="cancelled")
    assert Payout.objects.get().was_used

    order(ada.program, status="paid")
    payout = Payout.objects.get()
    assert (payout.was_used, payout.taken_back_at) == (False, None)
    assert Voucher.objects.filter(member=ada).count() == 1


def test_signing_up_may_be_enough():
    ada, bob = start(qualify={"on": "signup"})

    assert (points_of(ada), points_of(bob)) == (100, 50)


def test_an_event_may_qualify():
    ada, _ = start(
        qualify={"on": "first_file"},
        advocate={"gives": {"entitlement": "storage_mb", "quantity": 500}},
    )
    event(ada.program, "e-1", type="review")
    assert state_of(ada) == "signed_up"

    event(ada.program, "e-2", type="first_file")

    assert state_of(ada) == "rewarded"
    assert Payout.objects.get(side="advocate").gives["quantity"] == 500


def test_what_was_promised_at_the_claim_holds_after_a_change():
    ada, _ = start()
    make_referrals(ada.program, advocate={"gives": {"points": 7}})

    order(ada.program)

    assert points_of(ada) == 100


def test_a_referral_goes_on_though_its_program_has_ended():
    ada, _ = start()
    make_referrals_end(ada.program)

    order(ada.program)

    assert points_of(ada) == 100


def make_referrals_end(program):
    ReferralProgram.objects.update(archived_at=NOON)
    change_rules(program, {})


def test_a_claim_runs_out_and_an_order_from_before_that_still_counts():
    ada, _ = start(expires="10 days")
    pass_days(ada.program, 10)
    assert state_of(ada) == "expired"

    assert order(ada.program, "late")["state"] == "expired"
    order(ada.program, "1", placed_at=(NOON + timedelta(days=9)).isoformat())

    assert (state_of(ada), points_of(ada)) == ("rewarded", 100)


def test_an_earlier_order_that_comes_to_light_takes_the_rewards_back():
    ada, _ = start()
    order(ada.program)

    order(ada.program, "0", placed_at=(NOON - timedelta(days=3)).isoformat())

    referral = Referral.objects.get()
    assert (referral.state, referral.reason) == ("reversed", "existing_customer")
    assert points_of(ada) == 0


def test_a_suspended_advocate_is_paid_nothing_and_not_later_either():
    ada, _ = start()
    ada.earning_suspended = True
    ada.save(update_fields=["earning_suspended"])

    order(ada.program)

    assert points_of(ada) == 0
    assert outcomes(side="advocate") == [("advocate", "withheld", True)]


def test_points_of_referrals_say_where_they_come_from():
    ada, _ = start()
    order(ada.program)

    entry = Entry.objects.get(wallet__member=ada)
    assert (entry.kind, entry.source_type) == ("earn", "referral")
    assert entry.source_id == str(Referral.objects.get())


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_order_stated_eight_times_at_once_pays_once():
    ada, bob = start()

    results = all_at_once([lambda: state_order(ada.program, member="bob")] * 8)

    assert errors_in(results) == []
    assert (points_of(ada), points_of(bob)) == (100, 50)


@pytest.mark.parametrize("days", [0, 20])
@pytest.mark.parametrize("on_reversal", ["recount", "keep"])
@pytest.mark.parametrize("qualify", [MINIMUM, {}])
def test_another_order_that_counts_now_is_what_qualified_the_friend(days, on_reversal, qualify):
    ada, _ = start(qualify=qualify, hold="14 days", on_reversal=on_reversal)
    order(ada.program, "1001", amount=3000)
    order(ada.program, "1002", amount=2500)
    pass_days(ada.program, days)

    refund_order(ada.program, "1001", amount=3000)

    assert Referral.objects.get().qualified_by == "order:1002"
