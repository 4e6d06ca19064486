"""Everything a program's rows say, but for numbers and times that the server chose.

Two programs that went through the same have equal snapshots, in whatever database.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from core.models import Event
from loyalty.models import (
    Adjustment,
    Allocation,
    Decision,
    Entry,
    Hold,
    LimitUse,
    Lot,
    Member,
    MemberEvent,
    Order,
    Program,
    Redemption,
    Reward,
    Voucher,
    VoucherUse,
)
from tiers.models import DayPoints, DayTotal, EntryReward, Standing, StandingChange

# Keys and sources that are made of the number of a row.
NUMBERED = re.compile(r"(due:\w+:|reversal:|perennial:\w+:(?:\d+:)?|red_|tier:)\d+")

Rows = list[dict[str, Any]]

TIERS = {
    DayTotal: ["day"],
    DayPoints: ["point_type__code", "day"],
    Standing: ["ladder__code"],
    StandingChange: ["ladder__code", "id"],
    EntryReward: ["ladder__code", "tier", "count"],
}

# What the server chooses, what only names a row by its number, and how far jobs have come.
CHOSEN = {
    "id", "program", "posted_at", "created_at", "recorded_at", "prev_hash", "hash",
    "head_hash", "rule_set", "decision", "due_at", "celebrated_until",
    "code", "shown",
}  # fmt: skip


def snapshot(program: Program) -> dict[str, Any]:
    """Return the rows of a program by member, in the order in which they came."""
    return {
        str(member.external_id): _of_member(member)
        for member in Member.objects.filter(program=program).order_by("external_id")
    } | {
        "stock": dict(_of(Reward, program).values_list("code", "taken")),
        "nobody": {
            "orders": _rows(_of(Order, program, member=None).order_by("external_id")),
            "events": _rows(_of(MemberEvent, program, member=None).order_by("external_id")),
            "decisions": _told(_of(Decision, program, member=None)),
        },
    }


def _of_member(member: Member) -> dict[str, Any]:
    program = member.program
    wallets = {w.pk: w.point_type.code for w in member.wallets.select_related("point_type")}
    numbers = {e.pk: f"{wallets[e.wallet_id]} {e.seq}" for e in _in(Entry, wallets)}
    lots = _in(Lot, wallets).order_by("wallet__point_type__code", "id")
    places = {lot.pk: place for place, lot in enumerate(lots)}
    names = {"wallet": wallets, "entry": numbers, "reverses": numbers, "lot": places}
    names["hold"] = {hold.pk: numbers[hold.entry_id] for hold in _in(Hold, wallets)}
    names |= _names_of_redemptions(member, numbers)
    by_code = ("wallet__point_type__code", "id")
    return {
        "member": _row(member),
        "wallets": _rows(member.wallets.order_by("point_type__code"), names),
        "entries": _rows(_in(Entry, wallets).order_by(*by_code), names),
        "lots": _rows(lots, names),
        "holds": _rows(_in(Hold, wallets).order_by(*by_code), names),
        "allocations": _rows(_in(Allocation, wallets).order_by(*by_code), names),
        "adjustments": _rows(_of(Adjustment, program, member=member).order_by("id"), names),
        "orders": _rows(_of(Order, program, member=member).order_by("external_id")),
        "events": _rows(_of(MemberEvent, program, member=member).order_by("external_id")),
        "limits": _rows(
            _of(LimitUse, program, member=member).order_by("rule", "source_type", "source_id")
        ),
        "redemptions": _rows(_of(Redemption, program, member=member).order_by("id"), names),
        "vouchers": _rows(_of(Voucher, program, member=member).order_by("id"), names),
        "uses": _rows(_of(VoucherUse, program, voucher__member=member).order_by("id"), names),
        "decisions": _told(_of(Decision, program, member=member)),
        "told": sorted(_told_of(member), key=_moment),
    } | {
        model.__name__: _rows(_of(model, program, member=member).order_by(*order))
        for model, order in TIERS.items()
    }


def _names_of_redemptions(member: Member, entries: dict[int, str]) -> dict[str, dict[int, Any]]:
    redemptions = _of(Redemption, member.program, member=member).order_by("id")
    vouchers = _of(Voucher, member.program, member=member).order_by("id")
    return {
        "spent_by": entries,
        "reward": dict(_of(Reward, member.program).values_list("id", "code")),
        "redemption": {row.pk: place for place, row in enumerate(redemptions)},
        "voucher": {row.pk: place for place, row in enumerate(vouchers)},
    }


def _told(decisions: Any) -> dict[str, Rows]:
    """Return decisions by fact: of two facts of nobody, neither comes first."""
    told = defaultdict(list)
    for decision in decisions.order_by("id"):
        told[_unnumbered(decision.fact_id)].append(_row(decision))
    return dict(told)


def _told_of(member: Member) -> list[tuple[str, dict[str, Any], datetime]]:
    return [
        (event.type, _told_data(event), event.occurred_at)
        for event in Event.objects.filter(member_id=member.pk).order_by("id")
    ]


def _moment(told: tuple[str, dict[str, Any], datetime]) -> tuple[datetime, bool]:
    """Order events by their own time: an end by itself is told when somebody notes it."""
    kind, _, occurred_at = told
    return occurred_at, kind != "redemption.expired"


def _told_data(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = event.data | {"decision": None}
    return {name: _unnumbered(value) for name, value in data.items()}


def _of(model: type[Model], program: Program, **wanted: Any) -> Any:
    return model.objects.filter(program=program, **wanted)


def _in(model: type[Model], wallets: Iterable[int]) -> Any:
    return model.objects.filter(wallet__in=list(wallets))


def _rows(rows: Iterable[Model], names: dict[str, dict[int, Any]] | None = None) -> Rows:
    return [_row(row, names or {}) for row in rows]


def _row(row: Model, names: dict[str, dict[int, Any]] | None = None) -> dict[str, Any]:
    known = names or {}
    values = {}
    for field in row._meta.concrete_fields:
        if field.name in CHOSEN or field.name in ("member", "point_type", "ladder"):
            continue
        value = getattr(row, field.attname)
        values[field.name] = known[field.name].get(value) if field.name in known else value
    _hide_numbers(values)
    return values


def _hide_numbers(values: dict[str, Any]) -> None:
    """Take row numbers out of texts and JSON that are made of them."""
    if values.get("source_type") in ("hold", "reversal"):
        values["source_id"] = ""
    for name, value in values.items():
        values[name] = _unnumbered(value)
    if "posted" in values:
        values["posted"] = {
            code: {key: value for key, value in posted.items() if key != "lots"}
            for code, posted in values["posted"].items()
        }


def _unnumbered(value: Any) -> Any:
    return NUMBERED.sub(r"\1", value) if isinstance(value, str) else value
