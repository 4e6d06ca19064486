"""What a storefront is told about its fact, and what the outside hears of it."""

from datetime import datetime
from typing import Any

from core.events import NewEvent, record_events
from core.zones import written
from engine.batch import Answer
from loyalty.rules.statements import EventStatement, MemberStatement, RefundStatement
from loyalty.services.facts import Earning, Fact, Wave
from loyalty.services.members import claimable_since
from loyalty.services.posting import posted_of
from tiers.services.moves import moved_to


def announce_facts(wave: Wave) -> None:
    """Record what changed for members, in the transaction that changed it."""
    record_events(
        [
            event
            for fact in wave.live()
            if fact.member is not None
            for event in _events_of(fact, wave)
        ]
    )


def _events_of(fact: Fact, wave: Wave) -> list[NewEvent]:
    member = fact.member
    if member is None:
        return []
    if isinstance(fact.statement, MemberStatement):
        kind = "member.enrolled" if fact.is_created else "member.changed"
        data: dict[str, Any] = {"member": member.external_id}
        return [NewEvent(wave.setup.program_id, member.id, kind, data, wave.at)]
    source_type, source_id = fact.source
    return [
        NewEvent(
            program_id=wave.setup.program_id,
            member_id=member.id,
            type="points.earned" if earning.delta > 0 else "points.clawed_back",
            data={
                "member": member.external_id,
                "point_type": code,
                "points": earning.delta,
                source_type: source_id,
                "decision": f"dec_{fact.decision_id}",
            },
            occurred_at=wave.at,
        )
        for code, earning in fact.earnings.items()
        if earning.delta
    ]


def answer_of(fact: Fact, wave: Wave) -> Answer:
    """Return the answer to a fact in the contract's form."""
    if fact.error:
        return Answer(applied=False, error=fact.error)
    answer = Answer(fact.is_created, fact.is_applied, _still_waits(fact, wave))
    if isinstance(fact.statement, MemberStatement):
        answer.body = {"id": fact.statement.id}
        # Only where it named a code, or a claim waited for it: else as ever.
        if referral := wave.brought["referred"].get(id(fact)):
            answer.body["referral"] = referral
        return answer
    answer.body = _head(fact) | {
        "member": fact.member.external_id if fact.member else _stated_member(fact),
        "points": _points(fact, wave),
        "restored": _restored(fact, wave),
        "clamped": fact.clamped,
        "waiting": answer.waiting,
        "wallets": _wallets(fact, wave),
        "tiers": _moves(fact, wave),
        "referral": wave.brought["referred"].get(id(fact)),
        "challenges": [],
        "badges": [],
        "vouchers": _vouchers(fact, wave),
        "decision": f"dec_{fact.row.decision_id}" if fact.row.decision_id else None,
    }
    # Only for orders that were paid with something: others are answered as ever.
    settled = {"redemptions": fact.redeemed, "used_vouchers": fact.used_vouchers}
    answer.body |= {name: told for name, told in settled.items() if told}
    return answer


def _still_waits(fact: Fact, wave: Wave) -> bool:
    if not fact.is_waiting:
        return False
    return fact.row.still_waits(claimable_since=claimable_since(wave.program, wave.at))


def _head(fact: Fact) -> dict[str, Any]:
    """Return what names the fact: its id, and what it is about."""
    order, event = fact.order, fact.event
    if event is not None:
        return {
            "id": event.external_id,
            "applied": fact.is_applied,
            "type": event.type,
            "occurred_at": written(event.occurred_at),
        }
    if order is None:
        raise AssertionError("Only orders and events are answered like this")
    head = {
        "id": order.external_id,
        "version": order.version,
        "applied": fact.is_applied,
        "status": order.status or None,
    }
    if isinstance(fact.statement, RefundStatement):
        head["refund"] = fact.statement.id
    return head


def _stated_member(fact: Fact) -> str | None:
    if isinstance(fact.statement, EventStatement):
        return fact.statement.member or None
    return fact.order.member_ref or None if fact.order else None


def _point_types(fact: Fact, wave: Wave) -> list[str]:
    """Return every point type that some rule of the program earns."""
    rule_set_id = fact.row.rule_set_id or wave.setup.rule_set_id_at(wave.at)
    if rule_set_id is None:
        return list(fact.row.posted)
    return list(dict.fromkeys([*wave.setup.rule_set(rule_set_id).earns, *fact.row.posted]))


def _points(fact: Fact, wave: Wave) -> list[dict[str, Any]]:
    return [
        _point(code, fact.earnings.get(code), fact.row.posted.get(code, {}), wave.at)
        for code in _point_types(fact, wave)
    ]


def _restored(fact: Fact, wave: Wave) -> list[dict[str, Any]]:
    """Return what came back of the points that the order was paid with."""
    codes = dict.fromkeys([*_point_types(fact, wave), *fact.restored])
    return [{"point_type": code, "points": fact.restored.get(code, 0)} for code in codes]


def _point(
    code: str, earning: Earning | None, posted: dict[str, Any], at: datetime
) -> dict[str, Any]:
    target = posted.get("points", 0)
    dates = [moment for moment in posted.get("dates", {}).values() if target]
    pending = [moment for moment in dates if moment and moment > at.isoformat()]
    expires = [moment for moment in posted.get("expires", {}).values() if moment]
    state = "available"
    if pending:
        state = "pending" if len(pending) == len(dates) else "mixed"
    return {
        "point_type": code,
        "target": target,
        "previous": earning.previous if earning else target,
        "delta": earning.delta if earning else 0,
        "state": state,
        "available_at": _z(min(pending)) if pending else None,
        "expires_at": _z(min(expires)) if expires and target else None,
        "desired": posted.get("desired", 0),
        "limited_by": posted.get("limited_by"),
    }


def points_of_preview(fact: Fact, wave: Wave) -> list[dict[str, Any]]:
    """Return what a fact that was only imagined would earn, per point type."""
    points = []
    for code in _point_types(fact, wave):
        earning = fact.earnings.get(code)
        shown = _point(code, None, posted_of(earning) if earning else {}, wave.at)
        del shown["previous"], shown["delta"]
        points.append(shown)
    return points


def _wallets(fact: Fact, wave: Wave) -> dict[str, dict[str, int]]:
    if fact.member is None:
        return {}
    return {
        code: {
            "available": wallet.available,
            "pending": wallet.pending,
            "held": wallet.held,
            "debt": wallet.debt,
        }
        for code, point_type in wave.setup.point_types.items()
        for wallet in [wave.book.wallets.get((fact.member.id, point_type.id))]
        if wallet is not None
    }


def _moves(fact: Fact, wave: Wave) -> list[dict[str, str | None]]:
    return moved_to(wave.brought["moved"].moves, fact.member.id) if fact.member else []


def _vouchers(fact: Fact, wave: Wave) -> list[str]:
    """Return the codes of the vouchers that the fact brought its member."""
    issued = wave.brought["moved"].vouchers
    theirs = fact.member.id if fact.member else None
    return [voucher.shown for voucher in issued if voucher.member_id == theirs]


def _z(moment: str) -> str:
    return moment.replace("+00:00", "Z")
