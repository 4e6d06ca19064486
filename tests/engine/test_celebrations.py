"""Birthdays and anniversaries: at local midnight, once a year, whoever looks when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.celebrations import celebrate_members
from engine.nightly import run_due
from engine.pipeline import state_fact
from engine.travel import move_clock
from loyalty.models import Entry, JobRun, Member, MemberEvent, Program
from loyalty.services.statuses import close_member, reactivate_member, suspend_member
from tests.factories import (
    NOON,
    balance_of,
    change_rules,
    entries_of,
    give_points,
    make_member,
    make_program,
    member_stated,
    pass_time,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
# NOON is 4 May 2026, 14:00 in Berlin.
MIDNIGHT_10_MAY = datetime(2026, 5, 10, tzinfo=BERLIN)

BIRTHDAY = {"on": "birthday", "award": {"points": 50}}
ANNIVERSARY = {"on": "anniversary", "award": {"points": 30}}


@pytest.fixture
def program():
    return make_program(rules={"birthday": BIRTHDAY, "year": ANNIVERSARY})


def born(program, birthday="1990-05-10", name="ada", **given):
    return make_member(program, name, birthday=birthday, **given)


def celebrated(member):
    return [entry.occurred_at for entry in entries_of(member) if "birthday" in entry.source_id]


def state_member(member, at=None, **given):
    program = member.program
    state_fact(program, member_stated(program, member.external_id, at=at, **given), at=at)


def asked(queries):
    """Return the statements that ask the database something."""
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


def set_clock(program, to):
    Program.objects.filter(pk=program.pk).update(clock_at=to)
    program.clock_at = to


def test_a_birthday_is_paid_at_midnight_in_the_programs_zone(program):
    ada = born(program)

    before = run_due(program, at=MIDNIGHT_10_MAY - timedelta(microseconds=1))
    after = run_due(program, at=MIDNIGHT_10_MAY)

    assert (before["celebrated"], after["celebrated"]) == (0, 1)
    assert celebrated(ada) == [MIDNIGHT_10_MAY]


def test_a_birthday_is_paid_once_however_often_the_job_runs(program):
    ada = born(program)

    done = [run_due(program, at=MIDNIGHT_10_MAY)["celebrated"] for _ in range(3)]

    assert done == [1, 0, 0]
    assert balance_of(ada).available == 50


def test_an_anniversary_is_paid_every_year_but_that_of_joining(program):
    ada = make_member(program)

    pass_time(program, days=2 * 365 + 1)

    stated = MemberEvent.objects.filter(member=ada, type="anniversary").order_by("occurred_at")
    assert [event.occurred_at for event in stated] == [
        datetime(2027, 5, 4, tzinfo=BERLIN),
        datetime(2028, 5, 4, tzinfo=BERLIN),
    ]
    assert balance_of(ada).available == 60


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Pacific/Kiritimati", datetime(2026, 5, 9, 10, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 5, 10, 4, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 5, 9, 18, 15, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 5, 10, 11, tzinfo=UTC)),
    ],
)
def test_a_birthday_begins_at_the_members_own_midnight(program, zone, midnight):
    ada = born(program, timezone=zone)

    before = run_due(program, at=midnight - timedelta(seconds=1))["celebrated"]
    run_due(program, at=midnight)

    assert before == 0
    assert celebrated(ada) == [midnight]


def test_a_midnight_that_never_comes_is_the_jump_over_it():
    # In Beirut the clock jumps from 24:00 to 01:00 on 29 March 2026.
    program = make_program(
        rules={"birthday": BIRTHDAY},
        at=datetime(2026, 3, 1, tzinfo=UTC),
        timezone="Asia/Beirut",
    )
    ada = born(program, "1990-03-29")

    pass_time(program, days=40)

    assert celebrated(ada) == [datetime(2026, 3, 28, 22, tzinfo=UTC)]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_on_which_the_clock_changes_has_one_birthday(day):
    program = make_program(rules={"birthday": BIRTHDAY}, at=datetime(2026, 1, 2, tzinfo=UTC))
    ada = born(program, f"1990{day[4:]}")

    pass_time(program, days=360)

    assert celebrated(ada) == [datetime.fromisoformat(day).replace(tzinfo=BERLIN)]


@pytest.mark.parametrize(
    ("leap_day", "kept_on"), [("feb_28", (2027, 2, 28)), ("mar_1", (2027, 3, 1))]
)
def test_29_february_is_kept_as_the_program_says(leap_day, kept_on):
    program = make_program(rules={"birthday": BIRTHDAY}, leap_day=leap_day)
    ada = born(program, "1992-02-29")

    pass_time(program, days=700)

    assert celebrated(ada) == [
        datetime(*kept_on, tzinfo=BERLIN),
        datetime(2028, 2, 29, tzinfo=BERLIN),
    ]


def test_a_birthday_that_is_edited_is_not_paid_twice_a_year(program):
    ada = born(program)
    pass_time(program, days=10)

    state_member(ada, at=program.now(), birthday="1990-06-20")
    pass_time(program, days=100)

    assert celebrated(ada) == [MIDNIGHT_10_MAY]


def test_a_birthday_that_is_edited_is_paid_on_its_new_day_the_year_after(program):
    ada = born(program)
    pass_time(program, days=10)
    state_member(ada, at=program.now(), birthday="1990-06-20")

    pass_time(program, days=420)

    assert celebrated(ada) == [MIDNIGHT_10_MAY, datetime(2027, 6, 20, tzinfo=BERLIN)]


def test_a_birthday_entered_after_its_day_is_not_paid_this_year(program):
    ada = make_member(program)
    pass_time(program, days=7)

    state_member(ada, at=program.now(), birthday="1990-05-10")
    pass_time(program, days=30)

    assert celebrated(ada) == []


def test_a_birthday_entered_on_its_day_is_paid_at_once(program):
    ada = make_member(program)

    state_member(ada, at=NOON, birthday="1990-05-04")

    assert celebrated(ada) == [datetime(2026, 5, 4, tzinfo=BERLIN)]


def test_a_birthday_entered_on_its_day_again_is_not_paid_again(program):
    ada = make_member(program)
    for year in (1990, 1991, 1992):
        state_member(ada, at=NOON, birthday=f"{year}-05-04")

    assert balance_of(ada).available == 50


def test_a_birthday_has_to_be_known_for_as_long_as_the_rule_says():
    program = make_program(rules={"birthday": BIRTHDAY | {"known_for": "30 days"}})
    ada, bob = born(program), born(program, "1990-06-20", "bob")

    pass_time(program, days=60)

    assert (celebrated(ada), len(celebrated(bob))) == ([], 1)
    assert MemberEvent.objects.filter(member=ada, type="birthday").count() == 1


def test_a_suspended_member_gets_nothing_and_it_is_not_made_up_later(program):
    ada = born(program)
    suspend_member(member=ada, earning=True, redeeming=False, at=NOON)
    set_clock(program, MIDNIGHT_10_MAY + timedelta(days=1))

    reactivate_member(member=ada, at=program.now())
    run_due(program, at=program.now())
    state_event(program)

    assert balance_of(ada).available == 0


def test_a_closed_member_gets_nothing_and_is_not_asked_again(program):
    ada = born(program)
    close_member(member=ada, at=NOON)

    run_due(program, at=MIDNIGHT_10_MAY)

    assert MemberEvent.objects.filter(type="birthday").count() == 0
    assert Member.objects.get(pk=ada.pk).celebrated_until == MIDNIGHT_10_MAY


def test_a_suspended_member_is_asked_once(program):
    ada = born(program)
    suspend_member(member=ada, earning=True, redeeming=False, at=NOON)

    done = [run_due(program, at=MIDNIGHT_10_MAY)["celebrated"] for _ in range(2)]

    assert done == [1, 0]
    assert Entry.objects.filter(wallet__member=ada).count() == 0


def test_a_members_own_fact_finds_the_birthday_stated_without_any_job(program):
    ada = born(program)
    later = MIDNIGHT_10_MAY + timedelta(days=30)
    set_clock(program, later)

    state_order(program)

    assert [entry.occurred_at for entry in entries_of(ada)] == [MIDNIGHT_10_MAY]
    assert JobRun.objects.count() == 0


def test_whoever_looks_finds_the_birthday_stated_without_any_job(program):
    ada = born(program)

    stated = celebrate_members(program, [ada], at=MIDNIGHT_10_MAY)

    assert stated == 1
    assert balance_of(ada, at=MIDNIGHT_10_MAY).available == 50


def test_a_month_without_a_job_is_made_up_in_the_order_of_time(program):
    ada, bob = born(program, "1990-05-20"), born(program, "1990-05-10", "bob")

    done = run_due(program, at=NOON + timedelta(days=31))

    assert done["celebrated"] == 2
    entries = Entry.objects.filter(source_id__contains="birthday").order_by("id")
    assert [entry.wallet.member for entry in entries] == [bob, ada]


def test_what_was_earned_on_a_birthday_expires_though_no_job_ran():
    program = make_program(rules={"birthday": BIRTHDAY}, points={"expiry": {"after": "5 days"}})
    ada = born(program)

    run_due(program, at=NOON + timedelta(days=60))

    assert [(entry.kind, entry.occurred_at) for entry in entries_of(ada)] == [
        ("earn", MIDNIGHT_10_MAY),
        ("expire", MIDNIGHT_10_MAY + timedelta(days=5)),
    ]


def test_rules_that_come_later_do_not_pay_for_what_was_celebrated_before():
    program = make_program()
    ada = born(program)
    pass_time(program, days=20)

    change_rules(program, {"birthday": BIRTHDAY})
    pass_time(program, days=20)
    state_event(program)

    assert balance_of(ada).available == 0


def test_more_members_than_one_chunk_are_all_celebrated(program, monkeypatch):
    monkeypatch.setattr("engine.celebrations.CHUNK", 2)
    for number in range(5):
        born(program, name=f"m-{number}")

    assert run_due(program, at=MIDNIGHT_10_MAY)["celebrated"] == 5


def test_a_minute_in_which_nothing_is_due_costs_a_handful_of_statements(program):
    born(program)
    run_due(program, at=NOON)

    with CaptureQueriesContext(connection) as queries:
        run_due(program, at=NOON + timedelta(minutes=1))

    assert len(asked(queries)) <= 5


def test_where_no_rule_asks_nothing_is_looked_at():
    program = make_program()
    born(program)

    with CaptureQueriesContext(connection) as queries:
        run_due(program, at=NOON)

    # Redemptions, wallets and merges may always have brought something.
    assert len(asked(queries)) == 3
    assert JobRun.objects.count() == 0


def test_an_order_costs_no_more_for_a_birthday_that_is_not_due(program):
    born(program)
    state_order(program, "1000")
    plain = make_program()
    make_member(plain)
    state_order(plain, "1000")

    with CaptureQueriesContext(connection) as ours:
        state_order(program, "1001")
    with CaptureQueriesContext(connection) as theirs:
        state_order(plain, "1001")

    assert len(ours) <= len(theirs)


def test_a_clock_that_is_set_back_before_anything_happened_starts_anew(program):
    pass_time(program, days=20)

    move_clock(program=program, to=NOON)
    ada = born(program)
    pass_time(program, days=10)

    assert celebrated(ada) == [MIDNIGHT_10_MAY]


def test_a_gift_before_the_birthday_is_noticed_does_not_lose_it(program):
    ada = born(program)
    set_clock(program, MIDNIGHT_10_MAY + timedelta(days=3))
    give_points(ada, 5)

    run_due(program, at=program.now())

    assert balance_of(ada).available == 55


def test_a_move_that_was_cut_short_at_its_end_is_finished_by_the_same_move(program):
    ada = born(program)
    give_points(ada, 40, expires_at=NOON + timedelta(days=2))
    # What a process leaves that dies between setting the clock and doing the work.
    Program.objects.filter(pk=program.pk).update(clock_at=NOON + timedelta(days=3))
    program.refresh_from_db()

    ran = move_clock(program=program, to=NOON + timedelta(days=3))

    assert ran == {"expired": 1}
    assert move_clock(program=program, to=NOON + timedelta(days=3)) == {}
