"""Voucher codes: made so that nobody guesses them, compared so that anybody can type them."""

import re
import secrets

# Without 0 and O, 1, I and L: what is read aloud or typed from a slip is not mistaken.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

# Twenty of 31 signs are 99 bits: at a million guesses a second, and with a billion
# codes issued, the first hit takes some million million years.
LENGTH = 20
GROUP = 4

LONGEST = 64
LONGEST_SHOWN = 80

_BETWEEN = re.compile(r"[\s\-\u2010-\u2015]+")


def make_code(prefix: str = "") -> str:
    """Return a new code as it is printed: in groups with dashes, behind the prefix."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    groups = [signs[start : start + GROUP] for start in range(0, LENGTH, GROUP)]
    return "-".join([prefix, *groups] if prefix else groups)


def compared(code: str) -> str:
    """Return a code as it is looked up: case, spaces and dashes make no difference."""
    return _BETWEEN.sub("", code).upper()
