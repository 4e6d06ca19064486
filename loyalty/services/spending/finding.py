"""Finding the redemptions and vouchers that orders name or that belong to them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from core import bulk
from core.errors import InvalidInput, Problem
from loyalty.models import Redemption, Voucher
from loyalty.rules.codes import compared
from loyalty.services.facts import Fact, Wave
from loyalty.services.redemptions.asking import live_reward
from loyalty.services.spending.spent import Spent

STANDING = (Redemption.Status.HELD, Redemption.Status.CAPTURED)
REDEMPTION = re.compile(r"red_([1-9][0-9]{0,17})")


def find_spent(wave: Wave, facts: Sequence[Fact]) -> list[Spent]:
    """Return what these orders were paid with; facts that name the unknown are refused."""
    redemptions = _redemptions(wave, facts)
    vouchers = _vouchers(wave, facts)
    found = []
    for fact in facts:
        try:
            found.append(_spent_on(fact, redemptions, vouchers, wave))
        except InvalidInput as error:
            fact.error = error
    _note_orders(found, wave)
    return found


def _redemptions(wave: Wave, facts: Sequence[Fact]) -> list[Redemption]:
    names = [name for fact in facts for name in _named(fact, "redemptions")]
    numbers = [int(known[1]) for name in names if (known := REDEMPTION.fullmatch(name))]
    orders = [fact.order.external_id for fact in facts if fact.order]
    wanted = Q(order_ref__in=orders) | Q(pk__in=numbers)
    rows = Redemption.objects.filter(wanted, program_id=wave.setup.program_id)
    return list(rows.select_related("member", "program").order_by("id"))


def _vouchers(wave: Wave, facts: Sequence[Fact]) -> dict[str, Voucher]:
    codes = {compared(name) for fact in facts for name in _named(fact, "vouchers")}
    if not codes:
        return {}
    rows = Voucher.objects.filter(program_id=wave.setup.program_id, code__in=codes)
    issued = rows.exclude(issued_at=None)
    related = issued.select_related("member", "redemption__member", "redemption__program")
    return {voucher.code: voucher for voucher in related}


def _named(fact: Fact, what: str) -> list[str]:
    """Return the redemptions or vouchers that an order names, each once."""
    body = fact.order.body if fact.order else None
    return list(dict.fromkeys(body[what])) if body else []


def _spent_on(
    fact: Fact,
    redemptions: Iterable[Redemption],
    vouchers: Mapping[str, Voucher],
    wave: Wave,
) -> Spent:
    """:raises InvalidInput: with a pointer to each name that nobody knows"""
    spent, problems = Spent(fact), []
    known = {str(redemption): redemption for redemption in redemptions}
    for place, name in enumerate(_named(fact, "redemptions")):
        if name not in known:
            detail = f"there is no redemption {name}"
            pointer = f"/redemptions/{place}"
            problems.append(Problem(pointer, "unknown_redemption", detail))
    for place, name in enumerate(_named(fact, "vouchers")):
        voucher = vouchers.get(compared(name))
        if voucher is None:
            detail = f"there is no voucher {name}"
            problems.append(Problem(f"/vouchers/{place}", "unknown_voucher", detail))
        else:
            spent.vouchers.append(voucher)
    if problems:
        raise InvalidInput(problems)
    named = set(_named(fact, "redemptions"))
    # Those that are the order's already come before those that it only names.
    for name, redemption in sorted(known.items(), key=lambda one: not one[1].order_ref):
        if name in named or redemption.order_ref == spent.order_id:
            _take_in(spent, redemption, wave)
    return spent


def _take_in(spent: Spent, redemption: Redemption, wave: Wave) -> None:
    """Count a redemption to its order, unless it is somebody else's."""
    member = spent.fact.member
    why = None
    if member is None or redemption.member_id != member.pk:
        why = "of_another_member"
    elif redemption.order_ref not in ("", spent.order_id):
        why = "of_another_order"
    elif _is_dropped(spent, redemption, wave):
        spent.dropped.append(redemption)
        return
    elif _is_one_too_many(spent, redemption, wave):
        why = "already_redeemed"
    if why is None:
        spent.redemptions.append(redemption)
    else:
        status = redemption.status_at(wave.at)
        told = {"id": str(redemption), "status": status, "why": why}
        spent.fact.redeemed.append(told)


def _is_dropped(spent: Spent, redemption: Redemption, wave: Wave) -> bool:
    """Say whether the order named what is held, and is now to be paid without it."""
    is_held = redemption.status_at(wave.at) == Redemption.Status.HELD
    return is_held and not spent.is_cancelled and str(redemption) in spent.fact.dropped


def _is_one_too_many(spent: Spent, redemption: Redemption, wave: Wave) -> bool:
    """Say whether an order names what is held though it has the same, and may have it once."""
    is_held = redemption.status_at(wave.at) == Redemption.Status.HELD
    if redemption.order_ref or spent.is_cancelled or not is_held:
        return False
    reward = live_reward(wave.setup, redemption.reward_id)
    if reward is not None and reward.several_per_order:
        return False
    return any(
        one.reward_id == redemption.reward_id
        and (one.reward_id is not None or one.gives == redemption.gives)
        and one.status_at(wave.at) in STANDING
        for one in spent.redemptions
    )


def _note_orders(found: Sequence[Spent], wave: Wave) -> None:
    """Tie redemptions to the orders that name them; those that are over stay as they ended."""
    named = [
        (redemption, one.order_id)
        for one in found
        for redemption in one.redemptions
        if not redemption.order_ref and redemption.status_at(wave.at) in STANDING
    ]
    named += [(redemption, "") for one in found for redemption in one.dropped]
    for redemption, order_id in named:
        redemption.order_ref = order_id
    rows = [(redemption.pk, order_id) for redemption, order_id in named]
    bulk.update_rows(Redemption, ("order_ref",), rows)
