"""API keys: made once, known again, closed for good."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from storefront.models import ApiKey
from storefront.models.keys import SCOPES
from storefront.services.keys import (
    authenticate_token,
    create_api_key,
    revoke_api_key,
)
from tests.storefront.conftest import NOON, make_key

SECRET, PUBLISHABLE = ApiKey.Kind.SECRET, ApiKey.Kind.PUBLISHABLE


def test_a_token_is_known_again_with_its_program(program):
    key, token = create_api_key(program=program, kind=SECRET, scopes={"orders"}, at=NOON)

    known = authenticate_token(token=token, at=NOON)

    assert known == key
    assert known.program == program


def test_knowing_a_key_takes_one_query(program, django_assert_num_queries):
    token = make_key(program)
    authenticate_token(token=token, at=NOON)

    with django_assert_num_queries(1):
        authenticate_token(token=token, at=NOON + timedelta(minutes=59)).program.slug  # noqa: B018


def test_the_secret_itself_is_not_kept(program):
    key, token = create_api_key(program=program, kind=SECRET, at=NOON)
    secret = token.split("_", 2)[2]

    kept = ApiKey.objects.filter(pk=key.pk).values_list().get()

    assert secret not in "".join(map(str, kept))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace("sk_", "pk_"),
        lambda token: token + "x",
        lambda token: token.split("_")[1],
        lambda token: "",
        lambda token: "sk_\x00_x",
        lambda token: f"sk_{'0' * 16}_{token.split('_', 2)[2]}",
    ],
)
def test_no_other_token_opens_anything(program, spoil):
    token = make_key(program)

    assert authenticate_token(token=spoil(token), at=NOON) is None


def test_a_revoked_key_opens_nothing(program):
    key, token = create_api_key(program=program, kind=SECRET, at=NOON)

    revoke_api_key(key=key, at=NOON)

    assert authenticate_token(token=token, at=NOON) is None


def test_revoking_twice_keeps_the_first_time(program):
    key, _ = create_api_key(program=program, kind=SECRET, at=NOON)

    revoke_api_key(key=key, at=NOON)
    revoke_api_key(key=key, at=NOON + timedelta(days=1))

    key.refresh_from_db()
    assert key.revoked_at == NOON


def test_use_is_noted_once_an_hour(program):
    key, token = create_api_key(program=program, kind=SECRET, at=NOON)
    noted = []

    for minutes in (0, 59, 60):
        authenticate_token(token=token, at=NOON + timedelta(minutes=minutes))
        key.refresh_from_db()
        noted.append(key.last_used_at - NOON)

    assert noted == [timedelta(0), timedelta(0), timedelta(hours=1)]


def create(*arguments):
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_key_alone(program):
    printed = create("bean-shop", "--scopes", "orders,members")

    key = authenticate_token(token=printed.strip(), at=NOON)
    assert printed == printed.strip() + "\n"
    assert key.scopes == ["members", "orders"]


def test_the_command_gives_all_scopes(program):
    key = authenticate_token(token=create("bean-shop", "--scopes", "all").strip(), at=NOON)

    assert set(key.scopes) == set(SCOPES)


def test_the_command_makes_publishable_keys(program):
    token = create("bean-shop", "--publishable").strip()

    key = authenticate_token(token=token, at=NOON)
    assert token.startswith("pk_")
    assert (key.kind, key.scopes) == (PUBLISHABLE, [])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere", "--scopes", "all"], "no program 'nowhere'; there is bean-shop"),
        (["bean-shop"], "Say what the key may touch"),
        (["bean-shop", "--scopes", "orders,ordres"], "no scope 'ordres'"),
        (["bean-shop", "--scopes", "all", "--publishable"], "has no scopes"),
    ],
)
def test_the_command_says_what_is_wrong_and_makes_nothing(program, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        create(*arguments)

    assert not ApiKey.objects.exists()
