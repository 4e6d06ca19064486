"""Members as stated: only what was given, cleared by null."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput
from loyalty.rules.statements import MEMBER_FIELDS, parse_member

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def given(data, external_id="c-42"):
    return parse_member(external_id, data, now=NOON).given


def refusals(data, external_id="c-42"):
    with pytest.raises(InvalidInput) as caught:
        given(data, external_id)
    return [(p.pointer, p.code) for p in caught.value.problems]


def test_a_member_of_whom_nothing_is_said_is_only_an_id():
    member = parse_member("c-42", {}, now=NOON)

    assert (member.id, member.given) == ("c-42", {})


def test_only_what_was_stated_is_given():
    assert given({"name": "Ada", "consents": {"email": True}}) == {
        "name": "Ada",
        "consents": {"email": True},
    }


def test_the_known_fields_are_those_of_the_contract():
    assert (
        *("name", "email", "phone", "card", "birthday"),
        *("locale", "timezone", "joined_at"),
        *("attributes", "consents", "referral_code"),
    ) == MEMBER_FIELDS


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        *(("name", ""), ("locale", ""), ("timezone", "")),
        *(("email", None), ("phone", None), ("birthday", None)),
    ],
)
def test_null_or_an_empty_text_clears_a_field(field, empty):
    assert given({field: None}) == {field: empty}
    assert given({field: ""}) == {field: empty}


@pytest.mark.parametrize(
    "typed", ["HC-1234-56ab", "hc 1234 56AB", " HC123456AB ", "HC\u20111234\u201356AB"]
)
def test_a_card_number_is_the_same_however_it_is_typed(typed):
    assert given({"card": typed}) == {"card": "HC123456AB"}


@pytest.mark.parametrize(
    ("typed", "code"), [("- -", "blank"), ("1" * 65, "too_long"), (77, "wrong_type")]
)
def test_a_card_number_has_letters_or_digits_and_not_too_many(typed, code):
    assert refusals({"card": typed}) == [("/card", code)]


@pytest.mark.parametrize("field", ["attributes", "consents"])
def test_null_clears_attributes_and_consents(field):
    assert given({field: None}) == {field: {}}


def test_cleared_attributes_of_two_members_are_not_shared():
    given({"attributes": None})["attributes"]["a"] = 1

    assert given({"attributes": None}) == {"attributes": {}}


@pytest.mark.parametrize("field", ["joined_at", "referral_code"])
def test_what_cannot_be_cleared_is_left_out(field):
    assert given({field: None}) == {}


def test_an_empty_referral_code_is_left_out():
    assert given({"referral_code": ""}) == {}
    assert given({"referral_code": "ADA"}) == {"referral_code": "ADA"}


def test_an_attribute_that_shall_go_is_given_as_none():
    assert given({"attributes": {"b": None, "a": 1}}) == {"attributes": {"a": 1, "b": None}}


def test_a_consent_that_is_null_says_nothing():
    assert given({"consents": {"sms": None, "email": False}}) == {"consents": {"email": False}}


def test_a_consent_is_true_or_false():
    assert refusals({"consents": {"email": "yes"}}) == [("/consents/email", "wrong_type")]
    assert refusals({"consents": ["email"]}) == [("/consents", "wrong_type")]
    assert refusals({"consents": {str(n): True for n in range(101)}}) == [
        ("/consents", "too_many")
    ]


def test_a_name_is_any_text_of_up_to_255_characters():
    assert given({"name": "Ñandú 李\u00a0Ⅳ"}) == {"name": "Ñandú 李\u00a0Ⅳ"}
    assert given({"name": "x" * 255}) == {"name": "x" * 255}
    assert refusals({"name": "x" * 256}) == [("/name", "too_long")]
    assert refusals({"name": "A\0"}) == [("/name", "nul_character")]
    assert refusals({"name": "A\ud83d"}) == [("/name", "not_unicode")]
    assert refusals({"name": 5}) == [("/name", "wrong_type")]


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_is_one_of_iana(name):
    assert given({"timezone": name}) == {"timezone": name}


@pytest.mark.parametrize(
    "name",
    [
        *("Europe/Bonn", "europe/berlin", "Europe", "CEST", "+02:00", "localtime"),
        *("posix/Europe/Berlin", "right/Europe/Berlin", "/etc/localtime", "../zoneinfo"),
    ],
)
def test_any_other_time_zone_is_refused(name):
    assert refusals({"timezone": name}) == [("/timezone", "unknown_timezone")]


@pytest.mark.parametrize("locale", ["en", "de-AT", "pt_BR", "zh-Hant-TW", "es-419"])
def test_a_locale_is_a_language_tag(locale):
    assert given({"locale": locale}) == {"locale": locale}


@pytest.mark.parametrize(
    "locale", ["e", "german", "de-", "de AT", "en-abcdefgh-abcdefgh-x1", "12"]
)
def test_any_other_locale_is_refused(locale):
    assert refusals({"locale": locale}) == [("/locale", "invalid_locale")]


def test_an_unknown_field_is_refused_and_the_nearest_is_named():
    with pytest.raises(InvalidInput, match="did you mean 'email'"):
        given({"e_mail": "ada@example.org"})


def test_a_member_cannot_be_stated_to_be_somebody_else():
    assert refusals({"id": "c-7"}) == [("/id", "unknown_field")]


@pytest.mark.parametrize(
    ("external_id", "code"),
    [
        ("", "blank"),
        ("a\nb", "control_character"),
        ("x" * 256, "too_long"),
        (None, "required"),
        (42, "wrong_type"),
    ],
)
def test_an_id_that_cannot_be_kept_is_refused(external_id, code):
    assert refusals({}, external_id) == [("/id", code)]


def test_everything_that_is_wrong_is_told_at_once():
    assert refusals({"email": "ada", "phone": "030", "birthday": "2030-01-01", "nmae": 1}) == [
        ("/email", "invalid_email"),
        ("/phone", "invalid_phone"),
        ("/nmae", "unknown_field"),
        ("/birthday", "in_the_future"),
    ]


@pytest.mark.parametrize("data", [None, [], "Ada", 5, True])
def test_what_is_no_object_is_refused(data):
    assert refusals(data) == [("", "wrong_type")]
