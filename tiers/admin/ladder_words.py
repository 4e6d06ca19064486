"""Ladders and tiers in words: thresholds, values, and what a tier brings."""

from decimal import Decimal
from typing import Any

from core.money import format_money
from core.staff import DASH, Figure
from loyalty.admin.reward_words import gives_in_words
from loyalty.admin.snippets import written
from loyalty.models import Program
from tiers.rules.ladders import CompiledLadder, EntryReward, Tier

COUNTED = {
    "orders": ("order", "orders"),
    "active_months": ("month with an order", "months with an order"),
}


def value_in_words(value: int, ladder: CompiledLadder, program: Program) -> Figure:
    """Return a value that a ladder counts: an amount of money, or so many of what."""
    if ladder.metric == "spend":
        return Figure(format_money(value, program.currency, program.locale))
    one, several = COUNTED.get(ladder.metric, (ladder.point_type, ladder.point_type))
    return Figure(f"{value:,} {one if value == 1 else several}")


def threshold_in_words(tier: Tier, ladder: CompiledLadder, program: Program) -> Figure:
    value = value_in_words(tier.threshold, ladder, program)
    return Figure(f"more than {value}" if tier.over else f"from {value}")


def tier_name(ladder: CompiledLadder | None, code: str | None) -> str:
    """Return a tier's name; the code where the ladder knows it no more, a dash for none."""
    if not code:
        return DASH
    tier = ladder.tier(code) if ladder else None
    return tier.name if tier else code


def benefit_in_words(value: Any) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def benefits_in_words(tier: Tier) -> str:
    """Return all that a tier brings but its entry reward, on one line."""
    parts = [f"{name}: {written(value)}" for name, value in tier.benefits.items()]
    if tier.multiplier != Decimal(1):
        parts.insert(0, f"{tier.multiplier.normalize():f} times the points")
    return ", ".join(parts) or DASH


def entry_in_words(entry: EntryReward | None, program: Program) -> str:
    if entry is None:
        return DASH
    often = ", each time" if entry.each_time else ""
    return f"{gives_in_words(entry.gives.form, program)}{often}"
