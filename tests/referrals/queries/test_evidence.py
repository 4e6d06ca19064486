"""What is found that speaks against a claim, among all that is known of people."""

import pytest

from referrals.models import Identity
from referrals.services.identities import forget_identities, remember_unknown
from tests.factories import NOON, make_member
from tests.referrals.factories import claim, enrol, make_referrals, order, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    # Everything is told and nothing comes of it.
    return make_referrals(fraud={"shadow": True})


@pytest.fixture
def ada(program):
    return make_member(program, name="Ada Lovelace", email="ada.lovelace@gmail.com")


def reasons(advocate, friend_id="bob", **request):
    return claim(advocate, friend_id, **request).reasons


def elsewhere(number, **more):
    """Return a visit from a network of its own."""
    return visit(f"10.{number // 250}.{number % 250}.1", **more)


def test_nothing_speaks_against_a_stranger(ada):
    context = visit(device_id="d", payment_fingerprint="p", address_hash="a")

    assert reasons(ada, email="bob@example.org", phone="+49301", context=context) == []


@pytest.mark.parametrize(
    "alias",
    ["Ada.Lovelace@gmail.com", "adalovelace+x@googlemail.com", "a.d.a.lovelace@GMAIL.com"],
)
def test_an_alias_of_the_advocate_is_told(program, alias):
    ada = make_member(program, email="ada.lovelace+me@gmail.com")

    assert "same_email" in reasons(ada, email=alias)


def test_what_the_advocate_was_known_by_as_a_friend_is_the_advocates(program):
    eve = make_member(program, "eve")
    seen = {"device_id": "d", "payment_fingerprint": "p", "address_hash": "a"}
    claim(eve, "ada", context=elsewhere(1, **seen))
    enrol(program, "ada")
    ada = program.member_set.get(external_id="ada")

    found = reasons(ada, context=elsewhere(2, **seen))

    assert found == ["same_device", "same_payment", "same_address"]


@pytest.mark.parametrize(
    ("ip", "told"),
    [("203.0.113.7", ["same_ip"]), ("203.0.113.8", ["same_network"]), ("198.51.100.1", [])],
)
def test_a_place_where_the_advocate_was_claimed_as_a_friend_is_told(program, ip, told):
    claim(make_member(program, "eve"), "ada", context=visit("203.0.113.7"))
    enrol(program, "ada")

    assert reasons(program.member_set.get(external_id="ada"), context=visit(ip)) == told


def test_a_place_where_somebody_else_was_claimed_is_not_the_advocates(program, ada):
    claim(make_member(program, "eve"), "cid", context=visit("203.0.113.7"))

    assert reasons(ada, context=visit("203.0.113.7")) == []


def test_a_device_of_other_friends_is_shared(program, ada):
    claim(ada, "cid", context=elsewhere(1, device_id="farm"))

    assert reasons(ada, context=elsewhere(2, device_id="farm")) == ["shared_device"]


def test_a_device_of_the_friends_own_is_not_shared(program, ada):
    referral = claim(ada, "", email="bob@example.org", context=elsewhere(1, device_id="d"))
    referral.state, referral.reason = "expired", "expired"
    referral.save()

    again = claim(ada, "", email="bob@example.org", context=elsewhere(2, device_id="d"))

    assert again != referral
    assert again.reasons == []


def test_who_is_known_by_another_account_was_here_before(program, ada):
    enrol(program, "old-bob", email="bob@gmail.com")

    assert reasons(ada, "new-bob", email="b.o.b@gmail.com") == ["known_before"]


def test_who_has_another_address_by_now_is_known_by_both(program, ada):
    enrol(program, "old-bob", email="bob@gmail.com", phone="+15550100")
    make_member(program, "old-bob", email="bobby@gmail.com", name="Bob")
    make_member(program, "old-bob", email="bobby@gmail.com", name="Robert")

    assert Identity.objects.count() == 4
    assert reasons(ada, "new-bob", email="bob.by+2@gmail.com") == ["known_before"]
    assert reasons(ada, "newer-bob", email="b.o.b@gmail.com") == ["known_before"]


