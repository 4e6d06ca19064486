"""The proof of the ledger finds every kind of tampering, and names the row."""

import pytest
from django.db import connection

from loyalty.models import Allocation, Entry, Hold, Lot, Redemption, Reward, Wallet
from loyalty.queries.verification import guard_findings, ledger, ledger_findings
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import capture_redemption
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    refund_order,
    reserve_points,
    state_order,
)
from tests.loyalty.queries.tampering import append_only, run, tamper, unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    """A ledger of six entries: adjust, earn, clawback, hold, capture, hold."""
    program = make_program()
    ada = make_member(program, points=100)
    state_order(program, amount=5000)
    refund_order(program, amount=1000)
    hold = reserve_points(ada, 60, key="cart-1")
    capture_redemption(redemption=hold, points=60, requested=Requested("c", NOON))
    reserve_points(ada, 20, key="cart-2")
    return program


@pytest.fixture
def places(program):
    """Return how findings name the wallet, its entries, lots and holds."""
    wallet = Wallet.objects.get()
    start = f"{program.slug}, wallet {wallet.pk}"
    named = {"wallet": start}
    for entry in Entry.objects.order_by("seq"):
        named[f"entry {entry.seq}"] = f"{start}, entry {entry.seq} (ent_{entry.pk})"
    for number, lot in enumerate(Lot.objects.order_by("pk"), 1):
        named[f"lot {number}"] = f"{start}, lot {lot.pk}"
    for hold in Hold.objects.select_related("entry"):
        named[f"hold {hold.entry.seq}"] = f"{start}, hold {hold.pk}"
    return named


def found(program):
    return [str(finding) for finding in ledger_findings(program)]


def test_an_honest_ledger_has_no_findings(program):
    assert found(program) == []


ENTRY = "UPDATE loyalty_entry SET {} WHERE seq = {}"


def test_an_edited_amount_is_the_first_finding(program, places):
    tamper(ENTRY.format("available = 41", 2))

    first, second, *_ = found(program)
    assert first == f"{places['entry 2']}: available_after should be 141, is 150"
    assert second.startswith(f"{places['entry 2']}: hash should be ")


def test_an_edited_amount_that_adds_up_breaks_the_hash(program, places):
    tamper(
        ENTRY.format("available = available + 1, available_after = available_after + 1", 1),
        ENTRY.format("available = available - 1", 2),
    )

    assert [finding.split(" should")[0] for finding in found(program)[:2]] == [
        f"{places['entry 1']}: hash",
        f"{places['entry 2']}: hash",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'because'",
        "key = 'another'",
        "source_id = '7'",
        "kind = 'opening'",
        "occurred_at = posted_at",
        "forgiven = 1",
    ],
)
def test_a_word_or_a_date_that_was_edited_breaks_the_hash(program, places, change):
    tamper(ENTRY.format(change, 2))

    finding, *others = found(program)
    assert finding.startswith(f"{places['entry 2']}: hash should be ")
    # The order that the entry was for may miss it.
    assert all(", order " in other for other in others)


def test_an_edited_entry_with_a_new_hash_of_its_own_breaks_the_chain(program, places):
    second = Entry.objects.get(seq=2)
    tamper(ENTRY.format("hash = prev_hash", 2))

    said = found(program)
    assert said[0].startswith(f"{places['entry 2']}: hash should be {second.hash.hex()}")
    assert said[1].startswith(f"{places['entry 3']}: prev_hash should be ")


def test_a_deleted_last_entry_is_found(program, places):
    last = Entry.objects.get(seq=6)
    tamper(
        f"DELETE FROM loyalty_redemption WHERE hold_id = {last.hold.pk}",
        f"DELETE FROM loyalty_allocation WHERE entry_id = {last.pk}",
        f"DELETE FROM loyalty_hold WHERE entry_id = {last.pk}",
        "DELETE FROM loyalty_entry WHERE seq = 6",
    )

    assert found(program)[0] == f"{places['wallet']}: last_seq should be 5, is 6"


