"""The welcome after `make run`: what it prints can be pasted."""

import json
import re
import shlex
import stat
from io import StringIO
from itertools import pairwise

import pytest
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.test import RequestFactory

from storefront.models import ApiKey
from tests.storefront.conftest import Door, adjust, make_key, make_program

BASE = "http://127.0.0.1:8123"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path


def welcome():
    out = StringIO()
    call_command("welcome", "--port", "8123", stdout=out)
    return out.getvalue()


def staff_login(printed):
    return re.search(r"staff / (\S+)", printed)[1]


def paste(line):
    """Do what a curl line says, in process."""
    words = shlex.split(line)
    method, url = words[words.index("-X") + 1], words[words.index("-X") + 2]
    headers = [word for flag, word in pairwise(words) if flag == "-H"]
    token = headers[0].removeprefix("Authorization: Bearer ")
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    assert url.startswith(f"{BASE}/api/v1/")
    return Door(token).ask(method, url.removeprefix(f"{BASE}/api/v1"), body)


def curls(printed):
    return [line.strip() for line in printed.splitlines() if line.strip().startswith("curl")]


def test_it_names_the_address_and_a_login_that_opens_the_admin(db):
    printed = welcome()

    password = staff_login(printed)
    assert f"{BASE}/" in printed
    assert authenticate(RequestFactory().post("/"), username="staff", password=password)


def test_without_a_program_it_says_how_to_get_one(db):
    printed = welcome()

    assert "no program yet" in printed
    assert not ApiKey.objects.exists()


def test_its_three_lines_ask_for_a_wallet_state_an_order_and_refund_half(door, ada):
    wallet, stated, refunded = map(paste, curls(welcome()))

    assert wallet.json()["wallets"]["points"]["available"] == 100
    assert (stated.status_code, stated.json()["points"][0]["delta"]) == (201, 25)
    assert (refunded.status_code, refunded.json()["points"][0]["target"]) == (201, 12)


def test_it_asks_for_the_member_who_has_most(door, ada):
    door.put("/members/bob o'brien", {})
    adjust(door, "bob o'brien", 500)

    wallet = paste(curls(welcome())[0])

    assert wallet.json()["wallets"]["points"]["available"] == 500


def test_without_members_it_enrols_one(program):
    [enrol] = curls(welcome())

    assert paste(enrol).status_code == 201


def test_a_second_run_prints_the_same_and_makes_nothing(door, ada):
    first, keys = welcome(), ApiKey.objects.count()

    assert welcome() == first
    assert ApiKey.objects.count() == keys
    assert get_user_model().objects.count() == 1


def test_what_it_keeps_is_for_its_owner_alone(program):
    welcome()

    mode = (settings.DATA_DIR / "welcome.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_password_that_was_changed_is_not_printed(program):
    password = staff_login(welcome())
    staff = get_user_model().objects.get(username="staff")
    staff.set_password("something else entirely")
    staff.save()

    printed = welcome()

    assert password not in printed
    assert "you have chosen" in printed


def test_a_revoked_key_is_replaced(program):
    [before] = curls(welcome())
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")

    [after] = curls(welcome())

    assert before != after
    assert paste(after).status_code == 201


def test_the_gift_shop_is_shown_first(program):
    shop = make_program(
        "version: 1\n"
        "program: {slug: gift-shop, name: Gifts, currency: GBP, timezone: Europe/London}\n"
        "point_types: {points: {}}\n"
    )
    Door(make_key(shop)).put("/members/g", {})

    welcome()

    assert ApiKey.objects.get(name="First look").program == shop
