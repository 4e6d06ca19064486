"""Rewards in words: what they give and cost, and why somebody cannot have one."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.errors import DomainError
from core.money import format_money, to_minor
from loyalty.models import Program, Redemption, Voucher

Form = Mapping[str, Any]

WHY_NOT: Mapping[str, str] = {
    "member_suspended": "They may not redeem: suspended or closed.",
    "not_redeemable": "It is not on offer now.",
    "not_eligible": "Its condition does not hold for them.",
    "out_of_stock": "Nothing is left of it.",
    "limit_reached": "They have had it as often as its limits allow.",
    "insufficient_points": "They have too few points.",
}
VOUCHER_STATES: Mapping[str, str] = {
    "voucher_void": "Void",
    "voucher_used": "Used",
    "voucher_not_yet": "Not valid yet",
    "voucher_expired": "Expired",
    "waiting": "In the pool",
}
# What stands for a status or a state at a glance: its colour.
TONES: Mapping[str, str] = {
    "held": "acted",
    "captured": "gave",
    "open": "acted",
    "in_progress": "acted",
    "fulfilled": "gave",
    "valid": "gave",
    "waiting": "acted",
}


def gives_in_words(gives: Form, program: Program) -> str:
    """Return what a reward or a voucher gives, in a few words."""
    for key, words in _WORDS.items():
        if gives.get(key) is not None:
            return words(gives, program)
    return "nothing"


def cost_in_words(cost: Mapping[str, int]) -> str:
    """Return what a reward costs: any one of its prices."""
    return " or ".join(f"{points:,} {code}" for code, points in cost.items())


def price_of(form: Form) -> str:
    """Return the price of a reward in the file's form."""
    if (form.get("gives") or {}).get("pay"):
        return "as many points as are paid with"
    cost = form.get("cost") or {}
    return cost_in_words({code: price for code, price in cost.items() if price}) or "nothing"


def name_of(redemption: Redemption, program: Program) -> str:
    """Return what was redeemed: the reward's name, or that points paid."""
    if redemption.reward is not None:
        return str(redemption.reward)
    return gives_in_words(redemption.gives, program)


def voucher_word(voucher: Voucher, state: str | None) -> SafeString:
    """Return how a voucher stands, as a small mark."""
    if voucher.issued_at is None:
        return mark("waiting", VOUCHER_STATES["waiting"])
    if state is None:
        left = voucher.uses - voucher.used
        return mark("valid", "Valid" if voucher.uses == 1 else f"Valid, {left} uses left")
    return mark(state, VOUCHER_STATES.get(state, state))


def mark(word: str, text: str) -> SafeString:
    """Return a state as a small mark in the colour of what it means."""
    return format_html('<span class="mark {}">{}</span>', TONES.get(word, "none"), text)


def _money(text: Any, program: Program) -> str:
    """Return an amount of the file, such as "10.00", as a person reads it."""
    try:
        minor = to_minor(str(text), program.currency)
    except DomainError:  # of a program that changed its currency
        return f"{text} {program.currency}"
    return format_money(minor, program.currency, program.locale)


def _fixed(gives: Form, program: Program) -> str:
    least = gives.get("minimum_order")
    floor = f" orders from {_money(least, program)}" if least else ""
    return f"{_money(gives['fixed'], program)} off{floor}"


def _percent(gives: Form, program: Program) -> str:
    most = gives.get("at_most")
    cap = f", at most {_money(most, program)}" if most else ""
    return f"{gives['percent']} % off{cap}"


def _buy(gives: Form, _program: Program) -> str:
    percent = gives.get("percent", 100)
    how = "free" if str(percent) == "100" else f"{percent} % off"
    return f"buy {gives['buy']}, get {gives.get('get', 1)} {how}"


def _pay(gives: Form, program: Program) -> str:
    pay: Form = gives["pay"]
    rate = f", {pay['rate']} {program.currency} each" if pay.get("rate") else ""
    return f"pay with {pay.get('point_type') or 'points'}{rate}"


def _donation(gives: Form, program: Program) -> str:
    whom = f" to {gives['to']}" if gives.get("to") else ""
    return f"a donation of {_money(gives['donation'], program)}{whom}"


def _points(gives: Form, _program: Program) -> str:
    return f"{gives['points']:,} {gives.get('point_type') or 'points'}"


def _custom(gives: Form, _program: Program) -> str:
    said = ", ".join(f"{key} {value}" for key, value in sorted(gives["custom"].items()))
    return f"made by hand: {said}" if said else "made by hand"


_WORDS: Mapping[str, Callable[[Form, Program], str]] = {
    "fixed": _fixed,
    "buy": _buy,
    "percent": _percent,
    "pay": _pay,
    "free_product": lambda gives, _: f"{gives['free_product']} for free",
    "free_shipping": lambda gives, _: "free shipping",
    "gift_card": lambda gives, program: f"a gift card of {_money(gives['gift_card'], program)}",
    "entitlement": lambda gives, _: f"{gives.get('quantity', 1)} {gives['entitlement']}",
    "donation": _donation,
    "points": _points,
    "physical": lambda gives, _: str(gives["physical"]),
    "custom": _custom,
}
