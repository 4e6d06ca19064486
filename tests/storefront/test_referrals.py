"""Referrals at the door: claiming friends, what became of them, deciding about them."""

import pytest

from loyalty.models import Member, Program
from referrals.models import Identity, Referral
from referrals.services.reviews import Decided, reject_referrals
from storefront.models import ApiKey
from tests.storefront.conftest import OTHER_SHOP, Door, make_key, order
from tests.storefront.referring import (
    browser_of,
    claim,
    claimed,
    code_of,
    make_referrals,
)
from tests.storefront.rewarding import enrol, faults, pass_time, refusal, shopper

CONTEXT = {
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
    "device_id": "d-1",
    "payment_fingerprint": "p-1",
    "address_hash": "a-1",
}
NOON = "2026-05-01T10:00:00Z"


@pytest.fixture
def shop(db):
    """A shop with referral programs, and Ada."""
    door = make_referrals()
    enrol(door, points=0, email="ada@example.org")
    return door


@pytest.fixture
def flagged(shop):
    """The id of a referral that waits for a person: Ada's device is known."""
    claimed(shop, "al", "first", context={"device_id": "d-1"})
    return claimed(shop, "bob", context=CONTEXT)["id"]


def test_a_claim_is_answered_with_what_the_friend_gets(shop):
    body = claimed(shop, {"id": "bob", "email": "Bob@example.org"}, context=CONTEXT)

    voucher = body.pop("friend_voucher")
    assert body == {
        "id": f"ref_{Referral.objects.get().pk}",
        "program": "friends",
        "state": "claimed",
        "reason": None,
        "advocate": "ada",
        "friend": "bob",
        "code": code_of(shop),
        "source": "address",
        "channel": None,
        "score": 0,
        "reasons": [],
        "version": 0,
        "claimed_at": NOON,
        "signed_up_at": None,
        "qualified_at": None,
        "due_at": None,
        "expires_at": "2026-07-30T10:00:00Z",
        "rewards": {"advocate": None, "friend": "given"},
        "steps": [step("claimed", "address")],
    }
    assert voucher["code"].startswith("HI-")
    assert (voucher["valid"], voucher["gives"], voucher["member"]) == (
        True, {"percent": 50}, None,
    )  # fmt: skip
    assert shop.get(f"/vouchers/{voucher['code']}").json() == voucher


def step(state, cause, **more):
    nothing = {"reason": None, "by": None, "note": None, "version": 0, "at": NOON}
    return {"state": state, "cause": cause} | nothing | more


def test_a_referral_is_found_by_its_id_with_its_steps(shop):
    body = claimed(shop)
    shop.put("/members/bob", {})
    shop.put("/orders/1001", order(member="bob"))

    found = shop.get(f"/referrals/{body['id']}").json()

    assert (found["state"], found["friend"], found["version"]) == ("qualified", "bob", 1)
    assert (found["qualified_at"], found["due_at"]) == (NOON, "2026-05-15T10:00:00Z")
    states = [each["state"] for each in found["steps"]]
    assert states == ["claimed", "signed_up", "qualified"]
    assert found["steps"][2]["cause"] == "order:1001"


def test_the_same_claim_again_is_the_same_referral(shop):
    first = claimed(shop, "bob", "one")

    again = claimed(shop, "bob", "two")

    assert again == first
    assert Referral.objects.count() == 1


def test_a_claim_that_is_repeated_under_its_key_is_answered_with_the_same_bytes(shop):
    code = code_of(shop)
    first, again = claim(shop, "bob", code=code), claim(shop, "bob", code=code)

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert claim(shop, "eve", code=code).status_code == 422


def test_a_claim_needs_a_key(shop):
    answer = shop.post("/referrals", {"code": code_of(shop), "friend": {"id": "bob"}})

    assert faults(answer) == [("", "idempotency_key_required")]


def test_a_friend_may_be_known_by_an_address_alone_and_enrol_later(shop):
    body = claimed(shop, {"email": "bob@example.org"})
    assert body["friend"] is None

    shop.put("/members/c-9", {"email": "BOB@example.org"})

    found = shop.get(f"/referrals/{body['id']}").json()
    assert (found["state"], found["friend"]) == ("signed_up", "c-9")


@pytest.mark.parametrize("typed", [str.lower, lambda code: f" {code[:4]}-{code[4:]} "])
def test_a_code_may_be_typed_in_any_way(shop, typed):
    assert claimed(shop, code=typed(code_of(shop)))["advocate"] == "ada"


def refused(shop, *said, **stated):
    return refusal(claim(shop, *said, **stated))


def test_nobody_refers_themselves(shop):
    assert refused(shop, "ada") == (409, "self_referral")
    assert refused(shop, {"email": "ada@example.org"}, "2") == (409, "self_referral")
    assert not Referral.objects.exists()


def test_an_alias_of_the_advocate_is_the_advocate_and_stays_so(shop):
    for key in ("1", "2"):
        said = refused(shop, {"id": "a2", "email": "ada+shop@example.org"}, key)
        assert said == (409, "self_referral")

    # It is kept, for staff to see what was tried.
    found = shop.get("/referrals?state=rejected").json()["results"]
    assert [(one["reason"], one["reasons"]) for one in found] == [
        ("self_referral", ["same_email"])
    ]


