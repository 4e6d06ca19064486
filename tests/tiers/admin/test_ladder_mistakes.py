"""Every mistake in a ladder has its place on the page, and all are told at once."""

import pytest

from tests.factories import NOON, SPEND, change_rules
from tests.loyalty.admin.conftest import page
from tests.tiers.admin.posting import ROW, added, errors_of, posted
from tiers.models import LadderVersion
from tiers.queries.ladders import ladder_form
from tiers.services.access import save_access
from tiers.services.ladders import archive_ladder


@pytest.mark.parametrize(
    ("rows", "place", "said"),
    [
        ({2: {"threshold": "100.00"}}, "2.threshold", "below that of silver"),
        ({2: {"threshold": "200.00"}}, "2.threshold", "silver has the same threshold"),
        ({2: {"threshold": "many"}}, "2.threshold", "is not an amount"),
        ({2: {"threshold": ""}}, "2.threshold", "is missing"),
        ({2: {"code": ""}}, "2.code", "Give it a code"),
        ({2: {"code": "silver"}}, "2.code", "Another tier has this code"),
        ({2: {"multiplier": "-1"}}, "2.multiplier", "not a number of at least 0"),
        ({2: {"multiplier": "1.00001"}}, "2.multiplier", "at most 4 decimals"),
        ({2: {"entry": "{points: 0}"}}, "2.entry", "expected 1 to"),
        ({2: {"entry": "{miles: 5}"}}, "2.entry", "say what it gives"),
        ({2: {"entry": "{points"}}, "2.entry", "Not as the program file is written, such as"),
        ({2: {"benefits": "Free shipping: true"}}, "2.benefits", "small letters"),
        ({2: {"benefits": "hours: 1.5"}}, "2.benefits", "not 1.5"),
    ],
)
def test_a_mistake_in_a_tier_stands_in_its_row(staff, vip, rows, place, said):
    answer = staff.post(page(vip), posted(vip, rows=rows))

    assert said in " ".join(errors_of(answer)[place])
    assert errors_of(answer)["tiers"] == ["Please correct what is marked in the rows."]
    assert LadderVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"window_kind": "rolling", "window_rolling": "0 days"}, "window_rolling", "1 day"),
        ({"window_kind": "rolling", "window_rolling": ""}, "window_rolling", "not a period"),
        ({"window_kind": "calendar", "window_starts": "31-01"}, "window_starts", "not a day"),
        ({"upgrade": "next_period"}, "upgrade", "has no next period"),
        ({"carry_over": "on"}, "carry_over", "has no next period"),
        ({"valid_for": "length", "valid_for_length": "0 days"}, "valid_for_length", "1 day"),
        ({"valid_for": "length", "valid_for_length": ""}, "valid_for_length", "expected"),
        ({"grace": "soon"}, "grace", "not a period"),
        ({"metric": "points", "point_type": "miles"}, "point_type", "not one of"),
        ({"applies_from": "2026-02-30"}, "applies_from", "neither a date"),
        ({"applies_from": "2026-05-03"}, "applies_from", "now or later"),
        ({"applies_from": "9000-01-02"}, "applies_from", "not be after the year 8999"),
        ({"applies_from": "9999-12-31"}, "applies_from", "not be after the year 8999"),
    ],
)
def test_a_mistake_stands_at_its_field(staff, vip, changes, field, said):
    changed = {2: {"threshold": "600"}} if "metric" not in changes else {}

    answer = staff.post(page(vip), posted(vip, rows=changed, **changes))

    assert said in " ".join(errors_of(answer)[field])
    assert LadderVersion.objects.count() == 1


def test_all_mistakes_are_told_at_once(staff, vip):
    rows = {
        0: {"benefits": "{"},
        1: {"code": "", "threshold": "x"},
        2: {"code": "gold member", "entry": "{points: 0}"},
    }

    answer = staff.post(page(vip), posted(vip, rows=rows, grace="soon"))

    assert errors_of(answer).keys() == {
        *("tiers", "grace", "0.benefits", "1.code", "1.threshold", "2.code", "2.entry"),
    }


def test_a_tier_that_members_are_in_cannot_be_taken_away(staff, vip, ada):
    answer = staff.post(page(vip), posted(vip, rows={1: None}))

    (told,) = errors_of(answer)["tiers"]
    assert "1 members are in silver. Keep it with a threshold that nobody reaches" in told
    assert "silver" in ladder_form(vip)["tiers"]


def test_a_tier_that_access_rules_name_cannot_be_taken_away(staff, vip):
    rule = {"skus": ["BLEND"], "tiers": ["vip.gold"]}
    save_access(program=vip.program, forms={"blend": rule}, at=NOON)

    answer = staff.post(page(vip), posted(vip, rows={2: None}))

    (told,) = errors_of(answer)["tiers"]
    assert told.startswith("Access rule blend: there is no tier 'vip.gold'")


def test_a_tier_that_earning_rules_ask_for_cannot_be_taken_away(staff, vip):
    rule = SPEND | {"when": 'member.tier.vip == "gold"'}
    change_rules(vip.program, {"spend": rule})

    answer = staff.post(page(vip), posted(vip, rows={2: None}))

    (told,) = errors_of(answer)["tiers"]
    assert told.startswith("Earning rule spend: member.tier.vip is never 'gold'; it is one of")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_threshold_that_is_no_amount_is_compared_with_no_other(staff, vip, number):
    answer = staff.post(page(vip), posted(vip, rows={number: {"threshold": "many"}}))

    told = errors_of(answer)
    (said,) = told.pop(f"{number}.threshold")
    assert "is not an amount" in said
    assert told == {"tiers": ["Please correct what is marked in the rows."]}


def test_a_code_that_is_taken_is_told_at_the_code_and_nothing_else(staff, vip, ada):
    answer = added(staff, vip.program, [ROW | {"code": "a", "threshold": "0"}], code="vip")

    assert errors_of(answer) == {
        "code": ["This code is taken: ladder vip has its own page."],
    }


def test_the_code_of_an_archived_ladder_is_taken_as_well(staff, vip):
    archive_ladder(ladder=vip, at=NOON)

    answer = added(staff, vip.program, [ROW | {"code": "a", "threshold": "0"}], code="vip")

    assert errors_of(answer) == {
        "code": ["This code is taken: ladder vip is archived; bring it back on its page."],
    }
