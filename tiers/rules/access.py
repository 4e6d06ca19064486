"""Access: products and content that only some may see or buy, and from when on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import DomainError, Problem
from core.periods import parse_moment
from loyalty.rules.forms import Form, raise_if_any
from tiers.rules.ladders import NO_TIER, CompiledLadder

Ladders = Mapping[str, CompiledLadder]

NEEDS_TIER = "needs_tier"
NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may have some products: members in one of `tiers` (ladder and tier), or higher.

    Nobody may before `opens_at`, but for those whose benefit `opens_early_by` says how
    many hours earlier.
    """

    code: str
    skus: frozenset[str]
    categories: frozenset[str]
    tiers: tuple[tuple[str, str], ...]
    opens_at: datetime | None
    opens_early_by: str

    def is_about(self, sku: str, categories: frozenset[str]) -> bool:
        return sku in self.skus or not categories.isdisjoint(self.categories)


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a member may have something. `because` is the tier that opens it.

    If not: from when on (`opens_at`, where time alone is missing) and why, as
    needs_tier or not_yet.
    """

    allowed: bool
    opens_at: datetime | None = None
    because: str | None = None


def judge_access(
    rule: AccessRule,
    *,
    held: Mapping[str, str],
    benefits: Mapping[str, Any],
    ladders: Ladders,
    at: datetime,
) -> Access:
    """Return what a rule says to a member with these tiers (by ladder) and benefits."""
    tier = _opening_tier(rule, held, ladders)
    if rule.tiers and tier is None:
        return Access(False, None, NEEDS_TIER)
    if rule.opens_at is None:
        return Access(True, None, tier)
    hours = benefits.get(rule.opens_early_by, 0)
    early = timedelta(hours=hours) if isinstance(hours, int) else timedelta()
    opens_at = rule.opens_at - early
    if at < opens_at:
        return Access(False, opens_at, NOT_YET)
    return Access(True, None, tier)


def strictest(answers: list[Access]) -> Access:
    """Return the answer where several rules are about one thing: all of them must allow it."""
    refused = [answer for answer in answers if not answer.allowed]
    if not refused:
        return next((answer for answer in answers if answer.because), Access(True))
    for answer in refused:
        if answer.because == NEEDS_TIER:
            return answer
    return max(
        refused, key=lambda answer: answer.opens_at.timestamp() if answer.opens_at else 0
    )


def _opening_tier(rule: AccessRule, held: Mapping[str, str], ladders: Ladders) -> str | None:
    for code, least in rule.tiers:
        ladder, tier = ladders.get(code), held.get(code, "")
        if ladder is None:
            continue
        place = ladder.places.get(tier, NO_TIER)
        if place != NO_TIER and place >= ladder.places.get(least, len(ladder.tiers)):
            return tier
    return None


def compile_access(
    forms: Mapping[str, Mapping[str, Any]], *, ladders: Ladders, zone: ZoneInfo
) -> dict[str, AccessRule]:
    """Return the access rules by code, in their order.

    :raises InvalidInput: with a pointer, from /access on, for everything wrong
    """
    problems: list[Problem] = []
    entries = Form({"access": forms}, "", problems).subs("access")
    rules = {code: _read(code, form, ladders, zone) for code, form in entries}
    raise_if_any(problems)
    return rules


def stored_access(
    forms: Mapping[str, Mapping[str, Any]], zone: ZoneInfo
) -> tuple[AccessRule, ...]:
    """Return rules that were saved. One whose tier is gone stays closed."""
    entries = Form({"access": forms}, "", []).subs("access")
    return tuple(_read(code, form, {}, zone) for code, form in entries)


def _read(code: str, form: Form, ladders: Ladders, zone: ZoneInfo) -> AccessRule:
    skus, categories = frozenset(form.words("skus")), frozenset(form.words("categories"))
    if not skus and not categories:
        form.refuse(None, "required", "say what it is about: skus, categories or both")
    tiers = _read_tiers(form, ladders)
    opens_at = _read_moment(form, zone)
    early = form.text("opens_early_by", longest=60) or ""
    if not tiers and "opens_at" not in form:
        form.refuse(
            None, "required", "say who may have it (tiers), from when on (opens_at), or both"
        )
    if early:
        _check_early(form, early, ladders)
    form.finish()
    return AccessRule(code, skus, categories, tiers, opens_at, early)


def _read_tiers(form: Form, ladders: Ladders) -> tuple[tuple[str, str], ...]:
    tiers = []
    for index, word in enumerate(form.words("tiers")):
        ladder, _, tier = word.partition(".")
        if ladder not in ladders or tier not in ladders[ladder].places:
            offered = [f"{c}.{t}" for c, each in ladders.items() for t in each.places]
            detail = f"there is no tier {word!r}; there is {', '.join(offered) or 'none'}"
            form.refuse(("tiers", index), "unknown_tier", detail)
        tiers.append((ladder, tier))
    return tuple(tiers)


def _read_moment(form: Form, zone: ZoneInfo) -> datetime | None:
    value = form.take("opens_at")
    if value is None:
        return None
    try:
        return parse_moment(value, zone)
    except DomainError as error:
        form.adopt("opens_at", error)
        return None


def _check_early(form: Form, name: str, ladders: Ladders) -> None:
    if "opens_at" not in form:
        form.refuse("opens_early_by", "not_here", "there is no opens_at to be earlier than")
    given = [
        tier.benefits[name]
        for ladder in ladders.values()
        for tier in ladder.tiers
        if name in tier.benefits
    ]
    if not given:
        detail = f"no tier has a benefit {name!r}; give one to a tier, as {name}: 48"
        form.refuse("opens_early_by", "unknown_benefit", detail)
    elif not all(_is_hours(value) for value in given):
        form.refuse("opens_early_by", "wrong_type", f"{name} is not a number of hours")


def _is_hours(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 87_600
