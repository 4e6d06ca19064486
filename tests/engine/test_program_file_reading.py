"""What a program file means: normal forms, and every mistake with its line."""

import pytest

from engine.program_file import ProgramFileError, read_program
from engine.program_file.sections import NOT_YET

HEAD = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin}
point_types: {points: null, status: {kind: status}}
"""


def point_type(written):
    """Return the normal form of the point type `points` with these keys."""
    text = HEAD.replace("points: null", f"points: {written}")
    return read_program(text).section("point_types")["points"]


def rule(written):
    """Return the normal form of a rule, written in flow style."""
    return read_program(f"{HEAD}earning_rules:\n  r: {written}\n").section("earning_rules")["r"]


def award(written):
    return rule(f"{{award: {written}}}")["award"]


def problems(text):
    """Return (line, column, pointer, code) of each problem of a text."""
    with pytest.raises(ProgramFileError) as caught:
        read_program(text, name="shop.yaml")
    return [(*p.place, p.pointer, p.code) for p in caught.value.problems]


def problem_of_rule(written):
    """Return (pointer, code) of the only problem of a rule."""
    [(_, _, pointer, code)] = problems(f"{HEAD}earning_rules:\n  r: {written}\n")
    return pointer.removeprefix("/earning_rules/r"), code


def problem_of_point_type(written):
    [(_, _, pointer, code)] = problems(HEAD.replace("points: null", f"points: {written}"))
    return pointer.removeprefix("/point_types/points"), code


def problem_of_program(written):
    """Return (pointer, code) of the only problem of a program with one more key."""
    [(_, _, pointer, code)] = problems(HEAD.replace("name: Shop", f"name: Shop, {written}"))
    return pointer.removeprefix("/program"), code


def test_a_minimal_file_holds_what_it_says_and_no_defaults():
    file = read_program(HEAD)

    assert file.slug == "shop"
    assert file.data == {
        "version": 1,
        "program": {
            "slug": "shop",
            "name": "Shop",
            "currency": "EUR",
            "timezone": "Europe/Berlin",
        },
        "point_types": {"points": {}, "status": {"kind": "status"}},
    }


def test_null_means_the_default_everywhere():
    text = HEAD.replace("name: Shop", "name: Shop, locale: null, origins: null, sandbox: null")
    text += "earning_rules:\n  r: {award: {points: 1, per: null}, limits: null, valid: null}\n"

    file = read_program(text + "ladders: null\n")

    assert file.section("earning_rules") == {"r": {"award": {"points": 1}}}
    assert file.data["program"] == read_program(HEAD).data["program"]


def test_a_value_that_is_the_default_is_left_out():
    written = (
        "{name: r, on: order, award: {points: 1, per: '1.00', whole_steps: false},"
        " base: {tax: false}, multipliers: true, rounding: floor, limits: [], priority: 0}"
    )

    assert rule(written) == {"award": {"points": 1, "per": "1.00"}}


def test_multipliers_that_are_not_usual_for_the_award_are_kept():
    assert rule("{award: {points: 5}, multipliers: true}")["multipliers"] is True
    assert "multipliers" not in rule("{award: {points: 5}, multipliers: false}")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('{points: "1.50", per: "1"}', {"points": "1.5", "per": "1.00"}),
        ('{points: "2.0", per: "10.5"}', {"points": 2, "per": "10.50"}),
        ("{points: 5, per_item: true}", {"points": 5, "per_item": True}),
        ("{points: 5, on_partial_refund: keep}", {"points": 5}),
    ],
)
def test_rates_and_money_are_brought_into_one_form(written, meant):
    assert award(written) == meant


def test_money_has_the_decimals_of_the_currency():
    yen = HEAD.replace("EUR", "JPY") + 'earning_rules: {r: {award: {points: 1, per: "100"}}}\n'
    dinar = (
        HEAD.replace("EUR", "KWD") + 'earning_rules: {r: {award: {points: 1, per: "0.5"}}}\n'
    )

    assert read_program(yen).section("earning_rules")["r"]["award"]["per"] == "100"
    assert read_program(dinar).section("earning_rules")["r"]["award"]["per"] == "0.500"


def test_periods_dates_and_times_are_brought_into_one_form():
    valid = "{from: 2026-05-01, until: 2026-06-01T12:00:00+02:00}"

    assert rule(f"{{award: {{points: 1}}, valid: {valid}}}")["valid"] == {
        "from": "2026-05-01",
        "until": "2026-06-01T10:00:00Z",
    }
    assert point_type("{expiry: {after: 12 month}}") == {"expiry": {"after": "12 months"}}
    assert point_type("{min_validity_after_return: 0}") == {
        "min_validity_after_return": "0 days"
    }


def test_lists_whose_order_means_nothing_are_sorted():
    assert point_type("{expiry_reminders: [1, 30, 7, 7]}") == {"expiry_reminders": [30, 7, 1]}
    valid = "{weekdays: [sun, mon, sun]}"
    assert rule(f"{{award: {{points: 1}}, valid: {valid}}}")["valid"]["weekdays"] == [
        "mon",
        "sun",
    ]


def test_a_name_with_two_equal_words_is_one_word():
    assert point_type("{name: {one: Stempel, other: Stempel}}") == {"name": "Stempel"}
    assert point_type("{name: points}") == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("none", {}),
        ("{days: 14}", {"hold": {"days": 14}}),
        (
            "{after: fulfilled, days: 0, timeout: 60 days, on_timeout: release}",
            {"hold": {"after": "fulfilled"}},
        ),
    ],
)
def test_holds_are_brought_into_one_form(written, meant):
    assert point_type(f"{{hold: {written}}}") == meant


def test_a_rule_may_say_none_and_never_against_its_point_type():
    assert rule("{award: {points: 1}, hold: none, expiry: never}") == {
        "award": {"points": 1},
        "hold": "none",
        "expiry": "never",
    }


def test_every_mistake_is_named_in_the_order_of_the_text():
    text = """\
