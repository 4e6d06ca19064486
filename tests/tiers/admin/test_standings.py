"""Members by tier: who is where and why, on lists and on the member's page; set by hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import NOON, make_member, state_order
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.tiers.factories import make_ladders, spend, tier_of
from tiers.models import (
    DayPoints,
    DayTotal,
    EntryReward,
    LadderVersion,
    Standing,
    StandingChange,
)
from tiers.services.by_hand import set_tier
from tiers.services.ladders import archive_ladder

DAY = timedelta(days=1)
SET = "admin:loyalty_member_tier"
END = "admin:loyalty_member_end-tier"
READ_ONLY = (DayTotal, EntryReward, LadderVersion, Standing, StandingChange)


def set_by_hand(staff, member, **fields):
    stated = {"key": "k", "tier": "vip.gold", "until": "2026-12-31", "reason": "sponsor"}
    return staff.post(reverse(SET, args=[member.pk]), stated | fields)


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["form"].errors.items()}


def rows_of(response):
    return [str(row.member) for row in response.context["cl"].result_list]


def live(shop, number):
    """Add a member who rose by an order, with all that came of it."""
    member = make_member(shop, f"m-{number}", name=f"Member {number}")
    state_order(shop, f"o-{number}", member=member.external_id, amount=60000)
    row = Standing.objects.get(member=member)
    EntryReward.objects.create(
        program=shop, member=member, ladder=row.ladder, tier="gold", key="k", given_at=NOON
    )
    return member


def queries_of(client, address):
    client.get(address)  # what a process reads once and keeps is not counted
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries)


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda m: m.__name__)
def test_a_list_of_three_costs_as_many_queries_as_a_list_of_one(staff, shop, model):
    live(shop, 1)
    of_one = queries_of(staff, listing(model))
    live(shop, 2)
    live(shop, 3)

    assert queries_of(staff, listing(model)) == of_one


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda m: m.__name__)
def test_a_page_costs_as_many_queries_however_many_rows_there_are(staff, shop, model):
    live(shop, 1)
    row = model.objects.order_by("pk").first()
    alone = queries_of(staff, page(row))
    live(shop, 2)
    live(shop, 3)

    assert queries_of(staff, page(row)) == alone


@pytest.mark.parametrize("model", [*READ_ONLY, DayPoints], ids=lambda m: m.__name__)
def test_nobody_adds_or_deletes_what_tiers_remember(staff, shop, model):
    name = f"admin:tiers_{model._meta.model_name}"

    assert staff.post(reverse(f"{name}_add"), {}).status_code == 403
    assert staff.get(listing(model)).status_code == 200


def test_members_are_listed_by_tier(staff, shop, ada, vip):
    spend(make_member(shop, "bob"), 60000)

    in_silver = staff.get(listing(Standing, ladder=vip.pk, tier="silver"))
    in_gold = staff.get(listing(Standing, ladder=vip.pk, tier="gold"))

    assert (rows_of(in_silver), rows_of(in_gold)) == (["Ada"], ["bob"])


def test_members_are_found_by_their_id(staff, shop, ada):
    spend(make_member(shop, "bob"), 60000)

    assert rows_of(staff.get(listing(Standing, q="ada"))) == ["Ada"]


def test_those_set_by_hand_are_listed(staff, shop, ada):
    bob = make_member(shop, "bob")
    set_tier(member=bob, ladder="vip", tier="gold", until=None, reason="x", at=NOON)

    assert rows_of(staff.get(listing(Standing, by_hand="yes"))) == ["bob"]


def test_a_standing_tells_its_story_and_what_is_missing(staff, shop):
    member = make_member(shop, "bob")
    state_order(shop, "o-1", member="bob", amount=35000)

    text = text_of(staff.get(page(Standing.objects.get(member=member))))

    assert "<dt>Counts now</dt><dd>€350.00</dd>" in text
    assert "<dt>Missing to gold</dt><dd>€150.00</dd>" in text
    assert "order o-1</a>" in text
    assert "<td>member</td><td>silver</td><td>Order</td>" in text


def test_the_standing_of_an_archived_ladder_can_be_read(staff, ada, vip):
    archive_ladder(ladder=vip, at=NOON)

    assert "This ladder is archived" in text_of(staff.get(page(Standing.objects.get())))


def test_a_change_is_found_by_its_member_and_tells_where_it_came_from(staff, shop):
    make_member(shop, "bob")
    state_order(shop, "o-1", member="bob", amount=35000)
    change = StandingChange.objects.get()

    assert len(staff.get(listing(StandingChange, q="bob")).context["cl"].result_list) == 1
    assert len(staff.get(listing(StandingChange, q="eve")).context["cl"].result_list) == 0
    assert "order o-1</a>" in text_of(staff.get(page(change)))


def test_a_members_page_tells_the_tier_and_the_way_there(staff, shop):
    member = make_member(shop, "bob")
    state_order(shop, "o-1", member="bob", amount=35000)

    text = text_of(staff.get(page(member)))

    assert "€150.00 to gold" in text
    assert "member → silver (VIP)" in text


def test_a_members_page_without_ladders_says_nothing_of_tiers(staff, db, shop, vip):
    archive_ladder(ladder=vip, at=NOON)

    text = text_of(staff.get(page(make_member(shop, "bob"))))

    assert "<h2>Tiers</h2>" not in text
    assert "Set a tier" not in text


def test_a_tier_is_set_by_hand_until_a_date_for_a_reason(staff, ada):
    answer = set_by_hand(staff, ada)

    assert answer.status_code == 302, errors_of(answer)
    assert tier_of(ada) == "gold"
    row = Standing.objects.get()
    assert (row.floor_tier, row.floor_reason) == ("gold", "sponsor")
    assert row.floor_until.isoformat() == "2026-12-30T23:00:00+00:00"
    change = StandingChange.objects.latest("pk")
    assert (change.to_tier, change.cause, change.reason) == ("gold", "by_hand", "sponsor")


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({"until": "2026-05-01"}, "until", "It would end before it starts"),
        ({"until": "soon"}, "until", "neither a date"),
        ({"reason": ""}, "reason", "required"),
        ({"reason": "  "}, "reason", "required"),
        ({"tier": "vip.iron"}, "tier", "not one of the available choices"),
    ],
)
def test_a_tier_set_amiss_is_refused_at_its_field(staff, ada, fields, place, said):
    answer = set_by_hand(staff, ada, **fields)

    assert said in " ".join(errors_of(answer)[place])
    assert tier_of(ada) == "silver"


def test_what_was_set_by_hand_is_ended(staff, ada):
    set_by_hand(staff, ada, until="")
    end = reverse(END, args=[ada.pk])
    assert "End a tier set by hand" in text_of(staff.get(page(ada)))

    staff.post(end, {"key": "e", "ladder": "vip", "reason": "contract over"})

    assert tier_of(ada) == "silver"
    assert "End a tier set by hand" not in text_of(staff.get(page(ada)))


def test_a_standing_leads_to_what_may_be_done(staff, ada):
    text = text_of(staff.get(page(Standing.objects.get())))

    assert f'href="{reverse(SET, args=[ada.pk])}"' in text


def test_who_may_only_look_sets_and_changes_nothing(ada, vip):
    user = User.objects.create_user("lee", is_staff=True)
    may = ("view_member", "view_standing", "view_ladder", "view_accessrule")
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    lee = Client()
    lee.force_login(user)
    on_ladder = ("undo", "archive", "preview")

    refused = [
        set_by_hand(lee, ada),
        lee.post(page(vip), {}),
        *(lee.post(reverse(f"admin:tiers_ladder_{act}", args=[vip.pk])) for act in on_ladder),
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert tier_of(ada) == "silver"
    assert "&quot;threshold&quot;: &quot;500.00&quot;" in text_of(lee.get(page(vip)))
    assert "Set a tier" not in text_of(lee.get(page(ada)))


@pytest.mark.parametrize(
    ("tier", "marked"), [("member", False), ("silver", False), ("gold", True)]
)
def test_a_tier_is_by_hand_only_where_the_hand_holds_it(staff, ada, tier, marked):
    set_tier(member=ada, ladder="vip", tier=tier, until=None, reason="press", at=NOON)

    on_page = text_of(staff.get(page(ada)))
    in_list = text_of(staff.get(listing(Standing)))

    assert (", by hand</" in on_page) == marked
    assert ("By hand</span></td>" in in_list) == marked


def test_what_is_missing_to_stay_names_the_period_that_it_is_counted_in(staff, shop):
    tiers = {"member": {"threshold": 0}, "vip": {"threshold": "500.00", "operator": "over"}}
    make_ladders(shop, vip={"window": {"calendar": "year"}, "tiers": tiers})
    spend(make_member(shop, "bob"), 52000)

    text = text_of(staff.get(page(Standing.objects.get())))

    # Reached in 2026, and so kept through 2027: by what 2027 comes to.
    assert "<dt>Counts now</dt><dd>€520.00</dd>" in text
    stay = "<dt>Missing to stay, counted from 2027-01-01 on</dt>"
    assert f"{stay}<dd>€500.01, by 2028-01-01 00:00 CET</dd>" in text
