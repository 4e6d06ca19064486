"""Nothing that fits the document, or nearly does, brings down the door."""

import json

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
from tests.storefront.conftest import order

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


@pytest.fixture
def token(door):
    """The token of a storefront that has what the document's examples name."""
    door.put("/members/c-42", {"name": "Ada"})
    door.put("/members/c-7", {})
    door.put("/orders/1001", order(member="c-42"))
    door.post("/events", {"id": "rev-9", "type": "review", "member": "c-42"})
    # Requests share the test's connection, as with Django's own test client.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield door.token
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_every_answer_is_one_that_the_document_names(case, token):
    headers = {"Authorization": f"Bearer {token}"}

    case.call_and_validate(headers=headers, checks=CHECKS)
