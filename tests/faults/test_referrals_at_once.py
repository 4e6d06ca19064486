"""A claim and an order of its friend at the same moment: neither misses the other."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from engine.pipeline import state_fact
from loyalty.models import Wallet
from referrals.models import Referral
from tests.factories import NOON, make_member, order_stated
from tests.proof import prove
from tests.referrals.factories import claim, code_of, make_referrals, points_of

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def program():
    return make_referrals()


@pytest.fixture
def bob(program):
    """The friend, who joined before the advocate: his wallet is locked first."""
    return make_member(program, "bob")


@pytest.fixture
def ada(program, bob):
    return make_member(program)


def in_a_thread(threads, act):
    def run():
        try:
            return act()
        finally:
            connection.close()

    return threads.submit(run)


def wait_until(waiting):
    """Wait until so many others wait for a lock in this test's own database."""
    asked = (
        "SELECT COUNT(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1_000):
        with connection.cursor() as cursor:
            # Within a transaction the first look would be the last one.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(asked)
            if cursor.fetchone()[0] >= waiting:
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waits")


def test_an_order_that_was_on_its_way_before_the_claim_qualifies(program, ada, bob):
    code_of(ada)
    statement = order_stated(program, "1", member="bob", amount=2000)
    with ThreadPoolExecutor(max_workers=2) as threads:
        with transaction.atomic():
            list(Wallet.objects.select_for_update().filter(member=ada))
            # The claim has Bob's wallet and waits for Ada's; then comes Bob's order.
            claimed = in_a_thread(threads, lambda: claim(ada, "bob", at=NOON))
            wait_until(1)
            stated = in_a_thread(threads, lambda: state_fact(program, statement, at=NOON))
            wait_until(2)
        claimed.result(timeout=10)
        answer = stated.result(timeout=10)

    assert answer.body["referral"]["state"] == "rewarded"
    assert Referral.objects.get().state == "rewarded"
    assert (points_of(ada), points_of(bob)) == (100, 50)
    prove(program)
