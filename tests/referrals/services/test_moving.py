"""What becomes of referrals when members are merged, parted again, or erased."""

import pytest

from engine.lives import merge_people, part_people
from referrals.models import Identity, MergedReferrals, Payout, Referral, ReferralCode
from referrals.services.codes import choose_code, code_of_advocate, known_code
from referrals.services.forgetting import forget_referrals
from referrals.services.merging import join_referrals, part_referrals
from tests.factories import NOON, balance_of, give_points, make_member, requested
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


def merge(merged, into):
    return merge_people(
        member=merged, into=into, requested=requested(into, at=into.program.now())
    )


def part(merge):
    part_people(merge=merge, at=merge.program.now())


def member(program, name):
    found = program.member_set.get(external_id=name)
    found.program = program
    return found


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
    done = merge(ada, eve)

    join_referrals(merge=done, at=NOON)

    assert Referral.objects.get().advocate == eve
    assert MergedReferrals.objects.get().taken["advocate"] == [Referral.objects.get().pk]


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


def as_it_was(program):
    """Return all that a merge may move: whose each row is, and how it stands."""
    return {
        "codes": list(
            ReferralCode.objects.order_by("pk").values_list("member", "retired_at", "shown")
        ),
        "referrals": list(
            Referral.objects.order_by("pk").values_list("advocate", "friend", "state", "reason")
        ),
        "payouts": list(
            Payout.objects.order_by("pk").values_list("member", "outcome", "taken_back_at")
        ),
        "identities": sorted(Identity.objects.values_list("pk", "member")),
        "wallets": {
            each.external_id: balance_of(member(program, each.external_id))
            for each in program.member_set.order_by("pk")
        },
    }


def tell_a_story(program, ada, eve):
    """Ada has brought Bob, who has ordered, and Dan; Eve has brought Cid, and has a code."""
    for advocate, friend in ((ada, "bob"), (ada, "dan"), (eve, "cid")):
        claim(advocate, friend, email=f"{friend}@example.org")
        enrol(program, friend, email=f"{friend}@example.org")
    order(program)
    choose_code(member=ada, code="ada-bakes", at=NOON)


@pytest.mark.parametrize(
    ("merged", "into"),
    [
        ("ada", "eve"),  # two advocates
        ("bob", "ada"),  # a friend who was rewarded, and the advocate
        ("ada", "bob"),
        ("dan", "cid"),  # friends of two advocates
        ("cid", "dan"),
        ("bob", "dan"),  # friends of one
        ("dan", "bob"),
        ("bob", "cid"),
        ("cid", "nobody"),
    ],
)
def test_an_undo_right_away_leaves_everything_as_it_was(program, ada, eve, merged, into):
    make_member(program, "nobody")
    tell_a_story(program, ada, eve)
    before = as_it_was(program)

    done = merge(member(program, merged), member(program, into))
    assert as_it_was(program) != before
    part(done)

    assert as_it_was(program) == before
    prove(program)


def test_what_the_survivor_has_done_since_is_the_survivors(program, ada, eve):
    claim(ada, "bob")
    done = merge(ada, eve)
    since = claim(eve, "fay")
    code = choose_code(member=eve, code="eve-bakes", at=NOON)

    part(done)

    since.refresh_from_db()
    code.refresh_from_db()
    assert (since.advocate, code.member) == (eve, eve)
    assert Referral.objects.get(friend_ref="bob").advocate == ada


def test_a_friend_who_ordered_meanwhile_is_paid_to_whose_friend_it_is(program, ada, eve):
    claim(ada, "bob")
    enrol(program, "bob")
    done = merge(ada, eve)
    order(program)
    assert points_of(eve) == 100

    part(done)

    ada.refresh_from_db()
    assert (points_of(ada), points_of(eve)) == (100, 0)
    assert points_of(member(program, "bob")) == 50
    prove(program)


def test_after_an_undo_a_refund_takes_back_from_whom_it_was_given(program, ada, eve):
    tell_a_story(program, ada, eve)
    part(merge(ada, eve))

    order(program, status="cancelled")

    assert (points_of(ada), points_of(eve)) == (0, 0)
    prove(program)


def test_a_reward_that_was_taken_back_meanwhile_is_in_nobodys_lifetime(program, ada, eve):
    tell_a_story(program, ada, eve)
    give_points(eve, 300)
    done = merge(ada, eve)
    order(program, status="cancelled")

    part(done)

    earned = [balance_of(each).lifetime_earned for each in (member(program, "ada"), eve)]
    assert earned == [0, 300]
    prove(program)


def test_milestones_that_only_both_together_had_reached_are_taken_back():
    program = make_referrals(
        friend=None, milestones={"two": {"at": 2, "gives": {"points": 500}}}
    )
    ada, eve = make_member(program), make_member(program, "eve")
    for advocate, friend in ((ada, "bob"), (eve, "cid")):
        claim(advocate, friend)
        enrol(program, friend)
        order(program, f"of-{friend}", member=friend)
    done = merge(ada, eve)
    claim(eve, "dan")
    enrol(program, "dan")
    order(program, "of-dan", member="dan")
    assert points_of(eve) == 300 + 500

    part(done)

    # Eve has Cid and Dan, who make two; Ada has Bob.
    assert (points_of(member(program, "ada")), points_of(eve)) == (100, 200 + 500)
    order(program, "of-dan", member="dan", status="cancelled")
    assert points_of(eve) == 100
    prove(program)


def test_a_friend_whose_orders_were_the_survivors_is_judged_by_its_own_again(program, ada):
    """Eve ordered before Bob was claimed: as one person they were a customer then."""
    eve = make_member(program, "eve")
    order(program, "of-eve", member="eve", amount=5000)
    pass_days(program, 1)
    claim(ada, "bob")
    enrol(program, "bob")
    done = merge(member(program, "bob"), eve)
    order(program, "of-both", member="eve", amount=3000)
    assert Referral.objects.get().reason == "existing_customer"

    part(done)

    assert Referral.objects.get().state == "signed_up"
    order(program, "of-bob", member="bob", amount=3000)
    assert points_of(ada) == 100


def test_an_undo_of_an_undo_changes_nothing(program, ada, eve):
    tell_a_story(program, ada, eve)
    done = merge(ada, eve)
    part(done)
    before = as_it_was(program)

    part_referrals(merge=done, at=NOON)

    assert as_it_was(program) == before


def test_nothing_tells_who_the_erased_were(program, ada):
    choose_code(member=ada, code="ada-lovelace", at=NOON)
    claim(ada, email="bob@example.org", context=visit(device_id="d"))
    enrol(program, email="bob@example.org")

    forget_referrals(members=[ada.pk, member(program, "bob").pk])

    assert not Identity.objects.exists()
    assert "ADA" not in ReferralCode.objects.get().code
    assert Referral.objects.get().friend_ref == ""
