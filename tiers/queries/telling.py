"""Ladders, and where members stand in them, in the words of the contract: plain values.

Money is in minor units, multipliers are text. A member is in every ladder, with `tier`
None where it has reached none, and `since` None where it was never anywhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.errors import NotFound, invalid
from loyalty.models import Member, Program
from tiers.models import Standing, StandingChange
from tiers.queries.ladders import LadderSetup, tier_setup_of
from tiers.queries.standings import Held, benefits_of, history_of, progress_in, standings_of
from tiers.rules.ladders import CompiledLadder, Tier
from tiers.rules.progress import Keep, NextTier
from tiers.rules.windows import WindowTerms


def tiers_held(member: Member, at: datetime) -> dict[str, str]:
    """Return the tiers that a member holds, by ladder, as conditions ask for them."""
    return held_codes(standings_of(member.program, [member], at)[member.pk])


def held_codes(held: Mapping[str, Held]) -> dict[str, str]:
    """Return the codes of the tiers among these, by ladder."""
    return {code: each.tier for code, each in held.items() if each.tier is not None}


def tiers_told(
    program: Program, members: Sequence[Member], at: datetime
) -> dict[int, dict[str, dict[str, Any]]]:
    """Return each member's tiers by ladder, by member number; two queries for all."""
    found = standings_of(program, members, at)
    return {
        member_id: {code: _held(each) for code, each in held.items()}
        for member_id, held in found.items()
    }


def ladders_told(program: Program, at: datetime) -> list[dict[str, Any]]:
    """Return the ladders in force at `at`, in their order, with all that their tiers bring."""
    setup = tier_setup_of(program)
    ladders = setup.ladders_on(setup.day_of(at))
    return [_ladder(ladder) for ladder in ladders.values()]


def ladder_faces(program: Program, at: datetime) -> dict[str, dict[str, Any]]:
    """Return what anybody may know of the ladders, by code.

    Benefits that are texts, such as the number of a hotline, are for those who have them.
    """
    return {each["code"]: _face(each) for each in ladders_told(program, at)}


def ladder_asked(program: Program, code: str | None) -> LadderSetup:
    """Return a live ladder by its code, or the only one there is.

    :raises NotFound: if the program has no ladders
    :raises InvalidInput: at /ladder, naming the ladders, if it is not clear which
    """
    ladders = tier_setup_of(program).ladders
    if not ladders:
        raise NotFound("This program has no ladders.")
    if code is None and len(ladders) == 1:
        return next(iter(ladders.values()))
    offered = ", ".join(ladders)
    if code is None:
        raise invalid("/ladder", "required", f"there are several ladders: name {offered}")
    if code not in ladders:
        detail = f"there is no ladder {code!r}; there is {offered}"
        raise invalid("/ladder", "unknown_ladder", detail)
    return ladders[code]


def tier_told(
    member: Member,
    ladder: LadderSetup,
    at: datetime,
    *,
    unwritten: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return where a member stands in a ladder: tier, progress, benefits and history.

    `unwritten` are changes, newest first, that no review has written down yet.
    """
    held, progress = progress_in(member, ladder, at)
    now = ladder.on(tier_setup_of(member.program).day_of(at))
    tier = now.tier(held.tier)
    return {
        "ladder": ladder.code,
        **_held(held),
        "metric": now.metric,
        "value": progress.value,
        "next": _next(progress.next),
        "keep": _keep(progress.keep),
        "benefits": dict(tier.benefits) if tier else {},
        "history": [*unwritten, *(_change(each) for each in history_of(member, ladder))],
    }


def is_review_due(member: Member, ladder: LadderSetup, at: datetime) -> bool:
    """Say whether time may have moved a member, and nobody has written it down yet."""
    rows = Standing.objects.filter(member=member, ladder=ladder.id, review_at__lte=at)
    return rows.exists()


def vouched_for(member: Member, at: datetime) -> dict[str, Any]:
    """Return what may be said of a member to others: its tiers by ladder, and benefits."""
    return {"tiers": tiers_held(member, at), "benefits": benefits_of(member, at)}


def _held(held: Held) -> dict[str, Any]:
    return {"tier": held.tier, "since": held.since, "until": held.until}


def _next(tier: NextTier | None) -> dict[str, Any] | None:
    if tier is None:
        return None
    return {"tier": tier.tier, "threshold": tier.threshold, "missing": tier.missing}


def _keep(keep: Keep | None) -> dict[str, Any] | None:
    if keep is None:
        return None
    return {
        "by": keep.by,
        "missing": keep.missing,
        "falls_at": keep.falls_at,
        "falls_to": keep.falls_to,
    }


def _change(change: StandingChange) -> dict[str, Any]:
    return change_told(
        before=change.from_tier,
        after=change.to_tier,
        at=change.at,
        cause=(change.cause, change.source_type, change.source_id, change.reason),
    )


def change_told(
    *, before: str | None, after: str | None, at: datetime, cause: tuple[str, str, str, str]
) -> dict[str, Any]:
    """Return a change of tier; `cause` has its word, what it came from, and why."""
    word, source_type, source_id, reason = cause
    return {
        "from": before or None,
        "to": after or None,
        "at": at,
        "cause": word,
        "source": {"type": source_type, "id": source_id or None} if source_type else None,
        "reason": reason or None,
    }


def _ladder(ladder: CompiledLadder) -> dict[str, Any]:
    return {
        "code": ladder.code,
        "name": ladder.name,
        "metric": ladder.metric,
        "point_type": ladder.point_type or None,
        "window": _window(ladder.window),
        "valid_for": _lasting(ladder),
        "tiers": [_tier(tier) for tier in ladder.tiers],
    }


def _tier(tier: Tier) -> dict[str, Any]:
    entry = None
    if tier.entry is not None:
        once = "each_time" if tier.entry.each_time else "lifetime"
        entry = dict(tier.entry.gives.form) | {"once": once}
    return {
        "code": tier.code,
        "name": tier.name,
        "threshold": tier.threshold,
        "operator": "over" if tier.over else "at_least",
        "multiplier": f"{tier.multiplier.normalize():f}",
        "entry": entry,
        "benefits": dict(tier.benefits),
    }


def _window(window: WindowTerms) -> str | dict[str, str]:
    if window.kind == "rolling":
        return {"rolling": str(window.length)}
    if window.kind == "calendar":
        starts = window.starts
        return {"calendar": window.unit, "starts": f"{starts.month:02}-{starts.day:02}"}
    return {"anniversary": "joined"} if window.kind == "anniversary" else window.kind


def _lasting(ladder: CompiledLadder) -> str | None:
    """Return how long a tier lasts; None: for ever."""
    if ladder.downgrade == "never":
        return None
    if ladder.length is not None:
        return str(ladder.length)
    if not ladder.window.has_periods:
        return None
    return "end_of_next_period" if ladder.next_period else "end_of_period"


def _face(told: Mapping[str, Any]) -> dict[str, Any]:
    tiers = [
        tier
        | {
            "benefits": {
                name: value
                for name, value in tier["benefits"].items()
                if not isinstance(value, str)
            }
        }
        for tier in told["tiers"]
    ]
    return {name: value for name, value in told.items() if name != "code"} | {"tiers": tiers}
