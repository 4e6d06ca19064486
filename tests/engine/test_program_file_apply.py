"""Planning and applying a program file, and publishing its rules."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.program_file import (
    Change,
    SlugMismatch,
    apply_program,
    as_data,
    plan_changes,
    read_program,
)
from loyalty.models import EarningRule, Member, PointType, Program, RuleSet
from loyalty.services.programs import CurrencyIsFixed, KindIsFixed, SandboxIsFixed
from tests.factories import make_member, make_program

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)

SHOP = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin}
point_types: {points: null}
earning_rules:
  spend: {award: {points: 1, per: "1.00"}}
  review: {on: review, award: {points: 50}}
"""

pytestmark = pytest.mark.django_db


def load(text, *, at=NOON):
    return apply_program(read_program(text), at=at)


def shop():
    return Program.objects.get(slug="shop")


def contents():
    """Return what has been published, oldest first."""
    return [s.content for s in RuleSet.objects.filter(program=shop()).order_by("version")]


def test_a_new_slug_creates_the_program():
    changes = load(SHOP)

    program = shop()
    assert (program.name, program.currency, program.timezone) == (
        "Shop",
        "EUR",
        "Europe/Berlin",
    )
    assert (program.created_at, program.clock_at) == (NOON, None)
    assert changes == [
        Change(
            "create",
            "program",
            None,
            {"slug": "shop", "name": "Shop", "currency": "EUR", "timezone": "Europe/Berlin"},
        ),
        Change("create", "point_types.points", None, {}),
        Change("create", "earning_rules.spend", None, {"award": {"points": 1, "per": "1.00"}}),
        Change(
            "create", "earning_rules.review", None, {"on": "review", "award": {"points": 50}}
        ),
    ]


def test_a_sandbox_clock_starts_when_the_program_is_first_loaded():
    sandbox = SHOP.replace("name: Shop", "name: Shop, sandbox: true")

    load(sandbox, at=NOON)
    load(sandbox.replace("name: Shop", "name: Boutique"), at=LATER)

    assert shop().clock_at == NOON


def test_a_program_without_facts_may_become_a_sandbox_and_stop_being_one():
    load(SHOP)

    load(SHOP.replace("name: Shop", "name: Shop, sandbox: true"), at=LATER)
    assert shop().clock_at == LATER

    load(SHOP, at=LATER)
    assert shop().clock_at is None


def test_planning_says_what_applying_does_and_changes_nothing():
    load(SHOP)
    file = read_program(
        SHOP.replace("points: 50", "points: 60").replace("name: Shop", "name: Boutique")
    )
    before = as_data(shop())

    planned = plan_changes(file)

    assert as_data(shop()) == before
    assert len(contents()) == 1
    assert planned == apply_program(file, at=LATER)
    assert planned == [
        Change("update", "program.name", "Shop", "Boutique"),
        Change("update", "earning_rules.review.award", {"points": 50}, {"points": 60}),
    ]


def test_planning_a_new_program_creates_none():
    assert plan_changes(read_program(SHOP))[0].action == "create"

    assert not Program.objects.exists()


def test_applying_a_file_twice_changes_nothing_the_second_time():
    load(SHOP)
    revision = shop().revision

    assert load(SHOP, at=LATER) == []
    assert shop().revision == revision
    assert len(contents()) == 1


def test_what_the_file_no_longer_mentions_is_archived():
    load(SHOP)

    [change] = load(SHOP.partition("  review")[0], at=LATER)

    review = {"on": "review", "award": {"points": 50}}
    assert change == Change("archive", "earning_rules.review", review, None)
    assert EarningRule.objects.get(code="review").archived_at == LATER
    assert list(contents()[-1]["rules"]) == ["spend"]


def test_an_archived_point_type_keeps_its_row():
    load(SHOP.replace("points: null", "points: null, stars: null"))

    load(SHOP, at=LATER)

    assert PointType.objects.get(code="stars").archived_at == LATER
    assert list(as_data(shop())["point_types"]) == ["points"]


def test_what_was_archived_comes_back_when_it_is_mentioned_again():
    load(SHOP)
    row = EarningRule.objects.get(code="review")
    load(SHOP.partition("  review")[0], at=LATER)

    [change] = load(SHOP, at=LATER)

    assert (change.action, change.path) == ("create", "earning_rules.review")
    row.refresh_from_db()
    assert row.archived_at is None