version: 2
program:
  slug: harbour coffee
  nam: Harbour
  currency: EUX
  timezone: Europe/Berln
point_types:
  points:
    hold: {day: 14}
earning_rules:
  spend: {award: {points: 1, per: 1.00}}
"""

    assert problems(text) == [
        (1, 10, "/version", "wrong_type"),
        (3, 3, "/program", "required"),
        (3, 9, "/program/slug", "wrong_type"),
        (4, 3, "/program/nam", "unknown_key"),
        (5, 13, "/program/currency", "invalid_currency"),
        (6, 13, "/program/timezone", "invalid_timezone"),
        (9, 12, "/point_types/points/hold/day", "unknown_key"),
        (11, 35, "/earning_rules/spend/award/per", "float"),
    ]


def test_a_message_names_file_line_and_the_key_that_was_meant():
    with pytest.raises(ProgramFileError) as caught:
        read_program(HEAD.replace("slug", "slg"), name="shop.yaml")

    assert str(caught.value).splitlines() == [
        "shop.yaml:2:10: 'slug' is missing: The program's short name, for ever.",
        "shop.yaml:2:11: unknown key 'slg'; did you mean 'slug'?",
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("sandbox: 1", ("/sandbox", "wrong_type")),
        ("leap_day: feb_29", ("/leap_day", "not_a_choice")),
        ("guest_claim: 30d", ("/guest_claim", "invalid_period")),
        ("guest_claim: 101 years", ("/guest_claim", "invalid_period")),
        ("adjustment_approval_above: -1", ("/adjustment_approval_above", "out_of_range")),
        (
            "adjustment_approval_above: 9223372036854775808",
            ("/adjustment_approval_above", "out_of_range"),
        ),
        ("locale: de-DE-x-a-very-long-one", ("/locale", "unknown_locale")),
        ("locale: xx-QQ", ("/locale", "unknown_locale")),
        ("origins: https://shop.example", ("/origins", "wrong_type")),
        ("origins: [https://shop.example/]", ("/origins/0", "wrong_type")),
        ("timezones: UTC", ("/timezones", "unknown_key")),
    ],
)
def test_a_program_is_held_to_its_forms(written, problem):
    assert problem_of_program(written) == problem


@pytest.mark.parametrize("zone", ["localtime", "../etc/passwd", "Europe", "CEST!", "''", "[a]"])
def test_a_zone_that_is_none_is_refused(zone):
    [(_, _, pointer, _)] = problems(HEAD.replace("Europe/Berlin", zone))

    assert pointer == "/program/timezone"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("[]", ("", "wrong_type")),
        ("{value: 0.01}", ("/value", "float")),
        ('{value: "0.0000000001"}', ("/value", "out_of_range")),
        ('{value: "-1"}', ("/value", "wrong_type")),
        ("{max_balance: 0}", ("/max_balance", "out_of_range")),
        ("{max_balance: true}", ("/max_balance", "wrong_type")),
        ("{decimals: 7}", ("/decimals", "out_of_range")),
        ("{hold: 14 days}", ("/hold", "wrong_type")),
        ("{hold: {days: 14, timeout: 1 day}}", ("/hold/timeout", "not_here")),
        ("{hold: {after: paid}}", ("/hold/after", "not_a_choice")),
        ("{expiry: {after: 0 days}}", ("/expiry/after", "out_of_range")),
        ("{expiry: {dates: []}}", ("/expiry/dates", "out_of_range")),
        ('{expiry: {dates: ["02-30"]}}', ("/expiry/dates/0", "invalid_time")),
        ("{expiry: {after: 1 year, inactivity: 1 year}}", ("/expiry/inactivity", "not_here")),
        (
            "{expiry: {inactivity: 1 year, reset_by: [event]}}",
            ("/expiry/reset_by/0", "not_a_choice"),
        ),
        ("{expiry: {round_up_to: month}}", ("/expiry", "one_of")),
        ("{debt: {allow_up_to: -1}}", ("/debt/allow_up_to", "out_of_range")),
        ("{name: {one: Bean}}", ("/name", "required")),
        ("{name: 12}", ("/name", "wrong_type")),
        ("{name: ''}", ("/name", "wrong_type")),
    ],
)
def test_a_point_type_is_held_to_its_forms(written, problem):
    assert problem_of_point_type(written) == problem


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("null", ("", "one_of")),
        ("{award: {points: 1}, multiply: 2}", ("", "one_of")),
        ("{award: {points: 1}, lines: true}", ("/lines", "wrong_type")),
        ('{award: {points: 1, per: "1.005"}}', ("/award/per", "invalid_money")),
        ("{award: {points: 1, per: 1.00}}", ("/award/per", "float")),
        ("{award: {points: 1, per: 1}}", ("/award/per", "wrong_type")),
        ('{award: {points: 1, per: "0.00"}}', ("/award/per", "out_of_range")),
        ("{award: {points: 1.5}}", ("/award/points", "wrong_type")),
        ('{award: {points: "1.1234567", per: "1"}}', ("/award/points", "out_of_range")),
        (
            "{award: {points: 1000000000000000000000000000000}}",
            ("/award/points", "out_of_range"),
        ),
        ("{award: {points: -1}}", ("/award/points", "out_of_range")),
        ("{award: 5}", ("/award", "wrong_type")),
        ('{award: {points: 1, per: "1.00", per_item: true}}', ("/award/per", "not_here")),
        ("{award: {points: 1}, limits: [{per: day}]}", ("/limits/0", "one_of")),
        ("{award: {points: 1}, limits: [{times: 1}]}", ("/limits/0", "required")),
        ("{award: {points: 1}, limits: {times: 1, per: day}}", ("/limits", "wrong_type")),
        ("{award: {points: 1}, valid: {from: 1 May}}", ("/valid/from", "invalid_time")),
        ("{award: {points: 1}, valid: {from: 2026-02-30}}", ("/valid/from", "invalid_time")),
        ("{award: {points: 1}, valid: {hours: 8-11}}", ("/valid/hours", "wrong_type")),
        (
            "{award: {points: 1}, valid: {weekdays: [saturday]}}",
            ("/valid/weekdays/0", "not_a_choice"),
        ),
        (
            "{award: {points: 1}, expiry: {after: 1 day, existing: keep}}",
            ("/expiry/existing", "unknown_key"),
        ),
    ],
)
def test_a_rule_is_held_to_its_forms(written, problem):
    assert problem_of_rule(written) == problem


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{award: {points: 1}, point_type: pints}", ("/point_type", "unknown_point_type")),
        ("{award: {points: 1}, when: order.subtotl > 1}", ("/when", "unknown_name")),
        ("{award: {points: 1}, when: 'order.subtotal + 1'}", ("/when", "not_allowed")),
        (f"{{award: {{points: 1}}, when: '{'(' * 10_000}'}}", ("/when", "too_long")),
        (f"{{award: {{points: 1}}, when: '{'(' * 1_000}'}}", ("/when", "too_deep")),
        ("{award: {points: 1}, known_for: 30 days}", ("/known_for", "not_here")),
        ('{on: review, award: {points: 1, per: "1.00"}}', ("/award/per", "not_here")),
        ("{multiply: 2, rounding: ceil}", ("/rounding", "not_here")),
        (
            "{award: {points: 1}, valid: {from: 2026-05-01, until: 2026-05-01}}",
            ("/valid/until", "out_of_order"),
        ),
    ],
)
def test_what_only_compiling_shows_has_its_place_too(written, problem):
    assert problem_of_rule(written) == problem


def test_a_condition_that_does_not_compile_is_found_on_its_line():
    text = (
        HEAD + "earning_rules:\n  r:\n    award: {points: 1}\n    when: 'order.subtotl > 1'\n"
    )

    [(line, column, _, _)] = problems(text)

    assert (line, column) == (7, 12)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("order.total > 1 and x > 1", "7:31: x is not known"),
        ("'order.total > 1 and x > 1'", "7:32: x is not known"),
        ("order.total >", "7:24: ends too early"),
        ('"order.channel == \\"web\\" and x"', "7:11: x is not known"),
        (">\n      order.total > 1\n      and x > 1", "7:11: x is not known"),
    ],
)
def test_a_message_has_one_place_of_a_mistake_in_a_condition(written, told):
    text = f"{HEAD}earning_rules:\n  r:\n    award: {{points: 1}}\n    when: {written}\n"

    with pytest.raises(ProgramFileError) as caught:
        read_program(text, name="shop.yaml")

    assert str(caught.value).startswith(f"shop.yaml:{told}")
    assert "(line" not in str(caught.value)


def test_in_a_condition_over_several_lines_its_own_words_tell_the_place():
    text = (
        f"{HEAD}earning_rules:\n  r:\n    award: {{points: 1}}\n"
        "    when: |\n      order.total > 1\n      and order.totl > 1\n"
    )

    with pytest.raises(ProgramFileError) as caught:
        read_program(text, name="shop.yaml")

    assert str(caught.value) == (
        "shop.yaml:7:11: order.totl is not known; did you mean order.total? "
        "(in the condition, from 'order.totl > 1' on)"
    )


@pytest.mark.parametrize("name", NOT_YET)
def test_a_section_that_is_not_built_yet_is_refused_by_name(name):
    with pytest.raises(ProgramFileError) as caught:
        read_program(f"{HEAD}{name}: {{a: {{}}}}\n", name="shop.yaml")

    assert str(caught.value) == (
        f"shop.yaml:4:1: {name} are not supported by this version; leave the section out"
    )


def test_a_program_has_at_least_one_point_type():
    without = HEAD.partition("point_types")[0]

    assert problems(without) == [(1, 1, "", "required")]
    assert problems(f"{without}point_types: {{}}") == [(3, 14, "/point_types", "out_of_range")]


@pytest.mark.parametrize("text", ["[]", "a", "1", "null", '"version: 1"'])
def test_what_is_no_mapping_is_no_program(text):
    with pytest.raises(ProgramFileError):
        read_program(text)