def test_a_customer_of_before_is_no_friend(shop):
    enrol(shop, "bob", points=0)
    shop.put("/clock", {"now": "2026-05-02T10:00:00Z"})

    assert refused(shop) == (409, "existing_customer")


def test_of_two_advocates_the_first_holds(shop):
    enrol(shop, "eve", points=0)
    first = claimed(shop)

    answer = claim(shop, "bob", "2", code=code_of(shop, "eve"))

    assert refusal(answer) == (409, "already_referred")
    assert answer.json()["referral"] == first["id"]


def test_a_program_that_has_ended_takes_nobody(shop):
    code = code_of(shop)
    make_referrals(programs="referral_programs:\n  others: {friend: {gives: {points: 5}}}\n")

    assert refused(shop, code=code) == (409, "program_ended")


def test_who_was_turned_down_is_told_so(shop):
    claimed(shop)
    program = Program.objects.get()
    reject_referrals(
        program=program,
        referrals=[Referral.objects.get().pk],
        decided=Decided(by="Grace"),
        at=program.now(),
    )

    assert refused(shop, "bob", "2") == (409, "rejected")


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"friend": None}, ("/friend", "required")),
        ({"friend": {}}, ("/friend", "required")),
        ({"friend": "bob"}, ("/friend", "wrong_type")),
        ({"friend": {"email": "bob"}}, ("/friend/email", "invalid_email")),
        ({"friend": {"phone": "030 1"}}, ("/friend/phone", "invalid_phone")),
        ({"friend": {"id": " "}}, ("/friend/id", "blank")),
        ({"friend": {"id": "bob", "name": "Bob"}}, ("/friend/name", "unknown_field")),
        ({"code": None}, ("", "one_of")),
        ({"click_token": "x"}, ("", "one_of")),
        ({"code": ""}, ("/code", "blank")),
        ({"code": "a\0"}, ("/code", "nul_character")),
        ({"context": {"ip": "10.0.0"}}, ("/context/ip", "invalid_ip")),
        ({"context": {"ip": 7}}, ("/context/ip", "wrong_type")),
        ({"context": []}, ("/context", "wrong_type")),
        ({"context": {"agent": "x"}}, ("/context/agent", "unknown_field")),
        ({"context": {"device_id": "d" * 256}}, ("/context/device_id", "too_long")),
        ({"occurred_at": "2026-05-01"}, ("/occurred_at", "invalid_time")),
        ({"occurred_at": "2026-05-01T11:00:00Z"}, ("/occurred_at", "in_the_future")),
        ({"channel": "mail"}, ("/channel", "unknown_field")),
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_name(shop, stated, fault):
    body = {"code": code_of(shop), "friend": {"id": "bob"}, **stated}

    assert faults(shop.post("/referrals", body, Idempotency_Key="c")) == [fault]
    assert not Referral.objects.exists()


def test_a_code_that_nobody_has_is_not_there(shop):
    assert refused(shop, code="ZZZZZZZZ") == (404, "not_found")


def test_addresses_and_devices_are_not_kept_as_they_are(shop):
    claimed(shop, {"email": "bob@example.org"}, context=CONTEXT)

    kept = Identity.objects.filter(referral__isnull=False).values_list("digest", flat=True)
    assert len(kept) >= 5
    assert {len(bytes(digest)) for digest in kept} == {16}


def test_a_click_token_of_another_program_or_a_forged_one_is_refused(shop):
    other = make_referrals(OTHER_SHOP)
    enrol(other, points=0)
    clicked = browser_of("tea-shop").post("/referrals/clicks", {"code": code_of(other)})
    token = clicked.json()["click_token"]

    for forged in (token, token[:-2] + "xx", "x", "a:b:c", "é:é:é"):
        answer = claim(shop, click_token=forged)
        assert faults(answer) == [("/click_token", "unknown_token")]
    assert claimed(other, click_token=token)["source"] == "click"


def test_a_flagged_claim_says_why_to_staff_and_waits(shop, flagged):
    found = shop.get(f"/referrals/{flagged}").json()

    assert (found["state"], found["reasons"]) == ("flagged", ["shared_device"])
    assert found.pop("friend_voucher") is None
    assert shop.get("/referrals?state=flagged").json()["results"] == [found]


def test_a_flagged_referral_goes_on_when_it_is_approved(shop, flagged):
    answer = shop.post(f"/referrals/{flagged}/approve", {})

    assert (answer.status_code, answer.json()["state"]) == (200, "claimed")
    assert answer.json() == shop.get(f"/referrals/{flagged}").json()
    last = answer.json()["steps"][-1]
    assert (last["state"], last["cause"]) == ("claimed", "review")
    assert last["by"] == str(ApiKey.objects.get())
    assert shop.post(f"/referrals/{flagged}/approve", {}).json() == answer.json()
    assert claimed(shop, "bob", "again")["friend_voucher"]["valid"] is True


