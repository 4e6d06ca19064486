"""Ladders and access in the program file: normal forms, mistakes, plan, apply, dump."""

from datetime import UTC, datetime

import pytest

from engine.program_file import (
    ProgramFileError,
    apply_program,
    dump_program,
    plan_changes,
    read_program,
)
from loyalty.models import Program
from tests.factories import make_member
from tests.tiers.factories import spend
from tiers.models import LadderVersion
from tiers.services.ladders import TierIsHeld

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin, sandbox: true}
point_types: {points: null, status: {kind: status}}
"""
TIERS = '{member: {threshold: 0}, gold: {threshold: "500.00"}}'
VIP = f"ladders: {{vip: {{tiers: {TIERS}}}}}\n"


def vip(**keys):
    """Return a file with a ladder of these keys, as they are written."""
    keys = {"tiers": TIERS} | keys
    written = ", ".join(f"{key}: {value}" for key, value in keys.items())
    return f"{HEAD}ladders: {{vip: {{{written}}}}}\n"


def ladder(**keys):
    return read_program(vip(**keys)).section("ladders")["vip"]


def problems(text):
    with pytest.raises(ProgramFileError) as caught:
        read_program(text)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


def apply(text, at=NOON):
    return apply_program(read_program(text), at=at)


def test_defaults_are_left_out():
    written = ladder(
        name="vip",
        metric="spend",
        point_type="null",
        count="earned",
        window="lifetime",
        upgrade="immediate",
        valid_for="null",
        downgrade="to_fit",
        grace="0",
        carry_over="false",
        on_refund="undo",
        tiers='{member: {threshold: "0"}, gold: {name: gold, threshold: "500", '
        "operator: at_least, multiplier: 1, entry: null, benefits: {}}}",
    )

    assert written == ladder()
    assert written == {"tiers": {"member": {"threshold": 0}, "gold": {"threshold": "500.00"}}}


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("{rolling: 12 months}", {"rolling": "12 months"}),
        ("{calendar: quarter}", {"calendar": "quarter"}),
        ('{calendar: year, starts: "01-01"}', {"calendar": "year"}),
        ('{calendar: year, starts: "04-06"}', {"calendar": "year", "starts": "04-06"}),
        ("{anniversary: joined}", {"anniversary": "joined"}),
    ],
)
def test_every_window_can_be_written(written, normal):
    assert ladder(window=written)["window"] == normal


def test_entering_a_tier_gives_once_unless_it_says_otherwise():
    tiers = (
        "{a: {threshold: 1, entry: {points: 5, once: lifetime}}, "
        'b: {threshold: 2, entry: {fixed: "5", once: each_time}}}'
    )

    found = ladder(metric="orders", tiers=tiers)["tiers"]

    assert found["a"]["entry"] == {"points": 5}
    assert found["b"]["entry"] == {"fixed": "5.00", "once": "each_time"}


@pytest.mark.parametrize(
    ("keys", "pointer", "code"),
    [
        ({"window": "{rolling: 0 days}"}, "/window/rolling", "out_of_range"),
        ({"metric": "points", "point_type": "miles"}, "/point_type", "unknown_point_type"),
        ({"tiers": "{}"}, "/tiers", "out_of_range"),
        ({"tiers": "{a: {threshold: 5.5}}"}, "/tiers/a/threshold", "float"),
        ({"tiers": "{a: {threshold: 500}}"}, "/tiers/a/threshold", "wrong_type"),
        (
            {"tiers": '{a: {threshold: "2.00"}, b: {threshold: "2.00"}}'},
            "/tiers/b/threshold",
            "same_threshold",
        ),
        (
            {"tiers": '{a: {threshold: "2.00"}, b: {threshold: "1.00"}}'},
            "/tiers/b/threshold",
            "thresholds_do_not_rise",
        ),
        ({"upgrade": "next_period"}, "/upgrade", "not_here"),
        ({"valid": "12 months"}, "/valid", "unknown_key"),
    ],
)
def test_a_ladder_that_cannot_be_is_refused_at_its_place(keys, pointer, code):
    keys = {"tiers": "{a: {threshold: 1}}"} | keys if "metric" in keys else keys

    assert problems(vip(**keys)) == [(f"/ladders/vip{pointer}", code)]


def test_access_to_a_tier_that_is_not_there_is_refused_at_its_place():
    text = HEAD + VIP + "access: {a: {skus: [X], tiers: [vip.iron]}}\n"

    assert problems(text) == [("/access/a/tiers/0", "unknown_tier")]


@pytest.mark.django_db
def test_ladders_and_access_come_back_from_a_dump():
    text = HEAD + VIP + "access: {a: {skus: [X], tiers: [vip.gold]}}\n"
    apply(text)

    dump = dump_program(Program.objects.get())

    assert read_program(dump).section("ladders") == read_program(text).section("ladders")
    assert read_program(dump).section("access") == read_program(text).section("access")
    assert apply(dump) == []


@pytest.mark.django_db
def test_a_change_of_a_ladder_is_planned_and_makes_a_version():
    apply(vip())
    changed = read_program(vip(downgrade="one_step"))

    planned = [(each.action, each.path) for each in plan_changes(changed)]
    apply_program(changed, at=NOON)

    assert planned == [("update", "ladders.vip.downgrade")]
    assert LadderVersion.objects.count() == 2


@pytest.mark.django_db
def test_a_tier_that_members_are_in_cannot_be_left_out():
    apply(vip())
    ada = make_member(Program.objects.get())
    spend(ada, 50000)

    with pytest.raises(TierIsHeld) as caught:
        apply(vip(tiers="{member: {threshold: 0}}"))

    assert caught.value.extra["pointer"] == "/ladders/vip/tiers/gold"
    assert "gold" in LadderVersion.objects.get().content["tiers"]


FAR = [
    (
        "member.tier.vpi",
        "unknown_name",
        "member.tier.vpi is not known; did you mean member.tier.vip?",
    ),
    (
        'member.tier.vip == "golden"',
        "unknown_value",
        "member.tier.vip is never 'golden'; did you mean 'gold'?",
    ),
]


@pytest.mark.parametrize(("when", "code", "detail"), FAR)
@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("earning_rules", "award: {points: 1}"),
        ("rewards", "cost: {points: 1}, gives: {percent: 10}"),
    ],
)
def test_a_condition_asks_for_tiers_that_there_are(section, keys, when, code, detail):
    text = f"{HEAD}{VIP}{section}: {{one: {{{keys}, when: '{when}'}}}}\n"

    with pytest.raises(ProgramFileError) as caught:
        read_program(text)

    (problem,) = caught.value.problems
    assert (problem.pointer, problem.code) == (f"/{section}/one/when", code)
    assert problem.detail == detail


def test_without_ladders_no_condition_asks_for_a_tier():
    rule = "earning_rules: {one: {award: {points: 1}, when: 'member.tier.vip == \"gold\"'}}\n"

    assert problems(HEAD + rule) == [("/earning_rules/one/when", "unknown_name")]
