"""Programs and point types: what is nonsense in the file is nonsense here."""

import pytest
from django.urls import reverse

from loyalty.admin.program_forms import PointTypeForm, ProgramForm
from loyalty.models import PointType, Program
from tests.factories import (
    balance_of,
    give_points,
    make_member,
    make_program,
    point_type_of,
    state_order,
)
from tests.loyalty.admin.conftest import listing, page, text_of


def posted(form_class, row, **changes):
    form = form_class(instance=row)
    values = {bound.html_name: form[bound.name].value() for bound in form} | changes
    return {
        key: value for key, value in values.items() if value is not None and value is not False
    }


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].errors.items()}


def test_a_program_is_added_with_a_sandbox_clock_of_its_own(staff):
    fields = {
        "slug": "new",
        "name": "New",
        "currency": "eur",
        "timezone": "Europe/Berlin",
        "locale": "de",
        "sandbox": "on",
        "leap_day": "feb_28",
        "guest_claim": "30 days",
        "origins": "https://shop.example\nhttps://app.example",
    }

    answer = staff.post(reverse("admin:loyalty_program_add"), fields)

    assert answer.status_code == 302, errors_of(answer)
    program = Program.objects.get(slug="new")
    assert program.currency == "EUR"
    assert program.origins == ["https://app.example", "https://shop.example"]
    assert program.clock_at is not None


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"currency": "XXX"}, "currency", "ISO 4217"),
        ({"timezone": "Berlin"}, "timezone", "not a time zone"),
        ({"locale": "xx"}, "locale", "not a known language"),
        ({"guest_claim": "a while"}, "guest_claim", "14 days"),
        ({"adjustment_approval_above": "-1"}, "adjustment_approval_above", "from 0 up"),
        ({"origins": "https://shop.example/path"}, "origins", "without a path"),
        ({"origins": "shop.example"}, "origins", "https://shop.example"),
        ({"name": "Sh\x02op"}, "name", "the character U+0002"),
        ({"name": "Sh\ufeffop"}, "name", "the character U+FEFF"),
    ],
)
def test_a_mistake_in_a_program_is_told_at_its_field(staff, changes, field, said):
    program = make_program()

    answer = staff.post(page(program), posted(ProgramForm, program, **changes))

    assert list(errors_of(answer)) == [field]
    assert said in " ".join(errors_of(answer)[field])


@pytest.mark.parametrize(
    ("changes", "field"), [({"currency": "USD"}, "currency"), ({"sandbox": False}, "sandbox")]
)
def test_what_facts_depend_on_stays(staff, changes, field):
    program = make_program()
    make_member(program)

    answer = staff.post(page(program), posted(ProgramForm, program, **changes))

    assert list(errors_of(answer)) == [field]
    assert Program.objects.get() == program


def test_a_program_changes_its_name_and_nothing_else(staff):
    program = make_program()
    before = Program.objects.values().get()

    staff.post(page(program), posted(ProgramForm, program, name="Another"))

    after = Program.objects.values().get()
    assert {key for key in after if after[key] != before[key]} == {"name", "revision"}


def test_the_clock_of_a_sandbox_is_shown(staff):
    program = make_program()

    assert "2026-05-04 14:00 CEST (sandbox)" in text_of(staff.get(page(program)))
    assert "2026-05-04 14:00 CEST (sandbox)" in text_of(staff.get(listing(Program)))


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"hold": "{days: many}"}, "hold", "days: "),
        ({"hold": "{days: 14"}, "hold", "line 1"),
        ({"expiry": "sometime"}, "expiry", "neither"),
        ({"expiry": "{after: 12 months, rounds: month}"}, "expiry", "rounds"),
        ({"debt": "{allow_up_to: -5}"}, "debt", "allow_up_to"),
        ({"debt": "forgive"}, "debt", "clamp"),
        ({"expiry_reminders": "30"}, "expiry_reminders", "[30, 7, 1]"),
        ({"value": "-1"}, "value", "nothing or more"),
        ({"decimals": "7"}, "decimals", "At most 6"),
        ({"min_validity_after_return": "soon"}, "min_validity_after_return", "14 days"),
        ({"name_one": "B\x01ean"}, "name_one", "the character U+0001"),
    ],
)
def test_a_mistake_in_a_point_type_is_told_at_its_field(staff, changes, field, said):
    points = point_type_of(make_program())

    answer = staff.post(page(points), posted(PointTypeForm, points, **changes))

    assert list(errors_of(answer)) == [field]
    assert said in " ".join(errors_of(answer)[field])


def test_the_kind_of_points_that_are_there_stays(staff):
    program = make_program()
    give_points(make_member(program), 10)
    points = point_type_of(program)

    answer = staff.post(page(points), posted(PointTypeForm, points, kind="status"))

    assert list(errors_of(answer)) == ["kind"]


def test_a_cap_on_balances_counts_at_once(staff):
    program = make_program()
    ada = make_member(program)
    points = point_type_of(program)

    staff.post(page(points), posted(PointTypeForm, points, max_balance="30"))
    program.refresh_from_db()
    state_order(program, amount=5000)

    ada.program = program
    assert balance_of(ada).available == 30


def test_a_point_type_is_added_beside_those_that_are_there(staff):
    program = make_program()
    stamps = PointType(program=program, code="stamps", name_one="Stamp", name_other="Stamps")
    fields = posted(PointTypeForm, stamps, kind="stamp", program=program.pk)

    answer = staff.post(reverse("admin:loyalty_pointtype_add"), fields)

    assert answer.status_code == 302, errors_of(answer)
    codes = PointType.objects.live().filter(program=program).values_list("code", flat=True)
    assert list(codes) == ["points", "stamps"]


def test_a_point_type_that_is_saved_as_it_is_stays_as_it_is(staff):
    program = make_program(
        points={
            "hold": {"days": 14},
            "expiry": {"after": "12 months", "round_up_to": "month"},
            "debt": {"allow_up_to": 500},
            "expiry_reminders": [30, 7],
            "value": "0.01",
        }
    )
    points = point_type_of(program)
    before = PointType.objects.values().get()

    staff.post(page(points), posted(PointTypeForm, points))

    assert PointType.objects.values().get() == before
