"""Rewards in the program file: normal forms, mistakes with their line, plan, apply, dump."""

from datetime import UTC, datetime

import pytest

from engine.program_file import (
    ProgramFileError,
    apply_program,
    as_data,
    dump_program,
    plan_changes,
    read_program,
)
from loyalty.models import Program, Reward, RuleSet
from loyalty.services.rewards import StockBelowTaken

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin}
point_types: {points: {value: "0.01", max_balance: 9000}, miles: null, status: {kind: status}}
"""
COFFEE = "{cost: {points: 100}, gives: {free_product: ESPRESSO}}"


def text_of(*rewards):
    """Return a file with these rewards, each written in flow style on a line: a, b, c …"""
    lines = [f"  {code}: {written}\n" for code, written in zip("abc", rewards, strict=False)]
    return f"{HEAD}rewards:\n{''.join(lines)}"


def reward(written):
    """Return the normal form of a reward."""
    return read_program(text_of(written)).section("rewards")["a"]


def gives(written):
    return reward(f"{{cost: {{points: 100}}, gives: {written}}}")["gives"]


def problem_of(written):
    """Return (pointer, code, detail) of the only problem of a reward."""
    with pytest.raises(ProgramFileError) as caught:
        read_program(text_of(written))
    [problem] = caught.value.problems
    return problem.pointer.removeprefix("/rewards/a"), problem.code, problem.detail


def apply(*rewards):
    return apply_program(read_program(text_of(*rewards)), at=NOON)


def test_defaults_are_left_out():
    written = (
        "{name: a, cost: {points: 100}, gives: {free_product: ESPRESSO}, stock: null, "
        "several_per_order: false, limits: [], visible: {from: null, until: null}, "
        "redeemable: {}, when: null, voucher: {uses: 1, codes: generated, valid: null}}"
    )

    assert reward(written) == reward(COFFEE)


def test_a_limit_leaves_out_what_holds_anyway():
    limits = "[{times: 1, per: day, of: member, window: calendar, on_overflow: refuse}]"
    written = f"{{cost: {{points: 1}}, gives: {{fixed: '1'}}, limits: {limits}}}"

    assert reward(written)["limits"] == [{"times": 1, "per": "day"}]


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ('{fixed: "10", minimum_order: "40.0"}', {"fixed": "10.00", "minimum_order": "40.00"}),
        ('{percent: "50.0", at_most: "20"}', {"percent": 50, "at_most": "20.00"}),
        ("{free_product: ESPRESSO}", {"free_product": "ESPRESSO"}),
        ("{free_shipping: true}", {"free_shipping": True}),
        (
            "{buy: 1, get: 1, percent: 100, lines: 'line.sku == \"A\"'}",
            {"buy": 1, "get": 1, "lines": 'line.sku == "A"'},
        ),
        ('{gift_card: "25"}', {"gift_card": "25.00"}),
        (
            "{entitlement: storage_mb, quantity: 500}",
            {"entitlement": "storage_mb", "quantity": 500},
        ),
        ("{entitlement: lounge, quantity: 1}", {"entitlement": "lounge"}),
        ('{donation: "1", to: Sea Rescue}', {"donation": "1.00", "to": "Sea Rescue"}),
        ("{points: 300, point_type: miles}", {"points": 300, "point_type": "miles"}),
        ("{physical: Hand-written card}", {"physical": "Hand-written card"}),
        (
            '{custom: {key: value, seats: 2, vip: true, none: null, deep: [1, {a: "1.5"}]}}',
            {"custom": {"key": "value", "seats": 2, "vip": True, "deep": [1, {"a": "1.5"}]}},
        ),
    ],
)
def test_every_kind_of_gift_has_its_form(written, normal):
    assert gives(written) == normal


def test_a_payment_has_defaults_for_everything():
    written = (
        '{gives: {pay: {point_type: points, rate: "0.010", minimum: 1, step: 1, '
        "at_most_percent: 100}}}"
    )

    assert reward("{gives: {pay: {}}}") == {"gives": {"pay": {}}}
    assert reward(written)["gives"] == {"pay": {"point_type": "points", "rate": "0.01"}}


def test_a_prefix_is_in_capitals():
    written = "{cost: {points: 1}, gives: {gift_card: '5'}, voucher: {prefix: hc}}"

    assert reward(written)["voucher"] == {"prefix": "HC"}


@pytest.mark.parametrize(
    ("keys", "pointer", "code"),
    [
        ("cost: {points: 1}", "", "required"),
        ("gives: {fixed: '1'}", "/cost", "required"),
        ("cost: [points], gives: {fixed: '1'}", "/cost", "wrong_type"),
        ("cost: {points: 0}, gives: {fixed: '1'}", "/cost/points", "out_of_range"),
        ("cost: {beans: 1}, gives: {fixed: '1'}", "/cost/beans", "unknown_point_type"),
        ("cost: {status: 1}, gives: {fixed: '1'}", "/cost/status", "not_spendable"),
        ("cost: {points: 9001}, gives: {fixed: '1'}", "/cost/points", "out_of_range"),
        ("cost: {points: 1}, gives: {pay: {}}", "/cost", "not_here"),
        ("gives: {pay: {}}, stock: 5", "/stock", "not_here"),
        ("gives: {pay: {step: 0}}", "/gives/pay/step", "out_of_range"),
        ("gives: {pay: {minimum: 9001}}", "/gives/pay/minimum", "out_of_range"),
        ("gives: {pay: {point_type: miles}}", "/gives/pay", "out_of_range"),
        ("gives: {pay: {rate: 0.01}}", "/gives/pay/rate", "float"),
        ("gives: {pay: {at_most_percent: 101}}", "/gives/pay/at_most_percent", "out_of_range"),
        ("cost: {points: 1}, gives: {percent: 101}", "/gives/percent", "out_of_range"),
        ("cost: {points: 1}, gives: {percent: 5, get: 1}", "/gives/get", "not_here"),
        ("cost: {points: 1}, gives: {fixed: 10}", "/gives/fixed", "wrong_type"),
        ("cost: {points: 1}, gives: {fixed: '10.005'}", "/gives/fixed", "invalid_money"),
        ("cost: {points: 1}, gives: {fixed: '0.00'}", "/gives/fixed", "out_of_range"),
        (
            "cost: {points: 1}, gives: {free_shipping: false}",
            "/gives/free_shipping",
            "wrong_type",
        ),
        (
            "cost: {points: 1}, gives: {buy: 1, get: 1, lines: no}",
            "/gives/lines",
            "unknown_name",
        ),
        ("cost: {points: 1}, gives: {points: 5}", "/cost/points", "same_point_type"),
        ("cost: {points: 1}, gives: {custom: {a: 1.5}}", "/gives/custom", "float"),
        ("cost: {points: 1}, gives: {custom: {a: [[[[[1]]]]]}}", "/gives/custom", "too_deep"),
        ("cost: {points: 1}, gives: {fixd: '1'}", "/gives/fixd", "unknown_key"),
        ("cost: {points: 1}, gives: fixed", "/gives", "wrong_type"),
        (
            "cost: {points: 1}, gives: {fixed: '1'}, "
            "visible: {from: 2026-06-01, until: 2026-05-01}",
            "/visible/until",
            "out_of_order",
        ),
        (
            "cost: {points: 1}, gives: {fixed: '1'}, limits: [{times: 1, per: fact}]",
            "/limits/0/per",
            "not_a_choice",
        ),
        (
            "cost: {points: 1}, gives: {fixed: '1'}, voucher: {codes: pool, uses: 2}",
            "/voucher/uses",
            "not_here",
        ),
        (
            "cost: {points: 1}, gives: {fixed: '1'}, voucher: {prefix: H-C}",
            "/voucher/prefix",
            "wrong_type",
        ),
        (
            "cost: {points: 1}, gives: {physical: Card}, voucher: {valid: 30 days}",
            "/voucher",
            "not_here",
        ),
        (
            "cost: {points: 1}, gives: {fixed: '1'}, when: order.subtotal > 1",
            "/when",
            "unknown_name",
        ),
        ("cost: {points: 1}, gives: {fixed: '1'}, price: 1", "/price", "unknown_key"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(keys, pointer, code):
    assert problem_of(f"{{{keys}}}")[:2] == (pointer, code)


def test_a_mistake_has_file_line_and_what_was_expected():
    text = text_of(COFFEE, "{cost: {beans: 1}, gives: {percent: 101}}")

    with pytest.raises(ProgramFileError) as caught:
        read_program(text, name="shop.yaml")

    assert str(caught.value).splitlines() == [
        "shop.yaml:6:21: there is no point type 'beans'; there is points, miles, status",
        "shop.yaml:6:42: expected above 0 and at most 100, not 101",
    ]


def test_mistakes_in_rules_and_in_rewards_are_told_together():
    text = (
        text_of("{gives: {fixed: '1'}}") + "earning_rules: {r: {multiply: 2, point_type: x}}\n"
    )

    with pytest.raises(ProgramFileError) as caught:
        read_program(text)

    assert [p.pointer for p in caught.value.problems] == [
        "/rewards/a/cost",
        "/earning_rules/r/point_type",
    ]


def test_a_condition_on_members_has_its_place():
    written = "{cost: {points: 1}, gives: {fixed: '1'}, when: member.agee >= 18}"

    with pytest.raises(ProgramFileError) as caught:
        read_program(text_of(written), name="shop.yaml")

    assert str(caught.value).startswith(
        f"shop.yaml:5:{6 + written.index('member')}: member.agee is not known"
    )


@pytest.mark.django_db
def test_a_plan_names_what_would_change_and_changes_nothing():
    apply(COFFEE, COFFEE)
    dearer = COFFEE.replace("100", "120")

    changes = plan_changes(read_program(text_of(dearer)))

    assert [change.as_dict() for change in changes] == [
        {
            "action": "update",
            "path": "rewards.a.cost",
            "from": {"points": 100},
            "to": {"points": 120},
        },
        {
            "action": "archive",
            "path": "rewards.b",
            "from": {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}},
            "to": None,
        },
    ]
    assert Reward.objects.live().count() == 2


@pytest.mark.django_db
def test_applying_changes_the_rewards_and_publishes_no_rules():
    apply(COFFEE)
    revision = Program.objects.get().revision

    changes = apply(COFFEE, COFFEE)

    assert [(change.action, change.path) for change in changes] == [("create", "rewards.b")]
    assert [row.code for row in Reward.objects.live()] == ["a", "b"]
    assert RuleSet.objects.count() == 1
    assert Program.objects.get().revision != revision


@pytest.mark.django_db
@pytest.mark.parametrize("act", [plan_changes, lambda file: apply_program(file, at=NOON)])
def test_a_stock_below_what_is_taken_is_refused_with_its_line(act):
    limited = COFFEE.replace("}}", "}, stock: 5}")
    apply(limited)
    Reward.objects.update(taken=3)
    file = read_program(text_of(limited.replace("5", "2")), name="shop.yaml")

    with pytest.raises(StockBelowTaken) as refused:
        act(file)

    place = 6 + limited.index("5}")
    assert file.complaint(refused.value).startswith(f"shop.yaml:5:{place}: 3 of a are reserved")
    assert Reward.objects.get().stock == 5


@pytest.mark.django_db
def test_loading_what_was_dumped_changes_nothing():
    apply(
        '{cost: {points: 100, miles: 7}, gives: {custom: {b: 1, a: [x, {c: "1.5"}]}}, '
        "stock: 0}",
        '{gives: {pay: {rate: "0.005", minimum: 500, step: 100, at_most_percent: "12.5"}}}',
        '{name: Ten off, cost: {points: 1}, gives: {fixed: "10"}, voucher: {prefix: hc, '
        "valid: 30 days}, limits: [{points: 5, per: year, of: program}], visible: {from: "
        "2026-05-01, until: 2026-06-01T12:00:00+02:00}, when: member.age >= 18}",
    )
    program = Program.objects.get()
    data, text = as_data(program), dump_program(program)

    assert apply_program(read_program(text), at=NOON) == []
    assert as_data(program) == data
    assert data["rewards"]["c"] == {
        "name": "Ten off",
        "cost": {"points": 1},
        "gives": {"fixed": "10.00"},
        "limits": [{"points": 5, "per": "year", "of": "program"}],
        "visible": {"from": "2026-05-01", "until": "2026-06-01T10:00:00Z"},
        "when": "member.age >= 18",
        "voucher": {"valid": "30 days", "prefix": "HC"},
    }
