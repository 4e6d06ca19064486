"""Batches and waves: facts that are stated together, and done one by one per member."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import DomainError
from loyalty.rules.codes import compared
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


Keys = set[str]
Known = dict[str, Keys]


def keys_of(statement: Statement) -> Keys:
    """Return what a fact says that it is about."""
    if isinstance(statement, MemberStatement):
        addresses = [statement.given.get(name) for name in ("email", "phone", "card")]
        return {f"member:{statement.id}", *_addresses(addresses)}
    if isinstance(statement, EventStatement):
        return {f"event:{statement.id}", f"member:{statement.member}"}
    if isinstance(statement, OrderStatement):
        keys = {f"order:{statement.id}"}
        keys |= _addresses((statement.guest_email, statement.guest_phone))
        keys |= paid_with(statement)
        return keys | ({f"member:{statement.member}"} if statement.member else set())
    if isinstance(statement, RefundStatement):
        return {f"order:{statement.order}"}
    return {f"{statement.kind}:{statement.id}", f"member:{statement.member}"}


def _addresses(addresses: Iterable[str | None]) -> Keys:
    return {f"address:{address}" for address in addresses if address}


def paid_with(statement: Statement) -> Keys:
    """Return the redemptions and vouchers that a fact names."""
    if not isinstance(statement, OrderStatement):
        return set()
    named = {f"redemption:{name}" for name in statement.body["redemptions"]}
    return named | {f"voucher:{compared(code)}" for code in statement.body["vouchers"]}


class Acquaintance:
    """Whom an order or an address leads to, as far as is known so far.

    A fact that names only an order takes turns with those of the order's member,
    and with those who may yet claim it. A voucher leads to its member, who may give
    it up, and so does the order that it was used on.
    """

    def __init__(self, known: Known) -> None:
        self.known = known

    def keys_of(self, statement: Statement) -> Keys:
        """Return all that a fact may touch, and learn from it."""
        said = keys_of(statement)
        keys = said | self._behind(said)
        keys |= self._behind(keys)
        for key in said:
            kind = key.partition(":")[0]
            if kind == "order":
                self._learn(key, said - {key})
            elif kind == "address" and isinstance(statement, MemberStatement):
                self._learn(key, {f"member:{statement.id}"})
        return keys

    def _behind(self, keys: Keys) -> Keys:
        return {other for key in keys for other in self.known.get(key, ())}

    def _learn(self, key: str, others: Keys) -> None:
        if others:
            self.known.setdefault(key, set()).update(others)


def waves_of(
    statements: Sequence[Statement],
    known: Known,
    *,
    single_file: bool = False,
) -> list[list[Fact]]:
    """Split statements into waves: no two facts of a wave share a key.

    `known` tells what orders and addresses led to before. A fact goes into the wave
    after the last one that has one of its keys, so that the facts of a member keep
    their order. `single_file` makes each fact a wave, where rules count all members
    together. A wave that is full is left as it is, so that memory does not grow with
    the batch.
    """
    waves: list[list[Fact]] = []
    last: dict[str, int] = {}
    acquaintance = Acquaintance(known)
    full = 1 if single_file else WIDEST
    first_with_room = 0
    for statement in statements:
        keys = acquaintance.keys_of(statement)
        place = 1 + max((last.get(key, -1) for key in keys), default=-1)
        place = max(place, first_with_room)
        if place == len(waves):
            waves.append([])
        if len(waves[place]) + 1 == full:
            first_with_room = place + 1
        waves[place].append(Fact(statement))
        last |= dict.fromkeys(keys, place)
    return waves
