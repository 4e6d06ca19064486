"""Reminders: once for each member, day of expiry and offset; after a gap the nearest."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.models import Event
from engine.nightly import run_due
from loyalty.models import ExpiryReminder, JobRun, Wallet
from loyalty.services.statuses import close_member
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    pass_time,
    state_order,
)

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
# In the middle of the night of 4 July, Berlin time.
EXPIRES = datetime(2026, 7, 3, 23, 30, tzinfo=UTC)


@pytest.fixture
def program():
    return make_program(points={"expiry_reminders": [30, 7, 1]})


@pytest.fixture
def ada(program):
    return make_member(program)


def told(member):
    events = Event.objects.filter(member_id=member.pk, type="points.expiring").order_by("id")
    return [(event.data["days"], event.data["points"]) for event in events]


def at_berlin(month, day, hour=3):
    return datetime(2026, month, day, hour, tzinfo=BERLIN)


def test_members_are_reminded_30_7_and_1_days_before(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)
    days = []
    for number in range(70):
        night = at_berlin(5, 5) + timedelta(days=number)
        if run_due(program, at=night)["reminded"]:
            days.append(night.date().isoformat())

    assert days == ["2026-06-04", "2026-06-27", "2026-07-03"]
    assert told(ada) == [(30, 50), (7, 50), (1, 50)]


def test_a_sandbox_reminds_as_nights_would_have(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)

    done = pass_time(program, days=100)

    assert done["reminded"] == 3
    events = Event.objects.filter(type="points.expiring").order_by("id")
    assert [event.occurred_at for event in events] == [
        at_berlin(6, 4, 0),
        at_berlin(6, 27, 0),
        at_berlin(7, 3, 0),
    ]


def test_the_reminder_says_what_expires_and_when(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)

    run_due(program, at=at_berlin(7, 3))

    event = Event.objects.get(type="points.expiring")
    assert event.data == {
        "member": "ada",
        "point_type": "points",
        "points": 50,
        "expires_at": "2026-07-03T23:30:00Z",
        "days": 1,
    }


def test_nobody_is_reminded_twice_on_a_day(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)

    done = [run_due(program, at=at_berlin(6, 4, hour))["reminded"] for hour in (0, 1, 23)]

    assert done == [1, 0, 0]


def test_lots_that_expire_on_one_day_are_one_reminder(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)
    give_points(ada, 20, expires_at=EXPIRES + timedelta(hours=5))

    run_due(program, at=at_berlin(7, 3))

    assert told(ada) == [(1, 70)]
    assert ExpiryReminder.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Nobody looked from before the first reminder to after the second.
        ((6, 1), (6, 29), [(7, 50)]),
        # All three were missed, and the points are still there.
        ((6, 1), (7, 3), [(1, 50)]),
        ((6, 5), (7, 3), [(30, 50), (1, 50)]),
        # It is too late.
        ((6, 1), (7, 4), []),
    ],
)
def test_after_a_gap_only_the_nearest_is_sent(program, ada, first, second, expected):
    give_points(ada, 50, expires_at=EXPIRES)

    run_due(program, at=at_berlin(*first))
    run_due(program, at=at_berlin(*second))

    assert told(ada) == expected


def test_pending_points_are_reminded_of_as_well():
    points = {
        "expiry_reminders": [7],
        "hold": {"days": 14},
        "expiry": {"after": "1 month", "round_up_to": "month"},
    }
    program = make_program(points=points)
    ada = make_member(program)
    state_order(program)

    # Released on 18 May, they live to the end of June.
    run_due(program, at=at_berlin(6, 24))

    assert told(ada) == [(7, 50)]


def test_points_that_expire_by_inactivity_are_reminded_of():
    points = {"expiry_reminders": [7], "expiry": {"inactivity": "20 days"}}
    program = make_program(points=points)
    ada = make_member(program)
    state_order(program)

    pass_time(program, days=30)

    assert told(ada) == [(7, 50)]


def test_what_was_spent_meanwhile_is_not_reminded_of(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)
    give_points(ada, -50)

    run_due(program, at=at_berlin(7, 3))

    assert told(ada) == []


def test_who_is_closed_is_not_reminded(program, ada):
    give_points(ada, 50, expires_at=EXPIRES)
    close_member(member=ada, at=NOON)

    run_due(program, at=at_berlin(7, 3))

    assert told(ada) == []


def test_more_wallets_than_one_chunk_are_all_reminded(program, monkeypatch):
    monkeypatch.setattr("loyalty.services.reminders.CHUNK", 2)
    for number in range(5):
        give_points(make_member(program, f"m-{number}"), 50, expires_at=EXPIRES)

    assert run_due(program, at=at_berlin(7, 3))["reminded"] == 5


def test_a_night_that_was_cut_short_is_made_up_for_on_the_next(program):
    members = [make_member(program, f"m-{number}") for number in range(3)]
    for member in members:
        give_points(member, 5, expires_at=EXPIRES)
    run_due(program, at=at_berlin(6, 25))
    # The first two were told on the 27th when the process died.
    JobRun.objects.create(
        program=program,
        job="reminders",
        day=date(2026, 6, 27),
        cursor=Wallet.objects.get(member=members[1], lots__isnull=False).pk,
    )
    for member in members[:2]:
        wallet = Wallet.objects.get(member=member, lots__isnull=False)
        ends = at_berlin(7, 4, 0)
        ExpiryReminder.objects.create(wallet=wallet, expires_at=ends, days=7)

    run_due(program, at=at_berlin(6, 28))

    assert [told(member) for member in members] == [
        [(30, 5)],
        [(30, 5)],
        [(30, 5), (7, 5)],
    ]
