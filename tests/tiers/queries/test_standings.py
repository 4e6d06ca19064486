from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import InvalidInput
from loyalty.rules.multipliers import Bonus
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, YEAR, make_ladders, spend
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import (
    Question,
    access_of,
    benefits_of,
    bonuses_of,
    history_of,
    progress_in,
    standings_of,
)
from tiers.rules.access import Access
from tiers.services.access import save_access

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2027, 12, 31, 23, tzinfo=UTC)
PERKS = {
    "member": {"threshold": 0},
    "gold": {
        "threshold": "500.00",
        "benefits": {"free_shipping": True, "early_access_hours": 48, "support_priority": 2},
    },
    "black": {"threshold": "5000.00", "benefits": {"free_shipping": True}},
}


def make_gold(**form):
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS} | form)
    ada = make_member(program)
    spend(ada, 50000)
    return ada


def test_a_tiers_multiplier_is_a_bonus_from_its_rise_to_its_end():
    ada = make_gold(window=YEAR)
    gold = [Bonus("tier:vip.gold", Decimal("1.5"))]

    def bonuses(at):
        return bonuses_of(ada.program, [Question(ada, at)])[ada.pk]

    assert bonuses(NOON - timedelta(days=1)) == []
    assert bonuses(NOON) == gold
    assert bonuses(NEW_YEAR - timedelta(seconds=1)) == gold
    assert bonuses(NEW_YEAR) == []


@pytest.mark.parametrize("members", [1, 3])
def test_bonuses_of_many_cost_one_statement(members, django_assert_num_queries):
    program = make_program()
    make_ladders(program)
    people = [make_member(program, f"m-{n}") for n in range(members)]
    for one in people:
        spend(one, 50000)
    tier_setup_of(program)

    with django_assert_num_queries(1):
        found = bonuses_of(program, [Question(one, NOON) for one in people])

    assert all(found.values())


def test_benefits_are_the_best_of_all_ladders():
    program = make_program()
    other = {
        "metric": "orders",
        "tiers": {
            "regular": {
                "threshold": 1,
                "benefits": {"early_access_hours": 24, "support_priority": 1, "hotline": "+49"},
            }
        },
    }
    make_ladders(program, vip={"tiers": PERKS}, loyal=other)
    ada = make_member(program)
    spend(ada, 50000)

    assert benefits_of(ada, NOON) == {
        "free_shipping": True,
        "early_access_hours": 48,
        "support_priority": 1,
        "hotline": "+49",
    }
    assert benefits_of(make_member(program, "bob"), NOON) == {}


def test_progress_and_history_tell_the_way():
    ada = make_gold(window=YEAR)
    ladder = tier_setup_of(ada.program).ladders["vip"]

    held, progress = progress_in(ada, ladder, NOON)

    assert (held.tier, held.since, held.until) == ("gold", NOON, NEW_YEAR)
    assert (progress.value, progress.next) == (50000, None)
    assert (progress.keep.by, progress.keep.missing) == (NEW_YEAR, 50000)
    assert [(each.from_tier, each.to_tier) for each in history_of(ada, ladder)] == [
        ("member", "gold")
    ]


# Access

OPENING = datetime(2026, 5, 10, 9, tzinfo=UTC)
BLEND = {"skus": ["BLEND-M"], "categories": ["members"], "tiers": ["vip.gold"]}
LAUNCH = {
    "skus": ["NEW-1"],
    "opens_at": "2026-05-10T09:00:00Z",
    "opens_early_by": "early_access_hours",
}


@pytest.fixture
def people():
    program = make_program()
    make_ladders(program, vip={"tiers": PERKS})
    save_access(program=program, forms={"blend": BLEND, "launch": LAUNCH}, at=NOON)
    found = [make_member(program, name) for name in ("anne", "gold", "black")]
    spend(found[1], 50000)
    spend(found[2], 500000)
    return found


def test_what_no_rule_is_about_is_for_everybody(people):
    assert access_of(people[0], NOON, sku="OTHER", category="coffee") == Access(True)


def test_a_tier_and_those_above_it_open_what_is_theirs(people):
    anne, gold, black = people

    assert access_of(anne, NOON, sku="BLEND-M") == Access(False, None, "needs_tier")
    assert access_of(gold, NOON, sku="BLEND-M") == Access(True, None, "gold")
    assert access_of(black, NOON, category="members") == Access(True, None, "black")


def test_early_access_opens_by_the_hours_of_the_benefit(people):
    anne, gold, _ = people
    early = OPENING - timedelta(hours=48)

    assert access_of(anne, early, sku="NEW-1") == Access(False, OPENING, "not_yet")
    assert access_of(anne, OPENING, sku="NEW-1").allowed
    assert access_of(gold, early, sku="NEW-1").allowed
    before = access_of(gold, early - timedelta(seconds=1), sku="NEW-1")
    assert before == Access(False, early, "not_yet")


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ({"tiers": ["vip.gold"]}, "/access/x", "required"),
        ({"skus": ["A"]}, "/access/x", "required"),
        ({"skus": ["A"], "tiers": ["vip.iron"]}, "/access/x/tiers/0", "unknown_tier"),
        ({"skus": ["A"], "tiers": ["gold"]}, "/access/x/tiers/0", "unknown_tier"),
        ({"skus": ["A"], "opens_at": "soon"}, "/access/x/opens_at", "invalid_time"),
        (
            {"skus": ["A"], "opens_at": "2026-05-10", "opens_early_by": "hours"},
            "/access/x/opens_early_by",
            "unknown_benefit",
        ),
        (
            {"skus": ["A"], "opens_at": "2026-05-10", "opens_early_by": "free_shipping"},
            "/access/x/opens_early_by",
            "wrong_type",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_place(people, form, pointer, code):
    program = people[0].program

    with pytest.raises(InvalidInput) as caught:
        save_access(program=program, forms={"x": form}, at=NOON)

    assert [(each.pointer, each.code) for each in caught.value.problems] == [(pointer, code)]


def test_a_rule_whose_ladder_is_gone_stays_closed(people):
    gold = people[1]
    make_ladders(gold.program, other={"tiers": TIERS})

    assert not access_of(gold, NOON, sku="BLEND-M").allowed


def test_standings_have_every_ladder_of_every_member(people):
    found = standings_of(people[0].program, people, NOON)

    assert [found[each.pk]["vip"].tier for each in people] == ["member", "gold", "black"]
