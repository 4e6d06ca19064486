"""What a reward that is not saved yet would be: to shoppers, and to who was here last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from core.money import exponent
from core.staff import DASH, Figure, Panel
from loyalty.admin.explaining import limit_in_words
from loyalty.admin.reward_words import WHY_NOT, gives_in_words, mark, price_of
from loyalty.admin.showing import link, local, money
from loyalty.models import Member, Program, Reward
from loyalty.queries.programs import point_type_forms
from loyalty.queries.reward_trials import left_if, try_on_members
from loyalty.rules.paying import quote_payment
from loyalty.rules.rewards import ALWAYS, CompiledReward, Window, faces_of


@dataclass(frozen=True)
class Face:
    """A reward as a shopper sees it: a card, and what stands beside it."""

    name: str
    gives: str
    price: str
    notes: Sequence[str]
    facts: Sequence[tuple[str, object]]


def face_of(
    reward: CompiledReward, form: Mapping[str, Any], row: Reward | None, program: Program
) -> Face:
    """Return what a shopper sees of a reward, and what it costs whom."""
    now = program.now()
    left = left_if(row, form.get("stock"), is_pooled=_is_pooled(reward), at=now)
    notes = [] if left is None else [f"{max(left, 0):,} left"]
    if now not in reward.visible:
        notes.append("not shown now")
    elif now not in reward.redeemable:
        notes.append("shown, but not to be had now")
    return Face(
        name=reward.name,
        gives=gives_in_words(reward.gives.form, program),
        price=price_of(form),
        notes=notes,
        facts=_facts(reward, form, program),
    )


def _is_pooled(reward: CompiledReward) -> bool:
    return reward.voucher is not None and reward.voucher.from_pool


def _facts(
    reward: CompiledReward, form: Mapping[str, Any], program: Program
) -> list[tuple[str, object]]:
    limits = "; ".join(map(limit_in_words, form.get("limits") or []))
    facts: list[tuple[str, object]] = [
        ("Worth to the shopper", worth_of(reward, program)),
        ("Price, at the value of the points", price_worth(reward, program)),
        ("Visible", window_in_words(reward.visible, program)),
        ("Redeemable", _redeemable(reward, program)),
        ("For", form.get("when") or "everybody"),
        ("How often", limits or "as often as they like"),
    ]
    if reward.voucher is not None:
        facts.append(("Code", _code(form)))
    return facts


def _redeemable(reward: CompiledReward, program: Program) -> str:
    if reward.redeemable == reward.visible:
        return "as long as it is visible"
    return window_in_words(reward.redeemable, program)


def _code(form: Mapping[str, Any]) -> str:
    voucher: Mapping[str, Any] = form.get("voucher") or {}
    made = "from the pool" if voucher.get("codes") == "pool" else "made by us"
    uses = voucher.get("uses") or 1
    times = "once" if uses == 1 else f"{uses:,} times"
    valid = f"valid for {voucher['valid']}" if voucher.get("valid") else "without end"
    return f"{made}, {valid}, used {times}"


def worth_of(reward: CompiledReward, program: Program) -> object:
    """Return what the reward saves on an order of 100, or what is known of it."""
    gives = reward.gives
    if gives.kind in ("fixed", "gift_card", "donation"):
        return money(gives.amount, program)
    hundred = 100 * 10 ** exponent(program.currency)
    if gives.kind == "percent":
        return f"{money(gives.discount(hundred) or 0, program)} on {money(hundred, program)}"
    if gives.pay is not None:
        quote = quote_payment(gives.pay, available=2**62, order_total=hundred)
        paid = money(quote.discount, program)
        return f"up to {paid} on {money(hundred, program)}, for {quote.points:,} points"
    return DASH


def price_worth(reward: CompiledReward, program: Program) -> object:
    """Return what its prices come to at the value of the points."""
    faces = faces_of(point_type_forms(program))
    unit = 10 ** exponent(program.currency)
    worths = [
        money(int(points * Fraction(faces[code].value) * unit), program)
        for code, points in reward.cost.items()
        if faces[code].value
    ]
    return " or ".join(worths) or DASH


def window_in_words(window: Window, program: Program) -> str:
    """Return from when to when, by the program's wall clock."""
    if window == ALWAYS:
        return "always"
    begins = f"from {local(window.starts_at, program)}" if window.starts_at else ""
    ends = f"until {local(window.ends_at, program)}" if window.ends_at else ""
    return " ".join(part for part in (begins, ends) if part)


def who_panel(
    reward: CompiledReward,
    form: Mapping[str, Any],
    row: Reward | None,
    program: Program,
    tiers: Mapping[Member, Mapping[str, str]],
) -> Panel:
    """Return who of these members, with their tiers, could have the reward now."""
    now: datetime = program.now()
    members = list(tiers)
    held = {member.pk: each for member, each in tiers.items()}
    left = left_if(row, form.get("stock"), is_pooled=_is_pooled(reward), at=now)
    tried = try_on_members(program, reward, members, left=left, at=now, tiers=held)
    can = sum(1 for each in tried if each.why_not is None)
    return Panel(
        title=f"Who could have it: {can} of the last {len(members)} active members",
        headings=("Member", "Id", *reward_points(reward), "Could have it", "Why not"),
        rows=[
            (
                link(each.member),
                each.member.external_id,
                *(Figure(f"{each.available.get(code, 0):,}") for code in reward_points(reward)),
                mark("valid", "yes") if each.why_not is None else mark("no", "no"),
                WHY_NOT[each.why_not] if each.why_not else DASH,
            )
            for each in tried
        ],
        empty="Nobody has been active yet.",
    )


def reward_points(reward: CompiledReward) -> list[str]:
    """Return the point types that it can be had for."""
    return [reward.gives.point_type] if reward.gives.pay else list(reward.cost)
