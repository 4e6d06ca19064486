"""Tiers at the door: ladders, where a member stands, tiers set by hand."""

import pytest

from loyalty.models import Member
from storefront.models import ApiKey
from tests.storefront.conftest import SHOP, Door, make_key, make_program
from tests.storefront.rewarding import enrol, faults, pass_time, refusal, shopper
