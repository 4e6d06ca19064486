"""Two members who are one person."""

from datetime import timedelta

import pytest

from engine.pipeline import state_facts
from loyalty.models import Decision, Lot, Member, Merge, Order
from loyalty.queries.balances import WalletView
from loyalty.queries.members import member_of, members_with
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import WalletClosed
from loyalty.services.merging import (
    AlreadyMerged,
    RedemptionOpen,
    merge_members,
)
from loyalty.services.statuses import MemberClosed, close_member
from loyalty.services.transfers import SameMember
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    order_stated,
    pass_time,
    refund_order,
    reserve_points,
    state_event,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

REVIEW = {"on": "review", "award": {"points": 20}}
SPEND = {"on": "order", "award": {"points": 1, "per": "1.00"}}


@pytest.fixture
def program():
    program = make_program(rules={"spend": SPEND, "review": REVIEW})
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, "ada", email="ada@example.org")


@pytest.fixture
def bob(program):
    return make_member(program, "bob", phone="+4930123456")


def merge(member, into, *, key="m-1", at=NOON):
    return merge_members(member=member, into=into, requested=Requested(key, at))


def test_points_move_to_the_survivor(ada, bob):
    give_points(ada, 300)
    give_points(bob, 50)

    merge(ada, bob)

    assert balance_of(bob) == WalletView(available=350, lifetime_earned=350)
    assert balance_of(ada) == WalletView()


def test_lots_keep_their_source_and_dates(program, ada, bob):
    expires_at = NOON + timedelta(days=40)
    give_points(ada, 300, key="gift", expires_at=expires_at)
    before = Lot.objects.get(wallet__member=ada)

    merge(ada, bob)

    after = Lot.objects.get(wallet__member=bob)
    for name in ("source_type", "source_id", "earned_at", "expires_at", "remaining"):
        assert getattr(after, name) == (300 if name == "remaining" else getattr(before, name))


def test_pending_points_stay_pending_until_their_day():
    program = make_program(points={"hold": {"days": 14}})
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    state_order(program, amount=4000)

    merge(ada, bob)

    assert balance_of(bob) == WalletView(pending=40, lifetime_earned=40)
    pass_time(program, days=14)
    assert balance_of(bob) == WalletView(available=40, lifetime_earned=40)
    prove(program)


def test_debt_moves_and_is_repaid_by_what_the_survivor_has(program, ada, bob):
    state_order(program, amount=4000)
    give_points(ada, -40)
    refund_order(program, amount=4000)
    give_points(bob, 100)

    merge(ada, bob)

    assert balance_of(bob).available == 60
    assert balance_of(bob).debt == 0


def test_what_the_merged_one_owns_repays_what_the_survivor_owes(program, ada, bob):
    state_order(program, amount=4000)
    give_points(ada, -40)
    refund_order(program, amount=4000)
    give_points(bob, 100)

    merge(bob, ada)

    assert (balance_of(ada).available, balance_of(ada).debt) == (60, 0)


def test_a_refund_of_a_moved_order_takes_back_from_the_survivor(program, ada, bob):
    state_order(program, amount=4000)
    merge(ada, bob)

    refund_order(program, amount=4000)

    assert balance_of(bob) == WalletView()


def test_a_refund_after_points_were_spent_leaves_no_lifetime_below_zero(program, ada, bob):
    state_order(program, amount=4000)
    give_points(ada, -40)
    merge(ada, bob)

    refund_order(program, amount=4000)

    assert balance_of(bob) == WalletView(debt=40)


def test_points_that_had_expired_count_as_taken_after_a_merge():
    program = make_program(points={"expiry": {"after": "10 days"}})
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    state_order(program, amount=4000)
    pass_time(program, days=10)
    state_order(program, "1002", amount=100)
    merge(ada, bob, at=program.now())

    refund_order(program, amount=4000)

    assert balance_of(bob).debt == 0
    prove(program)


def test_facts_about_the_merged_id_are_the_survivors(program, ada, bob):
    merge(ada, bob)

    state_order(program, "1002", member="ada", amount=1000)
    state_event(program, member="ada")

    assert balance_of(bob).available == 30
    assert Order.objects.get(external_id="1002").member == bob


