"""What a plan tells of ladders that change: who would rise and fall, and what it costs."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from engine.program_file import as_data, plan_ladders, read_program
from loyalty.models import Member
from tests.factories import NOON, make_member, make_program
from tests.storefront.conftest import Door, make_key
from tests.tiers.factories import TIERS, make_ladders, spend, tier_of
from tiers.models import LadderVersion

pytestmark = pytest.mark.django_db

RAISED = TIERS | {"silver": {"threshold": "300.00"}}
LOWERED = TIERS | {
    "gold": {"threshold": "400.00", "entry": {"points": 200, "point_type": "points"}}
}


@pytest.fixture
def program():
    """A shop where Ada has spent 250.00 and Bob 450.00: both are silver."""
    program = make_program()
    make_ladders(program)
    spend(make_member(program, "ada"), 25000)
    spend(make_member(program, "bob"), 45000)
    return program


def file_with(program, **ladder):
    ladders = {"vip": {"tiers": TIERS} | ladder} if ladder else {}
    return read_program(json.dumps(as_data(program) | {"ladders": ladders}))


def told_by_plan(program, tmp_path, **ladder):
    path = tmp_path / "shop.json"
    path.write_text(
        json.dumps(as_data(program) | {"ladders": {"vip": {"tiers": TIERS} | ladder}})
    )
    out = StringIO()
    call_command("load_program", str(path), plan=True, stdout=out)
    return [line.strip() for line in out.getvalue().splitlines()]


def moved(program, **ladder):
    return [each.as_dict() for each in plan_ladders(file_with(program, **ladder), at=NOON)]


def test_a_plan_counts_who_would_rise_and_what_entering_costs(program):
    assert moved(program, tiers=LOWERED) == [
        {
            "ladder": "vip",
            "members": 2,
            "rise": 1,
            "fall": 0,
            "below": 0,
            "points": {"points": 200},
            "examples": [{"member": "bob", "from": "silver", "to": "gold"}],
        }
    ]


def test_a_plan_counts_who_would_fall_for_there_is_no_other_day(program):
    (told,) = moved(program, tiers=RAISED)

    assert (told["rise"], told["fall"]) == (0, 1)
    assert told["examples"] == [{"member": "ada", "from": "silver", "to": "member"}]


def test_a_plan_that_changes_nothing_of_a_ladder_tries_nothing(program):
    assert moved(program, tiers=TIERS, name="Friends of the shop") == []


def test_a_ladder_on_points_that_the_file_brings_along_can_be_tried(program):
    data = as_data(program)
    data["point_types"]["stars"] = {}
    data["ladders"]["sky"] = {
        "metric": "points",
        "point_type": "stars",
        "tiers": {"low": {"threshold": 0}, "high": {"threshold": 1}},
    }

    (told,) = plan_ladders(read_program(json.dumps(data)), at=NOON)

    assert (told.as_dict()["ladder"], told.as_dict()["rise"]) == ("sky", 0)


def test_a_program_that_is_new_has_nobody_to_try_it_on(program):
    data = as_data(program)
    data["program"]["slug"] = "another"

    assert plan_ladders(read_program(json.dumps(data)), at=NOON) == []


def test_the_command_tells_it_and_writes_nothing(program, tmp_path):
    versions = LadderVersion.objects.count()

    told = told_by_plan(program, tmp_path, tiers=LOWERED)

    assert "move     vip: 1 rises and 0 fall of 2 members; entering gives 200 points" in told
    assert "move     vip: bob silver → gold" in told
    assert LadderVersion.objects.count() == versions
    assert tier_of(Member.objects.get(external_id="bob")) == "silver"


def test_a_plan_over_http_tells_it_as_well(program):
    door = Door(make_key(program))
    data = as_data(program) | {"ladders": {"vip": {"tiers": LOWERED}}}

    told = door.put("/program/file?plan=true", data).json()

    assert [each["rise"] for each in told["moved"]] == [1]
    assert "moved" not in door.put("/program/file?plan=true", as_data(program)).json()
