"""The ladder editor: every key has its field, every mistake its place, and a preview."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from engine.program_file import read_program
from engine.program_file.apply import apply_program
from loyalty.models import Entry
from tests.factories import NOON, balance_of, make_member, make_program
from tests.house.source import ROOT
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.tiers.factories import TIERS, make_ladders, review, spend, tier_of
from tiers.admin.ladder_form import LadderForm
from tiers.models import Ladder, LadderVersion, StandingChange
from tiers.queries.ladders import ladder_form, ladder_forms
from tiers.services.access import save_access
from tiers.services.by_hand import set_tier
from tiers.services.ladders import archive_ladder

FILES = [
    path
    for path in sorted(Path(ROOT, "seeds/programs").rglob("*.yaml"))
    if "\nladders:" in path.read_text()
]
DAY = timedelta(days=1)
ADD = "admin:tiers_ladder_add"
ROW = {
    "code": "",
    "name": "",
    "operator": "at_least",
    "threshold": "",
    "multiplier": "",
    "entry": "",
    "once": "lifetime",
    "benefits": "",
}
FIELDS = {
    "code": "status",
    "name": "Status",
    "metric": "points",
    "point_type": "points",
    "count": "released",
    "window_kind": "calendar",
    "window_calendar": "year",
    "window_starts": "04-06",
    "upgrade": "next_period",
    "valid_for": "length",
    "valid_for_length": "18 months",
    "downgrade": "one_step",
    "grace": "30 days",
    "carry_over": "on",
    "on_refund": "keep_until",
}
GOLD_ROW = ROW | {
    "code": "gold",
    "name": "Gold",
    "operator": "over",
    "threshold": "5000",
    "multiplier": "1.5",
    "entry": "200",
    "once": "each_time",
    "benefits": "free_shipping: true\nearly_access_hours: 48\nhotline: +49 30 1234",
}
EVERY_KEY = {
    "name": "Status",
    "metric": "points",
    "point_type": "points",
    "count": "released",
    "window": {"calendar": "year", "starts": "04-06"},
    "upgrade": "next_period",
    "valid_for": "18 months",
    "downgrade": "one_step",
    "grace": "30 days",
    "carry_over": True,
    "on_refund": "keep_until",
    "tiers": {
        "member": {"threshold": 0},
        "gold": {
            "name": "Gold",
            "threshold": 5000,
            "operator": "over",
            "multiplier": "1.5",
            "entry": {"points": 200, "once": "each_time"},
            "benefits": {
                "free_shipping": True,
                "early_access_hours": 48,
                "hotline": "+49 30 1234",
            },
        },
    },
}


def rows_posted(rows, initial=0):
    data = {"tiers-TOTAL_FORMS": len(rows), "tiers-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"tiers-{number}-{key}": value for key, value in row.items()}
    return data


def posted(ladder, *, rows=None, **changes):
    """Return what the browser posts for a ladder's page, with some fields changed.

    `rows` changes rows by their number; None takes one away.
    """
    form = LadderForm(instance=ladder)
    values = {bound.html_name: bound.value() for bound in form if bound.name != "tiers"}
    found = [{each.name: each.value() for each in row} for row in form.rows]
    for number, change in (rows or {}).items():
        found[number] |= {"DELETE": "on"} if change is None else change
    data = values | changes | rows_posted(found, form.rows.initial_form_count())
    return {key: value for key, value in data.items() if value not in (None, False)}


def errors_of(response):
    form = response.context["adminform"].form
    told = {name: list(texts) for name, texts in form.errors.items()}
    for number, row in enumerate(form.rows):
        told |= {f"{number}.{name}": list(texts) for name, texts in row.errors.items()}
    return told


def added(staff, program, rows, **fields):
    start = {"code": "new", "metric": "spend", "window_kind": "lifetime"}
    data = {"program": program.pk} | start | fields | rows_posted(rows)
    return staff.post(reverse(ADD), data)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_ladder_that_is_saved_as_it_is_stays_as_it_is(staff, db, path):
    apply_program(read_program(path.read_text(), name=path.name), at=NOON)
    before = {row.code: ladder_form(row) for row in Ladder.objects.all()}
    versions = LadderVersion.objects.count()

    for ladder in Ladder.objects.select_related("program"):
        answer = staff.post(page(ladder), posted(ladder))
        assert answer.status_code == 302, errors_of(answer)

    assert {row.code: ladder_form(row) for row in Ladder.objects.all()} == before
    assert LadderVersion.objects.count() == versions


def test_a_ladder_is_added_with_every_field_that_there_is(staff, db):
    program = make_program()
    member = ROW | {"code": "member", "threshold": "0"}

    answer = added(staff, program, [member, GOLD_ROW, ROW], **FIELDS)

    assert answer.status_code == 302, errors_of(answer)
    assert ladder_forms(program) == {"status": EVERY_KEY}


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({"window_kind": "rolling", "window_rolling": "90 days"}, {"rolling": "90 days"}),
        ({"window_kind": "anniversary"}, {"anniversary": "joined"}),
        ({"window_kind": "calendar", "window_calendar": "quarter"}, {"calendar": "quarter"}),
        # What another kind of window would say is not asked.
        ({"window_kind": "lifetime", "window_rolling": "90 days"}, None),
    ],
)
def test_every_window_is_filled_in_by_its_fields(staff, db, fields, window):
    program = make_program()

    answer = added(staff, program, [GOLD_ROW], **fields)

    assert answer.status_code == 302, errors_of(answer)
    assert ladder_forms(program)["new"].get("window") == window


def test_thresholds_of_money_are_written_as_the_file_writes_them(staff, db):
    program = make_program()
    rows = [ROW | {"code": "a", "threshold": "0.00"}, ROW | {"code": "b", "threshold": "500"}]

    added(staff, program, rows)

    tiers = ladder_forms(program)["new"]["tiers"]
    assert tiers == {"a": {"threshold": 0}, "b": {"threshold": "500.00"}}


def test_a_tier_is_added_changed_and_taken_away(staff, vip):
    platinum = {"code": "platinum", "threshold": "900.00", "entry": "{physical: Card}"}
    rows = {0: {"name": "Friend"}, 1: None, 3: platinum}

    answer = staff.post(page(vip), posted(vip, rows=rows))

    assert answer.status_code == 302, errors_of(answer)
    assert ladder_form(vip)["tiers"] == {
        "member": {"name": "Friend", "threshold": 0},
        "gold": TIERS["gold"],
        "platinum": {"threshold": "900.00", "entry": {"physical": "Card"}},
    }


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
        ({2: {"entry": "{points"}}, "2.entry", "Not written as the file writes it"),
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


def test_a_change_applies_from_its_date(staff, vip, ada):
    rows = {2: {"threshold": "300.00"}}

    staff.post(page(vip), posted(vip, rows=rows, applies_from="2026-05-07"))

    version = LadderVersion.objects.latest("number")
    assert version.applies_from.isoformat() == "2026-05-06T22:00:00+00:00"
    ada.program.refresh_from_db()
    assert review(ada, at=NOON + DAY) == []
    (move,) = review(ada, at=NOON + 3 * DAY)
    assert (move.from_, move.to) == ("silver", "gold")


def test_a_preview_tells_who_moves_what_it_costs_and_writes_nothing(staff, vip, ada):
    spend(make_member(vip.program, "bob"), 60000)
    gold = {"threshold": "300.00", "entry": "200", "benefits": "free_shipping: true"}
    before = (LadderVersion.objects.count(), StandingChange.objects.count())

    address = reverse("admin:tiers_ladder_preview", args=[vip.pk])
    text = text_of(staff.post(address, posted(vip, rows={2: gold})))

    assert "<strong>1</strong> of 2 members would rise and <strong>0</strong> would" in text
    assert f'<a href="{page(ada)}">Ada</a>' in text
    assert "€350.00" in text
    assert "200 points" in text
    assert "free_shipping" in text
    assert (LadderVersion.objects.count(), StandingChange.objects.count()) == before


def test_a_preview_of_what_is_wrong_says_so(staff, vip):
    address = reverse("admin:tiers_ladder_preview", args=[vip.pk])

    text = text_of(staff.post(address, posted(vip, rows={2: {"threshold": "x"}})))

    assert "It cannot be used yet" in text
    assert "gold, threshold" in text


def test_a_new_ladder_is_previewed_before_there_is_one(staff, shop, ada):
    address = reverse("admin:tiers_ladder_preview_new")
    rows = [ROW | {"code": "fan", "threshold": "100"}]
    fields = {"program": shop.pk, "code": "fans", "metric": "spend", "window_kind": "lifetime"}

    text = text_of(staff.post(address, fields | rows_posted(rows)))

    assert "<strong>1</strong> of 1 member would rise" in text


def test_the_newest_change_is_undone_after_a_look(staff, vip, ada):
    staff.post(page(vip), posted(vip, rows={2: {"threshold": "300.00", "entry": "50"}}))
    ada.program.refresh_from_db()
    review(ada)
    assert (tier_of(ada), balance_of(ada).available) == ("gold", 50)
    address = reverse("admin:tiers_ladder_undo", args=[vip.pk])

    looked = text_of(staff.get(address))
    assert "<strong>1</strong> would fall" in looked
    assert "what it gave is taken back" in looked
    assert ladder_form(vip)["tiers"]["gold"]["threshold"] == "300.00"

    staff.post(address)
    ada.program.refresh_from_db()
    review(ada)
    assert (tier_of(ada), balance_of(ada).available) == ("silver", 0)
    assert Entry.objects.filter(kind="earn").count() == 1


def test_the_first_version_cannot_be_undone(staff, vip):
    address = reverse("admin:tiers_ladder_undo", args=[vip.pk])

    assert "There is no change to undo" in text_of(staff.get(address, follow=True))
    assert "has no version before this one" in text_of(staff.post(address, follow=True))


def test_versions_tell_their_story(staff, vip):
    staff.post(page(vip), posted(vip, rows={2: {"threshold": "300.00"}}, grace="30 days"))

    text = text_of(staff.get(page(vip)))

    assert "grace: default → 30 days; gold, threshold: 500.00 → 300.00" in text
    assert "The first version" in text
    assert "In force" in text


def test_a_ladder_is_archived_after_a_look_and_comes_back(staff, vip, ada):
    address = reverse("admin:tiers_ladder_archive", args=[vip.pk])
    assert "Everybody loses at once" in text_of(staff.get(address))

    staff.post(address)
    assert ladder_forms(vip.program) == {}

    staff.post(address)
    ada.program.refresh_from_db()
    assert tier_of(ada) == "silver"


def test_a_ladder_that_access_rules_name_is_not_archived(staff, vip):
    rule = {"skus": ["BLEND"], "tiers": ["vip.gold"]}
    save_access(program=vip.program, forms={"blend": rule}, at=NOON)

    answer = staff.post(reverse("admin:tiers_ladder_archive", args=[vip.pk]), follow=True)

    assert "There is no tier &#x27;vip.gold&#x27;" in text_of(answer)
    vip.refresh_from_db()
    assert vip.archived_at is None


def test_the_page_of_an_archived_ladder_can_be_read(staff, vip, ada):
    archive_ladder(ladder=vip, at=NOON)

    assert "This ladder is archived" in text_of(staff.get(page(vip)))


def test_a_ladder_tells_how_many_are_in_which_tier(staff, vip, ada):
    make_member(vip.program, "bob")
    set_tier(
        member=make_member(vip.program, "eve"),
        ladder="vip",
        tier="gold",
        until=None,
        reason="press",
        at=NOON,
    )

    panel = staff.get(page(vip)).context["holders"]

    assert [(row[0], row[4]) for row in panel.rows] == [
        ("member", 1),
        ("silver", 1),
        ("gold", 1),
    ]


def test_lists_name_the_tiers_in_their_order(staff, vip):
    assert "member → silver → gold" in text_of(staff.get(listing(Ladder)))


def test_ladders_of_other_programs_are_not_touched(staff, vip):
    other = make_program()
    make_ladders(other, vip={"tiers": TIERS})

    staff.post(page(vip), posted(vip, rows={2: {"threshold": "300.00"}}))

    assert ladder_forms(other) == {"vip": {"tiers": TIERS}}
