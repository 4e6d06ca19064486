"""Locks on what has no row yet: a guest's address, an id that nobody has enrolled.

An order that waits for a member and the member who is just enrolling cannot see each
other before both have committed; whoever looks for the one or writes the other takes
the same lock first.
"""

from collections.abc import Iterable
from zlib import crc32

from django.db import connection

# Names share this many locks, so that an import of any length holds no more. Two that
# share one wait for each other now and then, and nothing else comes of it.
LOCKS = 256


def lock_names(program_id: int, names: Iterable[str]) -> None:
    """Let nobody else be about these names of a program until the transaction ends.

    SQLite has one writer at a time and needs no such lock.
    """
    places = sorted({crc32(name.encode()) % LOCKS for name in names})
    if not places or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # In order, so that two who want the same ones do not wait for each other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, place) FROM unnest(%s::int[]) AS place",
            [program_id % 2**31, places],
        )
