"""Evidence that comes after a claim: it counts until somebody is paid, and never blocks."""

from datetime import timedelta

import pytest

from loyalty.models import Program
from referrals.models import Identity, Referral
from referrals.services.reviews import Decided, approve_referrals, reject_referrals
from tests.factories import make_member, state_order
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    make_referrals,
    order,
    pass_days,
    points_of,
    visit,
)

pytestmark = pytest.mark.django_db


def start(**form):
    """Return an advocate of a program with a return window of two weeks."""
    program = make_referrals(hold="14 days", **form)
    return make_member(program, email="ada.lovelace@gmail.com")


def elsewhere(number, **more):
    """Return a visit from a network of its own."""
    return visit(f"10.{number // 250}.{number % 250}.1", **more)


def bring(advocate, name, *, amount=5000, context=None, **given):
    """Let a friend be claimed, enrol and order; return how the referral stands."""
    program = advocate.program
    claim(advocate, name, context=context or elsewhere(program.member_set.count()))
    enrol(program, name, **given)
    order(program, f"of-{name}", member=name, amount=amount)
    return standing(name)


def standing(name):
    referral = Referral.objects.get(friend__external_id=name)
    return referral.state, referral.reasons


def member(program, name):
    return program.member_set.get(external_id=name)


def test_a_second_friend_on_the_same_device_speaks_against_the_first_until_it_is_paid():
    ada = start()
    assert bring(ada, "bob", context=elsewhere(1, device_id="d")) == ("qualified", [])

    second = bring(ada, "cid", context=elsewhere(2, device_id="d"))
    pass_days(ada.program, 14)

    assert second == ("flagged", ["shared_device"])
    assert standing("bob") == ("flagged", ["shared_device"])
    assert points_of(ada) == 0
    prove(ada.program)


def test_what_comes_to_light_after_an_advocate_was_paid_changes_nothing():
    ada = start()
    bring(ada, "bob", context=elsewhere(1, device_id="d"))
    pass_days(ada.program, 14)

    bring(ada, "cid", context=elsewhere(2, device_id="d"))
    pass_days(ada.program, 14)

    assert standing("bob") == ("rewarded", [])
    assert points_of(ada) == 100


def test_who_is_paid_late_is_judged_by_what_was_known_when_the_hold_had_passed():
    ada = start()
    bring(ada, "bob", context=elsewhere(1, device_id="d"))
    # No job runs, and nobody looks.
    later = ada.program.now() + timedelta(days=20)
    Program.objects.filter(pk=ada.program.pk).update(clock_at=later)
    ada.program.refresh_from_db()
    make_member(ada.program, "eve")
    claim(member(ada.program, "eve"), "cid", context=elsewhere(2, device_id="d"))

    pass_days(ada.program, 0)

    assert standing("bob") == ("rewarded", [])
    assert points_of(ada) == 100


def test_strangers_are_paid_after_the_return_window():
    ada = start()
    for number, name in enumerate(("bob", "cid", "dan")):
        seen = {"device_id": name, "payment_fingerprint": name, "address_hash": name}
        bring(ada, name, email=f"{name}@example.org", context=elsewhere(number, **seen))

    pass_days(ada.program, 14)

    assert points_of(ada) == 300


def test_a_friend_who_turns_out_to_be_the_advocate_waits_and_is_not_turned_down():
    # The claim says an id alone; the address comes with the account.
    ada = start()

    found = bring(ada, "bob", email="a.d.a.lovelace+2@googlemail.com")
    pass_days(ada.program, 14)

    assert found == ("flagged", ["same_email"])
    assert (points_of(ada), points_of(member(ada.program, "bob"))) == (0, 0)


def test_a_ring_that_closes_makes_all_who_are_in_it_wait():
    ada = start()
    bring(ada, "bob")
    bring(member(ada.program, "bob"), "cid")
    assert (standing("bob"), standing("cid")) == (("qualified", []), ("qualified", []))

    last = claim(member(ada.program, "cid"), "ada-2", email="adalovelace+2@gmail.com")
    pass_days(ada.program, 14)

    assert (last.state, last.reasons) == ("rejected", ["known_before", "ring"])
    assert standing("bob") == ("flagged", ["ring"])
    assert standing("cid") == ("flagged", ["ring"])
    assert sum(points_of(one) for one in ada.program.member_set.all()) == 2 * 50


