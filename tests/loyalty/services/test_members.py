"""Enrolling members and keeping them up to date."""

import pytest

from loyalty.models import Member
from loyalty.services.members import AddressTaken, MemberClosed
from tests.factories import NOON, make_member, make_program, pass_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


def test_what_is_not_stated_stays(program):
    make_member(program, name="Ada", email="ada@example.org")

    ada = make_member(program, name="Ada L.")

    assert (ada.name, ada.email) == ("Ada L.", "ada@example.org")


def test_what_is_stated_as_nothing_is_cleared(program):
    make_member(program, name="Ada", email="ada@example.org")

    ada = make_member(program, name=None, email=None)

    assert (ada.name, ada.email) == ("", None)


def test_attributes_are_changed_one_by_one(program):
    make_member(program, attributes={"size": "M", "shop": "Berlin"})

    ada = make_member(program, attributes={"size": "L"})

    assert ada.attributes == {"size": "L", "shop": "Berlin"}


def test_an_attribute_that_is_null_goes(program):
    make_member(program, attributes={"size": "M", "shop": "Berlin"})

    ada = make_member(program, attributes={"size": None})

    assert ada.attributes == {"shop": "Berlin"}


def test_an_attribute_that_is_null_from_the_start_is_not_kept(program):
    ada = make_member(program, attributes={"size": None})

    assert ada.attributes == {}


def test_consents_are_changed_one_by_one(program):
    make_member(program, consents={"email": True, "sms": True})

    ada = make_member(program, consents={"sms": False})

    assert ada.consents == {"email": True, "sms": False}


def test_an_address_belongs_to_one_member(program):
    make_member(program, "ada", email="ada@example.org")

    with pytest.raises(AddressTaken):
        make_member(program, "bob", email="ada@example.org")

    assert Member.objects.count() == 1


def test_an_address_may_be_somebody_elses_in_another_program(program):
    make_member(program, "ada", email="ada@example.org")

    bob = make_member(make_program(), "bob", email="ada@example.org")

    assert bob.email == "ada@example.org"


def test_a_member_joined_when_it_was_stated_unless_it_says_otherwise(program):
    assert make_member(program, "ada").joined_at == NOON


def test_a_birthday_is_known_since_it_was_stated(program):
    make_member(program)
    pass_time(program, days=3)

    ada = make_member(program, birthday="1990-05-04")

    assert ada.birthday_known_since == program.now()


def test_the_same_birthday_again_is_not_news(program):
    make_member(program, birthday="1990-05-04")
    pass_time(program, days=3)

    ada = make_member(program, birthday="1990-05-04")

    assert ada.birthday_known_since == NOON


def test_a_closed_member_takes_no_statements(program):
    ada = make_member(program)
    ada.status = Member.Status.CLOSED
    ada.save(update_fields=["status"])

    with pytest.raises(MemberClosed):
        make_member(program, name="Ada")