def test_a_deleted_entry_in_the_middle_is_found(program, places):
    fifth = Entry.objects.get(seq=5)
    tamper(
        f"DELETE FROM loyalty_redemption WHERE spent_by_id = {fifth.pk}",
        f"DELETE FROM loyalty_allocation WHERE entry_id = {fifth.pk}",
        "DELETE FROM loyalty_entry WHERE seq = 5",
    )

    assert found(program)[0] == f"{places['entry 6']}: seq should be 5, is 6"


def test_a_changed_balance_is_found(program, places):
    Wallet.objects.update(available=61)

    assert found(program) == [
        f"{places['wallet']}: available should be 60, is 61",
        f"{places['wallet']}: available (all that remains of its lots) should be 60, is 61",
    ]


@pytest.mark.parametrize("name", ["earned", "redeemed", "expired"])
def test_a_changed_lifetime_is_found(program, places, name):
    Wallet.objects.update(**{f"lifetime_{name}": 7})

    (finding,) = found(program)
    assert finding.startswith(f"{places['wallet']}: lifetime_{name} should be ")


def test_a_changed_lot_is_found(program, places):
    first = Lot.objects.order_by("pk")[0]
    Lot.objects.filter(pk=first.pk).update(spent=first.spent - 1, expired=1)

    assert found(program) == [
        f"{places['lot 1']}: spent should be {first.spent}, is {first.spent - 1}",
        f"{places['lot 1']}: expired should be 0, is 1",
    ]


def test_points_moved_from_one_lot_to_another_are_found(program, places):
    first, second = Lot.objects.order_by("pk")
    Lot.objects.filter(pk=first.pk).update(granted=first.granted - 1, spent=first.spent - 1)
    Lot.objects.filter(pk=second.pk).update(
        granted=second.granted + 1, remaining=second.remaining + 1
    )

    told = " ".join(found(program))
    assert places["lot 1"] in told
    assert places["entry 1"] in told
    assert places["entry 2"] in told


def test_a_removed_allocation_is_found(program, places):
    fifth = Allocation.objects.get(entry__seq=5)
    tamper(f"DELETE FROM loyalty_allocation WHERE id = {fifth.pk}")

    told = found(program)
    assert f"{places['entry 5']}: held in its lots should be -60, is 0" in told
    assert f"{places['hold 4']}: captured should be 0, is 60" in told


def test_a_changed_hold_is_found(program, places):
    Hold.objects.filter(entry__seq=6).update(expired=20)

    assert found(program) == [
        f"{places['wallet']}: held (all that its holds still hold) should be 0, is 20",
        f"{places['hold 6']}: expired should be 0, is 20",
    ]


def test_a_hold_that_was_grown_is_found(program, places):
    Hold.objects.filter(entry__seq=6).update(points=21)

    told = found(program)
    assert f"{places['entry 6']}: points of its hold should be 20, is 21" in told
    assert f"{places['hold 6']}: points should be 20, is 21" in told


def test_a_removed_hold_is_found(program, places):
    sixth = Hold.objects.get(entry__seq=6)
    tamper(
        f"UPDATE loyalty_allocation SET hold_id = NULL WHERE hold_id = {sixth.pk}",
        f"DELETE FROM loyalty_redemption WHERE hold_id = {sixth.pk}",
        f"DELETE FROM loyalty_hold WHERE id = {sixth.pk}",
    )

    assert f"{places['entry 6']}: points of its hold should be 20, is 0" in found(program)


def test_a_lot_that_was_moved_to_another_wallet_is_found(program, places):
    make_member(program, "bob", points=5)
    bobs = Wallet.objects.get(member__external_id="bob")
    first = Lot.objects.order_by("pk")[0]
    Lot.objects.filter(pk=first.pk).update(wallet=bobs)

    told = " ".join(found(program))
    assert f"wallet {bobs.pk}, lot {first.pk}: wallet of its entry" in told


