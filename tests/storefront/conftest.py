"""A coffee shop, and its way in."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from engine.program_file import apply_program, read_program
from loyalty.models import Program
from storefront.models import ApiKey
from storefront.models.keys import SCOPES
from storefront.services.keys import create_api_key

NOON = datetime(2026, 5, 1, 10, tzinfo=UTC)
SHOP = """\
version: 1
program:
  slug: bean-shop
  name: Bean Shop
  currency: EUR
  timezone: Europe/Berlin
  sandbox: true
  origins: ["https://beans.example"]
point_types:
  points: {name: {one: Bean, other: Beans}, value: "0.01", expiry: {after: 12 months}}
earning_rules:
  spend: {name: One bean per euro, award: {points: 1, per: "1.00"}}
  review: {on: review, award: {points: 50}}
"""
OTHER_SHOP = SHOP.replace("bean-shop", "tea-shop").replace("Bean Shop", "Tea Shop")


@dataclass
class Door:
    """A storefront that talks to the API; every answer is a Django response."""

    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PATCH", path, body, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; bytes go as they are, everything else as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        given = self.headers | {name.replace("_", "-"): text for name, text in headers.items()}
        if self.token:
            given.setdefault("Authorization", f"Bearer {self.token}")
        return Client().generic(
            method,
            f"/api/v1{path}",
            body or b"",
            content_type=given.pop("Content-Type", "application/json"),
            headers=given,
        )


def make_program(text: str = SHOP) -> Program:
    file = read_program(text)
    apply_program(file, at=NOON)
    return Program.objects.get(slug=file.slug)


def make_key(program: Program, *scopes: str, kind: ApiKey.Kind = ApiKey.Kind.SECRET) -> str:
    """Return the token of a new key, with all scopes unless some are named."""
    return create_api_key(program=program, kind=kind, scopes=scopes or SCOPES, at=NOON)[1]


@pytest.fixture
def program(db: None) -> Program:
    return make_program()


@pytest.fixture
def other_program(db: None) -> Program:
    return make_program(OTHER_SHOP)


@pytest.fixture
def door(program: Program) -> Door:
    """A storefront with a key that may do everything."""
    return Door(make_key(program))


@pytest.fixture
def ada(door: Door) -> str:
    """The id of a member with 100 points."""
    assert door.put("/members/ada", {"name": "Ada"}).status_code == 201
    adjust(door, "ada", 100)
    return "ada"


def adjust(door: Door, member: str, points: int, **more: Any) -> dict[str, Any]:
    """Give or take points through the API; return the entry."""
    body = {"point_type": "points", "points": points, "reason": "goodwill", **more}
    answer = door.post(
        f"/members/{member}/adjustments", body, Idempotency_Key=f"adjust-{points}"
    )
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def order(**more: Any) -> dict[str, Any]:
    """Return an order of 50.00 that Ada has paid."""
    lines = [{"id": "1", "sku": "A", "quantity": 2, "unit_price": 2500}]
    return {"member": "ada", "status": "paid", "lines": lines, **more}
