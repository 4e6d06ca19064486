"""What becomes of referrals when members are merged or erased."""

import pytest

from referrals.models import Identity, Referral, ReferralCode
from referrals.services.codes import choose_code, code_of_advocate, known_code
from referrals.services.moving import forget_referrals, merge_referrals
from tests.factories import NOON, make_member
from tests.referrals.factories import claim, code_of, enrol, make_referrals, order, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_referrals()


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def eve(program):
    return make_member(program, "eve")


def merge(merged, into):
    merge_referrals(program=into.program, merged=merged, into=into, at=NOON)


def member(program, name):
    return program.member_set.get(external_id=name)


def test_the_survivor_has_the_friends_and_both_codes(program, ada, eve):
    old, kept = code_of(ada), code_of(eve)
    referral = claim(ada)

    merge(ada, eve)

    referral.refresh_from_db()
    assert referral.advocate == eve
    assert known_code(program, old).member == eve
    assert code_of_advocate(member=eve, at=NOON).shown == kept


def test_who_is_merged_with_the_friend_has_referred_nobody(program, ada):
    referral = claim(ada)
    enrol(program)

    merge(member(program, "bob"), ada)

    referral.refresh_from_db()
    assert (referral.state, referral.reason) == ("rejected", "self_referral")


def test_a_friend_of_two_advocates_has_the_survivors(program, ada, eve):
    first, second = claim(ada, "bob"), claim(eve, "cid")
    enrol(program, "bob")
    enrol(program, "cid")

    merge(member(program, "cid"), member(program, "bob"))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("signed_up", "rejected")
    assert second.reason == "already_referred"


def test_an_advocates_own_referral_does_not_end_those_of_friends(program, ada, eve):
    claim(eve, "bob")
    enrol(program, "bob")
    claim(ada, "dan")
    enrol(program, "dan")
    bob, dan = member(program, "bob"), member(program, "dan")
    brought = claim(dan, "fay")

    merge(dan, bob)

    brought.refresh_from_db()
    assert (brought.state, brought.advocate) == ("claimed", bob)


def test_merging_again_changes_nothing(program, ada, eve):
    claim(ada)
    merge(ada, eve)
    merge(ada, eve)

    assert Referral.objects.get().advocate == eve


def test_what_was_paid_stays_paid(program, ada, eve):
    claim(ada)
    enrol(program)
    order(program)

    merge(ada, eve)

    assert Referral.objects.get().state == "rewarded"
    assert set(Referral.objects.get().payouts.values_list("member", flat=True)) == {
        eve.pk,
        member(program, "bob").pk,
    }


def test_nothing_tells_who_the_erased_were(program, ada):
    choose_code(member=ada, code="ada-lovelace", at=NOON)
    claim(ada, email="bob@example.org", context=visit(device_id="d"))
    enrol(program, email="bob@example.org")

    forget_referrals(members=[ada.pk, member(program, "bob").pk])

    assert not Identity.objects.exists()
    assert "ADA" not in ReferralCode.objects.get().code
    assert Referral.objects.get().friend_ref == ""
