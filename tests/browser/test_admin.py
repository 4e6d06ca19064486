"""The admin in a real browser: under its content security policy, light and dark."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from loyalty.models import (
    Decision,
    EarningRule,
    Member,
    Merge,
    Order,
    PointType,
    Redemption,
    Reward,
    Tombstone,
    Voucher,
    Wallet,
)
from tests.factories import change_rules
from tests.loyalty.admin.conftest import listing, page
from tests.loyalty.admin.shop import REVIEW, live_a_day, open_shop

# Everything that is kept, also what every test finds.
pytestmark = pytest.mark.django_db(transaction=True)

SPEND = {"award": {"points": 1, "per": "1.00"}, "name": "Spend"}


@pytest.fixture
def shop(live_server):
    program = open_shop()
    live_a_day(program, 1)
    change_rules(program, {"spend": SPEND, "review": REVIEW})
    EarningRule.objects.filter(code="spend").update(name="Spending")
    return program


@pytest.fixture
def pages(shop):
    publish = reverse("admin:loyalty_program_publish", args=[shop.pk])
    rows = (
        *(Member, Order, Decision, Wallet, EarningRule, PointType),
        *(Reward, Redemption, Voucher, Merge, Tombstone),
    )
    ada, redemption = Member.objects.get(external_id="m-1"), Redemption.objects.first()
    acts = ("adjust", "issue", "suspend", "merge", "close", "erase")
    return [
        reverse("admin:index"),
        publish,
        reverse("admin:loyalty_redemption_work"),
        reverse("admin:loyalty_redemption_reverse", args=[redemption.pk]),
        reverse("admin:loyalty_reward_codes", args=[Reward.objects.first().pk]),
        reverse("admin:loyalty_reward_add"),
        *(reverse(f"admin:loyalty_member_{act}", args=[ada.pk]) for act in acts),
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


def test_the_login_page_is_accessible_and_lets_in(visitor, shop):
    User.objects.create_superuser("lee", password="long and secret")

    at_login = visitor.visit(reverse("admin:index"))
    assert visitor.violations() == []
    at_login.fill("#id_username", "lee")
    at_login.fill("#id_password", "long and secret")
    at_login.press("#id_password", "Enter")

    at_login.wait_for_selector(".overview")
    assert "Shop" in at_login.inner_text(".overview h2")


def test_a_mistake_stands_at_its_field_and_is_accessible(kim, shop):
    at_rule = kim.visit(page(shop.earning_rules.get(code="spend")))

    at_rule.fill("#id_when", "order.subtotl >= 10")
    at_rule.click("input[name=_continue]")

    told = at_rule.inner_text(".field-when .errorlist")
    assert told == "order.subtotl is not known; did you mean order.subtotal? (line 1, column 1)"
    assert kim.violations() == []


def test_only_the_fields_of_the_chosen_kind_are_shown(kim, shop):
    at_rule = kim.visit(page(shop.earning_rules.get(code="spend")))
    assert at_rule.is_visible("#id_award_per")
    assert not at_rule.is_visible("#id_multiply")

    at_rule.select_option("#id_award_kind", "multiply")

    assert at_rule.is_visible("#id_multiply")
    assert not at_rule.is_visible("#id_award_per")


def test_a_trial_appears_on_the_page_and_the_form_stays_as_it_was(kim, shop):
    at_rule = kim.visit(page(shop.earning_rules.get(code="spend")))
    at_rule.fill("#id_award_points", "3")

    at_rule.click("[data-try]")

    at_rule.wait_for_selector("#trial-here table")
    # 40.00 are left of the order after its refund.
    assert "120 points" in at_rule.inner_text("#trial-here")
    assert at_rule.input_value("#id_award_points") == "3"
    assert kim.complaints == []


def test_only_the_fields_of_what_a_reward_gives_are_shown(kim, shop):
    at_reward = kim.visit(page(Reward.objects.get(code="espresso")))
    assert at_reward.is_visible("#id_gives_free_product")
    assert not at_reward.is_visible("#id_gives_fixed")

    at_reward.select_option("#id_gives_kind", "pay")

    assert at_reward.is_visible("#id_gives_pay_rate")
    assert not at_reward.is_visible("#id_cost_points")
    assert not at_reward.is_visible("#id_voucher_valid")


def test_a_preview_of_a_reward_appears_on_the_page_and_is_accessible(kim, shop):
    at_reward = kim.visit(page(Reward.objects.get(code="espresso")))
    at_reward.fill("#id_cost_points", "1000")

    at_reward.click("[data-try]")

    at_reward.wait_for_selector("#trial-here .card")
    assert "1,000 points" in at_reward.inner_text("#trial-here .card")
    assert "They have too few points." in at_reward.inner_text("#trial-here table")
    assert kim.complaints == []
    assert kim.violations() == []


def test_a_mistake_in_a_reward_stands_at_its_field_and_is_accessible(kim, shop):
    at_reward = kim.visit(page(Reward.objects.get(code="espresso")))

    at_reward.fill("#id_cost_points", "")
    at_reward.click("input[name=_continue]")

    assert "say what it costs" in at_reward.inner_text(".field-cost .errorlist")
    assert kim.violations() == []


def test_a_change_of_expiry_is_previewed_on_the_page(kim, shop):
    at_points = kim.visit(page(PointType.objects.get()))
    at_points.fill("#id_expiry", "{after: 1 month, existing: from_change}")

    at_points.click("[data-try]")

    at_points.wait_for_selector("#trial-here p")
    assert kim.complaints == []
    assert kim.violations() == []


def test_work_is_done_from_the_list(kim, shop):
    at_work = kim.visit(reverse("admin:loyalty_redemption_work"))
    at_work.check("input[name=chosen]")
    at_work.fill("#id_note", "Sent on Monday")

    at_work.click("button[value=fulfil]")

    at_work.wait_for_selector(".messagelist")
    assert Redemption.objects.get(reward__code="thanks").fulfilment == "fulfilled"


def test_the_keyboard_reaches_the_content_first(kim, shop):
    at_index = kim.visit(reverse("admin:index"))

    at_index.keyboard.press("Tab")

    assert at_index.evaluate("document.activeElement.getAttribute('href')") == "#content-start"
