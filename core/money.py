"""Money as integers of minor units. No floats: 0.1 + 0.2 is somebody's cent."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision, list_currencies, parse_pattern

from core.errors import DomainError

# What fits a 64-bit column, and so the most that any amount may be.
LARGEST = 2**63 - 1

_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,9}))?")

# Gold, drawing rights, "no currency": codes for which ISO 4217 has no minor unit.
_WITHOUT_MINOR_UNIT = (
    *("XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XFO"),
    *("XFU", "XPD", "XPT", "XRE", "XSU", "XTS", "XUA", "XXX"),
)

# Babel's digits come from CLDR, which says how many people write and drops the
# coins that inflation made worthless. Shops send the minor units of ISO 4217
# (table A.1), so 12550 in RSD is 125.50 and not 12550.
_ISO_4217_DIFFERS = {
    **dict.fromkeys(("AFN", "ALL", "IRR", "KPW", "LAK", "LBP"), 2),
    **dict.fromkeys(("MGA", "MMK", "RSD", "SOS", "SYP", "YER"), 2),
    "IQD": 3,
}


class InvalidCurrency(DomainError):
    """This is not the code of a currency that shops can be paid in."""

    code = "invalid_currency"


class InvalidMoney(DomainError):
    """This is not an amount of money in the given currency."""

    code = "invalid_money"


class InvalidLocale(DomainError):
    """There are no rules for writing numbers in this language."""

    code = "invalid_locale"


class Rounding(StrEnum):
    """How a fraction of a point or of a cent becomes a whole one."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    CEIL = "ceil"

    def apply(self, numerator: int, denominator: int) -> int:
        """Return `numerator / denominator` as a whole number, exactly.

        `floor` and `ceil` look along the number line (-2.5 becomes -3 and -2).
        `half_up` takes a half away from zero (-2.5 becomes -3), as the decimal
        module does, so that taking back rounds like giving.

        :raises ValueError: if `denominator` is not positive
        """
        if denominator <= 0:
            raise ValueError("a denominator is positive")
        whole, rest = divmod(numerator, denominator)
        if rest == 0 or self is Rounding.FLOOR:
            return whole
        if self is Rounding.CEIL or 2 * rest > denominator:
            return whole + 1
        if 2 * rest < denominator:
            return whole
        if self is Rounding.HALF_EVEN:
            return whole + whole % 2
        return whole + 1 if numerator > 0 else whole


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """Return how many decimals `currency` has: EUR 2, JPY 0, KWD 3, CLF 4.

    :raises InvalidCurrency: if ISO 4217 does not know the code (in capitals), or
        knows no minor unit for it
    """
    if currency not in list_currencies() or currency in _WITHOUT_MINOR_UNIT:
        raise InvalidCurrency(f"{currency!r:.20} is not an ISO 4217 currency code.")
    return _ISO_4217_DIFFERS.get(currency, get_currency_precision(currency))


def to_minor(text: object, currency: str) -> int:
    """Return the minor units of an amount written in major units: "12.50" is 1250.

    Fewer decimals than the currency has are fine, more are refused even if they
    are zeros. No exponents, no thousands separators, no sign but a minus.

    :raises InvalidCurrency: if there is no such currency
    :raises InvalidMoney: if it is not written so, or is too large for 64 bits
    """
    decimals = exponent(currency)
    if not isinstance(text, str):
        raise InvalidMoney('Money is written as a string, such as "12.50".')
    if not (match := _AMOUNT.fullmatch(text)):
        raise InvalidMoney(f'{text!r:.40} is not an amount such as "12.50".')
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > decimals:
        raise InvalidMoney(f"{text} has more decimals than {currency} ({decimals}).")
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor > LARGEST:
        raise InvalidMoney(f"{text} {currency} is more than can be counted.")
    return -minor if sign else minor


def to_major(minor: int, currency: str) -> str:
    """Return minor units as people write them: 1250 is "12.50".

    :raises InvalidCurrency: if there is no such currency
    """
    decimals = exponent(currency)
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    if not decimals:
        return sign + digits
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def format_money(minor: int, currency: str, locale: str) -> str:
    """Return minor units for a person to read: 1250 is "12,50 €" in German.

    Every decimal of the currency is shown, whatever is customary, because a
    receipt that hides a part of an amount cannot be checked.

    :raises InvalidCurrency: if there is no such currency
    :raises InvalidLocale: if the language is not known ("de", "pt-BR", "pt_BR")
    """
    decimals = exponent(currency)
    language = _locale(locale)
    pattern = parse_pattern(language.currency_formats["standard"].pattern)
    pattern.frac_prec = (decimals, decimals)
    return pattern.apply(
        Decimal(minor).scaleb(-decimals), language, currency, currency_digits=False
    )


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`, so that the parts add up to it.

    By largest remainder (Hamilton, 1792): each part is its exact share rounded
    down, and what is left over goes, one by one, to the largest remainders, of
    equal ones to the earlier. If all weights are zero there is no proportion to
    keep, and the first gets all.

    :raises ValueError: if a number is negative, or there is nobody to give to
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("only what is not negative can be allocated")
    if not weights:
        if total:
            raise ValueError("there is nobody to allocate to")
        return []
    whole = sum(weights)
    if not whole:
        return [total] + [0] * (len(weights) - 1)

    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [part for part, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: -shares[i][1])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def share(total: int, part: int, whole: int) -> int:
    """Return `total * part / whole`, rounded half up.

    :raises ValueError: if `whole` is not positive
    """
    return Rounding.HALF_UP.apply(total * part, whole)


@lru_cache(maxsize=256)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise InvalidLocale(f"{name!r:.40} is not a known language.") from error
