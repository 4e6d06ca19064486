"""Claims: what others can check without asking us, and what nobody can make but us."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine

from loyalty.models import Member, Program
from storefront.models import ClaimsKey, IdempotencyKey
from storefront.services import tokens
from tests.concurrency import at_once
from tests.storefront.conftest import OTHER_SHOP, Door, make_key
from tests.storefront.rewarding import enrol, faults, pass_time, refusal, shopper
from tests.storefront.tiering import GOLD_BENEFITS, make_tiers, set_tier, spend

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
DAY = 86_400


@pytest.fixture
def clock():
    """Real time, standing still on New Year's Day 2030."""
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(clock, db):
    """A shop whose clock shows May 2026, and Ada, who is gold."""
    door = make_tiers()
    enrol(door, points=0)
    spend("ada", 50000)
    return door


def claim_of(door, member="ada", **stated):
    answer = door.post(f"/members/{member}/claims", stated)
    assert answer.status_code == 201, answer.content
    return answer.json()["claim"]


def keys_of(door, audience=""):
    answer = door.get(f"/program/claims-key?audience={audience}" if audience
                      else "/program/claims-key")  # fmt: skip
    assert answer.status_code == 200, answer.content
    return answer.json()


def check(claim, keys):
    """Check a claim as a bot does that has the keys, and nothing else of ours."""
    header = jwt.get_unverified_header(claim)
    assert header["typ"] == keys["type"]
    secrets = {key["kid"]: key["secret"] for key in keys["keys"]}
    return jwt.decode(
        claim,
        secrets[header["kid"]],
        algorithms=[keys["algorithm"]],
        audience=keys["audience"],
        issuer=keys["issuer"],
        options={"require": ["exp", "iat", "sub", "jti"]},
    )


def test_a_claim_says_who_has_which_tier_and_what_it_brings(shop):
    said = check(claim_of(shop), keys_of(shop))

    assert len(said.pop("jti")) == 32
    assert said == {
        "iss": "bean-shop",
        "aud": "storefront",
        "sub": "ada",
        "tiers": {"vip": "gold"},
        "benefits": GOLD_BENEFITS,
        "iat": int(NEW_YEAR.timestamp()),
        "exp": int(NEW_YEAR.timestamp()) + 300,
    }


def test_no_two_claims_are_the_same(shop):
    one, other = (check(claim_of(shop), keys_of(shop)) for _ in range(2))

    assert one["jti"] != other["jti"]


@pytest.mark.parametrize(
    ("stated", "seconds"), [({}, 300), ({"ttl": 1}, 1), ({"ttl": 3600}, 3600)]
)
def test_a_claim_is_good_for_as_long_as_it_says_by_real_time(shop, clock, stated, seconds):
    answer = shop.post("/members/ada/claims", stated).json()
    keys = keys_of(shop)

    assert datetime.fromisoformat(answer["expires_at"]) == NEW_YEAR + timedelta(seconds=seconds)
    clock.shift(seconds - 0.5)
    check(answer["claim"], keys)
    clock.shift(0.5)
    with pytest.raises(jwt.ExpiredSignatureError):
        check(answer["claim"], keys)


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"ttl": 0}, ("/ttl", "out_of_range")),
        ({"ttl": 3601}, ("/ttl", "out_of_range")),
        ({"ttl": 2**63}, ("/ttl", "out_of_range")),
        ({"ttl": -5}, ("/ttl", "negative")),
        ({"ttl": 1.5}, ("/ttl", "not_an_integer")),
        ({"ttl": "300"}, ("/ttl", "wrong_type")),
        ({"audience": ""}, ("/audience", "blank")),
        ({"audience": 5}, ("/audience", "wrong_type")),
        ({"audience": "x" * 256}, ("/audience", "too_long")),
        ({"audience": "perennial:me"}, ("/audience", "reserved")),
        ({"aud": "chat"}, ("/aud", "unknown_field")),
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_name(shop, stated, fault):
    assert faults(shop.post("/members/ada/claims", stated)) == [fault]
    assert faults(shopper(shop).post("/me/claims", stated)) == [fault]


def test_a_claim_never_outlives_the_tier_in_it(shop):
    # The tier is over 90 seconds after what the program's clock shows.
    pass_time("2027-12-31T22:58:30+00:00")

    said = check(claim_of(shop), keys_of(shop))

    assert said["exp"] - said["iat"] == 90


def test_a_claim_never_outlives_a_floor(shop):
    enrol(shop, "bob", points=0)
    set_tier(shop, "bob", until="2026-05-01T10:00:40Z")

    said = check(claim_of(shop, "bob"), keys_of(shop))

    assert (said["tiers"], said["exp"] - said["iat"]) == ({"vip": "gold"}, 40)


