"""Points that staff give and take: with a reason, and above a threshold by two."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from loyalty.models import Adjustment, Entry
from tests.factories import balance_of, make_member, make_program, point_type_of
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.loyalty.admin.shop import ask_points


@pytest.fixture
def ada(db):
    return make_member(make_program(adjustment_approval_above=500), points=100)


@pytest.fixture
def colleague(db):
    client = Client()
    client.force_login(User.objects.create_superuser("lee"))
    return client


def adjust(staff, member, points, *, key="form-1", reason="goodwill"):
    return staff.post(
        reverse("admin:loyalty_member_adjust", args=[member.pk]),
        {
            "point_type": point_type_of(member.program).pk,
            "points": points,
            "reason": reason,
            "note": "promised on the phone",
            "key": key,
        },
    )


def decide(staff, adjustment, word="approve"):
    address = reverse(f"admin:loyalty_adjustment_{word}", args=[adjustment.pk])
    return staff.post(address, {"key": "form-1"}, follow=True)


def test_points_are_given_with_reason_note_and_name(staff, ada):
    adjust(staff, ada, 50)

    given = Adjustment.objects.get(reason="goodwill")
    assert (given.points, given.note, given.requested_by) == (
        50,
        "promised on the phone",
        "kim",
    )
    assert given.status == Adjustment.Status.POSTED
    assert balance_of(ada).available == 150


def test_the_same_form_sent_twice_gives_once(staff, ada):
    adjust(staff, ada, 50)
    adjust(staff, ada, 50)

    assert balance_of(ada).available == 150


def test_every_form_has_a_key_of_its_own(staff, ada):
    address = reverse("admin:loyalty_member_adjust", args=[ada.pk])
    keys = {staff.get(address).context["form"]["key"].value() for _ in range(2)}

    assert len(keys) == 2


def test_taking_more_than_there_is_is_refused_at_the_field(staff, ada):
    answer = adjust(staff, ada, -101)

    assert "points" in answer.context["form"].errors
    assert balance_of(ada).available == 100


@pytest.mark.parametrize("points", [0, "many", 10**30, ""])
def test_nonsense_is_refused(staff, ada, points):
    answer = adjust(staff, ada, points)

    assert "points" in answer.context["form"].errors
    assert Adjustment.objects.filter(reason="goodwill").count() == 0


def test_many_points_wait_and_show_on_the_members_page(staff, ada):
    adjust(staff, ada, 501)

    text = text_of(staff.get(page(ada)))
    assert balance_of(ada).available == 100
    assert "Adjustments that wait" in text
    assert "+501" in text


def test_whoever_asked_cannot_approve(staff, ada):
    asked = ask_points(ada, 900, by="kim")

    answer = decide(staff, asked)

    asked.refresh_from_db()
    assert "Somebody else has to decide" in text_of(answer)
    assert asked.status == Adjustment.Status.AWAITING
    assert balance_of(ada).available == 100


def test_a_second_person_approves(colleague, ada):
    asked = ask_points(ada, 900, by="kim")

    decide(colleague, asked)

    asked.refresh_from_db()
    assert asked.status == Adjustment.Status.POSTED
    assert asked.decided_by.username == "lee"
    assert balance_of(ada).available == 1000


def test_a_second_person_rejects_and_nothing_moves(colleague, ada):
    asked = ask_points(ada, 900, by="kim")
    before = Entry.objects.count()

    decide(colleague, asked, "reject")

    asked.refresh_from_db()
    assert asked.status == Adjustment.Status.REJECTED
    assert Entry.objects.count() == before


def test_what_was_decided_is_not_decided_again(colleague, ada):
    asked = ask_points(ada, 900, by="kim")
    decide(colleague, asked, "reject")

    answer = decide(colleague, asked)

    assert "was rejected before" in text_of(answer)
    assert balance_of(ada).available == 100


def test_many_are_approved_from_the_list_and_own_ones_are_told_apart(colleague, ada):
    theirs = ask_points(ada, 900, by="kim")
    own = ask_points(ada, 800, by="lee")
    chosen = {"action": "approve", "_selected_action": [theirs.pk, own.pk]}

    answer = colleague.post(listing(Adjustment), chosen, follow=True)

    theirs.refresh_from_db()
    own.refresh_from_db()
    assert theirs.status == Adjustment.Status.POSTED
    assert own.status == Adjustment.Status.AWAITING
    assert "Somebody else has to decide" in text_of(answer)


def test_only_what_waits_has_buttons(staff, ada):
    waiting = ask_points(ada, 900, by="lee")
    posted = ask_points(ada, 50, by="lee")

    offered = [
        [tool.text for tool in staff.get(page(row)).context["acts"]]
        for row in (waiting, posted)
    ]
    assert offered == [["Approve", "Reject"], []]