def test_another_order_of_things_is_a_change():
    load(SHOP.replace("points: null", "points: null, stars: null"))

    changes = load(SHOP.replace("points: null", "stars: null, points: null"), at=LATER)

    assert changes == [
        Change("update", "point_types", ["points", "stars"], ["stars", "points"])
    ]
    assert list(as_data(shop())["point_types"]) == ["stars", "points"]


def test_what_rules_earn_by_default_is_published_with_them():
    load(SHOP.replace("points: null", "miles: {kind: status}, points: null, stars: null"))

    assert contents()[0]["default_point_type"] == "points"


def test_the_rule_set_holds_the_rules_and_what_they_depend_on():
    load(SHOP.replace("points: null", "points: {hold: {days: 14}}"))

    assert contents() == [
        {
            "currency": "EUR",
            "timezone": "Europe/Berlin",
            "default_point_type": "points",
            "point_types": {"points": {"hold": {"days": 14}, "expiry": "never"}},
            "rules": {
                "spend": {"on": "order", "award": {"points": 1, "per": "1.00"}},
                "review": {"on": "review", "award": {"points": 50}},
            },
        }
    ]
    rule_set = RuleSet.objects.get()
    assert (rule_set.version, rule_set.published_at) == (1, NOON)


def test_a_changed_rule_is_published_as_the_next_version():
    load(SHOP)

    load(SHOP.replace("points: 50", "points: 60"), at=LATER)

    newest = RuleSet.objects.get(version=2)
    assert newest.published_at == LATER
    assert newest.content["rules"]["review"]["award"] == {"points": 60}
    assert contents()[0]["rules"]["review"]["award"] == {"points": 50}


def test_a_change_that_no_rule_depends_on_is_seen_but_publishes_no_rules():
    load(SHOP)
    revision = shop().revision

    load(SHOP.replace("points: null", "points: {debt: clamp}"), at=LATER)

    assert shop().revision != revision
    assert len(contents()) == 1


def test_currency_cannot_change_once_there_are_facts():
    load(SHOP)
    Member.objects.create(program=shop(), external_id="a", joined_at=NOON, created_at=NOON)
    file = read_program(SHOP.replace("EUR", "USD").replace("points: 50", "points: 60"))
    before = as_data(shop())

    for refused in (plan_changes, lambda file: apply_program(file, at=LATER)):
        with pytest.raises(CurrencyIsFixed) as caught:
            refused(file)
        assert file.complaint(caught.value) == (
            "program.yaml:2:45: shop has facts in EUR; its currency cannot change"
        )

    assert as_data(shop()) == before


def test_currency_may_change_while_there_are_no_facts():
    load(SHOP)

    load(SHOP.replace("EUR", "USD"))

    assert shop().currency == "USD"


def test_sandbox_cannot_change_once_there_are_facts():
    load(SHOP)
    Member.objects.create(program=shop(), external_id="a", joined_at=NOON, created_at=NOON)

    with pytest.raises(SandboxIsFixed):
        load(SHOP.replace("name: Shop", "name: Shop, sandbox: true"))

    assert not shop().sandbox


def test_the_kind_of_points_cannot_change_once_there_are_some():
    program = make_program(slug="shop", rules={})
    make_member(program, points=100)
    text = SHOP.replace("name: Shop", "name: Shop, sandbox: true")
    file = read_program(text.replace("points: null", "stars: null, points: {kind: stamp}"))

    with pytest.raises(KindIsFixed) as caught:
        apply_program(file, at=LATER)

    assert caught.value.extra == {"pointer": "/point_types/points/kind"}
    assert [row.code for row in PointType.objects.all()] == ["points"]


def test_the_kind_of_points_may_change_while_there_are_none():
    load(SHOP.replace("points: null", "points: null, stars: null"))

    load(SHOP.replace("points: null", "points: null, stars: {kind: stamp}"))

    assert PointType.objects.get(code="stars").kind == "stamp"


def test_a_file_of_another_program_is_refused_where_one_is_expected():
    load(SHOP)
    file = read_program(SHOP.replace("slug: shop", "slug: other"))

    for refused in (
        plan_changes,
        lambda file, program: apply_program(file, at=NOON, program=program),
    ):
        with pytest.raises(SlugMismatch):
            refused(file, program=shop())

    assert not Program.objects.filter(slug="other").exists()