def test_an_order_that_moved_can_be_restated_under_its_old_id(program, ada, bob):
    state_order(program, amount=4000)
    merge(ada, bob)

    state_order(program, amount=5000)

    assert balance_of(bob).available == 50


def test_facts_under_both_ids_in_one_batch_are_done_one_by_one(program, ada, bob):
    merge(ada, bob)
    statements = [
        order_stated(program, "1", member="ada", amount=1000),
        order_stated(program, "2", member="bob", amount=1000),
    ]

    state_facts(program, statements, at=NOON)

    assert balance_of(bob).available == 20


def test_ids_and_addresses_of_the_merged_one_lead_to_the_survivor(program, ada, bob):
    merge(ada, bob)

    assert member_of(program, "ada") == bob
    assert members_with(program, email="ada@example.org") == [bob]


def test_an_address_that_both_have_leads_to_the_survivor_as_well(program, ada):
    cara = make_member(program, "cara", email="cara@example.org")

    merge(ada, cara)

    assert members_with(program, email="ada@example.org") == [cara]
    assert Member.objects.get(pk=cara.pk).email == "cara@example.org"


def test_the_survivor_can_take_an_address_of_the_merged_one(program, ada):
    cara = make_member(program, "cara", email="cara@example.org")
    merge(ada, cara)

    make_member(program, "cara", email="ada@example.org")

    assert Member.objects.get(pk=cara.pk).email == "ada@example.org"


def test_a_statement_about_the_merged_id_changes_the_survivor(program, ada, bob):
    merge(ada, bob)

    make_member(program, "ada", name="Ada B.")

    assert Member.objects.get(pk=bob.pk).name == "Ada B."


def test_decisions_go_along(program, ada, bob):
    state_order(program, amount=4000)

    merge(ada, bob)

    assert Decision.objects.get(fact_id="1001").member == bob


def test_a_chain_of_merges_leads_to_its_end(program, ada, bob):
    cara = make_member(program, "cara")
    give_points(ada, 10)
    merge(ada, bob)
    merge(bob, cara, key="m-2")

    state_order(program, member="ada", amount=1000)

    assert balance_of(cara).available == 20


def test_the_same_key_merges_once(ada, bob):
    give_points(ada, 10)

    assert merge(ada, bob) == merge(ada, bob)

    assert balance_of(bob).available == 10


def test_nobody_is_merged_twice(program, ada, bob):
    cara = make_member(program, "cara")
    merge(ada, bob)

    with pytest.raises(AlreadyMerged):
        merge(ada, cara, key="m-2")


def test_nobody_is_merged_into_one_who_was_merged(program, ada, bob):
    cara = make_member(program, "cara")
    merge(ada, bob)

    with pytest.raises(AlreadyMerged):
        merge(cara, ada, key="m-2")

    assert Merge.objects.count() == 1


def test_nobody_is_merged_into_one_who_is_closed(ada, bob):
    close_member(member=bob, at=NOON)

    with pytest.raises(MemberClosed):
        merge(ada, bob)


def test_nobody_is_merged_into_oneself(ada):
    with pytest.raises(SameMember):
        merge(ada, ada)


def test_an_open_hold_stops_a_merge(ada, bob):
    give_points(ada, 100)
    reserve_points(ada, 60)

    with pytest.raises(RedemptionOpen):
        merge(ada, bob)

    assert balance_of(ada).held == 60


def test_a_hold_whose_time_is_over_does_not_stop_a_merge(ada, bob):
    give_points(ada, 100)
    reserve_points(ada, 60)

    merge(ada, bob, at=NOON + timedelta(minutes=30))

    assert balance_of(bob).available == 100


def test_nothing_comes_into_wallets_that_were_merged(ada, bob):
    merge(ada, bob)

    with pytest.raises(WalletClosed):
        give_points(ada, 10)


def test_lots_of_an_order_that_is_fulfilled_after_a_merge_get_their_dates():
    rule = SPEND | {"hold": {"after": "fulfilled", "days": 14, "timeout": "60 days"}}
    program = make_program(rules={"spend": rule})
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    state_order(program, amount=4000)
    merge(ada, bob)

    state_order(program, amount=4000, status="fulfilled", fulfilled_at=NOON.isoformat())
    pass_time(program, days=14)

    assert balance_of(bob).available == 40
    prove(program)