def test_points_beside_a_debt_are_found(program):
    run_without_checks("UPDATE loyalty_wallet SET debt = 5")

    assert any(
        "available (it owes) should be 0, is 60" in finding for finding in found(program)
    )


def test_every_wallet_is_looked_at_however_small_the_chunks(program, monkeypatch):
    monkeypatch.setattr(ledger, "WALLETS", 1)
    bob = make_member(program, "bob", points=5)
    make_member(program, "cleo", points=5)
    Wallet.objects.filter(member=bob).update(lifetime_earned=7)

    assert len(found(program)) == 1


def test_a_chunk_ends_when_it_has_enough_entries(program, monkeypatch):
    monkeypatch.setattr(ledger, "ENTRIES", 6)
    make_member(program, "bob", points=5)
    chunks = []

    list(ledger_findings(program, on_chunk=chunks.append))

    assert [chunk.entries for chunk in chunks] == [6, 1]


def test_other_programs_are_not_looked_at(program):
    other = make_program()
    give_points(make_member(other), 5)
    Wallet.objects.filter(program=other).update(lifetime_earned=7)

    assert found(program) == []


def test_guards_that_are_in_place_are_no_findings():
    assert list(guard_findings()) == []


def test_a_missing_trigger_is_found(program):
    with unguarded():
        missing = [finding.what for finding in guard_findings()]

    verbs = {"postgresql": ("rows", "truncate"), "sqlite": ("update", "delete")}
    assert sorted(missing) == sorted(
        f"{table}_{verb}"
        for table in append_only.APPEND_ONLY
        for verb in verbs[connection.vendor]
    )


@pytest.mark.needs_postgresql
def test_a_trigger_that_was_switched_off_is_found():
    run("ALTER TABLE loyalty_entry DISABLE TRIGGER loyalty_entry_rows")

    assert [finding.what for finding in guard_findings()] == ["loyalty_entry_rows"]


@pytest.mark.needs_postgresql
def test_a_trigger_that_no_longer_refuses_is_found():
    run(
        "CREATE OR REPLACE FUNCTION perennial_append_only() RETURNS trigger "
        "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    )

    assert len(list(guard_findings())) == 6


@pytest.mark.needs_postgresql
def test_a_missing_constraint_is_found():
    run("ALTER TABLE loyalty_entry DROP CONSTRAINT entry_key_once")

    assert [finding.what for finding in guard_findings()] == ["entry_key_once"]


def run_without_checks(statement):
    if connection.vendor == "sqlite":
        run("PRAGMA ignore_check_constraints = ON")
        run(statement)
        run("PRAGMA ignore_check_constraints = OFF")
    else:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE loyalty_wallet DROP CONSTRAINT wallet_owes_only_when_empty")
        run(statement)


def test_a_redemption_that_was_changed_is_found(program):
    first, _ = Redemption.objects.order_by("id")
    Redemption.objects.filter(pk=first.pk).update(captured_points=59)

    assert found(program) == [
        f"{program.slug}, {first}: captured_points (those of its hold) should be 60, is 59",
        f"{program.slug}, {first}: captured_points (those of the entry that spent them) "
        "should be 60, is 59",
    ]


def test_a_stock_that_was_changed_is_found(program):
    Reward.objects.update(stock=9, taken=3)

    assert found(program) == [f"{program.slug}, reward pay: taken should be 2, is 3"]


def test_a_moment_that_is_missed_is_found(program, places):
    # The second hold ends by itself after half an hour.
    Wallet.objects.update(due_at=None)

    (finding,) = found(program)
    assert finding.startswith(f"{places['wallet']}: due_at (the first moment that changes it)")


def test_a_moment_that_comes_too_early_does_no_harm(program):
    Wallet.objects.update(due_at=NOON)

    assert found(program) == []
