"""What is whose after a merge that is no number of points: birthdays and suspensions."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.models import Event
from loyalty.models import Member, MemberEvent
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members, undo_merge
from loyalty.services.statuses import reactivate_member, suspend_member
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    pass_time,
    state_order,
)

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
BIRTHDAY = {"on": "birthday", "award": {"points": 50}}
ANNIVERSARY = {"on": "anniversary", "award": {"points": 30}}
SPEND = {"on": "order", "award": {"points": 1, "per": "1.00"}}


@pytest.fixture
def program():
    return make_program(rules={"birthday": BIRTHDAY})


def merge(member, into, *, key="m-1"):
    return merge_members(
        member=member, into=into, requested=Requested(key, member.program.now())
    )


def born(program, name, day):
    """State a birthday; NOON is 4 May 2026."""
    return make_member(program, name, birthday=f"1990-{day}")


def test_a_birthday_paid_before_a_merge_is_not_paid_again_when_the_survivor_edits_it(program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    pass_time(program, days=10)
    merge(ada, bob)

    born(program, "bob", "06-20")
    pass_time(program, days=100)

    assert balance_of(bob).available == 50


def test_the_survivors_own_birthday_is_the_second_of_the_year_and_not_paid(program):
    ada, bob = born(program, "ada", "05-10"), born(program, "bob", "06-20")
    pass_time(program, days=10)
    merge(ada, bob)

    pass_time(program, days=100)

    assert balance_of(bob).available == 50
    assert MemberEvent.objects.filter(type="birthday").count() == 1


def test_a_birthday_edited_to_today_is_not_paid_after_that_of_a_merged_member(program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    pass_time(program, days=10)
    merge(ada, bob)

    born(program, "bob", "05-14")

    assert balance_of(bob).available == 50


def test_the_year_after_a_merge_has_a_birthday_again(program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    pass_time(program, days=10)
    merge(ada, bob)

    pass_time(program, days=365)

    assert balance_of(bob).available == 100


def test_an_anniversary_of_a_merged_member_is_the_survivors_of_that_year():
    program = make_program(rules={"year": ANNIVERSARY})
    ada = make_member(program, "ada")
    bob = make_member(program, "bob", joined_at="2026-05-02T12:00:00Z")
    later = datetime(2027, 5, 3, 12, tzinfo=UTC)
    pass_time(program, seconds=(later - NOON).total_seconds())
    merge(bob, ada)

    pass_time(program, days=10)

    assert balance_of(ada).available == 30


def test_a_birthday_in_a_chain_of_merges_is_paid_once(program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    cara = born(program, "cara", "06-20")
    pass_time(program, days=10)
    merge(ada, bob)
    merge(bob, cara, key="m-2")

    pass_time(program, days=100)

    assert balance_of(cara).available == 50


def test_after_undoing_each_has_a_birthday_of_its_own(program):
    ada, bob = born(program, "ada", "05-10"), born(program, "bob", "06-20")
    pass_time(program, days=10)
    undo_merge(merge=merge(ada, bob), at=program.now())

    pass_time(program, days=100)

    assert (balance_of(ada).available, balance_of(bob).available) == (50, 50)


def test_a_birthday_that_is_taken_over_has_been_known_for_as_long_as_it_was():
    program = make_program(rules={"birthday": BIRTHDAY | {"known_for": "30 days"}})
    ada, bob = born(program, "ada", "06-20"), make_member(program, "bob")
    pass_time(program, days=40)
    merge(ada, bob)

    pass_time(program, days=10)

    assert balance_of(bob).available == 50


def test_a_birthday_that_nobody_has_stated_yet_is_taken_over_with_the_day(program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    ada.program.clock_at = program.clock_at = NOON + timedelta(days=8)
    program.save(update_fields=["clock_at"])
    merge(ada, bob)

    pass_time(program, days=1)

    paid = MemberEvent.objects.get(type="birthday")
    assert (paid.member, paid.occurred_at) == (bob, datetime(2026, 5, 10, tzinfo=BERLIN))


def test_a_birthday_entered_after_its_day_is_not_paid_to_the_survivor_either(program):
    bob = make_member(program, "bob")
    pass_time(program, days=10)
    ada = born(program, "ada", "05-10")

    merge(ada, bob)
    pass_time(program, days=10)

    assert balance_of(bob).available == 0
    assert Member.objects.get(pk=bob.pk).birthday == date(1990, 5, 10)


@pytest.fixture
def shop():
    return make_program(rules={"spend": SPEND})


def suspend(member, *, earning=True, redeeming=False, reason="fraud?"):
    suspend_member(member=member, earning=earning, redeeming=redeeming, reason=reason, at=NOON)


def state_of(member):
    row = Member.objects.get(pk=member.pk)
    return row.status, row.earning_suspended, row.redeeming_suspended, row.suspension_reason


def test_who_is_suspended_does_not_come_free_by_a_merge(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)

    merge(ada, bob)
    state_order(shop, member="bob", amount=4000)

    assert state_of(bob) == ("suspended", True, False, "fraud?")
    assert balance_of(bob).available == 0


def test_of_two_suspensions_the_survivor_has_both(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)
    suspend(bob, earning=False, redeeming=True, reason="stolen card")

    merge(ada, bob)

    assert state_of(bob) == ("suspended", True, True, "stolen card")


def test_the_outside_hears_of_a_suspension_that_is_taken_over(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)

    merge(ada, bob)

    told = Event.objects.get(type="member.suspended", member_id=bob.pk)
    assert told.data == {
        "member": "bob",
        "earning": True,
        "redeeming": False,
        "reason": "fraud?",
    }


def test_undoing_gives_each_its_own_state_back(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)

    undo_merge(merge=merge(ada, bob), at=NOON)

    assert state_of(ada) == ("suspended", True, False, "fraud?")
    assert state_of(bob) == ("active", False, False, "")
    lives = Event.objects.filter(member_id=bob.pk, type__in=MEMBER_LIVES).order_by("pk")
    assert [event.type for event in lives] == list(MEMBER_LIVES)


MEMBER_LIVES = ("member.suspended", "member.reactivated")


def test_undoing_leaves_what_staff_have_decided_since(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)
    done = merge(ada, bob)
    suspend(Member.objects.get(pk=bob.pk), redeeming=True, reason="both of them")

    undo_merge(merge=done, at=NOON)

    assert state_of(bob) == ("suspended", True, True, "both of them")


def test_a_survivor_that_was_let_go_stays_so_after_undoing(shop):
    ada, bob = make_member(shop, "ada"), make_member(shop, "bob")
    suspend(ada)
    done = merge(ada, bob)
    reactivate_member(member=Member.objects.get(pk=bob.pk), at=NOON)

    undo_merge(merge=done, at=NOON)

    assert state_of(bob)[0] == "active"
