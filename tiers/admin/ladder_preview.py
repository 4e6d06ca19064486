"""What a change of a ladder does to members, as tables."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from core.money import format_money, to_minor
from core.staff import DASH, Figure, Panel
from loyalty.admin.reward_words import gives_in_words
from loyalty.admin.showing import link, local, signed
from loyalty.models import Member, Program
from loyalty.queries.setup import setup_of
from loyalty.rules.paying import plain_payment
from tiers.admin.ladder_words import (
    benefit_in_words,
    threshold_in_words,
    tier_name,
    value_in_words,
)
from tiers.rules.trials import LadderTrial


def told_of(trial: LadderTrial, program: Program) -> dict[str, Any]:
    """Return what a page says of a trial: sentences, and tables."""
    rises, falls = trial.rises_and_falls()
    panels = [
        tiers_panel(trial, program),
        *examples_panels(trial, program),
        *rewards_panels(trial, program),
        *differences_panels(trial),
    ]
    return {
        "summary": {
            "from": local(trial.at, program),
            "rise": trial.estimated(rises),
            "fall": trial.estimated(falls),
            "below": trial.estimated(trial.below.total()),
            "members": trial.members,
            "looked_at": trial.looked_at if trial.is_sample else None,
        },
        "panels": panels,
    }


def tiers_panel(trial: LadderTrial, program: Program) -> Panel:
    """Return how many members are in which tier, as it is and as it would be."""
    now: Counter[str | None] = Counter()
    then: Counter[str | None] = Counter()
    for (before, after), members in trial.paths.items():
        now[before] += members
        then[after] += members
    will_be, was = trial.will_be, trial.was
    codes: list[str | None] = [tier.code for tier in will_be.tiers]
    codes += [each.code for each in (was.tiers if was else ()) if each.code not in codes]
    if now[None] or then[None]:
        codes.insert(0, None)
    rows: list[tuple[object, ...]] = []
    for code in codes:
        tier = will_be.tier(code)
        known = will_be if tier or not was else was
        stood, stand = trial.estimated(now[code]), trial.estimated(then[code])
        rows.append(
            (
                tier_name(known, code) if code else "No tier",
                threshold_in_words(tier, will_be, program) if tier else Figure(DASH),
                stood if was else Figure(DASH),
                stand,
                signed(stand - stood) if was else Figure(""),
                *([trial.estimated(trial.below[code or ""])] if trial.below else []),
            )
        )
    short = ("Short of it",) if trial.below else ()
    return Panel(
        title="Members by tier",
        headings=("Tier", "Reached", "Now", "Then", "\N{PLUS-MINUS SIGN}", *short),
        rows=rows,
        note="Short of it: they keep the tier until its time is up, and what they have now "
        "would no longer reach it."
        if trial.below
        else "",
    )


def examples_panels(trial: LadderTrial, program: Program) -> list[Panel]:
    """Return some members whom the change moves."""
    examples = trial.examples()
    if not examples:
        return []
    members = Member.objects.in_bulk([each.member_id for each in examples])
    was = trial.was
    rows = [
        (
            link(members[each.member_id]),
            tier_name(was, each.before) if was else DASH,
            tier_name(trial.will_be, each.after),
            value_in_words(each.value, trial.will_be, program),
        )
        for each in examples
    ]
    headings = ("Member", "From", "To", "What counts of them")
    return [Panel(title="Some of those who move", headings=headings, rows=rows)]


def rewards_panels(trial: LadderTrial, program: Program) -> list[Panel]:
    """Return what entry rewards would cost, and what would be taken back."""
    rows: list[tuple[object, ...]] = []
    for tier, entry, members in trial.rewards():
        form = entry.gives.form
        row = (tier.name, gives_in_words(form, program), members, _cost(form, members, program))
        rows.append(row)
    sums = trial.points_given()
    for code, points in sums.items():
        worth = _worth(code, points, program)
        rows.append(("All together", f"{points:,} {code}", Figure(""), worth))
    for code, members in sorted(trial.taken_back.items()):
        count = trial.estimated(members)
        name = tier_name(trial.was, code)
        rows.append((name, "what it gave is taken back", count, Figure("")))
    if not rows:
        return []
    headings = ("Tier", "Entry reward", "Members", "Worth")
    return [Panel(title="What entry rewards cost", headings=headings, rows=rows)]


def _cost(form: Mapping[str, Any], members: int, program: Program) -> Figure:
    """Return what a gift to so many comes to; a dash where that is not known."""
    if form.get("points"):
        points = int(form["points"]) * members
        return _worth(str(form.get("point_type")), points, program)
    amount = form.get("fixed") or form.get("gift_card") or form.get("donation")
    if not amount:
        return Figure(DASH)
    minor = to_minor(str(amount), program.currency) * members
    return Figure(format_money(minor, program.currency, program.locale))


def _worth(code: str, points: int, program: Program) -> Figure:
    point_type = setup_of(program).point_types.get(code)
    terms = plain_payment(code, point_type.face, program.currency) if point_type else None
    if terms is None:
        return Figure(DASH)
    return Figure(format_money(terms.worth(points), program.currency, program.locale))


def differences_panels(trial: LadderTrial) -> list[Panel]:
    """Return which benefits and multipliers members gain and lose."""
    rows = [
        (each.name, benefit_in_words(each.before), benefit_in_words(each.after), members)
        for each, members in trial.differences()
        if members
    ]
    if not rows:
        return []
    return [
        Panel(
            title="What members gain and lose",
            headings=("Benefit", "Now", "Then", "Members"),
            rows=rows,
            note="By this ladder alone: another one may bring them the same. What an order "
            "has earned stays; the multiplier is that of the day on which it is paid.",
        )
    ]
