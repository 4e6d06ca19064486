"""Nothing that fits the document, or nearly does, brings down the door."""

import json
from dataclasses import dataclass

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.storefront.conftest import SHOP, order
from tests.storefront.referring import FRIENDS, claimed, code_of
from tests.storefront.rewarding import enrol, make_shop, redeemed, shopper
from tests.storefront.tiering import ACCESS, VIP

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def write_lines(_context, value):
    """Send a batch as it is; what is no text goes as one line of JSON."""
    return (value if isinstance(value, str) else json.dumps(value)).encode(errors="replace")


schema = schemathesis.openapi.from_wsgi("/api/v1/schema", application)


@dataclass
class Shop:
    """What requests need: both tokens, and ids that the document cannot know."""

    key: str
    member_token: str
    ids: dict[str, str]


@pytest.fixture
def shop(db):
    """A storefront that has what the document's examples name."""
    door = make_shop(SHOP + VIP + ACCESS + FRIENDS)
    enrol(door, "c-42", 5000)
    enrol(door, "c-7", 0)
    door.put("/orders/1001", order(member="c-42"))
    door.post("/events", {"id": "rev-9", "type": "review", "member": "c-42"})
    held = redeemed(door, member="c-42", reward="half")
    found = claimed(door, code=code_of(door, "c-42"))
    ids = {
        "redemption_id": held["id"],
        "voucher_code": held["voucher"]["code"],
        "referral_id": found["id"],
    }
    mine = shopper(door, "c-42").token
    # Requests share the test's connection, as with Django's own test client.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Shop(door.token, mine, ids)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=settings.default.max_examples // 12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_every_answer_is_one_that_the_document_names(case, shop):
    is_mine = case.path.startswith("/api/v1/me")
    headers = {"Authorization": f"Bearer {shop.member_token if is_mine else shop.key}"}
    # Whatever else was tried for them: what is not there is soon said.
    known = case.path_parameters.keys() & shop.ids.keys()
    case.path_parameters.update({name: shop.ids[name] for name in known})

    case.call_and_validate(headers=headers, checks=CHECKS)
