from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    localcontext,
)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    LARGEST,
    InvalidCurrency,
    InvalidLocale,
    InvalidMoney,
    Rounding,
    allocate,
    exponent,
    format_money,
    share,
    to_major,
    to_minor,
)

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF", "RSD"])
AMOUNTS = st.integers(min_value=-LARGEST, max_value=LARGEST)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=LARGEST), min_size=1, max_size=30)


# Currencies


@pytest.mark.parametrize(
    ("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)]
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(("currency", "decimals"), [("RSD", 2), ("IQD", 3), ("MGA", 2)])
def test_coins_that_nobody_uses_any_more_still_count(currency: str, decimals: int):
    assert exponent(currency) == decimals


@pytest.mark.parametrize("code", ["", "eur", "XYZ", "EURO", "\0", "\ud800", "E" * 9999])
def test_an_unknown_currency_is_refused(code: str):
    with pytest.raises(InvalidCurrency) as refusal:
        exponent(code)

    assert refusal.value.code == "invalid_currency"


@pytest.mark.parametrize("code", ["XAU", "XDR", "XTS", "XXX"])
def test_what_has_no_minor_unit_is_no_currency_to_pay_with(code: str):
    with pytest.raises(InvalidCurrency):
        exponent(code)


# Major and minor units


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        ("12", "EUR", 1200),
        ("0", "EUR", 0),
        ("0.01", "EUR", 1),
        ("-12.50", "EUR", -1250),
        ("-0.00", "EUR", 0),
        ("1250", "JPY", 1250),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("92233720368547758.07", "EUR", LARGEST),
        ("-92233720368547758.07", "EUR", -LARGEST),
    ],
)
def test_major_units_are_read_exactly(text: str, currency: str, minor: int):
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12.505", "EUR"), ("12.500", "EUR"), ("1.0", "JPY"), ("0.00001", "CLF")],
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str):
    with pytest.raises(InvalidMoney, match="more decimals") as refusal:
        to_minor(text, currency)

    assert refusal.value.code == "invalid_money"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "-", "1.", ".5", "+1", "--1", "1.2.3", "0x10", "1_000"),
        *("1,000.00", "1 000", "12,50", "1e3", "1E3", "inf", "nan", "Infinity"),
        *(" 1", "1 ", "1\n", "1\0", "\0", "\ud800", "007", "€1", "1 EUR"),
        *("\u0661\u0662", "\uff11", "²", "9" * 5000, "0." + "0" * 5000),
    ],
)
def test_what_is_not_an_amount_is_refused(text: str):
    with pytest.raises(InvalidMoney, match="is not an amount"):
        to_minor(text, "EUR")


@pytest.mark.parametrize("amount", [12.5, 12, Decimal("12.50"), None, True, ["12.50"]])
def test_only_strings_state_major_units(amount: object):
    with pytest.raises(InvalidMoney, match="written as a string"):
        to_minor(amount, "EUR")


@pytest.mark.parametrize("text", ["92233720368547758.08", "-92233720368547758.08"])
def test_more_than_fits_64_bits_is_refused(text: str):
    with pytest.raises(InvalidMoney, match="more than can be counted"):
        to_minor(text, "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "EUR", "12.50"),
        (5, "EUR", "0.05"),
        (0, "EUR", "0.00"),
        (-5, "EUR", "-0.05"),
        (1250, "JPY", "1250"),
        (1, "KWD", "0.001"),
        (-12345, "CLF", "-1.2345"),
    ],
)
def test_minor_units_have_every_decimal(minor: int, currency: str, text: str):
    assert to_major(minor, currency) == text


@given(minor=AMOUNTS, currency=CURRENCIES)
def test_what_is_written_reads_as_the_same(minor: int, currency: str):
    assert to_minor(to_major(minor, currency), currency) == minor


# For people


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (123456, "EUR", "en", "€1,234.56"),
        (123456, "EUR", "de", "1.234,56\xa0€"),
        (123456, "BRL", "pt-BR", "R$\xa01.234,56"),
        (123456, "BRL", "pt_BR", "R$\xa01.234,56"),
        (-1250, "USD", "en", "-$12.50"),
        (123456, "JPY", "en", "¥123,456"),
        (123456, "KWD", "de", "123,456\xa0KWD"),
        (LARGEST, "USD", "en", "$92,233,720,368,547,758.07"),
    ],
)
def test_money_is_written_as_the_language_does(
    minor: int, currency: str, locale: str, text: str
):
    assert format_money(minor, currency, locale) == text


def test_no_part_of_an_amount_is_hidden_where_coins_are_out_of_use():
    assert format_money(12550, "RSD", "de") == "125,50\xa0RSD"


@pytest.mark.parametrize(
    "locale", ["", "xx", "\0", "de\0", "\ud800", "../../etc/passwd", "e" * 5000]
)
def test_an_unknown_language_is_refused(locale: str):
    with pytest.raises(InvalidLocale) as refusal:
        format_money(1250, "EUR", locale)

    assert refusal.value.code == "invalid_locale"