def test_a_chain_that_does_not_close_is_paid():
    ada = start()
    bring(ada, "bob")
    bring(member(ada.program, "bob"), "cid")
    bring(member(ada.program, "cid"), "dan", email="dan@example.org")

    pass_days(ada.program, 14)

    assert [standing(name) for name in ("bob", "cid", "dan")] == [("rewarded", [])] * 3


def test_a_second_account_of_the_friend_made_later_does_not_speak_against_the_first():
    ada = start()
    bring(ada, "bob", email="bob@gmail.com")

    enrol(ada.program, "bob-2", email="b.o.b@gmail.com")
    pass_days(ada.program, 14)

    assert standing("bob") == ("rewarded", [])


def test_whom_somebody_approved_is_not_doubted_again():
    ada = start()
    bring(ada, "cid", context=elsewhere(1, device_id="d"))
    bring(ada, "bob", context=elsewhere(2, device_id="d"))
    bob = Referral.objects.get(friend__external_id="bob")
    at = ada.program.now()
    approve_referrals(program=ada.program, referrals=[bob.pk], decided=Decided(), at=at)

    bring(ada, "dan", context=elsewhere(3, device_id="d", payment_fingerprint="p"))
    pass_days(ada.program, 14)

    assert standing("bob") == ("rewarded", ["shared_device"])
    assert points_of(ada) == 100


def test_whom_somebody_turns_down_late_gives_back_what_the_friend_was_given():
    ada = start()
    bring(ada, "bob", context=elsewhere(1, device_id="d"))
    bring(ada, "cid", context=elsewhere(2, device_id="d"))
    pass_days(ada.program, 14)
    bob, at = Referral.objects.get(friend__external_id="bob"), ada.program.now()
    assert points_of(bob.friend) == 50

    reject_referrals(program=ada.program, referrals=[bob.pk], decided=Decided(), at=at)

    assert (points_of(ada), points_of(bob.friend)) == (0, 0)
    prove(ada.program)


def test_in_the_shadow_what_is_found_later_is_told_and_nothing_comes_of_it():
    ada = start(fraud={"shadow": True})
    bring(ada, "bob", context=elsewhere(1, device_id="d"))
    bring(ada, "cid", context=elsewhere(2, device_id="d"))

    pass_days(ada.program, 14)

    assert standing("bob") == ("rewarded", ["shared_device"])
    assert points_of(ada) == 200


def test_a_claim_that_is_made_again_tells_what_the_friend_uses_by_now():
    ada = start()
    bring(ada, "cid", context=elsewhere(1, payment_fingerprint="p"))
    claim(ada, "bob", context=elsewhere(2))
    enrol(ada.program, "bob")
    before = Identity.objects.filter(kind="payment").count()

    for _ in range(3):
        claim(ada, "bob", context=elsewhere(3, payment_fingerprint="p"))
    found = order(ada.program, "of-bob", amount=5000)

    assert Identity.objects.filter(kind="payment").count() == before + 1
    assert found["state"] == "flagged"
    assert standing("bob")[1] == ["shared_payment"]


def test_what_is_found_at_the_claim_counts_once():
    ada = start(fraud={"review_at": 90, "block_at": 95})
    bring(ada, "cid", context=elsewhere(1, device_id="d"))
    bring(ada, "bob", context=elsewhere(2, device_id="d"))

    pass_days(ada.program, 14)

    bob = Referral.objects.get(friend__external_id="bob")
    assert (bob.state, bob.score, bob.reasons) == ("rewarded", 40, ["shared_device"])


def test_what_a_checkout_brings_is_weighed_once_and_paid_if_it_is_good():
    program = make_referrals(qualify={"minimum": "20.00"})
    ada = make_member(program)
    make_member(program, "bob")

    state_order(program, member="bob", amount=2010, referral_code=code_of(ada))

    assert standing("bob") == ("rewarded", ["just_above_minimum"])
    assert points_of(ada) == 100
