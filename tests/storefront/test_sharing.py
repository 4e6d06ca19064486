"""Shoppers pass their links on: their pages say so, and it is counted."""

import pytest

from referrals.models import Sharing
from tests.storefront.referring import browser_of, make_referrals
from tests.storefront.rewarding import enrol, faults, refusal, shopper


@pytest.fixture
def shop(db):
    door = make_referrals()
    enrol(door, points=0)
    return door


@pytest.fixture
def ada(shop):
    return shopper(shop)


def counted():
    rows = Sharing.objects.order_by("pk")
    return list(rows.values_list("code__referral_program__code", "channel", "views", "shares"))


def test_what_a_page_tells_is_counted(ada):
    answers = [
        ada.post("/me/referral/views", {}),
        ada.post("/me/referral/shares", {"channel": "whatsapp"}),
        ada.post("/me/referral/shares", {"channel": "whatsapp"}),
    ]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert counted() == [("friends", "", 1, 0), ("friends", "whatsapp", 0, 2)]


def test_with_several_referral_programs_one_is_named(ada):
    ada.post("/me/referral/views?program=colleagues", {})
    ada.post("/me/referral/shares?program=colleagues", {"channel": "copy"})

    assert counted() == [("colleagues", "", 1, 0), ("colleagues", "copy", 0, 1)]
    unknown = ada.post("/me/referral/views?program=strangers", {})
    assert refusal(unknown) == (404, "not_found")


def test_a_repeat_under_one_key_counts_once(ada):
    for _ in range(2):
        answer = ada.post("/me/referral/shares", {"channel": "copy"}, Idempotency_Key="k")

    assert (answer.status_code, answer["Idempotent-Replayed"]) == (204, "true")
    assert counted() == [("friends", "copy", 0, 1)]


def test_looking_at_the_code_counts_nothing_by_itself(ada):
    ada.get("/me/referral")

    assert counted() == []


@pytest.mark.parametrize(
    ("path", "stated", "fault"),
    [
        ("shares", {}, ("/channel", "required")),
        ("shares", {"channel": " "}, ("/channel", "blank")),
        ("shares", {"channel": "x" * 41}, ("/channel", "too_long")),
        ("shares", {"channel": 5}, ("/channel", "wrong_type")),
        ("shares", {"channel": "copy", "to": "bob@example.org"}, ("/to", "unknown_field")),
        ("views", {"channel": "copy"}, ("/channel", "unknown_field")),
    ],
)
def test_nonsense_is_refused_by_name_and_nothing_is_counted(ada, path, stated, fault):
    assert faults(ada.post(f"/me/referral/{path}", stated)) == [fault]
    assert counted() == []


@pytest.mark.parametrize("path", ["/me/referral/views", "/me/referral/shares"])
def test_only_a_shopper_says_so(shop, path):
    for door in (shop, browser_of()):
        assert refusal(door.post(path, {"channel": "copy"})) == (403, "wrong_key_kind")
