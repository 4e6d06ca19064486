"""Referral codes: as they are made, typed, and chosen."""

import re

import pytest

from referrals.rules.codes import (
    ALPHABET,
    RESERVED,
    CodeNotAllowed,
    checked_vanity,
    compared,
    make_code,
)


def test_a_code_has_eight_signs_of_which_none_is_mistaken_for_another():
    codes = [make_code() for _ in range(500)]

    assert all(re.fullmatch(f"[{ALPHABET}]{{8}}", code) for code in codes)
    assert len(set(codes)) == 500
    assert not set(ALPHABET) & set("OILU")


def test_a_code_is_compared_as_it_was_made():
    assert all(compared(code) == code for code in (make_code() for _ in range(100)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7k2m0xq9", "7K2M0XQ9"),
        ("7K2MOXQ9", "7K2M0XQ9"),
        ("7k2m-0xq9", "7K2M0XQ9"),
        (" 7K2M 0XQ9 ", "7K2M0XQ9"),
        ("ILil0000", "11110000"),
        ("Ada-2026", "ADA2026"),
    ],
)
def test_a_code_is_read_as_it_was_meant(typed, meant):
    assert compared(typed) == meant


def test_a_code_of_ones_own_is_shown_as_it_was_chosen():
    assert checked_vanity(" Ada-Coffee ") == "Ada-Coffee"


@pytest.mark.parametrize(
    "text",
    ["ada", "a-b-c", "x" * 25, "ada lovelace", "ada--l", "-ada1", "adä-2026", "../ada1", ""],
)
def test_a_code_of_other_signs_or_length_is_refused(text):
    with pytest.raises(CodeNotAllowed):
        checked_vanity(text)


@pytest.mark.parametrize("text", ["admin", "Admin", "ADM1N", "0FFICIAL", "st-aff"])
def test_reserved_words_are_refused_however_they_are_written(text):
    with pytest.raises(CodeNotAllowed, match="reserved"):
        checked_vanity(text)


def test_reserved_words_are_plain_words():
    assert all(word.isalpha() and word.islower() for word in RESERVED)
