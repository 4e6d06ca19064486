"""Voucher codes: nobody guesses them, anybody can type them."""

from math import log2

import pytest

from loyalty.rules.codes import ALPHABET, GROUP, LENGTH, LONGEST, compared, make_code


def test_a_code_has_at_least_80_bits():
    assert len(set(ALPHABET)) == 31
    assert LENGTH * log2(len(ALPHABET)) >= 80


def test_a_code_has_no_signs_that_look_alike():
    assert set("01OIL").isdisjoint(ALPHABET)


def test_a_code_is_shown_in_groups():
    groups = make_code().split("-")

    assert [len(group) for group in groups] == [GROUP] * (LENGTH // GROUP)
    assert set("".join(groups)) <= set(ALPHABET)


def test_a_code_begins_with_its_prefix():
    assert make_code("HC").startswith("HC-")


def test_a_code_fits_its_column_whatever_the_prefix():
    assert len(compared(make_code("X" * 12))) <= LONGEST


def test_codes_differ():
    assert len({make_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    ["HC-7K2M-QRST", "hc-7k2m-qrst", "hc 7k2m qrst", " HC7K2MQRST\n", "HC\u20137K2M\u2013QRST"],
)
def test_a_code_is_found_however_it_is_typed(typed):
    assert compared(typed) == "HC7K2MQRST"
