"""The codes of advocates."""

from datetime import timedelta

import pytest

from core.errors import NotFound
from loyalty.services.statuses import MemberClosed
from referrals.models import ReferralCode
from referrals.rules.codes import CodeNotAllowed, CodeTaken
from referrals.services.codes import choose_code, code_of_advocate, known_code, rotate_code
from tests.concurrency import at_once
from tests.factories import NOON, make_member
from tests.referrals.factories import make_referrals

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def test_a_member_has_one_code_however_often_it_is_asked_for(ada):
    first = code_of_advocate(member=ada, at=NOON)

    assert code_of_advocate(member=ada, at=LATER) == first
    assert ReferralCode.objects.count() == 1


def test_a_rotated_code_is_another_and_the_old_one_still_works(program, ada):
    old = code_of_advocate(member=ada, at=NOON)

    new = rotate_code(member=ada, at=LATER)

    assert new.shown != old.shown
    assert code_of_advocate(member=ada, at=LATER) == new
    assert known_code(program, old.shown).member == ada


def test_a_code_is_found_as_it_was_meant(program, ada):
    choose_code(member=ada, code="Bo-Li-2026", at=NOON)

    assert known_code(program, "b0l1 2o26").shown == "Bo-Li-2026"


@pytest.mark.parametrize("typed", ["", "NOBODYS1", "'; drop", "x" * 500])
def test_a_code_that_nobody_has_is_not_found(program, ada, typed):
    with pytest.raises(NotFound):
        known_code(program, typed)


def test_a_code_of_another_program_is_not_found(ada):
    other = make_referrals()

    with pytest.raises(NotFound):
        known_code(other, code_of_advocate(member=ada, at=NOON).shown)


def test_choosing_the_same_code_again_changes_nothing(ada):
    first = choose_code(member=ada, code="ada-2026", at=NOON)

    assert choose_code(member=ada, code="ADA2026", at=LATER) == first


def test_a_code_that_one_had_comes_back(ada):
    first = choose_code(member=ada, code="ada-2026", at=NOON)
    choose_code(member=ada, code="ada-2027", at=NOON)

    assert choose_code(member=ada, code="ada-2026", at=LATER) == first
    assert code_of_advocate(member=ada, at=LATER) == first


def test_a_code_is_never_two_peoples_even_after_it_was_changed(program, ada):
    bob = make_member(program, "bob")
    choose_code(member=ada, code="coffee-fan", at=NOON)
    rotate_code(member=ada, at=NOON)

    with pytest.raises(CodeTaken):
        choose_code(member=bob, code="C0FFEE-FAN", at=LATER)
    assert not ReferralCode.objects.filter(member=bob).exists()


def test_a_reserved_word_is_no_code(ada):
    with pytest.raises(CodeNotAllowed):
        choose_code(member=ada, code="Adm1n", at=NOON)


def test_a_program_without_referrals_has_no_codes(ada):
    with pytest.raises(NotFound):
        code_of_advocate(member=ada, referral_program="enemies", at=NOON)


def test_who_takes_part_no_more_gets_no_code(ada):
    ada.status = ada.Status.CLOSED
    ada.save(update_fields=["status"])

    with pytest.raises(MemberClosed):
        code_of_advocate(member=ada, at=NOON)


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_asking_eight_times_at_once_makes_one_code(ada):
    codes = at_once(8, code_of_advocate, member=ada, at=NOON)

    assert len(set(codes)) == 1
    assert ReferralCode.objects.count() == 1
