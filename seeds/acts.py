"""What happens in an invented shop beside facts: rewards redeemed, and what staff do.

A `redemption` asks for a reward or pays with points, once for its id. An order names
redemptions, and the vouchers that they yielded, by those ids, since nobody knows
codes before they are made; those of a referral it names by side and friend. A
`program` loads a changed program file, and a `tier` is set by hand; a fact has to
follow on the same day, or nobody would see that the day is over. What is about
referrals is in `seeds.referring`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.program_file import apply_program
from loyalty.models import Member, Program, Redemption
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from seeds.days import Fact
from seeds.program_files import program_file
from seeds.referring import approve, choose, follow, reject, voucher_of
from tiers.queries.telling import tiers_held
from tiers.services.by_hand import set_tier


def redemption_key(name: str) -> str:
    return f"seed:{name}"


def redeem(program: Program, fact: Fact) -> None:
    asked = {name: fact[name] for name in fact.keys() - {"kind", "id", "told_at", "member"}}
    member, now = _member(program, fact), program.now()
    redeem_reward(
        member=member,
        request=RedemptionRequest(**asked),
        requested=Requested(redemption_key(fact["id"]), now),
        tiers=tiers_held(member, now),
    )


def change_program(program: Program, fact: Fact) -> None:
    apply_program(program_file(fact["id"]), at=program.now(), program=program)
    program.refresh_from_db()


def give_tier(program: Program, fact: Fact) -> None:
    set_tier(
        member=_member(program, fact),
        ladder=fact["ladder"],
        tier=fact["tier"],
        until=fact["until"],
        reason=fact["reason"],
        at=program.now(),
    )


def _member(program: Program, fact: Fact) -> Member:
    members = Member.objects.select_related("program")
    return members.get(program=program, external_id=fact["member"])


# What is done, by the kind of fact, where the pipeline does not do it.
ACTS: Mapping[str, Callable[[Program, Fact], None]] = {
    "redemption": redeem,
    "program": change_program,
    "tier": give_tier,
    "code": choose,
    "link": follow,
    "approve": approve,
    "reject": reject,
}


def name_redemptions(program: Program, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order's body with ids and codes in the place of the names of facts."""
    redeemed = _redeemed(program, [*body.get("redemptions", ()), *body.get("vouchers", ())])
    named = dict(body)
    if "redemptions" in body:
        named["redemptions"] = [str(redeemed[name]) for name in body["redemptions"]]
    if "vouchers" in body:
        named["vouchers"] = [_code(program, redeemed, name) for name in body["vouchers"]]
    return named


def _code(program: Program, redeemed: Mapping[str, Redemption], name: str) -> str:
    voucher = redeemed[name].voucher if name in redeemed else voucher_of(program, name)
    # One that is gone is named all the same, and refused by that name.
    return voucher.shown if voucher else name


def _redeemed(program: Program, names: Sequence[str]) -> dict[str, Redemption]:
    keys = {redemption_key(name): name for name in names}
    rows = Redemption.objects.filter(program=program, key__in=keys) if keys else ()
    return {keys[row.key]: row for row in rows}
