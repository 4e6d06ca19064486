"""Letting a shop's days happen: through the real engine, on the program's own clock.

Facts are idempotent and the clock only goes forward, so a replay that was cut
short is begun again from the first day: what is in is passed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from core.errors import DomainError
from engine.nightly import run_due
from engine.pipeline import state_facts
from engine.program_file import ProgramFile, apply_program
from engine.travel import has_facts, move_clock
from loyalty.models import MemberEvent, Order, Program, Redemption
from loyalty.rules.statements import (
    EventStatement,
    MemberStatement,
    OrderStatement,
    RefundStatement,
    parse_event,
    parse_member,
    parse_order,
    parse_refund,
)
from seeds.acts import ACTS, name_redemptions, redemption_key
from seeds.days import Day, Fact

# Facts in one transaction. Together they are quick, and little to repeat after a kill.
BATCH = 500

# What a fact has beside its body.
NOT_STATED = ("kind", "id", "told_at")


class FactRefused(DomainError):
    """The engine does not take a fact of the file. What came before it is in."""

    code = "fact_refused"


@dataclass(frozen=True)
class Step:
    """What has just come in: a batch of a day's facts."""

    date: date
    facts: int
    orders: int  # stated for the first time
    ends_day: bool


def open_program(file: ProgramFile, *, at: datetime) -> Program:
    """Return the file's program, its clock at `at` if nothing has been stated yet.

    A program that has facts is left as it is: its rules may have been edited since.
    """
    program = Program.objects.filter(slug=file.slug).first()
    if program is None or not has_facts(program):
        apply_program(file, at=at)
        program = Program.objects.get(slug=file.slug)
        move_clock(program=program, to=at)
    return program


def is_over(program: Program, day: Day) -> bool:
    """Say whether a day has been lived through: its facts are in, and the clock is past."""
    if program.now() < day.ends_at:
        return False
    return _orders_are_in(program, day) and _acts_are_in(program, day)


def _orders_are_in(program: Program, day: Day) -> bool:
    wanted = {order["id"]: order["version"] for order in day.orders}
    refunds = {(fact["order"], fact["id"]) for fact in day.of("refund")}
    named = {*wanted, *(order for order, _ in refunds)}
    known = Order.objects.filter(program=program, external_id__in=named)
    versions, refunded = {}, set()
    for key, version, posted in known.values_list("external_id", "version", "refunds"):
        versions[key] = version
        refunded |= {(key, refund["id"]) for refund in posted}
    is_stated = all(versions.get(key, 0) >= version for key, version in wanted.items())
    return is_stated and refunds <= refunded


def _acts_are_in(program: Program, day: Day) -> bool:
    events = [event["id"] for event in day.of("event")]
    keys = [redemption_key(fact["id"]) for fact in day.of("redemption")]
    known = 0
    if events:
        known += MemberEvent.objects.filter(program=program, external_id__in=events).count()
    if keys:
        known += Redemption.objects.filter(program=program, key__in=keys).count()
    return known == len(events) + len(keys)


def replay_days(program: Program, days: Iterable[Day], *, batch: int = BATCH) -> Iterator[Step]:
    """Move the clock from day to day and state each day's facts, a batch at a time.

    Yields after each batch, when it is committed; days that are over are passed
    over. Holds end and points expire on the way, since the clock moves.

    :raises FactRefused: if the engine refuses a fact
    :raises NotASandbox: if the program lives in real time
    """
    for day in days:
        if is_over(program, day):
            continue
        for at, facts in day.moments:
            _reach(program, at)
            yield from _state_moment(program, day, facts, batch, is_last=at == day.ends_at)


def _reach(program: Program, at: datetime) -> None:
    if program.now() < at:
        move_clock(program=program, to=at)
    else:
        # The clock was moved and then the run was killed: this may be half done.
        run_due(program, at=program.now())


def _state_moment(
    program: Program, day: Day, told: list[Fact], batch: int, *, is_last: bool
) -> Iterator[Step]:
    for start in range(0, len(told) or 1, batch):
        facts = told[start : start + batch]
        state_all(program, day, facts)
        orders = sum(fact["kind"] == "order" and fact["version"] == 1 for fact in facts)
        ends_day = is_last and start + batch >= len(told)
        yield Step(day.date, len(facts), orders, ends_day=ends_day)


def state_all(program: Program, day: Day, facts: list[Fact]) -> None:
    """State facts of a day in their order, on the program's clock as it stands.

    :raises FactRefused: if the engine refuses one
    """
    for is_act, together in groupby(facts, key=lambda fact: fact["kind"] in ACTS):
        if is_act:
            for fact in together:
                _act(program, day, fact)
        else:
            _state_facts(program, day, list(together))


def _act(program: Program, day: Day, fact: Fact) -> None:
    try:
        ACTS[fact["kind"]](program, fact)
    except DomainError as error:
        raise _refusal(day, fact, error) from error


def _state_facts(program: Program, day: Day, facts: list[Fact]) -> None:
    at = program.now()
    statements = [_statement(program, day, fact) for fact in facts]
    for fact, answer in zip(facts, state_facts(program, statements, at=at), strict=True):
        if answer.error:
            raise _refusal(day, fact, answer.error) from answer.error


def _statement(
    program: Program, day: Day, fact: Fact
) -> MemberStatement | OrderStatement | RefundStatement | EventStatement:
    key, body, now = fact["id"], _body(fact), program.now()
    try:
        if fact["kind"] == "member":
            return parse_member(key, body, now=now)
        if fact["kind"] == "event":
            return parse_event({"id": key} | body, now=now)
        if fact["kind"] == "refund":
            return parse_refund(body.pop("order"), {"id": key} | body, now=now)
        body = name_redemptions(program, body)
        return parse_order(key, body, currency=program.currency, now=now)
    except DomainError as error:
        raise _refusal(day, fact, error) from error


def _body(fact: Fact) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if name not in NOT_STATED}


def _refusal(day: Day, fact: Fact, error: DomainError) -> FactRefused:
    return FactRefused(f"{fact['kind']} {fact['id']} of {day.date}: {error}")
