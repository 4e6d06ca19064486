"""A rule that is tried knows the tiers that members had when what it is tried on happened."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import NOON, make_member, make_program, make_rewards, state_event
from tests.loyalty.admin.conftest import page
from tests.loyalty.admin.test_rewards import posted as reward_posted
from tests.loyalty.admin.test_rules import posted
from tests.tiers.factories import make_ladders, spend

REVIEW = {"on": "review", "award": {"points": 10}}
EARLIER = "2026-05-03T12:00:00Z"


@pytest.fixture
def shop(db):
    program = make_program(rules={"review": REVIEW})
    make_ladders(program, at=NOON - timedelta(days=90))
    return program


@pytest.fixture
def ada(shop):
    """Ada wrote a review the day before she rose to gold, and one after it."""
    ada = make_member(shop)
    state_event(shop, "before", type="review", occurred_at=EARLIER)
    spend(ada, 60000)
    state_event(shop, "after", type="review")
    return ada


def results(staff, shop, **changes):
    rule = shop.earning_rules.get(code="review")
    address = reverse("admin:loyalty_earningrule_try", args=[rule.pk])
    tried = staff.post(address, posted(rule, **changes))
    return [row[2] for row in tried.context["panel"].rows]


def test_a_condition_on_a_tier_holds_for_whoever_had_it_then(staff, shop, ada):
    assert results(staff, shop, when='member.tier.vip == "gold"') == ["10 points", "nothing"]


def test_a_tiers_multiplier_counts_where_the_rule_lets_it(staff, shop, ada):
    assert results(staff, shop, multipliers="true") == ["15 points", "10 points"]


def test_a_rule_asks_for_tiers_that_there_are(staff, shop):
    rule = shop.earning_rules.get(code="review")

    answer = staff.post(page(rule), posted(rule, when='member.tier.vip == "golden"'))

    (told,) = answer.context["adminform"].errors["when"]
    assert told.startswith("member.tier.vip is never 'golden'; did you mean 'gold'?")


def test_a_reward_asks_for_tiers_that_there_are(staff, shop):
    make_rewards(shop, cup={"cost": {"points": 10}, "gives": {"free_product": "CUP"}})
    reward = shop.rewards.get()

    answer = staff.post(page(reward), reward_posted(reward, when="member.tier.vpi == None"))

    (told,) = answer.context["adminform"].errors["when"]
    assert told.startswith("member.tier.vpi is not known; did you mean member.tier.vip?")
