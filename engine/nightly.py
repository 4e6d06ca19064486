"""The work that is due, in order. Nothing depends on it having run."""

from datetime import datetime

from loyalty.models import Program
from loyalty.services.expiry import settle_due_wallets

# What an entry's kind is called in the count of what was done.
DONE = {
    "release": "released",
    "cancel_pending": "lapsed",
    "expire": "expired",
    "void": "holds_ended",
}


def run_due(program: Program, *, at: datetime) -> dict[str, int]:
    """Do everything that is due in a program by `at`; return what was done.

    Safe to run twice, by two at once, or after a week's gap.
    """
    written = settle_due_wallets(program=program, at=at)
    return {word: written[kind] for kind, word in DONE.items()}
