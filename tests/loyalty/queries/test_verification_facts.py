"""The proof of the ledger looks at what orders and events remember of their points."""

import pytest

from loyalty.models import MemberEvent, Order
from loyalty.queries.verification import ledger, ledger_findings
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members, undo_merge
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    """An order that gave 50 points and took 10 of them back."""
    program = make_program()
    make_member(program, points=100)
    state_order(program, amount=5000)
    refund_order(program, amount=1000)
    return program


def found(program):
    return [str(finding) for finding in ledger_findings(program)]


def remember(points, forgiven=0):
    """Let the order remember other points than were posted for it."""
    order = Order.objects.get()
    order.posted["points"] |= {"points": points, "forgiven": forgiven}
    Order.objects.filter(pk=order.pk).update(posted=order.posted)


@pytest.mark.parametrize("points", [39, 41, 0])
def test_an_order_that_remembers_other_points_is_found(program, points):
    remember(points)

    what = f"points it remembers of points (those posted for it) should be 40, is {points}"
    assert found(program) == [f"{program.slug}, order 1001: {what}"]


def test_an_order_that_has_forgotten_its_points_is_found(program):
    Order.objects.update(posted={})

    assert len(found(program)) == 1


def test_an_event_that_remembers_other_points_is_found():
    program = make_program(rules={"review": {"on": "review", "award": {"points": 10}}})
    make_member(program)
    state_event(program)
    event = MemberEvent.objects.get(type="review")
    posted = {"points": event.posted["points"] | {"points": 20}}
    MemberEvent.objects.filter(pk=event.pk).update(posted=posted)

    what = "points it remembers of points (those posted for it) should be 10, is 20"
    assert found(program) == [f"{program.slug}, event e-1: {what}"]


@pytest.mark.parametrize("debt", ["allow", {"allow_up_to": 10}, "clamp", "pending_only"])
def test_what_a_refund_took_left_as_debt_or_forgave_is_no_finding(debt):
    program = make_program(points={"debt": debt})
    ada = make_member(program)
    state_order(program, amount=5000)
    give_points(ada, -45)
    refund_order(program, amount=3000)
    state_order(program, amount=9000, version=2)

    assert found(program) == []


def test_what_had_expired_before_it_was_taken_back_is_no_finding():
    program = make_program(points={"expiry": {"after": "30 days"}})
    make_member(program)
    state_order(program, amount=5000)
    pass_time(program, days=31)
    refund_order(program, amount=3000)

    assert found(program) == []


def test_an_order_that_moved_to_a_survivor_and_back_is_no_finding(monkeypatch):
    monkeypatch.setattr(ledger, "WALLETS", 1)
    program = make_program()
    ada, bob = make_member(program, "ada", points=10), make_member(program, "bob")
    state_order(program, member="bob", amount=5000)
    merge = merge_members(member=bob, into=ada, requested=Requested("m", NOON))
    refund_order(program, amount=1000)
    merged = found(program)
    undo_merge(merge=merge, at=NOON)

    assert (merged, found(program)) == ([], [])


def test_an_order_of_a_survivor_that_remembers_other_points_is_told_once(monkeypatch):
    monkeypatch.setattr(ledger, "WALLETS", 1)
    program = make_program()
    ada, bob = make_member(program, "ada", points=10), make_member(program, "bob")
    state_order(program, member="bob", amount=5000)
    merge_members(member=bob, into=ada, requested=Requested("m", NOON))
    remember(51)

    assert len(found(program)) == 1