def test_in_the_grace_a_claim_ends_with_the_day(clock, db):
    ladder = """\
ladders:
  vip: {window: {calendar: year}, valid_for: end_of_period, grace: 10 days, tiers: {gold: {threshold: "500.00"}}}
"""  # noqa: E501
    door = make_tiers(ladder)
    enrol(door, points=0)
    spend("ada", 50000)
    # Berlin's midnight is a minute away; the year of the tier is over since 2 days.
    pass_time("2027-01-02T22:59:00+00:00")

    said = check(claim_of(door, ttl=3600), keys_of(door))

    assert (said["tiers"], said["exp"] - said["iat"]) == ({"vip": "gold"}, 60)


def test_a_tier_that_is_over_is_not_claimed_though_no_job_has_run(shop):
    pass_time("2027-12-31T23:00:00+00:00")

    said = check(claim_of(shop), keys_of(shop))

    assert (said["tiers"], said["benefits"]) == ({"vip": "member"}, {})


def test_without_ladders_a_claim_still_says_who_it_is(clock, door, ada):
    said = check(claim_of(door), keys_of(door))

    assert (said["sub"], said["tiers"], said["benefits"]) == ("ada", {}, {})


def test_a_shopper_fetches_its_own_claim(shop):
    enrol(shop, "bob", points=0)
    answer = shopper(shop, "bob").post("/me/claims", {"audience": "chat-bot"})

    said = check(answer.json()["claim"], keys_of(shop, "chat-bot"))

    assert (answer.status_code, said["sub"], said["tiers"]) == (201, "bob", {"vip": "member"})


def test_a_merged_id_is_vouched_for_as_who_it_is_now(shop):
    enrol(shop, "twin", points=0)
    shop.post("/members/twin/merge", {"into": "ada"}, Idempotency_Key="m")

    assert check(claim_of(shop, "twin"), keys_of(shop))["sub"] == "ada"


@pytest.mark.parametrize("status", ["closed", "erased"])
def test_nobody_is_vouched_for_who_has_left(shop, status):
    ada = shopper(shop)
    Member.objects.update(status=status)

    assert refusal(shop.post("/members/ada/claims", {})) == (404, "not_found")
    assert refusal(ada.post("/me/claims", {})) == (401, "invalid_token")


def test_nobody_is_vouched_for_by_another_program(shop):
    other = make_tiers(shop=OTHER_SHOP)

    assert refusal(other.post("/members/ada/claims", {})) == (404, "not_found")


def test_a_claim_opens_nothing_here(shop):
    claim = claim_of(shop)

    for path in ("/me", "/members/ada", "/program"):
        assert refusal(Door(claim).get(path)) == (401, "invalid_token")


def test_a_member_token_is_no_claim(shop):
    token = shop.post("/members/ada/tokens", {}).json()["token"]

    for key in keys_of(shop, "chat")["keys"]:
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(token, key["secret"], algorithms=["HS256"], audience=tokens.AUDIENCE)
    assert jwt.get_unverified_header(token)["typ"] != keys_of(shop)["type"]


def test_who_has_a_secret_for_claims_cannot_make_a_member_token(shop):
    member = Member.objects.get()
    now = int(datetime.now(UTC).timestamp())
    claims = {"aud": tokens.AUDIENCE, "program": member.program_id, "member": member.pk,
              "iat": now, "exp": now + 60}  # fmt: skip
    secret = keys_of(shop)["keys"][0]["secret"]

    forged = jwt.encode(claims, secret, algorithm="HS256")

    assert refusal(Door(forged).get("/me")) == (401, "invalid_token")


def test_a_claim_is_for_one_audience(shop):
    claim = claim_of(shop, audience="chat-bot")
    keys = keys_of(shop)

    with pytest.raises(jwt.InvalidTokenError):
        check(claim, keys)
    # Nor by one that does not look at whom it is for: the secrets are not the same.
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(claim, keys["keys"][0]["secret"], algorithms=["HS256"],
                   options={"verify_aud": False})  # fmt: skip
    assert check(claim, keys_of(shop, "chat-bot"))["sub"] == "ada"


def test_two_programs_vouch_with_secrets_of_their_own(shop):
    other = make_tiers(shop=OTHER_SHOP)

    mine, theirs = keys_of(shop), keys_of(other)

    assert mine["issuer"] != theirs["issuer"]
    assert mine["keys"][0]["secret"] != theirs["keys"][0]["secret"]


def test_a_program_keeps_its_key_until_somebody_changes_it(shop):
    first = keys_of(shop)
    claim_of(shop)

    assert keys_of(shop) == first
    assert len(first["keys"]) == 1
    assert ClaimsKey.objects.count() == 1


