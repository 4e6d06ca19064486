"""`manage.py verify_ledger`, and checkpoints against whoever owns the database."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from loyalty.models import Entry, Wallet
from tests.factories import give_points, make_member, make_program
from tests.loyalty.queries.tampering import rehash, run, tamper, unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    ada = make_member(program, points=100)
    give_points(ada, 30)
    return ada


@pytest.fixture
def checkpoint(ada, tmp_path):
    path = tmp_path / "checkpoint"
    verify("--checkpoint", path)
    return path


def verify(*arguments):
    out = StringIO()
    call_command("verify_ledger", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_it_says_how_much_agrees(ada):
    assert verify() == "1 wallets, 2 entries: every row agrees.\n"


def test_it_names_the_first_row_that_disagrees(ada):
    Wallet.objects.update(available=131)

    with pytest.raises(CommandError, match=r"2 in all. The first: .*available should be 130"):
        verify()


def test_it_prints_every_finding(ada):
    Wallet.objects.update(available=131)

    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", stdout=out)

    assert len(out.getvalue().splitlines()) == 2


def test_it_looks_at_one_program_alone_if_asked(ada):
    other = make_program()
    Wallet.objects.update(available=131)

    assert "0 entries: every row agrees" in verify(other.slug)


def test_an_unknown_program_is_named_with_those_that_are_known(program):
    with pytest.raises(CommandError, match=f"no program 'nowhere'. Known: {program.slug}"):
        verify("nowhere")


def test_a_missing_guard_fails_the_proof(ada):
    with unguarded(), pytest.raises(CommandError, match="a trigger that refuses"):
        verify()


def test_what_has_happened_since_a_checkpoint_agrees_with_it(ada, checkpoint):
    give_points(ada, 5)

    assert "every row agrees" in verify("--against", checkpoint)


def test_it_says_what_it_proved_beside_the_ledger_and_what_it_wrote(ada, checkpoint, tmp_path):
    said = verify("--against", checkpoint, "--checkpoint", tmp_path / "next")

    assert f"Nothing before {checkpoint} was rewritten." in said
    assert f"The checkpoint is in {tmp_path / 'next'}." in said


def test_a_checkpoint_finds_a_chain_that_was_hashed_anew(ada, checkpoint):
    wallet = Wallet.objects.get()
    with unguarded():
        run("UPDATE loyalty_entry SET reason = 'nothing' WHERE seq = 1")
        rehash(wallet)
    assert "every row agrees" in verify()

    with pytest.raises(CommandError, match="entry 2: hash at the checkpoint"):
        verify("--against", checkpoint)


def test_a_checkpoint_finds_entries_that_were_cut_off(ada, checkpoint):
    wallet = Wallet.objects.get()
    last = Entry.objects.get(seq=2)
    tamper(
        f"DELETE FROM loyalty_lot WHERE entry_id = {last.pk}",
        "UPDATE loyalty_adjustment SET entry_id = NULL, status = 'rejected' "
        f"WHERE entry_id = {last.pk}",
        "DELETE FROM loyalty_entry WHERE seq = 2",
        "UPDATE loyalty_wallet SET available = 100, lifetime_earned = 100, last_seq = 1",
    )
    with unguarded():
        rehash(wallet)
    assert "every row agrees" in verify()

    with pytest.raises(CommandError, match=r"hash at the checkpoint .* is missing"):
        verify("--against", checkpoint)


def test_a_checkpoint_that_was_changed_is_refused(checkpoint):
    first, head, seal = checkpoint.read_text().splitlines()
    wallet_id, seq, digest = head.split()
    checkpoint.write_text(f"{first}\n{wallet_id} {seq} {'0' * len(digest)}\n{seal}\n")

    with pytest.raises(CommandError, match="is no checkpoint, was changed"):
        verify("--against", checkpoint)


def test_a_checkpoint_that_was_shortened_is_refused(checkpoint):
    first, _, seal = checkpoint.read_text().splitlines()
    checkpoint.write_text(f"{first}\n{seal}\n")

    with pytest.raises(CommandError, match="is no checkpoint"):
        verify("--against", checkpoint)


def test_a_checkpoint_signed_with_another_key_is_refused(checkpoint, settings):
    settings.SECRET_KEY = "another"

    with pytest.raises(CommandError, match="another SECRET_KEY"):
        verify("--against", checkpoint)


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        verify("--against", tmp_path / "nothing")


def test_no_checkpoint_is_made_of_a_ledger_that_disagrees(ada, tmp_path):
    Wallet.objects.update(available=131)

    with pytest.raises(CommandError):
        verify("--checkpoint", tmp_path / "checkpoint")

    assert list(tmp_path.iterdir()) == []
