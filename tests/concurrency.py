"""Doing the same thing at once, as impatient storefronts do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection

Result = TypeVar("Result")


def at_once(
    times: int, act: Callable[..., Result], **arguments: Any
) -> list[Result | Exception]:
    """Call `act` from `times` threads that start together; give what each came to.

    An error is a result as well. The test needs
    `@pytest.mark.django_db(transaction=True)`, since every thread has a connection
    of its own and sees only what is committed.
    """
    return all_at_once([lambda: act(**arguments)] * times)


def all_at_once(acts: list[Callable[[], Result]]) -> list[Result | Exception]:
    """Call different `acts` from threads that start together."""
    start = Barrier(len(acts), timeout=30)

    def attempt(act: Callable[[], Result]) -> Result | Exception:
        start.wait()
        try:
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(acts)) as threads:
        return list(threads.map(attempt, acts))


def errors_in(results: list[Result | Exception]) -> list[Exception]:
    """Return what went wrong."""
    return [result for result in results if isinstance(result, Exception)]
