"""The editor of access rules: every key has its field, every mistake its place."""

import pytest
from django.urls import reverse

from tests.factories import NOON, make_member
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.tiers.factories import TIERS, make_ladders
from tiers.admin.access import AccessRuleForm
from tiers.models import AccessRule
from tiers.queries.ladders import access_forms
from tiers.queries.standings import access_of
from tiers.services.access import save_access

EVERY_KEY = {
    "skus": ["BLEND-M", "BLEND-L"],
    "categories": ["members"],
    "tiers": ["vip.gold"],
    "opens_at": "2026-12-01T09:00:00+01:00",
    "opens_early_by": "early_access_hours",
}


@pytest.fixture
def shop(shop):
    gold = TIERS["gold"] | {"benefits": {"early_access_hours": 48}}
    make_ladders(shop, vip={"tiers": TIERS | {"gold": gold}})
    return shop


@pytest.fixture
def blend(shop):
    save_access(program=shop, forms={"blend": EVERY_KEY}, at=NOON)
    return AccessRule.objects.select_related("program").get()


def posted(rule, **changes):
    values = {bound.html_name: bound.value() for bound in AccessRuleForm(instance=rule)}
    return {key: value for key, value in (values | changes).items() if value is not None}


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].errors.items()}


def test_a_rule_that_is_saved_as_it_is_stays_as_it_is(staff, blend):
    answer = staff.post(page(blend), posted(blend))

    assert answer.status_code == 302, errors_of(answer)
    assert access_forms(blend.program) == {"blend": EVERY_KEY}


def test_a_rule_is_added_with_every_field_that_there_is(staff, shop):
    fields = {
        "program": shop.pk,
        "code": "blend",
        "skus": "BLEND-M\nBLEND-L\n",
        "categories": "members",
        "tiers": ["vip.gold"],
        "opens_at": "2026-12-01 09:00",
        "opens_early_by": "early_access_hours",
    }

    answer = staff.post(reverse("admin:tiers_accessrule_add"), fields)

    assert answer.status_code == 302, errors_of(answer)
    assert access_forms(shop) == {"blend": EVERY_KEY}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"skus": "", "categories": ""}, "__all__", "say what it is about"),
        ({"opens_at": "soon"}, "opens_at", "neither a date"),
        ({"opens_early_by": "hours"}, "opens_early_by", "no tier has a benefit"),
        ({"tiers": ["vip.iron"]}, "tiers", "not one of the available choices"),
    ],
)
def test_a_mistake_stands_at_its_field(staff, blend, changes, field, said):
    answer = staff.post(page(blend), posted(blend, **changes))

    assert said in " ".join(errors_of(answer)[field])
    assert access_forms(blend.program) == {"blend": EVERY_KEY}


def test_an_archived_rule_lets_everybody_in_and_comes_back(staff, blend):
    ada = make_member(blend.program)
    address = reverse("admin:tiers_accessrule_archive", args=[blend.pk])
    assert not access_of(ada, NOON, sku="BLEND-M").allowed

    staff.post(address)
    ada.program.refresh_from_db()
    assert access_of(ada, NOON, sku="BLEND-M").allowed

    staff.post(address)
    ada.program.refresh_from_db()
    assert not access_of(ada, NOON, sku="BLEND-M").allowed


def test_the_list_tells_what_rules_are_about(staff, blend):
    text = text_of(staff.get(listing(AccessRule)))

    assert "BLEND-M, BLEND-L, members" in text
    assert "vip.gold" in text
