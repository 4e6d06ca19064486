"""Opening balances from a file."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import InvalidInput
from engine.openings import BrokenRows, Options, import_openings
from loyalty.models import Entry, Lot, Member
from loyalty.queries.balances import WalletView
from loyalty.services.adjustments import Requested
from loyalty.services.erasing import erase_member
from loyalty.services.merging import merge_members
from loyalty.services.statuses import close_member
from tests.factories import NOON, balance_of, entries_of, make_member, make_program, pass_time
from tests.proof import prove

pytestmark = pytest.mark.django_db

HEAD = "member,point_type,amount,earned,available,expires\n"


@pytest.fixture
def program():
    program = make_program()
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def load(program, tmp_path):
    def load(rows, *, head=HEAD, at=NOON, **options):
        file = tmp_path / "balances.csv"
        file.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return import_openings(program, file, at=at, options=Options(**options))

    return load


def test_a_row_opens_a_lot_with_its_dates(ada, load):
    load(["ada,points,500,2025-11-03,,2027-01-01"])

    (entry,), lot = entries_of(ada), Lot.objects.get()
    assert (entry.kind, entry.points) == ("opening", 500)
    # Midnight in Berlin.
    assert lot.earned_at == datetime(2025, 11, 2, 23, tzinfo=UTC)
    assert lot.expires_at == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert balance_of(ada) == WalletView(available=500, lifetime_earned=500)


def test_points_that_are_not_available_yet_are_pending(program, ada, load):
    load(["ada,points,500,2026-05-01,2026-05-10T12:00:00Z,"])

    assert balance_of(ada).pending == 500
    pass_time(program, days=6)
    assert balance_of(ada).available == 500


def test_the_key_of_an_opening_does_not_say_whose_it_is(ada, load):
    load(["ada,points,500,,,"])

    (entry,) = entries_of(ada)
    assert "ada" not in f"{entry.key} {entry.source_id}".split(":")
    assert entry.key.startswith(f"opening:{ada.pk}:")


def test_the_same_file_twice_has_the_effect_of_once(ada, load):
    rows = ["ada,points,500,,,2027-01-01", "ada,points,70,,2026-05-10,"]
    load(rows)

    again = load(rows, at=NOON + timedelta(days=30))

    assert (again.posted, again.known) == (0, 2)
    assert Entry.objects.filter(kind="opening").count() == 2


def test_a_file_that_was_imported_may_be_imported_again_when_its_points_have_expired(ada, load):
    rows = ["ada,points,500,,,2026-06-01"]
    load(rows)

    assert load(rows, at=NOON + timedelta(days=60)).known == 1


def test_a_file_with_more_rows_adds_only_those(ada, load):
    load(["ada,points,500,,,"])

    report = load(["ada,points,500,,,", "ada,points,500,,,", "ada,points,1,,,"])

    assert (report.posted, report.known) == (2, 1)
    assert balance_of(ada).available == 1001


def test_two_rows_that_say_the_same_are_two_lots(ada, load):
    load(["ada,points,500,,,", "ada,points,500,,,"])

    assert balance_of(ada).available == 1000


def test_a_reference_tells_rows_apart_that_say_the_same(ada, load):
    head = "member,point_type,amount,reference\n"
    load(["ada,points,500,a"], head=head)

    assert load(["ada,points,500,b"], head=head).posted == 1


def test_a_broken_row_in_the_middle_stops_everything(ada, load):
    with pytest.raises(BrokenRows) as caught:
        load(["ada,points,500,,,", "ada,points,12.5,,,", "ada,points,70,,,"])

    assert [str(one) for one in caught.value.report.broken] == [
        "line 3, amount: expected a whole number from 1 to 1000000000000000, found '12.5'"
    ]
    assert entries_of(ada) == []


def test_broken_rows_can_be_skipped_and_are_listed(ada, load):
    report = load(
        ["ada,points,500,,,", "ada,points,nan,,,", "ada,points,70,,,"], skip_broken=True
    )

    assert (report.posted, [one.line for one in report.broken]) == (2, [3])
    assert balance_of(ada).available == 570


def test_everything_that_is_wrong_is_told_at_once(ada, load):
    rows = [
        "ada,points,0,,,",
        "ada,miles,5,,,",
        "ada,points,5,yesterday,,",
        "ada,points,5,2030-01-01,,",
        "ada,points,5,,,2020-01-01",
        "nobody,points,5,,,",
        "ada,points",
        ",points,5,,,",
    ]
    with pytest.raises(BrokenRows) as caught:
        load(rows)

    told = {one.line: one.column for one in caught.value.report.broken}
    assert told == {
        2: "amount",
        3: "point_type",
        4: "earned",
        5: "earned",
        6: "expires",
        7: "member",
        8: "",
        9: "member",
    }


@pytest.mark.parametrize("how", [{"dry_run": True}, {"skip_broken": True}])
def test_broken_rows_are_told_in_the_order_of_the_file_whoever_found_them(program, load, how):
    for name in ("ada", "bob"):
        make_member(program, name)
    close_member(member=Member.objects.get(external_id="bob"), at=NOON)
    rows = [
        "bob,points,5,,,",
        "nobody,points,5,,,",
        "ada,points,0,,,",
        "ada,points,5,,,",
        "ada,points,5,,,2020-01-01",
        "nobody,points,6,,,",
        "ada,miles,5,,,",
    ]

    report = load(rows, **how)

    assert [one.line for one in report.broken] == [2, 3, 4, 6, 7, 8]


def test_a_file_without_its_columns_is_refused(load):
    with pytest.raises(InvalidInput, match="expected the columns member, point_type, amount"):
        load(["ada,5"], head="member,points\n")


def test_a_dry_run_changes_nothing_and_says_what_would_be(ada, load):
    report = load(["ada,points,500,,,", "eve,points,70,,,"], dry_run=True, enrol=True)

    assert (report.posted, report.points, report.enrolled) == (2, 570, 1)
    assert entries_of(ada) == []
    assert not Member.objects.filter(external_id="eve").exists()


def test_members_who_are_new_are_enrolled_if_asked(program, load):
    report = load(["eve,points,70,2024-01-01,,"], enrol=True)

    eve = Member.objects.get(external_id="eve")
    eve.program = program
    assert report.enrolled == 1
    assert eve.joined_at == datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert balance_of(eve).available == 70


def test_an_erased_member_is_not_resurrected(ada, load):
    erase_member(member=ada, at=NOON)

    with pytest.raises(BrokenRows, match="1 rows are broken"):
        load(["ada,points,500,,,"], enrol=True)


def test_a_merged_member_brings_points_to_the_survivor_once(program, ada, load):
    bob = make_member(program, "bob")
    load(["ada,points,500,,,"])
    merge_members(member=ada, into=bob, requested=Requested("m-1", NOON))

    load(["ada,points,500,,,", "ada,points,20,,,"])

    assert balance_of(bob).available == 520


def test_an_import_that_stopped_goes_on_where_it_was(ada, load, monkeypatch):
    monkeypatch.setattr("engine.openings.BATCH", 2)
    rows = [f"ada,points,{points},,," for points in range(1, 6)]
    load(rows[:2])

    report = load(rows)

    assert (report.known, report.posted) == (2, 3)
    assert balance_of(ada).available == 15
