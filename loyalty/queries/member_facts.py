"""What rules may know about a member: as it was at the time of the fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from core.periods import Period, subtract_period
from core.sums import HALF
from loyalty.models import Member

YEAR = Period(12, "month")

# Held by members whom nobody has asked about, or whose program has no ladders.
NO_TIERS: Mapping[str, str] = {}

# No order has a larger number.
LAST = 2**63 - 1

# Names that ask for a look at the member's other orders.
COUNTED = frozenset({"order.is_first", "member.orders_count", "member.spend_12m"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: this member, at this time, but for this order.

    A clock that stands still gives orders one time. Whatever is known when an order is
    judged was known before it; of one that is asked about `again`, only its number tells.
    `tiers` are those held then, by ladder; whoever asks knows them.
    """

    member: Member
    at: datetime
    order_id: int | None = None
    again: bool = False
    tiers: Mapping[str, str] = field(default_factory=dict)


def member_facts(
    questions: Sequence[Question], *, zone: ZoneInfo, counted: bool
) -> list[dict[str, Any]]:
    """Return `member.*` for each question, with `is_first` and what is counted.

    `orders_count` and `spend_12m` (minor units) look at earlier orders that are
    worth something now. They cost one query for all, made only if `counted`.
    """
    history = _history(questions, zone) if counted else [(0, 0)] * len(questions)
    return [
        {
            **_plain_facts(question, zone),
            "orders_count": orders,
            "spend_12m": spend,
            "is_first": orders == 0,
        }
        for question, (orders, spend) in zip(questions, history, strict=True)
    ]


def _plain_facts(question: Question, zone: ZoneInfo) -> dict[str, Any]:
    member = question.member
    today = question.at.astimezone(zone).date()
    known_since = member.birthday_known_since
    return {
        "id": member.external_id,
        "joined_days_ago": (today - member.joined_at.astimezone(zone).date()).days,
        "age": age_on(member.birthday, today),
        "locale": member.locale or None,
        "attributes": member.attributes,
        "segments": [],
        "tier": dict(question.tiers),
        "birthday_known_since": known_since.isoformat() if known_since else None,
    }


def age_on(birthday: date | None, today: date) -> int | None:
    """Return the age in whole years; someone born on 29 February ages on 1 March."""
    if birthday is None:
        return None
    had_it = (today.month, today.day) >= (birthday.month, birthday.day)
    return today.year - birthday.year - (not had_it)


def _history(questions: Sequence[Question], zone: ZoneInfo) -> list[tuple[int, int]]:
    if not questions:
        return []
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(questions))
    values: list[Any] = []
    for number, question in enumerate(questions):
        since = subtract_period(question.at, YEAR, zone)
        values += [number, question.member.pk, *_moments(question.at, since)]
        own = question.order_id or 0
        values += [own, own if question.again else LAST]
    spent = "CASE WHEN o.paid_at > asked.since THEN o.subtotal END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked (number, member, at, since, own, last) AS (VALUES {rows}) "  # noqa: S608
            "SELECT asked.number, COUNT(o.id), "
            f"COALESCE(SUM({spent} / {HALF}), 0), COALESCE(SUM({spent} %% {HALF}), 0) "
            "FROM asked LEFT JOIN loyalty_order o ON o.member_id = asked.member "
            "AND o.counts AND o.id <> asked.own AND o.paid_at <= asked.at "
            "AND (o.paid_at < asked.at OR o.id <= asked.last) "
            "GROUP BY asked.number ORDER BY asked.number",
            values,
        )
        return [
            (int(count), int(above) * HALF + int(below))
            for _, count, above, below in cursor.fetchall()
        ]


def _moments(*moments: datetime) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(moment) for moment in moments]
