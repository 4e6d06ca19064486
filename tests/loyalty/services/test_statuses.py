"""Suspending, reactivating and closing members."""

import pytest

from core.errors import InvalidInput
from core.models import Event
from loyalty.models import Member
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members
from loyalty.services.statuses import (
    MemberClosed,
    close_member,
    reactivate_member,
    suspend_member,
)
from tests.factories import NOON, balance_of, make_member, make_program, state_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program)


def suspend(member, *, earning=True, redeeming=True):
    return suspend_member(
        member=member, earning=earning, redeeming=redeeming, reason="fraud?", at=NOON
    )


def test_who_is_suspended_from_earning_earns_nothing(program, ada):
    suspend(ada, redeeming=False)

    state_order(program, amount=4000)

    assert balance_of(ada).available == 0
    assert ada.may_redeem


def test_who_is_suspended_from_redeeming_goes_on_earning(program, ada):
    suspend(ada, earning=False)

    state_order(program, amount=4000)

    assert balance_of(ada).available == 40
    assert not ada.may_redeem


def test_suspending_from_nothing_is_refused(ada):
    with pytest.raises(InvalidInput):
        suspend(ada, earning=False, redeeming=False)

    assert Member.objects.get().status == "active"


def test_suspending_again_replaces_what_was_suspended(ada):
    suspend(ada)
    suspend(ada, redeeming=False)

    stored = Member.objects.get()
    assert (stored.earning_suspended, stored.redeeming_suspended) == (True, False)


def test_who_is_reactivated_earns_again_and_nothing_is_made_up(program, ada):
    suspend(ada)
    state_order(program, "1001", amount=4000)

    reactivate_member(member=ada, at=NOON)
    state_order(program, "1002", amount=1000)

    assert balance_of(ada).available == 10
    assert Member.objects.get().suspension_reason == ""


def test_who_is_closed_earns_nothing_and_is_stated_no_more(program, ada):
    close_member(member=ada, at=NOON)

    state_order(program, amount=4000)

    assert balance_of(ada).available == 0
    with pytest.raises(MemberClosed):
        make_member(program, name="Ada")


def test_who_is_closed_cannot_be_suspended(ada):
    close_member(member=ada, at=NOON)

    with pytest.raises(MemberClosed):
        suspend(ada)


def test_who_was_merged_cannot_be_reactivated(program, ada):
    bob = make_member(program, "bob")
    merge_members(member=ada, into=bob, requested=Requested("m-1", NOON))

    with pytest.raises(MemberClosed):
        reactivate_member(member=ada, at=NOON)


def test_each_change_is_announced_once(ada):
    suspend(ada)
    suspend(ada)
    reactivate_member(member=ada, at=NOON)
    close_member(member=ada, at=NOON)

    told = Event.objects.exclude(type="member.enrolled").order_by("pk")
    assert list(told.values_list("type", flat=True)) == [
        "member.suspended",
        "member.reactivated",
        "member.closed",
    ]
