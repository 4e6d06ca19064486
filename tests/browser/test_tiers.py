"""The pages of tiers in a real browser: under its content security policy, light and dark."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import NOON, make_member, make_program, state_order
from tests.loyalty.admin.conftest import listing, page
from tests.tiers.factories import TIERS, make_ladders
from tiers.models import AccessRule, Ladder, LadderVersion, Standing, StandingChange
from tiers.services.access import save_access
from tiers.services.by_hand import set_tier

pytestmark = pytest.mark.django_db(transaction=True)

HARDER = TIERS | {"silver": {"threshold": "250.00", "entry": {"points": 50}}}


@pytest.fixture
def shop(live_server):
    program = make_program()
    make_ladders(program, vip={"name": "VIP", "tiers": TIERS})
    rule = {"skus": ["BLEND"], "tiers": ["vip.gold"]}
    save_access(program=program, forms={"blend": rule}, at=NOON)
    for number, cents in enumerate((10000, 35000, 60000), 1):
        make_member(program, f"m-{number}", name=f"Member {number}")
        state_order(program, f"o-{number}", member=f"m-{number}", amount=cents)
    bob = make_member(program, "bob")
    set_tier(member=bob, ladder="vip", tier="gold", until=None, reason="sponsor", at=NOON)
    make_ladders(program, vip={"name": "VIP", "tiers": HARDER}, at=NOON + timedelta(days=1))
    return program


@pytest.fixture
def pages(shop):
    vip, bob = Ladder.objects.get(), Standing.objects.get(member__external_id="bob")
    rows = (Ladder, AccessRule, Standing, StandingChange, LadderVersion)
    return [
        reverse("admin:tiers_ladder_add"),
        *(reverse(f"admin:tiers_ladder_{act}", args=[vip.pk]) for act in ("undo", "archive")),
        *(
            reverse(f"admin:loyalty_member_{a}", args=[bob.member_id])
            for a in ("tier", "end-tier")
        ),
        page(bob.member),
        *(listing(model) for model in rows),
        *(page(model.objects.order_by("pk")[0]) for model in rows),
    ]


def test_pages_are_accessible_and_keep_the_policy(kim, pages):
    found = {}
    for address in pages:
        kim.complaints.clear()
        kim.visit(address)
        # What axe itself loads is not to be counted.
        complaints = list(kim.complaints)
        if wrong := complaints + kim.violations():
            found[address] = wrong

    assert found == {}


def test_only_what_means_something_is_asked(kim, shop):
    at_ladder = kim.visit(page(Ladder.objects.get()))
    assert not at_ladder.is_visible("#id_point_type")
    assert not at_ladder.is_visible("#id_window_rolling")

    at_ladder.select_option("#id_window_kind", "rolling")
    at_ladder.select_option("#id_metric", "points")

    assert at_ladder.is_visible("#id_point_type")
    assert at_ladder.is_visible("#id_window_rolling")

    at_ladder.select_option("#id_metric", "balance")

    assert not at_ladder.is_visible("#id_window_kind")
    assert not at_ladder.is_visible("#id_downgrade")


def test_a_change_is_previewed_on_the_page_and_is_accessible(kim, shop):
    at_ladder = kim.visit(page(Ladder.objects.get()))
    at_ladder.fill("#id_tiers-2-threshold", "300.00")

    at_ladder.click("[data-try]")

    at_ladder.wait_for_selector("#trial-here table")
    assert "1 of 4 members would rise and 0 would fall" in at_ladder.inner_text("#trial-here")
    assert at_ladder.input_value("#id_tiers-2-threshold") == "300.00"
    assert kim.complaints == []
    assert kim.violations() == []


def test_a_tier_is_added_with_a_button(kim, shop):
    at_ladder = kim.visit(page(Ladder.objects.get()))

    at_ladder.click("[data-add-row]")
    at_ladder.keyboard.type("platinum")
    at_ladder.locator(".tier-row").last.locator("input[name$=threshold]").fill("900")
    at_ladder.click("input[name=_continue]")

    at_ladder.wait_for_selector(".messagelist")
    newest = LadderVersion.objects.latest("number")
    assert newest.content["tiers"]["platinum"] == {"threshold": "900.00"}
    assert kim.complaints == []


def test_a_mistake_in_a_row_stands_at_its_cell_and_is_accessible(kim, shop):
    at_ladder = kim.visit(page(Ladder.objects.get()))

    at_ladder.fill("#id_tiers-2-threshold", "100.00")
    at_ladder.click("input[name=_continue]")

    told = at_ladder.inner_text(".tier-row.wrong .tier-field.wrong")
    assert "it is below that of silver" in told
    assert kim.violations() == []
