"""A change that is planned: the page says so, and so does whatever touches it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import NOON
from tests.loyalty.admin.conftest import page, text_of
from tests.tiers.admin.posting import errors_of, posted
from tests.tiers.factories import TIERS, make_ladders
from tiers.models import LadderVersion
from tiers.queries.ladders import ladder_form

JUNE = NOON + timedelta(days=28)  # 1 June 2026
EASIER = TIERS | {"gold": TIERS["gold"] | {"threshold": "300.00"}}
DROPPED = "The change planned from 2026-06-01 09:00 CEST was dropped"


@pytest.fixture
def planned(shop, vip):
    """The ladder whose gold is to be easier from June on."""
    begins = JUNE.replace(hour=7)
    make_ladders(shop, vip={"name": "VIP", "tiers": EASIER}, applies_from=begins)
    return vip


def saved(staff, ladder, **changes):
    answer = staff.post(page(ladder), posted(ladder, **changes), follow=True)
    assert "adminform" not in answer.context or answer.redirect_chain, errors_of(answer)
    return text_of(answer)


def previewed(staff, ladder, **changes):
    address = reverse("admin:tiers_ladder_preview", args=[ladder.pk])
    return text_of(staff.post(address, posted(ladder, **changes)))


def begins_of(ladder):
    """When the versions that stand begin, in their order."""
    rows = LadderVersion.objects.filter(ladder=ladder, undone_at=None).order_by("number")
    return [row.applies_from for row in rows]


def test_the_form_says_that_it_shows_what_is_planned(staff, planned):
    answer = staff.get(page(planned))

    assert "planned from 2026-06-01 09:00 CEST" in text_of(answer)
    assert answer.context["adminform"].form["applies_from"].value() == "2026-06-01 09:00"


def test_a_plan_from_midnight_on_is_shown_by_its_day(staff, vip):
    saved(staff, vip, rows={2: {"threshold": "300.00"}}, applies_from="2026-06-01")

    form = staff.get(page(vip)).context["adminform"].form

    assert form["applies_from"].value() == "2026-06-01"


def test_the_form_of_what_is_in_force_speaks_of_no_plan(staff, vip):
    answer = staff.get(page(vip))

    assert "planned from" not in text_of(answer)
    assert not answer.context["adminform"].form["applies_from"].value()


def test_a_new_name_alone_makes_no_version_and_says_so(staff, planned):
    text = saved(staff, planned, name="Club")

    assert "No new version: what counts is as it was." in text
    assert "The change planned from 2026-06-01 09:00 CEST still stands." in text
    assert "It counts from" not in text
    assert begins_of(planned) == [NOON, JUNE.replace(hour=7)]


def test_a_version_is_told_with_the_time_from_which_it_counts(staff, vip):
    text = saved(staff, vip, rows={2: {"threshold": "300.00"}}, applies_from="2026-06-01")

    assert "Version 2 counts from 2026-06-01 00:00 CEST on." in text
    assert "dropped" not in text.split("<form")[0]


def test_a_change_at_once_tells_that_the_plan_was_dropped(staff, planned):
    text = saved(staff, planned, rows={2: {"threshold": "400.00"}}, applies_from="")

    assert "Version 3 counts from 2026-05-04 14:00 CEST on." in text
    assert DROPPED in text
    assert begins_of(planned) == [NOON, NOON]


def test_a_plan_is_moved_to_another_day(staff, planned):
    text = saved(staff, planned, applies_from="2026-07-01 09:00")

    assert "Version 3 counts from 2026-07-01 09:00 CEST on." in text
    assert DROPPED in text
    assert begins_of(planned) == [NOON, (JUNE + timedelta(days=30)).replace(hour=7)]


def test_a_plan_is_brought_forward_to_now(staff, planned):
    saved(staff, planned, applies_from="")

    assert begins_of(planned) == [NOON, NOON]
    assert ladder_form(planned)["tiers"] == EASIER


def test_a_preview_says_that_the_plan_would_be_dropped(staff, planned):
    text = previewed(staff, planned, rows={2: {"threshold": "400.00"}}, applies_from="")

    assert "From 2026-05-04 14:00 CEST on" in text
    assert "The change planned from 2026-06-01 09:00 CEST would be <strong>dropped" in text


def test_a_preview_of_the_plan_as_it_stands_says_so_and_speaks_of_its_day(staff, planned):
    text = previewed(staff, planned)

    assert "From 2026-06-01 09:00 CEST on" in text
    assert "This is the change planned from 2026-06-01 09:00 CEST, as it stands" in text
    assert "dropped" not in text


def test_a_preview_of_a_later_day_says_what_it_compares_with(staff, planned):
    text = previewed(staff, planned, applies_from="2026-07-01")

    assert "would be <strong>dropped</strong>" in text
    assert "compare with where the plan would have members by then" in text
