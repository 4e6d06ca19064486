"""Who may come in: keys, kinds, scopes, and what belongs to others."""

import pytest

from storefront.models import ApiKey
from storefront.services.keys import create_api_key, revoke_api_key
from tests.storefront.conftest import NOON, Door, adjust, make_key, order

# One request for each address and method, with the scope that opens it.
REQUESTS = [
    ("GET", "/program/file", None, "program"),
    ("PUT", "/program/file?plan=true", b"", "program"),
    ("GET", "/clock", None, "program"),
    ("PUT", "/clock", {"now": "2026-05-01T10:00:00Z"}, "program"),
    ("GET", "/members", None, "members"),
    ("GET", "/members/ada", None, "members"),
    ("PUT", "/members/ada", {}, "members"),
    ("PATCH", "/members/ada", {}, "members"),
    ("GET", "/members/ada/wallets", None, "members"),
    ("GET", "/members/ada/entries", None, "members"),
    ("POST", "/members/ada/adjustments", {}, "members"),
    ("POST", "/members/ada/transfers", {}, "members"),
    ("POST", "/entries/ent_1/reverse", {}, "members"),
    ("GET", "/orders", None, "orders"),
    ("GET", "/orders/1001", None, "orders"),
    ("PUT", "/orders/1001", {}, "orders"),
    ("POST", "/orders/1001/refunds", {}, "orders"),
    ("POST", "/orders/preview", {}, "orders"),
    ("POST", "/events", {}, "events"),
    ("POST", "/batches", b"", "orders"),
    ("GET", "/decisions/dec_1", None, "orders"),
    ("DELETE", "/members/ada", None, "members"),
    ("POST", "/members/ada/tokens", {}, "members"),
    ("POST", "/members/ada/suspend", {}, "members"),
    ("POST", "/members/ada/reactivate", {}, "members"),
    ("POST", "/members/ada/merge", {}, "members"),
    ("POST", "/members/ada/unmerge", {}, "members"),
    ("GET", "/members/ada/export", None, "members"),
    ("GET", "/tiers", None, "tiers"),
    ("GET", "/members/ada/tier", None, "tiers"),
    ("PUT", "/members/ada/tier", {}, "tiers"),
    ("GET", "/members/ada/benefits", None, "tiers"),
    ("GET", "/members/ada/access?sku=A", None, "tiers"),
    ("POST", "/members/ada/claims", {}, "tiers"),
    ("GET", "/program/claims-key", None, "admin"),
    ("POST", "/program/claims-key/rotate", {}, "admin"),
    ("GET", "/members/ada/referral", None, "referrals"),
    ("POST", "/members/ada/referral", {}, "referrals"),
    ("GET", "/referrals", None, "referrals"),
    ("POST", "/referrals", {}, "referrals"),
    ("GET", "/referrals/ref_1", None, "referrals"),
    ("POST", "/referrals/ref_1/approve", {}, "referrals"),
    ("POST", "/referrals/ref_1/reject", {}, "referrals"),
    ("GET", "/rewards", None, "rewards"),
    ("POST", "/rewards/coffee/vouchers", {}, "rewards"),
    ("GET", "/redemptions", None, "rewards"),
    ("POST", "/redemptions", {}, "rewards"),
    ("POST", "/redemptions/quote", {}, "rewards"),
    ("GET", "/redemptions/red_1", None, "rewards"),
    ("POST", "/redemptions/red_1/capture", {}, "rewards"),
    ("POST", "/redemptions/red_1/void", {}, "rewards"),
    ("POST", "/redemptions/red_1/reverse", {}, "rewards"),
    ("POST", "/redemptions/red_1/fulfil", {}, "rewards"),
    ("GET", "/vouchers/HC-1", None, "rewards"),
    ("POST", "/vouchers/HC-1/consume", {}, "rewards"),
    ("POST", "/vouchers/HC-1/release", {}, "rewards"),
]
SCOPES = ("members", "orders", "events", "rewards", "tiers", "referrals", "program", "admin")


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
def test_without_a_key_nothing_opens(program, method, path, body, scope):
    answer = Door().ask(method, path, body)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
def test_another_scope_does_not_open_it(program, method, path, body, scope):
    others = {"members"} if scope in ("program", "admin") else {"program"}

    answer = Door(make_key(program, *others)).ask(method, path, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
def test_its_own_scope_opens_it(program, method, path, body, scope):
    answer = Door(make_key(program, scope)).ask(method, path, body)

    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path", "body", "scope"), REQUESTS)
def test_a_publishable_key_does_not_open_it(program, method, path, body, scope):
    token = make_key(program, *SCOPES, kind=ApiKey.Kind.PUBLISHABLE)

    answer = Door(token).ask(method, path, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_key_kind")


@pytest.mark.parametrize("kind", ApiKey.Kind)
def test_every_key_opens_the_face_of_the_program(program, kind):
    token = create_api_key(program=program, kind=kind, at=NOON)[1]

    assert Door(token).get("/program").status_code == 200


def test_a_revoked_key_is_unknown(program):
    key, token = create_api_key(program=program, kind=ApiKey.Kind.SECRET, at=NOON)
    revoke_api_key(key=key, at=NOON)

    answer = Door(token).get("/program")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


@pytest.mark.parametrize(
    "stated", ["Basic YTpi", "Bearer", "Bearer  ", "sk_1", "Bearer ünknown"]
)
def test_what_is_no_key_is_unknown(program, stated):
    answer = Door().get("/program", Authorization=stated)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


@pytest.fixture
def other_door(other_program):
    return Door(make_key(other_program))


def things_of_ada(door):
    """State something of each kind; return the requests that would find it."""
    entry = adjust(door, "ada", 10)
    decision = door.put("/orders/1001", order()).json()["decision"]
    return [
        ("GET", "/members/ada", None),
        ("PATCH", "/members/ada", {"name": "Eve"}),
        ("GET", "/members/ada/wallets", None),
        ("GET", "/members/ada/entries", None),
        (
            "POST",
            "/members/ada/adjustments",
            {"point_type": "points", "points": 5, "reason": "x"},
        ),
        ("POST", "/members/ada/transfers", {"to": "eve", "point_type": "points", "points": 5}),
        ("POST", f"/entries/{entry['id']}/reverse", {"reason": "x"}),
        ("GET", "/orders/1001", None),
        ("GET", f"/decisions/{decision}", None),
    ]


def test_what_belongs_to_another_program_is_not_there(door, ada, other_door):
    answers = [
        other_door.ask(method, path, body, Idempotency_Key=path)
        for method, path, body in things_of_ada(door)
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "not_found")
    }
    assert door.get("/members/ada").json()["name"] == "Ada"


def test_lists_leave_out_what_belongs_to_another_program(door, ada, other_door):
    door.put("/orders/1001", order())

    lists = [other_door.get(path).json()["results"] for path in ("/members", "/orders")]

    assert lists == [[], []]


def test_points_cannot_be_sent_to_a_member_of_another_program(door, ada, other_door):
    other_door.put("/members/eve", {})
    body = {"to": "eve", "point_type": "points", "points": 5}

    answer = door.post("/members/ada/transfers", body, Idempotency_Key="t")

    assert answer.status_code == 404
    assert door.get("/members/ada").json()["wallets"]["points"]["available"] == 100


def test_two_programs_may_use_the_same_ids(door, ada, other_door):
    other_door.put("/members/ada", {"name": "Another Ada"})

    assert door.get("/members/ada").json()["name"] == "Ada"
    assert other_door.get("/members/ada").json()["name"] == "Another Ada"
