"""What becomes of redemptions: captured, given up, over, given back, fulfilled."""

import pytest

from tests.storefront.rewarding import (
    enrol,
    faults,
    make_shop,
    pass_time,
    redeemed,
    refusal,
    settle,
    wallet,
)

PAY = {"point_type": "points", "order_total": 4000}


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 1000 points."""
    door = make_shop()
    enrol(door)
    return door


def test_a_capture_spends_what_is_held(shop):
    held = redeemed(shop, reward="coffee")

    answer = settle(shop, held["id"], "capture")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["captured_points"]) == ("captured", 100)
    assert (body["expires_at"], body["settled_at"]) == (None, "2026-05-01T10:00:00Z")
    assert wallet(shop) == (900, 0)


def test_a_capture_of_less_gives_the_rest_back(shop):
    held = redeemed(shop, **PAY, points=500)

    body = settle(shop, held["id"], "capture", points=200).json()

    assert (body["status"], body["points"], body["captured_points"]) == ("captured", 500, 200)
    assert wallet(shop) == (800, 0)


def test_a_capture_of_nothing_is_a_void(shop):
    held = redeemed(shop, reward="coffee")

    assert settle(shop, held["id"], "capture", points=0).json()["status"] == "voided"
    assert wallet(shop) == (1000, 0)


def test_what_is_voided_comes_back_and_its_voucher_is_void(shop):
    held = redeemed(shop, reward="coffee")

    body = settle(shop, held["id"], "void").json()

    assert (body["status"], body["expires_at"]) == ("voided", None)
    assert (body["voucher"]["valid"], body["voucher"]["why_not"]) == (False, "voucher_void")
    assert wallet(shop) == (1000, 0)


def test_what_is_reversed_comes_back_in_parts_or_whole(shop):
    held = redeemed(shop, **PAY, points=500, capture=True)

    some = settle(shop, held["id"], "reverse", "1", points=200, reason="one sent back").json()
    rest = settle(shop, held["id"], "reverse", "2").json()

    assert (some["status"], some["reversed_points"]) == ("captured", 200)
    assert (rest["status"], rest["reversed_points"]) == ("reversed", 500)
    assert wallet(shop) == (1000, 0)


@pytest.mark.parametrize(
    ("done", "asked", "code"),
    [
        (["capture"], "capture", "already_captured"),
        (["capture"], "void", "already_captured"),
        (["void"], "capture", "already_voided"),
        (["void"], "void", "already_voided"),
        (["void"], "reverse", "already_voided"),
        (["capture", "reverse"], "reverse", "already_reversed"),
        (["capture", "reverse"], "capture", "already_reversed"),
        ([], "reverse", "not_captured"),
    ],
)
def test_what_is_settled_is_refused_by_name_and_changes_nothing(shop, done, asked, code):
    held = redeemed(shop, reward="coffee")
    for number, what in enumerate(done):
        assert settle(shop, held["id"], what, f"s{number}").status_code == 200
    before = wallet(shop)

    assert refusal(settle(shop, held["id"], asked, "again")) == (409, code)
    assert wallet(shop) == before


@pytest.mark.parametrize(
    ("done", "asked", "code"),
    [(None, "capture", "exceeds_hold"), ("capture", "reverse", "exceeds_captured")],
)
def test_more_than_there_is_is_refused(shop, done, asked, code):
    held = redeemed(shop, reward="coffee")
    if done:
        settle(shop, held["id"], done, "1")

    assert refusal(settle(shop, held["id"], asked, "2", points=101)) == (409, code)


@pytest.mark.parametrize("what", ["capture", "void", "reverse"])
def test_a_settlement_sent_again_is_answered_again(shop, what):
    held = redeemed(shop, reward="coffee", capture=what == "reverse")

    first, again = (settle(shop, held["id"], what) for _ in range(2))

    assert (first.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.content == first.content


@pytest.mark.parametrize(
    ("what", "body", "fault"),
    [
        ("capture", {"points": -1}, ("/points", "negative")),
        ("capture", {"points": "5"}, ("/points", "wrong_type")),
        ("capture", {"pionts": 5}, ("/pionts", "unknown_field")),
        ("void", {"points": 5}, ("/points", "unknown_field")),
        ("reverse", {"points": 0}, ("/points", "out_of_range")),
        ("reverse", {"reason": "x" * 61}, ("/reason", "too_long")),
    ],
)
def test_a_faulty_settlement_is_refused_by_name(shop, what, body, fault):
    held = redeemed(shop, reward="coffee")

    assert fault in faults(settle(shop, held["id"], what, **body))
    assert wallet(shop) == (900, 100)


def test_a_hold_ends_by_itself_at_its_time(shop):
    held = redeemed(shop, reward="coffee")
    pass_time("2026-05-01T10:30:00Z")

    body = shop.get(f"/redemptions/{held['id']}").json()

    assert (body["status"], body["expires_at"]) == ("expired", None)
    assert body["settled_at"] == "2026-05-01T10:30:00Z"
    assert body["voucher"]["why_not"] == "voucher_void"
    assert wallet(shop) == (1000, 0)
    for what in ("capture", "void", "reverse"):
        assert refusal(settle(shop, held["id"], what, what)) == (409, "hold_expired")


def test_work_on_a_reward_is_told_step_by_step(shop):
    mug = redeemed(shop, reward="last_mug", capture=True)
    path = f"/redemptions/{mug['id']}/fulfil"

    begun = shop.post(path, {"status": "in_progress", "note": "Packing"}).json()
    done = shop.post(path, {"status": "fulfilled"}).json()

    assert mug["fulfilment"] == {"status": "open", "note": None, "fulfilled_at": None}
    assert begun["fulfilment"]["status"] == "in_progress"
    assert done["fulfilment"] == {
        "status": "fulfilled",
        "note": "Packing",
        "fulfilled_at": "2026-05-01T10:00:00Z",
    }


def test_there_is_nothing_to_do_for_most_rewards(shop):
    coffee = redeemed(shop, reward="coffee", capture=True)

    answer = shop.post(f"/redemptions/{coffee['id']}/fulfil", {"status": "fulfilled"})

    assert refusal(answer) == (409, "nothing_to_fulfil")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("/status", "required")),
        ({"status": "none"}, ("/status", "invalid_choice")),
        ({"status": "open", "note": "x" * 256}, ("/note", "too_long")),
    ],
)
def test_faulty_work_is_refused_by_name(shop, body, fault):
    mug = redeemed(shop, reward="last_mug", capture=True)

    assert faults(shop.post(f"/redemptions/{mug['id']}/fulfil", body)) == [fault]
