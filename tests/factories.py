"""Programs, members and points for tests, made the way the product makes them.

Nothing here writes a table of its own: programs are published, members enrol, orders
and events go through the pipeline, and points come from the real ledger. So balances
are never invented.

    program = make_program(points={"hold": {"days": 14}})       # 1 point per euro
    ada = make_member(program, points=500)                      # "ada", by an adjustment
    answer = state_order(program, "1001", amount=4000)          # paid, by "ada"
    refund_order(program, "1001", "r-1", amount=1000)
    state_event(program, "rev-9", type="review")
    pass_time(program, days=14)                                 # the clock, and what is due

    assert balance_of(ada) == WalletView(available=530, lifetime_earned=530)

Programs are sandboxes whose clock starts at `NOON`; whatever takes `at` takes the
program's clock if it is left out. Rules and point types are written as in the program
file. `order_stated` and its kin give statements that are not stated yet, for batches.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from engine.batch import Answer
from engine.pipeline import state_fact
from engine.travel import move_clock
from loyalty.models import Entry, Member, PointType, Program, Redemption
from loyalty.queries.balances import WalletView, wallets_of
from loyalty.queries.programs import reward_forms
from loyalty.queries.setup import setup_of
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
from loyalty.services.adjustments import AdjustmentRequest, Requested, adjust_points
from loyalty.services.programs import (
    publish_rules,
    save_earning_rules,
    save_point_types,
    save_program,
)
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from loyalty.services.rewards import save_rewards

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

# One point for every euro.
SPEND = {"on": "order", "award": {"points": 1, "per": "1.00"}}

# Any number of points pays.
PAY = {"pay": {"gives": {"pay": {"point_type": "points", "rate": "0.01"}}}}

numbers = count(1)


def make_program(
    *,
    rules: dict[str, Any] | None = None,
    points: dict[str, Any] | None = None,
    point_types: dict[str, Any] | None = None,
    at: datetime = NOON,
    **form: Any,
) -> Program:
    """Create and publish a program; without `rules` it gives a point per euro.

    `points` is the form of its point type "points"; `point_types` names others.
    Everything else is a key of the file's section `program`.
    """
    number = next(numbers)
    start = {
        "slug": f"shop-{number}",
        "name": f"Shop {number}",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "sandbox": True,
    }
    program = save_program(form=start | form, at=at)
    types = {"points": points or {}} | (point_types or {})
    save_point_types(program=program, forms=types, at=at)
    change_rules(program, {"spend": SPEND} if rules is None else rules, at=at)
    return program


def change_rules(
    program: Program, rules: dict[str, Any], *, at: datetime | None = None
) -> None:
    """Make these the program's earning rules from `at` on."""
    save_earning_rules(program=program, forms=rules, at=_at(program, at))
    publish_rules(program=program, at=_at(program, at))


def point_type_of(program: Program, code: str = "points") -> PointType:
    return PointType.objects.get(program=program, code=code)


def make_member(
    program: Program,
    member_id: str = "ada",
    *,
    points: int = 0,
    at: datetime | None = None,
    **given: Any,
) -> Member:
    """Enrol a member (the fact `signup` is stated), with points that never expire."""
    state_fact(program, member_stated(program, member_id, at=at, **given), at=_at(program, at))
    member = Member.objects.get(program=program, external_id=member_id)
    member.program = program
    if points:
        give_points(member, points, at=at)
    return member


def give_points(
    member: Member, points: int, *, key: str = "", at: datetime | None = None, **terms: Any
) -> Entry:
    """Adjust by `points`, which never expire unless `expires_at` is among the terms."""
    now = _at(member.program, at)
    terms = {"reason": "gift", "expires_at": None} | terms
    point_type = point_type_of(member.program, terms.pop("point_type", "points"))
    adjustment = adjust_points(
        member=member,
        point_type=point_type,
        request=AdjustmentRequest(points, **terms),
        requested=Requested(key or f"given-{next(numbers)}", now),
    )
    assert adjustment.entry is not None
    return adjustment.entry


