"""What a support agent reads: true balances, and why there are so many points."""

import pytest

from loyalty.admin.explaining import TIMES, Teller, limit_in_words
from loyalty.models import Decision, Entry, Order, Program, Wallet
from tests.factories import (
    SPEND,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_event,
    state_order,
)
from tests.loyalty.admin.conftest import listing, page, text_of

pytestmark = pytest.mark.django_db

BEANS = {"id": "1", "sku": "BEANS", "categories": ["coffee"], "quantity": 2, "unit_price": 1180}
MUG = {"id": "2", "sku": "MUG", "quantity": 1, "unit_price": 900}


def told(program):
    """Return what the newest decision says of each rule, by code."""
    decision = Decision.objects.filter(program=program).latest("pk")
    rules = decision.rule_set.content["rules"]
    stories = Teller(program, rules).stories(decision.outcome["rules"])
    return {story.code: (story.result, story.text) for story in stories}


def told_of_order(rules, **content):
    program = make_program(rules=rules)
    make_member(program)
    state_order(program, **content)
    return told(program)


@pytest.mark.parametrize(
    ("award", "content", "text"),
    [
        ({"points": 1, "per": "1.00"}, {"amount": 4720},
         "47 points = €47.20 ÷ €1.00 * 1, rounded down."),
        ({"points": 1, "per": "1.00"}, {"amount": 4700}, "47 points = €47.00 ÷ €1.00 * 1."),
        ({"points": 1, "per": "10.00", "whole_steps": True}, {"amount": 4720},
         "4 points = €47.20 ÷ €10.00 * 1, full steps only."),
        ({"points": 5, "per_item": True}, {"lines": [BEANS, MUG]}, "15 points = 3 units * 5."),
        ({"points": 100}, {"amount": 4720}, "100 points = 100 each time."),
        ({"points_from": "order.attributes.stars", "times": "0.5"},
         {"amount": 100, "attributes": {"stars": 8}},
         "4 points = order.attributes.stars * 0.5 = 4."),
        ({"bands": [{"from": "0.00", "points": 1, "per": "1.00"},
                    {"from": "10.00", "points": 2, "per": "1.00"}]}, {"amount": 1500},
         "20 points = €15.00 by slices (above €0.00: 1 per €1.00; above €10.00: 2 per €1.00)."),
    ],
)  # fmt: skip
def test_every_kind_of_award_is_told_as_arithmetic(award, content, text):
    result, said = told_of_order({"rule": {"award": award}}, **content)["rule"]

    assert said == text.replace("*", TIMES)
    assert said.startswith(result)


def test_multipliers_are_told_with_what_they_are_and_where_they_act():
    rules = {
        "spend": SPEND,
        "twice": {"multiply": 2},
        "beans": {"multiply": "1.5", "lines": 'line.sku == "BEANS"'},
    }

    said = told_of_order(rules, lines=[BEANS, MUG])

    # Beans 23.60 at 2.5 times, the mug 9.00 at twice: 59 and 18.
    assert said["spend"] == (
        "77 points",
        f"77 points = €32.60 ÷ €1.00 {TIMES} 1, {TIMES} 1.5 on line 1 only (beans), "
        f"{TIMES} 2 (twice), rounded down.",
    )
    assert said["twice"] == (f"{TIMES} 2", "Multiplies by 2.")


def test_multipliers_of_everything_are_told_as_their_sum():
    rules = {"spend": SPEND, "a": {"multiply": 2}, "b": {"multiply": "1.5"}}

    text = told_of_order(rules, amount=1000)["spend"][1]

    assert text == (
        f"25 points = €10.00 ÷ €1.00 {TIMES} 1 {TIMES} 2.5: {TIMES} 2 (a), {TIMES} 1.5 (b), "
        "rounded down."
    )


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"when": "order.subtotal >= 10000"},
         "Its condition did not hold. It asks for order.subtotal >= 10000"),
        ({"when": "member.age >= 18"},
         "Its condition asks for what was not known: member.age."),
        ({"lines": 'line.sku == "X"'},
         'No line of the order is among those it counts. It counts line.sku == "X"'),
        ({"valid": {"from": "2026-06-01"}}, "It was not valid yet."),
        ({"valid": {"weekdays": ["sat"]}}, "It is not valid on that weekday."),
        ({"valid": {"hours": "22:00-23:00"}}, "It is not valid at that hour."),
        ({"award": {"points": 1, "per": "100.00"}},
         "It matched, and came to nothing: €47.20 ÷ €100.00 * 1, rounded down."),
    ],
)  # fmt: skip
def test_a_rule_that_gave_nothing_says_why_in_words(rule, text):
    said = told_of_order({"rule": {"award": {"points": 5}} | rule}, amount=4720)

    assert said["rule"] == ("nothing", text.replace("*", TIMES))


def test_a_rule_that_lost_to_another_names_it():
    rules = {
        "small": {"award": {"points": 5}, "group": "best"},
        "large": {"award": {"points": 50}, "group": "best", "exclusive": True, "priority": 1},
        "late": {"award": {"points": 7}},
    }

    said = told_of_order(rules, amount=1000)

    assert said["large"][0] == "50 points"
    assert said["late"][1] == "An exclusive rule came first: large."