# Rounding


@pytest.mark.parametrize(
    ("rounding", "results"),
    [
        # the quarters of -2.5, -2.25 ... become:
        (Rounding.FLOOR, {-10: -3, -6: -2, -5: -2, -1: -1, 1: 0, 2: 0, 6: 1, 10: 2}),
        (Rounding.CEIL, {-10: -2, -6: -1, -5: -1, -1: 0, 1: 1, 2: 1, 6: 2, 10: 3}),
        (Rounding.HALF_UP, {-10: -3, -6: -2, -5: -1, -1: 0, 1: 0, 2: 1, 6: 2, 10: 3}),
        (Rounding.HALF_EVEN, {-10: -2, -6: -2, -5: -1, -1: 0, 1: 0, 2: 0, 6: 2, 10: 2}),
    ],
)
def test_quarters_are_rounded(rounding: Rounding, results: dict[int, int]):
    assert {quarters: rounding.apply(quarters, 4) for quarters in results} == results


@pytest.mark.parametrize("rounding", Rounding)
def test_whole_numbers_stay_as_they_are(rounding: Rounding):
    assert [rounding.apply(n, 7) for n in (-14, -7, 0, 7, 14)] == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("denominator", [0, -1])
def test_a_denominator_is_positive(rounding: Rounding, denominator: int):
    with pytest.raises(ValueError, match="positive"):
        rounding.apply(1, denominator)


@given(
    rounding=st.sampled_from(Rounding),
    units=st.integers(min_value=-(10**40), max_value=10**40),
    decimals=st.integers(min_value=0, max_value=12),
    factor=st.integers(min_value=1, max_value=10**6),
)
def test_rounding_agrees_with_the_decimal_module(
    rounding: Rounding, units: int, decimals: int, factor: int
):
    mode = {
        Rounding.FLOOR: ROUND_FLOOR,
        Rounding.CEIL: ROUND_CEILING,
        Rounding.HALF_UP: ROUND_HALF_UP,
        Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    }[rounding]
    with localcontext(prec=60):
        expected = Decimal(units).scaleb(-decimals).quantize(Decimal(1), rounding=mode)

    assert rounding.apply(units * factor, 10**decimals * factor) == int(expected)


# Allocation


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1], [100]),
        (100, [1, 1, 1], [34, 33, 33]),
        (200, [1, 1, 1], [67, 67, 66]),
        (10, [1, 2, 3], [2, 3, 5]),  # 1.67, 3.33, 5
        (5, [0, 1, 0, 1], [0, 3, 0, 2]),
        (1, [1, 2], [0, 1]),
        (0, [3, 4], [0, 0]),
        (0, [], []),
        (0, [0, 0], [0, 0]),
    ],
)
def test_a_total_is_shared_by_largest_remainder(
    total: int, weights: list[int], parts: list[int]
):
    assert allocate(total, weights) == parts


def test_without_any_weight_the_first_gets_all():
    assert allocate(100, [0, 0, 0]) == [100, 0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [2, -1]), (1, [])])
def test_what_cannot_be_allocated_is_refused(total: int, weights: list[int]):
    with pytest.raises(ValueError, match="allocate"):
        allocate(total, weights)


@given(total=st.integers(min_value=0, max_value=LARGEST), weights=WEIGHTS)
def test_the_parts_add_up_to_the_total(total: int, weights: list[int]):
    parts = allocate(total, weights)

    assert len(parts) == len(weights)
    assert sum(parts) == total
    assert min(parts) >= 0


@given(
    total=st.integers(min_value=0, max_value=LARGEST),
    weights=WEIGHTS.filter(any),
)
def test_no_part_is_a_whole_unit_off_its_exact_share(total: int, weights: list[int]):
    whole = sum(weights)

    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < whole


@given(total=st.integers(min_value=0, max_value=10**6), weight=st.integers(1, 10**6))
def test_of_equals_none_gets_more_than_an_earlier_one(total: int, weight: int):
    parts = allocate(total, [weight] * 7)

    assert parts == sorted(parts, reverse=True)


# Shares


@pytest.mark.parametrize(
    ("total", "part", "whole", "expected"),
    [(100, 1, 3, 33), (100, 2, 3, 67), (1, 1, 2, 1), (5, 1, 2, 3), (999, 3, 3, 999)],
)
def test_a_share_is_rounded_half_up(total: int, part: int, whole: int, expected: int):
    assert share(total, part, whole) == expected


@given(
    total=st.integers(min_value=0, max_value=LARGEST),
    whole=st.integers(min_value=1, max_value=1000),
)
def test_the_last_unit_closes_the_share(total: int, whole: int):
    cumulative = [share(total, part, whole) for part in range(whole + 1)]

    assert cumulative == sorted(cumulative)
    assert (cumulative[0], cumulative[-1]) == (0, total)
