"""Rewards that are for some tiers only, where staff issue them."""

import pytest
from django.urls import reverse

from loyalty.models import Redemption, Reward
from tests.factories import NOON, make_member, make_program, make_rewards
from tests.loyalty.admin.test_redemptions import act
from tests.loyalty.admin.test_rewards import preview_of
from tests.tiers.factories import make_ladders
from tiers.services.by_hand import set_tier

LOUNGE = {
    "cost": {"points": 10},
    "gives": {"entitlement": "lounge", "quantity": 1},
    "when": 'member.tier.vip in ["gold"]',
}


@pytest.fixture
def program(db):
    program = make_program()
    make_ladders(program)
    make_rewards(program, lounge=LOUNGE)
    return program


@pytest.fixture
def ada(program):
    member = make_member(program, points=100)
    set_tier(member=member, ladder="vip", tier="gold", until=None, reason="x", at=NOON)
    return member


def offered(staff, member):
    form = staff.get(reverse("admin:loyalty_member_issue", args=[member.pk])).context["form"]
    return dict(form.fields["reward"].choices)["lounge"]


def test_what_is_for_gold_is_issued_to_who_has_gold(staff, ada):
    assert "\N{EM DASH}" not in offered(staff, ada)

    act(staff, ada, "issue", reward="lounge")

    assert Redemption.objects.get().member == ada


def test_the_preview_of_a_reward_knows_who_holds_which_tier(staff, program, ada):
    make_member(program, "bob", points=100)

    shown = preview_of(staff, Reward.objects.get())

    assert shown.context["panel"].title == "Who could have it: 1 of the last 2 active members"


def test_and_to_nobody_else(staff, program):
    bob = make_member(program, "bob", points=100)

    assert "\N{EM DASH}" in offered(staff, bob)
    act(staff, bob, "issue", reward="lounge")

    assert not Redemption.objects.exists()
