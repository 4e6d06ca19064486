"""Every list and every page opens, and asks no more of the database for more rows."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.admin.site import GROUPS
from loyalty.models import Decision, Entry, Member, Order, PointType, Program, Wallet
from tests.factories import make_member, state_order
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.loyalty.admin.shop import EDITABLE, READ_ONLY, live_a_day, open_shop

OURS = ("core", "loyalty", "storefront")


def queries_of(client, address):
    client.get(address)  # what a process reads once and keeps is not counted
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries)


def test_every_model_of_ours_is_registered():
    registered = {model for model in admin.site._registry if model._meta.app_label in OURS}

    assert registered == {*READ_ONLY, *EDITABLE}


@pytest.mark.parametrize("model", [*READ_ONLY, *EDITABLE], ids=lambda m: m.__name__)
def test_a_list_of_three_costs_as_many_queries_as_a_list_of_one(staff, model):
    program = open_shop()
    live_a_day(program, 1)
    of_one = queries_of(staff, listing(model))
    live_a_day(program, 2)
    live_a_day(program, 3)

    assert queries_of(staff, listing(model)) == of_one


@pytest.mark.parametrize("model", [*READ_ONLY, *EDITABLE], ids=lambda m: m.__name__)
def test_a_page_costs_as_many_queries_however_many_rows_there_are(staff, model):
    program = open_shop()
    live_a_day(program, 1)
    row = model.objects.order_by("pk").first()
    alone = queries_of(staff, page(row))
    live_a_day(program, 2)
    live_a_day(program, 3)

    assert queries_of(staff, page(row)) == alone


@pytest.mark.parametrize("model", [Program, PointType], ids=lambda m: m.__name__)
def test_a_list_of_three_programs_costs_as_many_queries_as_a_list_of_one(staff, model):
    open_shop("one")
    of_one = queries_of(staff, listing(model))
    open_shop("two")
    open_shop("three")

    assert queries_of(staff, listing(model)) == of_one


def test_a_members_page_costs_as_many_queries_for_one_order_as_for_three(staff):
    program = open_shop()
    ada = make_member(program)
    state_order(program, "1")
    with_one = queries_of(staff, page(ada))
    state_order(program, "2")
    state_order(program, "3")

    assert queries_of(staff, page(ada)) == with_one


def test_every_page_and_list_is_closed_to_strangers(client, db):
    program = open_shop()
    live_a_day(program, 1)

    for model in (*READ_ONLY, *EDITABLE):
        row = model.objects.first()
        for address in (listing(model), page(row)):
            assert client.get(address).status_code == 302, address


def test_a_page_that_is_not_there_is_not_found(staff):
    open_shop()

    for model in (Member, Order, Entry):
        address = reverse(f"admin:loyalty_{model._meta.model_name}_change", args=[999])
        assert staff.get(address).status_code == 404
        assert staff.get(address.replace("999", "nonsense")).status_code == 404


@pytest.mark.parametrize(
    ("model", "term", "found"),
    [
        (Member, "m-2", "m-2"),
        (Member, "M2@shop.example", "m-2"),
        (Member, "member 2", "m-2"),
        (Order, "o-2", "o-2"),
        (Order, "m-2", "o-2"),
        (Wallet, "m-2", "m-2"),
        (Entry, "m-2", "m-2"),
        (Decision, "o-2", "o-2"),
    ],
)
def test_a_search_finds_by_what_a_caller_says(staff, model, term, found):
    program = open_shop()
    for number in (1, 2, 3):
        live_a_day(program, number)
    Member.objects.filter(external_id="m-2").update(email="m2@shop.example")

    text = text_of(staff.get(listing(model, q=term)))

    assert found in text
    assert "m-1" not in text
    assert "o-3" not in text


def test_an_entry_and_a_decision_are_found_by_their_public_ids(staff):
    program = open_shop()
    live_a_day(program, 1)
    entry, decision = Entry.objects.first(), Decision.objects.first()

    for model, row, public in ((Entry, entry, "ent"), (Decision, decision, "dec")):
        text = text_of(staff.get(listing(model, q=f"{public}_{row.pk}")))
        assert f"{public}_{row.pk}" in text
        assert f"{public}_{row.pk + 1}<" not in text


def test_the_overview_counts_members_points_orders_and_what_waits(staff):
    program = open_shop()
    live_a_day(program, 1)

    text = text_of(staff.get(reverse("admin:index")))

    # 100 given, 1 of a double, 15 spent, 40 for the order after its refund, 50 for a review.
    assert "<div><dt>Points outstanding</dt><dd>176</dd>" in text
    assert "1 reward to send or do" in text
    assert "90 of them pending" in text
    assert "Mon 4 May: 1 order" in text
    assert "1 adjustment to decide" in text
    assert "Nothing is waiting" not in text


@pytest.mark.parametrize("label", [*OURS, "referrals", "tiers"])
def test_every_model_can_be_looked_up_and_has_its_place_in_the_menu(label):
    models = set(apps.get_app_config(label).get_models())
    grouped = {name for _, names in GROUPS for name in names}

    assert {model for model in models if not admin.site.is_registered(model)} == set()
    assert {model.__name__ for model in models} <= grouped
