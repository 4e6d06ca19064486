"""Referral codes: eight signs that can be read aloud, or a word of one's own.

Crockford's base 32 (Douglas Crockford, Base 32, 2002): no I, L, O and U, and whoever
types O means 0, whoever types I or L means 1.
"""

import re
import secrets

from core.errors import DomainError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# Forty bits: a million million codes. They are meant to be passed on, not kept secret.
LENGTH = 8

SHORTEST, LONGEST = 4, 24

_BETWEEN = re.compile(r"[\s\-_\u2010-\u2015]+")
_VANITY = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_MISTAKEN = str.maketrans("OIL", "011")

# What would pass for the shop's own word, or for a path or a value of ours.
RESERVED = frozenset(
    """
    account admin administrator api anonymous billing bot cart checkout claim code contact
    coupon default delete discount error false friend friends gift giftcard guest health help
    home info invite link login logout mail member members moderator null none official order
    orders owner pay payment perennial privacy program promo qr refer referral referrals refund
    reward rewards root sale security service share shop signin signup staff static status store
    support sysadmin system team terms test true undefined unknown user voucher webmaster
    welcome winner
    """.split()  # noqa: SIM905 - a list would be a page of quotes
)


class CodeTaken(DomainError):
    """Somebody else has this code, or had it: old codes go on working."""

    code = "code_taken"


class CodeNotAllowed(DomainError):
    """This cannot be a code."""

    code = "code_not_allowed"


def make_code() -> str:
    """Return a new code, as it is both shown and compared."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def compared(code: str) -> str:
    """Return a code as it is looked up: as a person meant it who typed it.

    Case, spaces and dashes make no difference; O is 0, and I and L are 1.
    """
    return _BETWEEN.sub("", code).upper().translate(_MISTAKEN)


def checked_vanity(text: str) -> str:
    """Return a code of somebody's own choice, as it is shown.

    :raises CodeNotAllowed: if it has other signs than letters, digits and dashes, has
        fewer than 4 or more than 24 of them, or is a reserved word
    """
    shown = text.strip()
    if not _VANITY.fullmatch(shown) or not SHORTEST <= len(compared(shown)) <= LONGEST:
        detail = (
            f"expected {SHORTEST} to {LONGEST} letters and digits, with dashes between them"
        )
        raise CodeNotAllowed(detail)
    if compared(shown) in _RESERVED:
        raise CodeNotAllowed(f"{shown} is reserved")
    return shown


# As they are compared, so that ADM1N is no way around them.
_RESERVED = frozenset(compared(word) for word in RESERVED)
