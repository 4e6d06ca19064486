"""Staff say on a member's page who brought them, and take back a slip."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from referrals.models import Referral
from referrals.services.programs import save_referral_programs
from tests.factories import NOON, make_member, make_program, state_order
from tests.loyalty.admin.conftest import page, text_of
from tests.referrals.factories import HUNDRED, code_of

SAID = {"key": "k", "note": "told on the phone"}


@pytest.fixture
def bob(shop):
    return make_member(shop, "bob")


def brought_by(member):
    return reverse("admin:loyalty_member_brought-by", args=[member.pk])


def of_bob():
    return Referral.objects.get(friend__external_id="bob")


@pytest.mark.parametrize("known_by", ["id", "email", "code"])
def test_a_member_is_brought_by_whom_staff_name(staff, ada, bob, known_by):
    named = {"id": "ada", "email": "Ada.Lovelace@mail.example", "code": code_of(ada).lower()}

    response = staff.post(brought_by(bob), SAID | {"advocate": named[known_by]})

    assert response.status_code == 302
    assert (of_bob().advocate, of_bob().source, of_bob().claimed_at) == (ada, "staff", NOON)
    assert LogEntry.objects.get().change_message == "Say who brought them"


def test_what_is_due_is_given(staff, shop, ada, bob):
    state_order(shop, member="bob", amount=2000)

    staff.post(brought_by(bob), SAID | {"advocate": "ada"})

    text = text_of(staff.get(page(of_bob())))
    assert "<td>Staff</td>" in text
    assert "<td>kim</td><td>told on the phone</td>" in text
    assert "100 points" in text


def test_a_refusal_is_told_at_the_field(staff, ada):
    response = staff.post(brought_by(ada), SAID | {"advocate": "ada"})

    assert response.context["form"].errors["advocate"] == ["Nobody can refer themselves."]
    assert Referral.objects.filter(source="staff").count() == 0


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"advocate": "nobody"}, "advocate"),
        ({"advocate": ""}, "advocate"),
        ({"note": ""}, "note"),
        ({"came_at": "the other day"}, "came_at"),
        ({"came_at": "2027-01-01"}, "came_at"),
    ],
)
def test_nonsense_is_told_at_its_field_and_nothing_is_written(staff, ada, bob, stated, field):
    response = staff.post(brought_by(bob), SAID | {"advocate": "ada"} | stated)

    assert list(response.context["form"].errors) == [field]
    assert not Referral.objects.filter(friend=bob).exists()


def test_a_day_that_is_named_is_when_they_came(staff, ada, bob):
    staff.post(brought_by(bob), SAID | {"advocate": "ada", "came_at": "2026-05-01 09:30"})

    # Half past nine in Berlin.
    assert of_bob().claimed_at.isoformat() == "2026-05-01T07:30:00+00:00"


def test_with_several_referral_programs_one_is_chosen(staff, shop, ada, bob):
    forms = {"friends": {"advocate": HUNDRED}, "colleagues": {"advocate": HUNDRED}}
    save_referral_programs(program=shop, forms=forms, at=NOON)

    missing = staff.post(brought_by(bob), SAID | {"advocate": "ada"})
    staff.post(brought_by(bob), SAID | {"advocate": "ada", "referral_program": "colleagues"})

    assert list(missing.context["form"].errors) == ["referral_program"]
    assert of_bob().referral_program.code == "colleagues"


def test_a_slip_is_taken_back_on_the_referrals_page(staff, ada, bob):
    staff.post(brought_by(bob), SAID | {"advocate": "ada"})
    assert "Undo: it was a slip" in text_of(staff.get(page(of_bob())))

    address = reverse("admin:referrals_referral_withdraw", args=[of_bob().pk])
    staff.post(address, {"key": "u", "note": "wrong person"})

    assert of_bob().state == "rejected"
    text = text_of(staff.get(page(of_bob())))
    assert "Staff took back a slip" in text
    assert "Undo: it was a slip" not in text


def test_it_takes_a_permission_of_its_own(shop, ada, bob):
    looker = User.objects.create_user("leo", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(looker)

    assert client.get(brought_by(bob)).status_code == 403
    assert client.post(brought_by(bob), SAID | {"advocate": "ada"}).status_code == 403
    assert "Say who brought them" not in text_of(client.get(page(bob)))
    looker.user_permissions.add(Permission.objects.get(codename="change_referral"))
    client.force_login(User.objects.get(pk=looker.pk))
    assert "Say who brought them" in text_of(client.get(page(bob)))


def test_without_referral_programs_nobody_is_asked(staff, db):
    assert "Say who brought them" not in text_of(staff.get(page(make_member(make_program()))))
