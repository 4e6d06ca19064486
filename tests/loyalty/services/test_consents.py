"""Consents, per channel and topic: who said so, and when."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from loyalty.models import ConsentChange
from tests.factories import NOON, make_member, make_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


def changes():
    columns = ("topic", "is_given", "source", "changed_at")
    return list(ConsentChange.objects.order_by("pk").values_list(*columns))


def stated(given, source, at):
    return {"given": given, "source": source, "at": at.isoformat()}


def test_a_plain_consent_is_the_storefronts_word_of_now(program):
    ada = make_member(program, consents={"email": True})

    assert ada.consents == {"email": True}
    assert changes() == [("email", True, "storefront", NOON)]


def test_a_consent_may_say_who_and_when(program):
    earlier = NOON - timedelta(days=3)

    ada = make_member(program, consents={"email.news": stated(True, "checkout", earlier)})

    assert ada.consents == {"email.news": True}
    assert changes() == [("email.news", True, "checkout", earlier)]


def test_withdrawing_is_a_change_of_its_own(program):
    make_member(program, consents={"email": True, "sms": True})

    ada = make_member(program, consents={"sms": False})

    assert ada.consents == {"email": True, "sms": False}
    assert changes()[-1] == ("sms", False, "storefront", NOON)


def test_what_is_said_again_is_no_change(program):
    make_member(program, consents={"email": True})
    make_member(program, consents={"email": True})
    detailed = {"sms": stated(True, "till", NOON)}
    make_member(program, consents=detailed)
    make_member(program, consents=detailed)

    assert [topic for topic, *_ in changes()] == ["email", "sms"]


def test_late_news_is_history_and_changes_nothing(program):
    make_member(program, consents={"email": stated(False, "till", NOON)})

    ada = make_member(
        program, consents={"email": stated(True, "import", NOON - timedelta(days=9))}
    )

    assert ada.consents == {"email": False}
    assert len(changes()) == 2


def test_clearing_all_withdraws_what_was_given(program):
    make_member(program, consents={"email": True, "sms": False})

    ada = make_member(program, consents=None)

    assert ada.consents == {}
    assert changes()[-1] == ("email", False, "storefront", NOON)
    assert len(changes()) == 3


def test_a_consent_of_tomorrow_is_refused_with_its_place(program):
    with pytest.raises(InvalidInput) as caught:
        make_member(program, consents={"email": stated(True, "till", NOON + timedelta(days=1))})

    assert [p.pointer for p in caught.value.problems] == ["/consents/email/at"]


def test_a_consent_must_say_whether_it_is_given(program):
    with pytest.raises(InvalidInput) as caught:
        make_member(program, consents={"email": {"source": "till"}})

    assert [(p.pointer, p.code) for p in caught.value.problems] == [
        ("/consents/email/given", "required")
    ]
