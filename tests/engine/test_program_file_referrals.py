"""Referral programs in the program file: normal forms, mistakes, plan, apply, dump."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.program_file import (
    ProgramFileError,
    apply_program,
    dump_program,
    plan_changes,
    read_program,
)
from loyalty.models import Program
from referrals.models import ReferralProgram, ReferralTerms
from referrals.queries.programs import referral_setup_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin, sandbox: true}
point_types: {points: null, status: {kind: status}}
"""
ADVOCATE = '{gives: {fixed: "10"}}'


def friends(**keys):
    """Return a file with a referral program of these keys, as they are written."""
    keys = {"advocate": ADVOCATE} | keys
    written = ", ".join(f"{key}: {value}" for key, value in keys.items())
    return f"{HEAD}referral_programs: {{friends: {{{written}}}}}\n"


def written(**keys):
    return read_program(friends(**keys)).section("referral_programs")["friends"]


def problems(text):
    with pytest.raises(ProgramFileError) as caught:
        read_program(text)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


def apply(text, at=NOON):
    return apply_program(read_program(text), at=at)


def setup():
    return referral_setup_of(Program.objects.get())


def test_defaults_are_left_out():
    plain = written(
        name="friends",
        attribution="{model: first_touch, window: 30 days}",
        qualify="{on: order, minimum: null, first_only: false}",
        hold="0",
        expires="null",
        friend="{gives: {percent: 50}, at: qualify, voucher: {}}",
        milestones="{}",
        budget="{points: null, money: null}",
        on_reversal="recount",
        fraud="{review_at: 40, block_at: 80, weights: {same_email: 100}, shadow: false}",
    )

    assert plain == {
        "advocate": {"gives": {"fixed": "10.00"}},
        "friend": {"gives": {"percent": 50}},
    }


def test_points_may_be_given_by_amount():
    advocate = '{gives: {points: 1, per: "1", point_type: points}}'

    assert written(advocate=advocate)["advocate"]["gives"] == {
        "points": 1,
        "point_type": "points",
        "per": "1.00",
    }


@pytest.mark.parametrize(
    ("keys", "pointer", "code"),
    [
        ({"attribution": "{model: best}"}, "/attribution/model", "not_a_choice"),
        ({"qualify": "{minimum: 20}"}, "/qualify/minimum", "wrong_type"),
        ({"qualify": "{on: refund}"}, "/qualify/on", "not_a_choice"),
        ({"advocate": "{gives: {pay: {rate: 1}}}"}, "/advocate/gives/pay", "unknown_key"),
        ({"advocate": "{gives: {points: 5, point_type: m}}"}, "/advocate/gives/point_type",
         "unknown_point_type"),
        ({"friend": '{gives: {fixed: "1"}, cap: {times: 1, per: day}}'}, "/friend/cap",
         "unknown_key"),
        ({"milestones": "{a: {gives: {points: 5}}}"}, "/milestones/a", "one_of"),
        ({"fraud": "{weights: {same_mail: 1}}"}, "/fraud/weights/same_mail", "unknown_key"),
        ({"fraud": "{review_at: 90}"}, "", None),
        ({"fraud": "{review_at: 90, block_at: 50}"}, "/fraud/block_at", "out_of_order"),
        ({"hold": "soon"}, "/hold", "invalid_period"),
        ({"referrer": "{}"}, "/referrer", "unknown_key"),
    ],
)  # fmt: skip
def test_a_referral_program_that_cannot_be_is_refused_at_its_place(keys, pointer, code):
    if code is None:
        assert written(**keys)["fraud"] == {"review_at": 90}
        return

    assert problems(friends(**keys)) == [(f"/referral_programs/friends{pointer}", code)]


def test_a_program_that_gives_nobody_anything_is_refused():
    text = f"{HEAD}referral_programs: {{friends: {{hold: 1 day}}}}\n"

    assert problems(text) == [("/referral_programs/friends", "required")]


@pytest.mark.django_db
def test_referral_programs_come_back_from_a_dump():
    text = friends(
        friend="{gives: {percent: 50}, at: claim, voucher: {valid: 30 days}}",
        milestones="{b: {at: 3, gives: {points: 5}}, a: {every: 5, gives: {points: 50}}}",
        fraud="{weights: {same_ip: 0}}",
    )
    apply(text)

    dump = dump_program(Program.objects.get())

    assert read_program(dump).section("referral_programs") == read_program(text).section(
        "referral_programs"
    )
    assert apply(dump) == []


@pytest.mark.django_db
def test_a_change_is_planned_and_makes_terms_of_its_own():
    apply(friends())
    changed = read_program(friends(hold="14 days"))

    planned = [(each.action, each.path) for each in plan_changes(changed)]
    apply_program(changed, at=NOON + timedelta(days=1))

    assert planned == [("update", "referral_programs.friends.hold")]
    assert list(ReferralTerms.objects.values_list("number", flat=True)) == [1, 2]
    assert setup().newest("friends").hold.count == 14


@pytest.mark.django_db
def test_what_was_promised_is_still_known_after_a_change():
    apply(friends())
    first = ReferralTerms.objects.get()

    apply(friends(advocate='{gives: {fixed: "20"}}'))

    assert setup().compiled(first.pk).advocate.gift.gives.amount == 1000
    assert setup().newest("friends").advocate.gift.gives.amount == 2000


@pytest.mark.django_db
def test_a_program_that_the_file_leaves_out_is_archived_and_comes_back():
    apply(friends())

    apply(HEAD)
    archived = ReferralProgram.objects.get()
    assert archived.archived_at == NOON
    assert setup().default is None
    assert setup().has_any

    apply(friends())
    archived.refresh_from_db()
    assert archived.archived_at is None
    assert ReferralTerms.objects.count() == 1
    assert setup().default == "friends"
