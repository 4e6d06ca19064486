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
from tests.tiers.admin.posting import ROW, added, errors_of, posted, rows_posted
from tests.tiers.factories import TIERS, make_ladders, review, spend, tier_of
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

    assert "Access rule blend: there is no tier &#x27;vip.gold&#x27;" in text_of(answer)
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


def test_the_example_of_benefits_is_one_that_can_be_pasted(staff, vip):
    text = staff.get(page(vip)).content.decode()
    example = text.split('<pre class="help">')[1].split("</pre>")[0]

    answer = staff.post(page(vip), posted(vip, rows={2: {"benefits": example}}))

    assert answer.status_code == 302, errors_of(answer)
    assert ladder_form(vip)["tiers"]["gold"]["benefits"] == {
        "free_shipping": True,
        "early_access_hours": 48,
        "support_priority": 1,
    }
