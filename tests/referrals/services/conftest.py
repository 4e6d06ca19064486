"""A program with referrals, and people in it; a file that wants others has its own."""

import pytest

from tests.factories import make_member
from tests.referrals.factories import make_referrals


@pytest.fixture
def program():
    return make_referrals()


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def eve(program):
    return make_member(program, "eve")


@pytest.fixture
def bob(program):
    return make_member(program, "bob")
