"""The commands that load and dump programs."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from engine.program_file import schema_text
from loyalty.models import Member, Program

SHOP = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin, sandbox: true}
point_types: {points: null}
earning_rules:
  spend: {award: {points: 1, per: "1.00"}}
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return path


def told_by(*command):
    out = StringIO()
    call_command(*map(str, command), stdout=out)
    return out.getvalue()


def test_loading_prints_what_was_changed(shop):
    told_by("load_program", shop)
    shop.write_text(
        SHOP.replace("points: 1", "points: 2").replace("points: null", "points: {debt: clamp}")
    )

    assert told_by("load_program", shop) == (
        f"{shop}: 2 changes to shop\n"
        '  update   point_types.points.debt    (default) → "clamp"\n'
        '  update   earning_rules.spend.award  {"points": 1, "per": "1.00"}'
        ' → {"points": 2, "per": "1.00"}\n'
    )


def test_loading_a_file_twice_says_that_nothing_is_left_to_do(shop):
    told_by("load_program", shop)

    assert told_by("load_program", shop) == f"{shop}: shop is as the file says\n"


def test_a_plan_is_printed_and_not_applied(shop):
    told = told_by("load_program", shop, "--plan")

    assert told.startswith(f"{shop}: 3 changes to shop, not applied\n  create   program")
    assert not Program.objects.exists()


def test_a_slip_in_the_last_file_stops_the_first(shop, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(
        SHOP.replace("slug: shop", "slug: other").replace("points: null", "points: 1")
    )

    with pytest.raises(CommandError) as caught:
        told_by("load_program", shop, other)

    assert f"{other}:3:23: expected a mapping" in str(caught.value)
    assert not Program.objects.exists()


def test_what_facts_forbid_is_refused_with_its_line(shop):
    told_by("load_program", shop)
    program = Program.objects.get()
    now = program.now()
    Member.objects.create(program=program, external_id="a", joined_at=now, created_at=now)
    shop.write_text(SHOP.replace("EUR", "USD"))

    with pytest.raises(CommandError, match=rf"{shop}:2:45: shop has facts in EUR"):
        told_by("load_program", shop)


def test_a_sandbox_is_loaded_by_its_own_clock(shop):
    told_by("load_program", shop)
    program = Program.objects.get()
    first = program.clock_at
    shop.write_text(SHOP.replace("points: 1", "points: 2"))

    told_by("load_program", shop)

    assert [s.published_at for s in program.rule_sets.order_by("version")] == [first, first]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"none\.yaml: No such file"):
        told_by("load_program", tmp_path / "none.yaml")


def test_a_dump_is_printed_and_loads_again(shop, tmp_path):
    told_by("load_program", shop)
    dump = tmp_path / "dump.yaml"
    dump.write_text(told_by("dump_program", "shop"))

    assert told_by("load_program", dump) == f"{dump}: shop is as the file says\n"


def test_a_program_that_is_not_there_is_named_with_those_that_are(shop):
    told_by("load_program", shop)

    with pytest.raises(CommandError, match="There is no program 'shops'; there is shop"):
        told_by("dump_program", "shops")


def test_the_schema_is_printed():
    assert told_by("dump_program", "--schema") == schema_text()
