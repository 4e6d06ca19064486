"""Member tokens: who may make them, how long they live, and what they open."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine

from loyalty.models import Member
from storefront.models import ApiKey
from storefront.services import tokens
from tests.storefront.conftest import Door, make_key, make_program

LISTED, UNLISTED = "https://beans.example", "https://evil.example"
ALLOWED = "Access-Control-Allow-Origin"


def ask_token(door, member="ada", **body):
    return door.post(f"/members/{member}/tokens", body)


def shopper(door, member="ada", **body):
    """Return the door of a shopper with a new token."""
    return Door(ask_token(door, member, **body).json()["token"])


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def test_a_token_opens_what_its_member_has(door, ada):
    answer = shopper(door).get("/me")

    assert answer.status_code == 200
    assert answer.json() == door.get("/members/ada").json()


@pytest.mark.parametrize(
    ("body", "seconds"), [({}, 900), ({"ttl": 60}, 60), ({"ttl": 86_400}, 86_400)]
)
def test_a_token_lives_as_long_as_it_says(door, ada, body, seconds):
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False) as clock:
        answer = ask_token(door, **body)
        token = Door(answer.json()["token"])

        assert answer.status_code == 201
        ends = datetime.fromisoformat(answer.json()["expires_at"])
        assert ends == datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        clock.shift(seconds - 1)
        assert token.get("/me").status_code == 200
        clock.shift(1)
        assert refusal(token.get("/me")) == (401, "token_expired")


def test_a_token_lives_by_real_time_whatever_the_sandbox_shows(door, ada):
    token = shopper(door)
    door.put("/clock", {"now": "2030-01-01T00:00:00Z"})

    assert token.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"ttl": 0}, "/ttl", "out_of_range"),
        ({"ttl": -1}, "/ttl", "negative"),
        ({"ttl": 86_401}, "/ttl", "out_of_range"),
        ({"ttl": 2**63}, "/ttl", "out_of_range"),
        ({"ttl": 1.5}, "/ttl", "not_an_integer"),
        ({"ttl": "900"}, "/ttl", "wrong_type"),
        ({"tll": 900}, "/tll", "unknown_field"),
    ],
)
def test_a_life_that_cannot_be_is_refused(door, ada, body, pointer, code):
    answer = ask_token(door, **body)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_there_is_no_token_for_nobody(door, other_program):
    Door(make_key(other_program)).put("/members/eve", {})

    assert refusal(ask_token(door, "nobody")) == (404, "not_found")
    assert refusal(ask_token(door, "eve")) == (404, "not_found")


@pytest.mark.parametrize(
    ("status", "refused"), [("closed", (409, "member_closed")), ("erased", (404, "not_found"))]
)
def test_a_member_who_has_left_gets_no_token_and_loses_those_there_are(
    door, ada, status, refused
):
    token = shopper(door)
    Member.objects.update(status=status)

    assert refusal(ask_token(door)) == refused
    assert refusal(token.get("/me")) == (401, "invalid_token")


def test_a_suspended_member_may_still_look(door, ada):
    token = shopper(door)
    Member.objects.update(status="suspended", redeeming_suspended=True)

    assert token.get("/me").status_code == 200


def forged(who, key=None, algorithm="HS256", **changes):
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "aud": tokens.AUDIENCE,
        "program": who.program_id,
        "member": who.pk,
        "iat": now,
        "exp": now + 900,
    }
    claims |= changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, tokens._key() if key is None else key, algorithm=algorithm)


def test_the_forger_of_these_tests_knows_how_to(door, ada):
    assert Door(forged(Member.objects.get())).get("/me").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "x" * 32},
        {"key": "", "algorithm": "none"},
        {"algorithm": "HS512"},
        {"aud": "perennial:else"},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"member": None},
        {"member": 2**40},
        {"program": None},
        {"program": 2**40},
    ],
)
def test_a_token_that_we_did_not_make_opens_nothing(door, ada, changes):
    token = forged(Member.objects.get(), **changes)

    assert refusal(Door(token).get("/me")) == (401, "invalid_token")


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-2], lambda t: "a" + t, lambda t: "..", str.upper]
)
def test_a_spoilt_token_opens_nothing(door, ada, spoil):
    token = spoil(ask_token(door).json()["token"])

    assert refusal(Door(token).get("/me")) == (401, "invalid_token")


def test_all_tokens_die_with_the_key_of_the_server(door, ada, settings):
    token = shopper(door)
    settings.SECRET_KEY = "another"

    assert refusal(token.get("/me")) == (401, "invalid_token")


def test_a_token_opens_its_own_program_only(door, ada, other_program):
    member = Member.objects.get()
    token = forged(member, program=other_program.pk)

    assert refusal(Door(token).get("/me")) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/program"),
        ("GET", "/members/ada"),
        ("GET", "/members/ada/wallets"),
        ("PUT", "/orders/1001"),
        ("GET", "/clock"),
        ("POST", "/members/ada/tokens"),
        ("POST", "/members/ada/adjustments"),
    ],
)
def test_a_token_opens_nothing_outside_of_me(door, ada, method, path):
    answer = shopper(door).ask(method, path, {}, Idempotency_Key="k")

    assert refusal(answer) == (403, "wrong_key_kind")


MINE = [
    "/me",
    "/me/wallets",
    "/me/entries",
    "/me/tier",
    "/me/benefits",
    "/me/access?sku=A",
    "/me/rewards",
    "/me/redemptions",
]


@pytest.mark.parametrize("path", MINE)
@pytest.mark.parametrize("kind", ApiKey.Kind)
def test_a_key_does_not_open_me(program, path, kind):
    answer = Door(make_key(program, kind=kind)).get(path)

    assert refusal(answer) == (403, "wrong_key_kind")


@pytest.mark.parametrize("path", MINE)
def test_without_a_token_nothing_opens(program, path):
    answer = Door().get(path)

    assert refusal(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_making_tokens_wants_the_scope_of_members(program, door, ada):
    assert refusal(ask_token(Door(make_key(program, "rewards")))) == (403, "insufficient_scope")
    assert ask_token(Door(make_key(program, "members"))).status_code == 201


def test_a_listed_site_may_read_what_its_shopper_has(door, ada):
    answer = shopper(door).get("/me", Origin=LISTED)

    assert answer[ALLOWED] == LISTED
    assert "Origin" in answer["Vary"]


def test_a_site_that_only_another_program_lists_may_not(door, ada, other_program):
    other_program.origins = [UNLISTED]
    other_program.save(update_fields=["origins"])

    assert ALLOWED not in shopper(door).get("/me", Origin=UNLISTED)


def test_a_listed_site_may_read_that_its_token_is_over(door, ada):
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False) as clock:
        token = shopper(door)
        clock.shift(3600)
        answer = token.get("/me", Origin=LISTED)

    assert (answer.status_code, answer[ALLOWED]) == (401, LISTED)


def test_a_listed_site_may_read_that_its_token_does_not_open_more(door, ada):
    answer = shopper(door).get("/members/ada", Origin=LISTED)

    assert (answer.status_code, answer[ALLOWED]) == (403, LISTED)


def test_a_token_costs_one_query(door, ada, django_assert_num_queries):
    token = ask_token(door).json()["token"]

    with django_assert_num_queries(1):
        assert tokens.read_token(token).member.program.slug == "bean-shop"


def test_the_same_id_in_two_programs_is_two_shoppers(door, ada, other_program):
    other = Door(make_key(other_program))
    other.put("/members/ada", {"name": "Another Ada"})

    assert shopper(door).get("/me").json()["name"] == "Ada"
    assert shopper(other).get("/me").json()["name"] == "Another Ada"


def test_a_real_program_lives_by_the_same_time(db):
    real = make_program(
        "version: 1\n"
        "program: {slug: real, name: Real, currency: EUR, timezone: UTC}\n"
        "point_types: {points: {}}\n"
    )
    door = Door(make_key(real))
    door.put("/members/ada", {})

    assert shopper(door).get("/me").status_code == 200
