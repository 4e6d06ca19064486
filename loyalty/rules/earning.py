"""What an order or an event earns by a rule set. No database, no clock.

The same rules, facts and member always give the same points: what an order
earned can be computed again from what was frozen with it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loyalty.rules.asking import Asking
from loyalty.rules.compiled import CompiledRuleSet
from loyalty.rules.filters import Scope
from loyalty.rules.goods import OrderAsking
from loyalty.rules.multipliers import Bonus
from loyalty.rules.orders import OrderFacts
from loyalty.rules.outcomes import Evaluation
from loyalty.rules.validity import WEEKDAYS


def evaluate_order(
    rule_set: CompiledRuleSet,
    facts: OrderFacts,
    *,
    at: datetime,
    fulfilled_at: datetime | None,
    member: Mapping[str, Any],
    bonuses: Sequence[Bonus],
) -> Evaluation:
    """Return what an order earns as it stands, before limits.

    `at` is when it was paid. `member` holds what `member.*` may ask, and
    `is_first`. Whether the order is paid at all is for the caller to know, who
    may be asking on behalf of somebody who has not paid yet.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    local = at.astimezone(rule_set.zone)
    order = {
        **facts.scope,
        "is_first": member.get("is_first"),
        "weekday": WEEKDAYS[local.weekday()],
        "hour": local.hour,
    }
    scope: Scope = {"order": order, "member": member}
    asking = OrderAsking(rule_set, scope, local, bonuses, facts)
    return Evaluation(rule_set, asking.ask("order"), at=at, fulfilled_at=fulfilled_at)


def evaluate_event(
    rule_set: CompiledRuleSet,
    event: Mapping[str, Any],
    *,
    at: datetime,
    member: Mapping[str, Any],
    bonuses: Sequence[Bonus],
) -> Evaluation:
    """Return what an event earns, before limits.

    `event` has `type` and `properties`; `at` is when it occurred. `member` holds
    what `member.*` may ask and, for rules with `known_for`, the time since which
    the day is on file (`birthday_known_since`). An event is fulfilled when it
    happens.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    scope: Scope = {"event": event, "member": member}
    asking = Asking(rule_set, scope, at.astimezone(rule_set.zone), bonuses)
    return Evaluation(rule_set, asking.ask(event["type"]), at=at, fulfilled_at=at)
