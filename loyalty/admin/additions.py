"""What the apps above add to a member's page: tables, happenings, things to do, lists.

An app says so where it registers its own pages. Nothing here knows who does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from core.staff import Panel, Tool
from loyalty.admin.acting import Act
from loyalty.models import Member


class Happening(NamedTuple):
    """Something that moved no points, as one row of the timeline."""

    at: datetime
    what: object
    about: object
    reason: str = ""


def nothing(_member: Member) -> tuple[()]:
    """Add nothing."""
    return ()


@dataclass(frozen=True)
class Addition:
    """What an app adds. Panels stand below the balances; acts are by their address."""

    panels: Callable[[Member], Sequence[Panel]] = nothing
    happenings: Callable[[Member], Iterable[Happening]] = nothing
    lists: Callable[[Member], Sequence[Tool]] = nothing
    acts: Mapping[str, type[Act]] = field(default_factory=dict)


_added: list[Addition] = []


def add_to_member_page(addition: Addition) -> None:
    _added.append(addition)


def additions() -> Sequence[Addition]:
    """Return what was added, in the order in which it was."""
    return _added
