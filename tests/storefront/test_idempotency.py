"""Idempotency keys: the same request twice has one effect and one answer."""

from datetime import timedelta

import pytest
from django.db import connection

from core.clock import real_now
from storefront.models import ApiKey, IdempotencyKey
from storefront.services.idempotency import (
    CLEAR_EVERY,
    Answer,
    KeyInProgress,
    KeyReused,
    claim_key,
    release_key,
    store_answer,
)
from storefront.services.keys import create_api_key
from tests.concurrency import at_once
from tests.storefront.conftest import NOON, Door, make_key, order
from tests.storefront.test_problems import database_failing

GIFT = {"point_type": "points", "points": 30, "reason": "goodwill"}


def give(door, body=GIFT, key="gift-1", member="ada"):
    return door.post(f"/members/{member}/adjustments", body, Idempotency_Key=key)


def available(door, member="ada"):
    return door.get(f"/members/{member}").json()["wallets"]["points"]["available"]


def test_a_repeat_is_answered_with_the_same_bytes_and_has_no_effect(door, ada):
    first = give(door)
    again = give(door)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert available(door) == 130


def test_another_key_has_its_own_effect(door, ada):
    give(door, key="gift-1")
    give(door, key="gift-2")

    assert available(door) == 160


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/members/ada/adjustments", GIFT | {"points": 31}),
        ("POST", "/members/bob/adjustments", GIFT),
        ("PATCH", "/members/ada/adjustments", GIFT),
        ("POST", "/members/ada/adjustments?x", GIFT),
    ],
)
def test_the_same_key_for_another_request_is_refused(door, ada, method, path, body):
    give(door)

    answer = door.ask(method, path, body, Idempotency_Key="gift-1")

    if "?" in path:
        assert answer.status_code == 400
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert available(door) == 130


def test_a_key_belongs_to_one_api_key(door, ada, program):
    give(door)
    give(Door(make_key(program)))

    assert available(door) == 160


def test_a_refusal_stays_a_refusal(door, ada):
    take = GIFT | {"points": -120}

    first = give(door, take, key="take")
    give(door)
    again = give(door, take, key="take")

    assert first.status_code == 409
    assert (again.status_code, again.content) == (409, first.content)
    assert available(door) == 130


def test_what_was_malformed_may_be_mended_under_the_same_key(door, ada):
    assert give(door, GIFT | {"points": "30"}).status_code == 400
    assert give(door).status_code == 201
    assert available(door) == 130


def test_who_was_unknown_may_be_enrolled_meanwhile(door, program):
    assert give(door, member="bob").status_code == 404

    door.put("/members/bob", {})

    assert give(door, member="bob").status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/members/ada/adjustments", GIFT),
        ("/members/ada/transfers", {"to": "bob", "point_type": "points", "points": 1}),
        ("/entries/ent_1/reverse", {"reason": "typed twice"}),
    ],
)
def test_what_moves_points_needs_a_key(door, ada, path, body):
    answer = door.post(path, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert available(door) == 100


@pytest.mark.parametrize("key", ["", "x" * 256, "ünprintable", "a\x7fb"])
def test_a_malformed_key_is_refused(door, ada, key):
    answer = give(door, key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert available(door) == 100


def test_a_key_of_255_characters_will_do(door, ada):
    assert give(door, key="x" * 255).status_code == 201
    assert give(door, key="x" * 255).status_code == 201
    assert available(door) == 130


def test_elsewhere_a_key_is_optional_and_honoured(door, ada):
    first = door.put("/orders/1001", order(), Idempotency_Key="o")
    again = door.put("/orders/1001", order(), Idempotency_Key="o")
    without = door.put("/orders/1001", order())

    assert (first.status_code, again.status_code, without.status_code) == (201, 201, 200)
    assert again.content == first.content


def test_reads_ignore_a_key(door, ada):
    door.get("/members/ada", Idempotency_Key="r")

    assert not IdempotencyKey.objects.filter(key="r").exists()


def test_work_that_was_done_but_not_answered_is_not_done_twice(door, ada):
    first = give(door)
    # The process died after the points were given and before the answer was kept.
    IdempotencyKey.objects.filter(key="gift-1").update(
        status=None, content_type="", body=None, claimed_at=real_now() - timedelta(minutes=2)
    )

    again = give(door)

    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in again
    assert available(door) == 130


def test_work_that_broke_off_is_taken_up_by_the_next_repeat_at_once(door, ada):
    with database_failing(RuntimeError("broke off"), at="loyalty_adjustment"):
        assert give(door).status_code == 500
    assert give(door, GIFT | {"points": 31}).status_code == 422
    assert give(door).status_code == 201
    assert available(door) == 130


def test_a_request_that_is_being_worked_on_is_not_done_beside_it(door, ada):
    give(door)
    IdempotencyKey.objects.filter(key="gift-1").update(status=None, content_type="", body=None)

    answer = give(door)

    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")
    assert IdempotencyKey.objects.get(key="gift-1").status is None


@pytest.fixture
def api_key(program):
    return create_api_key(program=program, kind=ApiKey.Kind.SECRET, at=NOON)[0]


def claim(api_key, at=NOON, fingerprint=b"f" * 32):
    return claim_key(api_key=api_key, key="k", fingerprint=fingerprint, at=at)


def test_a_claim_is_given_up_after_a_minute(api_key):
    row = claim(api_key)

    with pytest.raises(KeyInProgress):
        claim(api_key, at=NOON + timedelta(seconds=59))
    assert claim(api_key, at=NOON + timedelta(seconds=60)) == row
    with pytest.raises(KeyInProgress):
        claim(api_key, at=NOON + timedelta(seconds=90))


def test_a_key_is_forgotten_after_30_days(api_key):
    first = claim(api_key)
    store_answer(row=first, answer=Answer(201, "application/json", b"{}"))

    with pytest.raises(KeyReused):
        claim(api_key, at=NOON + timedelta(days=30, seconds=-1), fingerprint=b"g" * 32)
    second = claim(api_key, at=NOON + timedelta(days=30), fingerprint=b"g" * 32)

    assert second.work_key != first.work_key


def test_a_released_key_is_free_and_its_work_another(api_key):
    first = claim(api_key)
    release_key(row=first, broke_off=False)

    second = claim(api_key, fingerprint=b"g" * 32)

    assert second.work_key != first.work_key


def test_old_keys_are_cleared_away_in_passing(api_key):
    claim(api_key)
    for number in range(CLEAR_EVERY + 1):
        claim_key(
            api_key=api_key,
            key=f"later-{number}",
            fingerprint=b"f" * 32,
            at=NOON + timedelta(days=31),
        )

    assert not IdempotencyKey.objects.filter(key="k").exists()


@pytest.mark.django_db(transaction=True)
def test_one_gift_sent_five_times_at_once_is_given_once(door, ada):
    answers = at_once(5, give, door=door)

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert available(door) == 130
    assert connection.is_usable()