def test_who_was_a_member_before_there_were_referrals_becomes_known(program, ada):
    make_member(program, "old-bob", email="bob@gmail.com")

    last = remember_unknown(program=program, at=NOON)
    again = remember_unknown(program=program, at=NOON)

    assert last == again == program.member_set.get(external_id="old-bob").pk
    assert remember_unknown(program=program, at=NOON, after=last) is None
    assert Identity.objects.count() == 2
    assert reasons(ada, "new-bob", email="b.o.b@gmail.com") == ["known_before"]


def test_names_and_numbered_addresses_are_alike(program, ada):
    found = reasons(ada, email="ada.lovelace7@gmail.com")

    assert found == ["similar_name"]


def test_an_address_that_is_thrown_away_is_told(ada):
    assert reasons(ada, email="bob@mailinator.com") == ["disposable_email"]


def test_a_sixth_claim_from_one_address_within_a_day_is_many(program):
    found = []
    for number in range(6):
        advocate = make_member(program, f"advocate-{number}")
        found.append(reasons(advocate, f"friend-{number}", context=visit()))

    assert found == [[]] * 5 + [["ip_velocity"]]


def test_a_twenty_first_claim_of_one_advocate_within_a_day_is_many(program, ada):
    found = [
        reasons(ada, f"friend-{number}", context=elsewhere(number)) for number in range(21)
    ]

    assert found == [[]] * 20 + [["advocate_velocity"]]


def test_the_day_after_is_another_day(program, ada):
    for number in range(21):
        claim(ada, f"friend-{number}", context=visit())
    later = NOON.replace(day=6)

    assert reasons(ada, "late", context=visit(), at=later) == []


def test_a_second_account_of_who_referred_the_advocate_closes_a_ring(program, ada):
    remember_unknown(program=program, at=NOON)
    claim(ada, "bob")
    enrol(program, "bob")
    bob = program.member_set.get(external_id="bob")

    found = reasons(bob, "ada-again", email="a.d.a.lovelace@gmail.com")

    assert "ring" in found


def test_a_fourth_friend_of_one_advocate_in_one_home_makes_a_dense_group(program, ada):
    eve = make_member(program, "eve")
    claim(eve, "other", context=elsewhere(9, address_hash="home"))

    found = [
        reasons(ada, f"friend-{number}", context=elsewhere(number, address_hash="home"))
        for number in range(4)
    ]

    assert found == [["shared_address"]] * 3 + [["shared_address", "dense_group"]]


def test_who_brought_whom_at_home_is_no_ring_by_what_a_home_shares(program, ada):
    # Cid was brought by the tablet at home, and Bob by Cid; Dan uses the tablet as well.
    eve = make_member(program, "eve")
    claim(eve, "cid", context=elsewhere(1, device_id="tablet"))
    enrol(program, "cid")
    cid = program.member_set.get(external_id="cid")
    claim(cid, "bob", context=elsewhere(2))
    enrol(program, "bob")
    bob = program.member_set.get(external_id="bob")

    assert reasons(bob, "dan", context=elsewhere(3, device_id="tablet")) == ["shared_device"]


def test_places_are_forgotten_after_thirty_days_and_the_rest_is_not(program, ada):
    claim(ada, email="bob@example.org", context=visit(device_id="d"))

    forgotten = forget_identities(program=program, at=NOON.replace(month=7))

    assert forgotten == 2
    kinds = Identity.objects.filter(referral__isnull=False).values_list("kind", flat=True)
    assert set(kinds) == {"email", "device"}


def test_gathering_evidence_takes_the_same_queries_however_much_there_is(
    program, ada, django_assert_max_num_queries
):
    for number in range(10):
        claim(ada, f"friend-{number}", context=visit(device_id="farm"))
    order(program, member="ada")

    with django_assert_max_num_queries(40):
        claim(ada, context=visit(device_id="farm"))
