"""Batches and waves: facts that are stated together, and done one by one per member."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import DomainError
from loyalty.rules.statements import (
    EventStatement,
    MemberStatement,
    OrderStatement,
    RefundStatement,
)
from loyalty.services.facts import Fact, Statement

# Facts in a wave: enough for set-based work to pay, few enough to keep memory flat.
WIDEST = 1_000


@dataclass(slots=True)
class Answer:
    """What became of one fact: its answer in the contract's form, or its refusal."""

    created: bool = False
    applied: bool = True
    waiting: bool = False
    body: dict[str, Any] = field(default_factory=dict)
    error: DomainError | None = None


def keys_of(statement: Statement, owners: dict[str, str]) -> set[str]:
    """Return what a fact is about: two facts that share a key take turns.

    `owners` names the member of a known order or of a known address.
    """
    if isinstance(statement, MemberStatement):
        addresses = (statement.given.get("email"), statement.given.get("phone"))
        return {f"member:{statement.id}", *_addresses(addresses)}
    if isinstance(statement, EventStatement):
        return {f"event:{statement.id}", f"member:{statement.member}"}
    if isinstance(statement, OrderStatement):
        keys = {f"order:{statement.id}"}
        keys |= _addresses((statement.guest_email, statement.guest_phone))
        if statement.member:
            keys.add(f"member:{statement.member}")
    elif isinstance(statement, RefundStatement):
        keys = {f"order:{statement.order}"}
    else:
        keys = {f"{statement.kind}:{statement.id}", f"member:{statement.member}"}
    return keys | {f"member:{owners[key]}" for key in keys if key in owners}


def _addresses(addresses: Iterable[str | None]) -> set[str]:
    return {f"address:{address}" for address in addresses if address}


def waves_of(
    statements: Sequence[Statement],
    owners: dict[str, str],
    *,
    single_file: bool = False,
) -> list[list[Fact]]:
    """Split statements into waves: no two facts of a wave share a key.

    A fact goes into the wave after the last one that has one of its keys, so
    that the facts of a member keep their order. `single_file` makes each fact a
    wave, where rules count all members together. A wave that is full is left as
    it is, so that memory does not grow with the batch.
    """
    waves: list[list[Fact]] = []
    last: dict[str, int] = {}
    full = 1 if single_file else WIDEST
    first_with_room = 0
    for statement in statements:
        keys = keys_of(statement, owners)
        place = 1 + max((last.get(key, -1) for key in keys), default=-1)
        place = max(place, first_with_room)
        if place == len(waves):
            waves.append([])
        if len(waves[place]) + 1 == full:
            first_with_room = place + 1
        waves[place].append(Fact(statement))
        last |= dict.fromkeys(keys, place)
    return waves