def reserve_points(
    member: Member,
    points: int,
    *,
    key: str = "cart-1",
    at: datetime | None = None,
    lasts: timedelta = timedelta(minutes=30),
) -> Redemption:
    """Hold points for a checkout, to pay with."""
    if PAY.keys().isdisjoint(setup_of(member.program).rewards):
        make_rewards(member.program, at=at, **reward_forms(member.program), **PAY)
    request = {"points": points, "order_total": 10**12, "ttl": lasts}
    return redeem(member, "pay", key=key, at=at, **request)


def make_rewards(program: Program, *, at: datetime | None = None, **forms: Any) -> None:
    """Make these the program's rewards, in the program file's form."""
    save_rewards(program=program, forms=forms, at=_at(program, at))


def redeem(
    member: Member,
    reward: str | None = None,
    *,
    key: str = "",
    at: datetime | None = None,
    **request: Any,
) -> Redemption:
    """Redeem a reward, or pay with points (`point_type`, `points`, `order_total`)."""
    return redeem_reward(
        member=member,
        request=RedemptionRequest(reward=reward, **request),
        requested=requested(member, key, at=at),
    )


def requested(member: Member, key: str = "", *, at: datetime | None = None) -> Requested:
    """Return a request with this key, or with one of its own."""
    return Requested(key or f"request-{next(numbers)}", _at(member.program, at))


def state_order(
    program: Program, order_id: str = "1001", *, at: datetime | None = None, **content: Any
) -> Answer:
    """State an order: by "ada" and paid, of `amount` cents unless it has `lines`."""
    return state_fact(
        program, order_stated(program, order_id, at=at, **content), at=_at(program, at)
    )


def refund_order(
    program: Program,
    order_id: str = "1001",
    refund_id: str = "r-1",
    *,
    at: datetime | None = None,
    **content: Any,
) -> Answer:
    """Post a refund to an order: `amount` cents, `lines`, or both."""
    statement = refund_stated(program, order_id, refund_id, at=at, **content)
    return state_fact(program, statement, at=_at(program, at))


def state_event(
    program: Program, event_id: str = "e-1", *, at: datetime | None = None, **content: Any
) -> Answer:
    """State an event: a review by "ada" unless `type` and `member` say otherwise."""
    return state_fact(
        program, event_stated(program, event_id, at=at, **content), at=_at(program, at)
    )


def member_stated(
    program: Program, member_id: str = "ada", *, at: datetime | None = None, **given: Any
) -> MemberStatement:
    return parse_member(member_id, given, now=_at(program, at))


def order_stated(
    program: Program, order_id: str = "1001", *, at: datetime | None = None, **content: Any
) -> OrderStatement:
    body = {"status": "paid"} | content
    if "guest" not in body:
        body.setdefault("member", "ada")
    if "lines" not in body:
        body["subtotal"] = body.pop("amount", 5000)
    return parse_order(order_id, body, currency=program.currency, now=_at(program, at))


def refund_stated(
    program: Program,
    order_id: str = "1001",
    refund_id: str = "r-1",
    *,
    at: datetime | None = None,
    **content: Any,
) -> RefundStatement:
    return parse_refund(order_id, {"id": refund_id} | content, now=_at(program, at))


def event_stated(
    program: Program, event_id: str = "e-1", *, at: datetime | None = None, **content: Any
) -> EventStatement:
    body = {"id": event_id, "type": "review", "member": "ada"} | content
    return parse_event(body, now=_at(program, at))


def pass_time(program: Program, **by: float) -> dict[str, int]:
    """Move the clock, as `timedelta` takes it, and do what has become due."""
    return move_clock(program=program, to=program.now() + timedelta(**by))


def balance_of(
    member: Member, point_type: str = "points", *, at: datetime | None = None
) -> WalletView:
    """Return what a reader of the wallet sees, at the program's clock or at `at`."""
    program = member.program
    return wallets_of([member], at=_at(program, at))[member.pk][point_type]


def entries_of(member: Member) -> list[Entry]:
    """Return the entries of all the member's wallets, oldest first."""
    return list(Entry.objects.filter(wallet__member=member).order_by("wallet_id", "seq"))


def _at(program: Program, at: datetime | None) -> datetime:
    return at or program.now()