def test_a_limit_says_what_it_left():
    limited = {"award": {"points": 30}, "limits": [{"points": 50, "per": "month"}]}
    program = make_program(rules={"rule": limited})
    make_member(program)
    state_order(program, "1")
    state_order(program, "2")

    assert told(program)["rule"] == (
        "20 points",
        "30 points = 30 each time. Limits left 20 points of them (at most 50 points a month).",
    )


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"times": 1, "per": "lifetime"}, "at most once ever"),
        ({"times": 2, "per": "day"}, "at most twice a day"),
        ({"times": 3, "per": "week", "window": "rolling"}, "at most 3 times a week, rolling"),
        (
            {"points": 500, "per": "fact", "of": "program"},
            "at most 500 points each time, all members together",
        ),
    ],
)
def test_limits_are_said_as_people_say_them(limit, words):
    assert limit_in_words(limit) == words


def test_a_decision_begins_with_its_answer(staff):
    program = make_program()
    make_member(program)
    state_order(program, amount=4720)

    text = text_of(staff.get(page(Decision.objects.get(fact_type="order"))))

    assert '<p class="in-short">It is worth 47 points.</p>' in text
    assert "€47.20" in text


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"status": "pending"}, "It earns nothing. The order is not paid for yet."),
        ({"member": "nobody"}, "It waits: nobody with this id or address has enrolled."),
    ],
)
def test_a_decision_that_gave_nothing_begins_with_why(staff, content, answer):
    program = make_program()
    make_member(program)
    state_order(program, amount=4720, **content)

    assert answer in text_of(staff.get(page(Decision.objects.latest("pk"))))


def test_an_orders_page_tells_its_lines_and_each_statement(staff):
    program = make_program()
    make_member(program)
    state_order(program, "1001", lines=[BEANS, MUG])
    refund_order(program, "1001", "r-1", lines=[{"id": "1", "quantity": 1}])

    lines, statements, entries = staff.get(page(Order.objects.get())).context["page"].panels

    assert [row[3:] for row in lines.rows] == [
        (1, 2, "€11.80", "€11.80"),
        (1, 1, "€9.00", "€9.00"),
    ]
    # 32 for 32.60, and 20 for what is left: 20.80.
    assert [row[1:4] for row in statements.rows] == [
        ("refund", 1, "\N{MINUS SIGN}12 points"),
        ("order", 1, "+32 points"),
    ]
    assert [row[2] for row in entries.rows] == ["\N{MINUS SIGN}12", "+32"]


def test_a_members_page_shows_what_is_true_now_whatever_job_has_run(staff):
    program = make_program(points={"hold": {"days": 14}, "expiry": {"after": "6 months"}})
    ada = make_member(program)
    state_order(program, amount=4000)
    Program.objects.update(clock_at="2026-05-20T12:00:00Z")  # and no job has run

    panels = {panel.title: panel for panel in staff.get(page(ada)).context["page"].panels}

    assert panels["Balances now"].rows == [("points", 40, 0, 0, 0, 40, 0, 0)]
    assert panels["Coming up"].rows == [("2026-11-18 14:00 CET", 40, "points", "expire")]
    assert Wallet.objects.get().available == 0


def test_a_list_of_wallets_shows_what_is_true_now(staff):
    program = make_program(points={"hold": {"days": 14}})
    make_member(program)
    state_order(program, amount=4321)
    Program.objects.update(clock_at="2026-05-20T12:00:00Z")

    assert '<td class="field-available_now">43</td>' in text_of(staff.get(listing(Wallet)))


def test_a_members_timeline_leads_to_reasons_and_facts(staff):
    program = make_program(
        rules={"spend": SPEND, "review": {"on": "review", "award": {"points": 5}}}
    )
    ada = make_member(program, points=100)
    state_order(program, "1001", amount=4000)
    state_event(program, "rev-1")

    panels = {panel.title: panel for panel in staff.get(page(ada)).context["page"].panels}

    timeline = panels["Timeline"]
    assert [row[2] for row in timeline.rows] == ["+5", "+40", "+100"]
    text = text_of(staff.get(page(ada)))
    assert page(Decision.objects.get(fact_type="order")) in text
    assert page(Order.objects.get()) in text
    assert [row[4] for row in panels["Orders"].rows] == ["40"]


def test_a_timeline_holds_the_last_25_entries(staff):
    program = make_program()
    ada = make_member(program)
    for number in range(26):
        state_order(program, f"o-{number}", amount=100)

    panels = {panel.title: panel for panel in staff.get(page(ada)).context["page"].panels}

    assert len(panels["Timeline"].rows) == 25
    assert "o-25" in panels["Timeline"].rows[0][4]


def test_an_entry_leads_to_what_undid_it(staff):
    program = make_program()
    make_member(program)
    state_order(program, amount=4000)
    pass_time(program, days=1)
    entry = Entry.objects.get()

    text = text_of(staff.get(page(entry)))

    assert bytes(entry.hash).hex() in text
    assert page(entry.wallet) in text
    assert page(entry.decision) in text
