"""The tables of a ladder's page: who is where, and how it came to be what it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import format_html

from core.staff import DASH, Panel
from core.zones import reading
from loyalty.admin.reward_words import mark
from loyalty.admin.showing import link, list_of, local
from loyalty.admin.snippets import written
from loyalty.rules.publication import changes_of_thing
from tiers.admin.ladder_words import (
    benefits_in_words,
    entry_in_words,
    threshold_in_words,
)
from tiers.models import Ladder, LadderVersion, Standing
from tiers.queries.holders import beginners_in, holders_of
from tiers.queries.ladders import ladder_setup, tier_setup_of

LONGEST = 120


def holders_panel(ladder: Ladder) -> Panel:
    """Return the tiers in force, what each brings, and how many members are in it."""
    program = ladder.program
    setup = ladder_setup(program, ladder)
    held = holders_of(ladder)
    rows: list[tuple[object, ...]] = []
    if setup.versions:
        now = setup.on(tier_setup_of(program).day_of(program.now()))
        lowest = now.code_at(now.lowest)
        for tier in now.tiers:
            others = beginners_in(ladder) if tier.code == lowest else 0
            rows.append(
                (
                    tier.name,
                    threshold_in_words(tier, now, program),
                    entry_in_words(tier.entry, program),
                    benefits_in_words(tier),
                    held.pop(tier.code, 0) + others,
                    _list_link(ladder, tier.code),
                )
            )
    for code, members in held.items():
        words = (code, DASH, DASH, DASH)
        rows.append((*words, members, _list_link(ladder, code)))
    return Panel(
        title="Who is where",
        headings=("Tier", "Reached", "On entry", "Brings", "Members", ""),
        rows=rows,
        note="As the last reviews left it.",
        empty="Nothing is in force yet.",
    )


def _list_link(ladder: Ladder, tier: str) -> object:
    address = list_of(Standing, ladder=ladder.pk, tier=tier)
    return format_html('<a href="{}">list</a>', address)


def versions_panel(ladder: Ladder) -> Panel:
    """Return what every version changed, the newest first, and whether it is in force."""
    program = ladder.program
    today = reading(program.now(), program.zone).date()
    versions = list(ladder.versions.order_by("number"))
    # By whole days, as members are judged.
    begun = [
        each
        for each in versions
        if each.undone_at is None and reading(each.applies_from, program.zone).date() <= today
    ]
    before: Mapping[str, Any] = {}
    rows = []
    for version in versions:
        rows.append(
            (
                link(version, f"Version {version.number}"),
                local(version.applies_from, program),
                _state(version, begun),
                local(version.undone_at, program),
                "; ".join(story(before, version.content)) or DASH,
            )
        )
        if version.undone_at is None:
            before = version.content
    return Panel(
        title="Versions",
        headings=("", "Applies from", "State", "Undone", "What it changed"),
        rows=list(reversed(rows)),
    )


def _state(version: LadderVersion, begun: list[LadderVersion]) -> object:
    if version.undone_at is not None:
        return mark("none", "Undone")
    if version not in begun:
        return mark("waiting", "To come")
    return mark("fulfilled", "In force") if version == begun[-1] else mark("none", "Over")


def story(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Tell what turns one state of a ladder into another, key by key."""
    if not before:
        yield "The first version"
        return
    flat = [
        {key: content[key] for key in content if key != "tiers"} for content in (before, after)
    ]
    changes = list(changes_of_thing("", *flat))
    old, new = before["tiers"], after["tiers"]
    for code in dict.fromkeys([*new, *old]):
        if code not in old:
            yield f"new tier {code}"
        elif code not in new:
            yield f"without tier {code}"
        else:
            changes += changes_of_thing(f".{code}", old[code], new[code])
    for change in changes:
        path = change.path.strip(".").replace(".", ", ").replace("_", " ")
        yield f"{path}: {_short(change.from_)} \N{RIGHTWARDS ARROW} {_short(change.to)}"


def _short(value: Any) -> str:
    if value is None:
        return "default"
    text = value if isinstance(value, str) else written(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\N{HORIZONTAL ELLIPSIS}"
