"""Somebody who is logged in, and a shop with a ladder and members in its tiers."""

import pytest

from tests.factories import make_member, make_program
from tests.loyalty.admin.conftest import kim, staff
from tests.tiers.factories import TIERS, make_ladders, spend
from tiers.models import Ladder

__all__ = ["kim", "staff"]


@pytest.fixture
def shop(db):
    program = make_program()
    make_ladders(program, vip={"name": "VIP", "tiers": TIERS})
    return program


@pytest.fixture
def vip(shop):
    return Ladder.objects.select_related("program").get()


@pytest.fixture
def ada(shop):
    """A member in silver."""
    member = make_member(shop, name="Ada")
    spend(member, 35000)
    return member
