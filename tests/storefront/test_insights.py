"""Numbers for the merchant at the door."""

from urllib.parse import parse_qs, urlsplit

import pytest

from loyalty.models import Program
from storefront.models import ApiKey
from tests.storefront.conftest import OTHER_SHOP, Door, make_key, order
from tests.storefront.referring import browser_of, claimed, code_of, follow, make_referrals
from tests.storefront.rewarding import enrol, faults, refusal, shopper


@pytest.fixture
def shop(db):
    """A shop where Ada has passed her code on and been followed by Bob, who ordered."""
    door = make_referrals()
    enrol(door, points=0)
    for channel in ("whatsapp", "whatsapp", "email"):
        shopper(door).post("/me/referral/shares", {"channel": channel})
    for _ in range(4):
        shopper(door).post("/me/referral/views", {})
    place = follow(code_of(door), c="whatsapp")["Location"]
    claimed(door, click_token=parse_qs(urlsplit(place).query)["click_token"][0])
    follow(code_of(door), c="whatsapp")
    follow(code_of(door), c="whatsapp", agent="Googlebot")
    door.put("/members/bob", {})
    door.put("/orders/1001", order(member="bob"))
    return door


STAGES = (
    *("views", "shares", "clicks", "claims", "signups"),
    *("qualified", "rewarded", "reversed", "visits", "bots", "revenue"),
)


def numbers(row):
    return [row[stage] for stage in STAGES]


def test_the_funnel_of_a_referral_program_is_told_from_views_to_cost(shop):
    body = shop.get("/insights/referrals").json()

    [row] = body.pop("results")
    assert body == {
        "at": "2026-05-01T10:00:00Z", "currency": "EUR", "by": "program",
        "next": None, "previous": None,
    }  # fmt: skip
    assert row["key"] == "friends"
    # The order is of 50.00, and Ada's reward waits for 14 days.
    assert numbers(row) == [4, 3, 1, 1, 1, 1, 0, 0, 2, 1, 5000]
    assert row["cost"] == {"points": 0, "money": 0}


def test_a_reward_that_is_due_counts_though_no_job_has_run(shop):
    Program.objects.update(clock_at="2026-05-15T10:00:00Z")

    [row] = shop.get("/insights/referrals").json()["results"]

    assert row["rewarded"] == 1


def test_channels_stand_apart_and_none_is_null(shop):
    enrol(shop, "cid", points=0, referral_code=code_of(shop))

    rows = shop.get("/insights/referrals?by=channel").json()["results"]

    told = {row["key"]: (row["shares"], row["clicks"], row["claims"]) for row in rows}
    # What is typed at enrolment came by no channel, and was shared and followed.
    assert told == {"whatsapp": (2, 1, 1), "email": (1, 0, 0), None: (1, 1, 1)}


def test_advocates_come_in_pages_who_brought_most_first(shop):
    for name in ("eve", "fay"):
        enrol(shop, name, points=0)
    claimed(shop, "gus", "g", code=code_of(shop, "fay"))
    follow(code_of(shop, "eve"))

    page = shop.get("/insights/referrals?by=advocate&limit=2").json()
    rest = shop.get(page["next"].partition("/api/v1")[2]).json()

    assert [row["key"] for row in page["results"]] == ["ada", "fay"]
    assert [row["key"] for row in rest["results"]] == ["eve"]


def test_one_referral_program_is_asked_for_by_name(shop):
    colleagues = shop.get("/members/ada/referral?program=colleagues").json()["code"]
    follow(colleagues)

    named = [
        shop.get(f"/insights/referrals?by=advocate&program={name}").json()["results"]
        for name in ("friends", "colleagues")
    ]

    assert [[row["claims"] for row in rows] for rows in named] == [[1], [0]]
    unknown = shop.get("/insights/referrals?program=strangers")
    assert refusal(unknown) == (404, "not_found")


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("by=moon", ("/by", "invalid_choice")),
        ("from=2026-05-01", ("/from", "unknown_field")),
        ("limit=201", ("/limit", "out_of_range")),
        ("cursor=x", ("/cursor", "invalid_cursor")),
    ],
)
def test_nonsense_is_refused_by_name(shop, asked, fault):
    assert faults(shop.get(f"/insights/referrals?{asked}")) == [fault]


def test_another_program_counts_for_itself(shop):
    other = make_referrals(OTHER_SHOP)

    assert other.get("/insights/referrals").json()["results"] == []


def test_only_a_secret_key_with_the_scope_opens_it(shop):
    program = Program.objects.get()
    path = "/insights/referrals"

    assert refusal(browser_of().get(path)) == (403, "wrong_key_kind")
    publishable = make_key(program, "insights", kind=ApiKey.Kind.PUBLISHABLE)
    assert refusal(Door(publishable).get(path)) == (403, "wrong_key_kind")
    assert refusal(Door(make_key(program, "referrals")).get(path)) == (
        403,
        "insufficient_scope",
    )
    assert refusal(shopper(shop).get(path)) == (403, "wrong_key_kind")
    assert Door(make_key(program, "insights")).get(path).status_code == 200


def test_a_list_of_three_advocates_costs_what_a_list_of_one_does(
    shop, django_assert_max_num_queries
):
    shop.get("/insights/referrals?by=advocate")
    for name in ("eve", "fay"):
        enrol(shop, name, points=0)
        claimed(shop, f"of-{name}", name, code=code_of(shop, name))

    # The key, the four of the funnel, and the advocates' ids.
    with django_assert_max_num_queries(6):
        assert len(shop.get("/insights/referrals?by=advocate").json()["results"]) == 3
