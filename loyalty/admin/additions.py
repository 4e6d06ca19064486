"""What the apps above add to a member's page, and to what waits on the overview.

An app says so where it registers its own pages. Nothing here knows who does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from core.staff import Panel, Tool
from loyalty.admin.acting import Act
from loyalty.models import Member, Program


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


# Says what waits for staff in a program, and where; nothing if nothing does.
Waiting = Callable[[Program], Sequence[Tool]]

_added: list[Addition] = []
_waiting: list[Waiting] = []


def add_to_member_page(addition: Addition) -> None:
    _added.append(addition)


def additions() -> Sequence[Addition]:
    """Return what was added, in the order in which it was."""
    return _added


def add_to_overview(waiting: Waiting) -> None:
    _waiting.append(waiting)


def waiting_in(program: Program) -> list[Tool]:
    """Return what waits for staff in the apps above."""
    return [tool for each in _waiting for tool in each(program)]