def test_all_claims_die_with_the_key_of_the_server(shop, settings):
    claim = claim_of(shop)
    settings.SECRET_KEY = "another"

    with pytest.raises(jwt.InvalidSignatureError):
        check(claim, keys_of(shop))


def rotate(door, **stated):
    return door.post("/program/claims-key/rotate", stated)


def test_a_new_key_is_announced_before_it_signs(shop, clock):
    [old] = keys_of(shop)["keys"]

    answer = rotate(shop)

    new, still = keys_of(shop)["keys"]
    assert answer.status_code == 200
    # Answers to a POST may be kept for repeats, and secrets are kept nowhere.
    assert answer.json()["keys"] == [
        {name: key[name] for name in ("kid", "signs_from", "ends_at")} for key in (new, still)
    ]
    assert still == old | {"ends_at": "2030-01-02T01:00:00Z"}
    assert (new["signs_from"], new["ends_at"]) == ("2030-01-02T00:00:00Z", None)
    assert kid_of(claim_of(shop)) == old["kid"]
    clock.shift(DAY)
    assert kid_of(claim_of(shop)) == new["kid"]


def kid_of(claim):
    return jwt.get_unverified_header(claim)["kid"]


def test_what_the_old_key_signed_last_is_good_until_it_ends(shop, clock):
    rotate(shop, overlap=60)
    clock.shift(59)
    claim = claim_of(shop, ttl=3600)

    clock.shift(3599)
    check(claim, keys_of(shop))
    clock.shift(2)
    assert len(keys_of(shop)["keys"]) == 1


def test_a_secret_that_leaked_is_over_at_once(shop):
    claim = claim_of(shop)
    rotate(shop)

    [new] = rotate(shop, overlap=0).json()["keys"]

    assert kid_of(claim_of(shop)) == new["kid"]
    with pytest.raises(KeyError):
        check(claim, keys_of(shop))


def test_one_rotation_comes_after_the_other(shop, clock):
    assert rotate(shop).status_code == 200
    assert refusal(rotate(shop)) == (409, "rotation_under_way")
    assert len(keys_of(shop)["keys"]) == 2

    clock.shift(DAY)

    assert rotate(shop).status_code == 200


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"overlap": -1}, ("/overlap", "negative")),
        ({"overlap": 2_592_001}, ("/overlap", "out_of_range")),
        ({"overlap": "1 day"}, ("/overlap", "wrong_type")),
        ({"over": 1}, ("/over", "unknown_field")),
    ],
)
def test_a_rotation_that_cannot_be_is_refused_by_name(shop, stated, fault):
    assert faults(rotate(shop, **stated)) == [fault]
    assert not ClaimsKey.objects.exists()


def test_the_keys_of_an_audience_are_asked_for_by_its_name(shop):
    asked = "/program/claims-key?audience=perennial:me"

    assert faults(shop.get(asked)) == [("/audience", "reserved")]
    assert faults(shop.get("/program/claims-key?audience=")) == [("/audience", "blank")]


def test_an_answer_that_is_kept_forgets_an_erased_member(shop):
    enrol(shop, "åsa", points=0)
    for member in ("ada", "åsa"):
        shop.post(f"/members/{member}/claims", {}, Idempotency_Key=f"claim-{member[1:]}")

    shop.ask("DELETE", "/members/åsa")

    forgotten = IdempotencyKey.objects.get(key="claim-sa")
    assert forgotten.status == 409
    assert IdempotencyKey.objects.get(key="claim-da").status == 201


@pytest.mark.parametrize("scope", ["program", "admin"])
def test_secrets_want_the_scope_of_who_runs_the_program(shop, scope):
    program = Program.objects.get()

    assert Door(make_key(program, scope)).get("/program/claims-key").status_code == 200
    without = Door(make_key(program, "tiers", "members"))
    assert refusal(without.get("/program/claims-key")) == (403, "insufficient_scope")
    assert refusal(rotate(without)) == (403, "insufficient_scope")
    assert refusal(shopper(shop).get("/program/claims-key")) == (403, "wrong_key_kind")


@pytest.mark.django_db(transaction=True)
def test_the_first_key_is_made_once_whoever_asks(shop):
    found = at_once(5, lambda: keys_of(shop)["keys"][0]["kid"])

    assert set(found) == {ClaimsKey.objects.get().kid}


@pytest.mark.django_db(transaction=True)
def test_of_rotations_at_once_one_is_done(shop):
    keys_of(shop)

    answers = at_once(5, lambda: rotate(shop).status_code)

    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert ClaimsKey.objects.count() == 2
