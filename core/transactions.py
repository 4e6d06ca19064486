"""Transactions that try again when somebody else was faster."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

RETRIES = 4

# PostgreSQL: serialization failure, deadlock, lock not available (lock_timeout).
RETRYABLE = frozenset({"40001", "40P01", "55P03"})
# A row that was not there a moment ago. The next try finds it.
TAKEN = "23505"


class LookAgain(Exception):
    """What was looked at before a lock was had has changed meanwhile: begin again."""


def retrying(function: Callable[P, T]) -> Callable[P, T]:
    """Run `function` in one transaction, again if it lost a fight for a lock or a row.

    Inside another transaction it is a part of it, undone by itself if it fails;
    only the outermost one can be tried again.

    :raises Unavailable: when the lock could not be had after all tries
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for attempt in range(RETRIES + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except (OperationalError, IntegrityError, LookAgain) as error:
                if not _is_retryable(error, is_last=attempt == RETRIES):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311
        raise Unavailable("The rows are locked by other work; try again soon.")

    return run


def _is_retryable(error: Exception, *, is_last: bool) -> bool:
    if isinstance(error, LookAgain):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    if state == TAKEN:
        # Nobody is faster each time: it is the work itself that writes a row twice.
        return not is_last
    return state in RETRYABLE or "database is locked" in str(error)