def test_a_referral_is_turned_down_for_a_reason_that_staff_see(shop):
    body = claimed(shop)

    answer = shop.post(f"/referrals/{body['id']}/reject", {"reason": "one household"})

    found = answer.json()
    assert (found["state"], found["reason"]) == ("rejected", "rejected")
    assert found["steps"][-1]["note"] == "one household"
    code = body["friend_voucher"]["code"]
    assert shop.get(f"/vouchers/{code}").json()["why_not"] == "voucher_void"
    again = shop.post(f"/referrals/{body['id']}/reject", {"reason": "again"})
    assert again.json() == found


def test_what_has_ended_is_not_approved(shop):
    body = claimed(shop)
    shop.post(f"/referrals/{body['id']}/reject", {"reason": "x"})

    assert refusal(shop.post(f"/referrals/{body['id']}/approve", {})) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("approve", {"reason": "x"}, ("/reason", "unknown_field")),
        ("reject", {}, ("/reason", "required")),
        ("reject", {"reason": " "}, ("/reason", "blank")),
        ("reject", {"reason": "x" * 256}, ("/reason", "too_long")),
    ],
)
def test_a_decision_that_cannot_be_is_refused_by_name(shop, path, body, fault):
    referral = claimed(shop)["id"]

    assert faults(shop.post(f"/referrals/{referral}/{path}", body)) == [fault]


def test_a_claim_that_has_run_out_is_over_though_no_job_has_run(shop):
    body = claimed(shop)
    pass_time("2026-07-30T10:00:00+00:00")

    found = shop.get(f"/referrals/{body['id']}").json()

    assert Referral.objects.get().state == "claimed"
    assert (found["state"], found["reason"]) == ("expired", "expired")
    expected = step("expired", "time", at="2026-07-30T10:00:00Z", reason="expired")
    assert found["steps"][-1] == expected
    del found["friend_voucher"]
    assert shop.get("/referrals?state=expired").json()["results"] == [found]
    assert shop.get("/referrals?state=claimed").json()["results"] == []


def test_referrals_are_listed_by_advocate_newest_first(shop):
    enrol(shop, "eve", points=0)
    mine = [claimed(shop, f"f-{number}", str(number))["id"] for number in range(3)]
    claimed(shop, "g", "eve", code=code_of(shop, "eve"))

    page = shop.get("/referrals?advocate=ada&limit=2").json()
    rest = shop.get(page["next"].partition("/api/v1")[2]).json()

    listed = [one["id"] for one in page["results"] + rest["results"]]
    assert listed == mine[::-1]
    assert len(shop.get("/referrals").json()["results"]) == 4


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("state=paid", ("/state", "invalid_choice")),
        ("friend=bob", ("/friend", "unknown_field")),
        ("limit=0", ("/limit", "out_of_range")),
    ],
)
def test_a_list_is_asked_for_by_name(shop, asked, fault):
    assert faults(shop.get(f"/referrals?{asked}")) == [fault]


def test_a_list_of_three_costs_what_a_list_of_one_does(shop, django_assert_max_num_queries):
    claimed(shop)
    shop.get("/referrals")
    for number in range(2):
        claimed(shop, f"f-{number}", str(number))

    # The key, the page, its steps and what was given.
    with django_assert_max_num_queries(4):
        assert len(shop.get("/referrals").json()["results"]) == 3


def test_what_belongs_to_another_program_is_not_there(shop):
    referral = claimed(shop)["id"]
    other = make_referrals(OTHER_SHOP)

    assert refusal(other.get(f"/referrals/{referral}")) == (404, "not_found")
    assert refusal(other.post(f"/referrals/{referral}/approve", {})) == (404, "not_found")
    said = refusal(other.post(f"/referrals/{referral}/reject", {"reason": "x"}))
    assert said == (404, "not_found")
    assert refused(other, code=code_of(shop)) == (404, "not_found")
    assert other.get("/referrals").json()["results"] == []
    assert refusal(other.get("/referrals?advocate=ada")) == (404, "not_found")


def test_an_erased_friend_is_named_no_more(shop):
    body = claimed(shop, {"id": "bob", "email": "bob@example.org"})
    shop.put("/members/bob", {"name": "Bob", "email": "bob@example.org"})
    shop.ask("DELETE", "/members/bob")

    answer = shop.get(f"/referrals/{body['id']}")

    assert b"bob" not in answer.content
    assert Member.objects.get(pk=Referral.objects.get().friend_id).status == "erased"


def test_claiming_and_deciding_are_not_for_browsers(shop):
    code, referral = code_of(shop), claimed(shop)["id"]
    for door in (browser_of(), shopper(shop)):
        said = door.post("/referrals", {"code": code, "friend": {"id": "x"}})
        assert refusal(said) == (403, "wrong_key_kind")
        assert refusal(door.post(f"/referrals/{referral}/approve", {})) == (
            403,
            "wrong_key_kind",
        )
    without = Door(make_key(Program.objects.get(), "members"))
    for path in (
        "/referrals",
        f"/referrals/{referral}/approve",
        f"/referrals/{referral}/reject",
    ):
        assert refusal(without.post(path, {})) == (403, "insufficient_scope")
