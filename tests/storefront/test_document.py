"""The OpenAPI document says what the code does."""

from functools import cache

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from loyalty.rules import statements
from storefront.api import (
    advocates,
    claims,
    clicks,
    merges,
    my_referrals,
    redemptions,
    referrals,
    settlements,
    statuses,
    tiers,
    urls,
    vouchers,
)
from storefront.api.program_view import NothingHere, ProgramView
from storefront.models.keys import SCOPES

PATHS = {
    "GET /api/v1/program",
    "GET /api/v1/program/file",
    "PUT /api/v1/program/file",
    "GET /api/v1/program/claims-key",
    "POST /api/v1/program/claims-key/rotate",
    "GET /api/v1/clock",
    "PUT /api/v1/clock",
    "GET /api/v1/members",
    "GET /api/v1/members/{member_id}",
    "PUT /api/v1/members/{member_id}",
    "PATCH /api/v1/members/{member_id}",
    "GET /api/v1/members/{member_id}/wallets",
    "GET /api/v1/members/{member_id}/entries",
    "POST /api/v1/members/{member_id}/adjustments",
    "POST /api/v1/members/{member_id}/transfers",
    "POST /api/v1/entries/{entry_id}/reverse",
    "GET /api/v1/orders",
    "GET /api/v1/orders/{order_id}",
    "PUT /api/v1/orders/{order_id}",
    "POST /api/v1/orders/{order_id}/refunds",
    "POST /api/v1/orders/preview",
    "POST /api/v1/events",
    "POST /api/v1/batches",
    "GET /api/v1/decisions/{decision_id}",
    "DELETE /api/v1/members/{member_id}",
    "POST /api/v1/members/{member_id}/tokens",
    "POST /api/v1/members/{member_id}/suspend",
    "POST /api/v1/members/{member_id}/reactivate",
    "POST /api/v1/members/{member_id}/merge",
    "POST /api/v1/members/{member_id}/unmerge",
    "GET /api/v1/members/{member_id}/export",
    "GET /api/v1/tiers",
    "GET /api/v1/members/{member_id}/tier",
    "PUT /api/v1/members/{member_id}/tier",
    "GET /api/v1/members/{member_id}/benefits",
    "GET /api/v1/members/{member_id}/access",
    "POST /api/v1/members/{member_id}/claims",
    "GET /api/v1/members/{member_id}/referral",
    "POST /api/v1/members/{member_id}/referral",
    "GET /api/v1/referrals",
    "POST /api/v1/referrals",
    "POST /api/v1/referrals/clicks",
    "GET /api/v1/referrals/{referral_id}",
    "POST /api/v1/referrals/{referral_id}/approve",
    "POST /api/v1/referrals/{referral_id}/reject",
    "GET /api/v1/insights/referrals",
    "GET /api/v1/rewards",
    "POST /api/v1/rewards/{reward_code}/vouchers",
    "GET /api/v1/redemptions",
    "POST /api/v1/redemptions",
    "POST /api/v1/redemptions/quote",
    "GET /api/v1/redemptions/{redemption_id}",
    "POST /api/v1/redemptions/{redemption_id}/capture",
    "POST /api/v1/redemptions/{redemption_id}/void",
    "POST /api/v1/redemptions/{redemption_id}/reverse",
    "POST /api/v1/redemptions/{redemption_id}/fulfil",
    "GET /api/v1/vouchers/{voucher_code}",
    "POST /api/v1/vouchers/{voucher_code}/consume",
    "POST /api/v1/vouchers/{voucher_code}/release",
    "GET /api/v1/me",
    "GET /api/v1/me/wallets",
    "GET /api/v1/me/entries",
    "GET /api/v1/me/tier",
    "GET /api/v1/me/benefits",
    "GET /api/v1/me/access",
    "POST /api/v1/me/claims",
    "GET /api/v1/me/referral",
    "POST /api/v1/me/referral/views",
    "POST /api/v1/me/referral/shares",
    "GET /api/v1/me/rewards",
    "GET /api/v1/me/redemptions",
    "POST /api/v1/me/redemptions",
}
METHODS = ("get", "put", "patch", "post", "delete")


@cache
def document():
    return SchemaGenerator().get_schema(public=True)


def schemas():
    return document()["components"]["schemas"]


def operations():
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def views():
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "view_class", None)
        if view and issubclass(view, ProgramView) and view is not NothingHere:
            yield view


def test_the_document_is_valid():
    validate_schema(document())


def test_the_document_names_every_path_of_this_version():
    assert set(dict(operations())) == PATHS


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        ("OrderStatement", statements.ORDER_FIELDS),
        ("LineStatement", statements.LINE_FIELDS),
        ("GuestStatement", statements.GUEST_FIELDS),
        ("RefundStatement", statements.REFUND_FIELDS),
        ("RefundLineStatement", statements.REFUND_LINE_FIELDS),
        ("EventStatement", statements.EVENT_FIELDS),
        ("MemberStatement", statements.MEMBER_FIELDS),
        ("RedemptionStatement", redemptions.REDEMPTION),
        ("OwnRedemptionStatement", redemptions.OWN_REDEMPTION),
        ("QuoteStatement", redemptions.QUOTE),
        ("SomePointsBackStatement", settlements.REVERSAL),
        ("FulfilmentStatement", settlements.FULFILMENT),
        ("UseStatement", vouchers.USE),
        ("SuspensionStatement", statuses.SUSPENSION),
        ("MergeStatement", merges.MERGE),
        ("TierStatement", tiers.BY_HAND),
        ("ClaimStatement", claims.CLAIM),
        ("RotationStatement", claims.ROTATION),
        ("CodeStatement", advocates.CODE),
        ("ClickStatement", clicks.CLICK),
        ("ShareStatement", my_referrals.SHARE),
        ("ReferralStatement", referrals.CLAIM),
        ("ReferredFriend", referrals.FRIEND),
        ("ClaimContext", referrals.CONTEXT),
    ],
)
def test_a_statement_is_described_by_the_fields_that_are_read(schema, fields):
    assert set(schemas()[schema]["properties"]) == set(fields)
    assert schemas()[schema]["additionalProperties"] is False


def test_every_operation_has_words_examples_and_errors():
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        assert {"400", "401", "403", "500", "503"} <= set(operation["responses"]), name
        for body in bodies_of(operation):
            assert body.keys() & {"example", "examples"} or is_plain_text(body), (name, body)


def bodies_of(operation):
    """Yield the media types of the request and of every answer but errors."""
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()


def is_plain_text(body):
    return body["schema"].get("type") == "string"


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for _, operation in operations()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("view", list(views()), ids=lambda view: view.__name__)
def test_a_view_reads_the_parameters_that_are_described(view):
    described = {
        parameter["name"]
        for _, operation in operations()
        if operation["operationId"].partition("_")[2] == view.noun
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }

    assert described == set(view.parameters)


@pytest.mark.parametrize("view", list(views()), ids=lambda view: view.__name__)
def test_a_view_asks_for_scopes_that_there_are(view):
    assert view.scopes <= set(SCOPES)
    assert view.tag
    assert view.noun


def test_the_document_is_served_to_everybody(db):
    answer = Client().get("/api/v1/schema")

    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["info"]["title"] == "Perennial"


def test_the_browsable_page_loads_nothing_from_elsewhere(db):
    page = Client().get("/api/v1/docs")
    script = Client().get("/api/v1/docs?script=")

    assert (page.status_code, script.status_code) == (200, 200)
    assert b"://" not in page.content
    assert b"<script>" not in page.content
    assert b"<style>" not in page.content
