"""Sums by day that are kept by differences are those that orders and events come to."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from loyalty.models import Member, Order, Program
from loyalty.services.statuses import reactivate_member, suspend_member
from tests.factories import (
    NOON,
    SPEND,
    make_member,
    make_program,
    point_type_of,
    refund_order,
    state_event,
    state_order,
)
from tests.proof import prove_days
from tiers.models import DayPoints, DayTotal
from tiers.queries.days import sums_kept
from tiers.queries.verification import tier_findings
from tiers.services.rebuilding import rebuild_totals

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
RULES = {
    "spend": SPEND | {"hold": {"days": 14}},
    "shipped": {
        "on": "order",
        "award": {"points": 10},
        "hold": {"after": "fulfilled", "days": 3, "timeout": "60 days"},
    },
    "patience": {
        "on": "order",
        "award": {"points": 3},
        "hold": {"after": "fulfilled", "timeout": "30 days", "on_timeout": "cancel"},
    },
    "review": {"on": "review", "award": {"points": 7}},
}

orders = st.sampled_from(["1", "2", "3"])
moments = st.integers(-72, 0)
acts = st.one_of(
    st.tuples(
        st.just("order"),
        orders,
        st.integers(0, 9000),
        st.sampled_from(["pending", "paid", "fulfilled", "cancelled"]),
        st.sampled_from(["ada", "bob", None]),
        moments,
    ),
    st.tuples(st.just("refund"), orders, st.integers(1, 6000), st.integers(1, 4)),
    st.tuples(st.just("event"), st.integers(1, 3), st.sampled_from(["ada", "bob"]), moments),
    st.tuples(st.just("enrol"), st.sampled_from(["bob"])),
    st.tuples(st.sampled_from(["suspend", "reactivate"]), st.just("ada")),
)


def do(program, act):
    """Do what is asked, unless it is refused: then it changes nothing."""
    with suppress(DomainError):
        DOERS[act[0]](program, *act[1:])


def state(program, order, amount, status, member, hours):
    who = {"member": member} if member else {"guest": {"email": "bob@example.org"}}
    at = (NOON + hours * HOUR).isoformat()
    state_order(program, order, amount=amount, status=status, placed_at=at, **who)


def refund(program, order, amount, number):
    refund_order(program, order, f"r-{number}", amount=amount)


def review(program, number, member, hours):
    at = (NOON + hours * HOUR).isoformat()
    state_event(program, f"e-{number}", member=member, occurred_at=at)


def enrol(program, name):
    make_member(program, name, email="bob@example.org")


def suspend(program, name):
    suspend_member(member=ada_of(program), earning=True, redeeming=False, at=NOON)


def reactivate(program, name):
    reactivate_member(member=ada_of(program), at=NOON)


def ada_of(program):
    ada = Member.objects.get(program=program, external_id="ada")
    ada.program = program
    return ada


DOERS = {
    "order": state,
    "refund": refund,
    "event": review,
    "enrol": enrol,
    "suspend": suspend,
    "reactivate": reactivate,
}


@settings(
    max_examples=settings.default.max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(happened=st.lists(acts, max_size=12))
def test_after_any_storm_sums_kept_by_differences_equal_a_rebuild(happened):
    program = make_program(rules=RULES)
    make_member(program)
    for act in happened:
        do(program, act)
    members = list(Member.objects.filter(program=program).values_list("pk", flat=True))

    assert rebuild_totals(program=program, member_ids=members, at=NOON) == 0
    assert [*tier_findings(program)] == []


@pytest.fixture
def program():
    program = make_program(rules=RULES)
    make_member(program)
    state_order(program, "1", amount=5000)
    state_event(program)
    return program


@pytest.fixture
def ada(program):
    return ada_of(program)


def test_an_independent_count_comes_to_the_same(program, ada):
    state_order(program, "2", amount=700, placed_at=(NOON - 24 * HOUR).isoformat())
    refund_order(program, "1", amount=1000)

    points = point_type_of(program).pk
    today, fortnight = NOON.date(), (NOON + 14 * 24 * HOUR).date()
    yesterday, two_months = today - timedelta(days=1), today + timedelta(days=60)
    kept = sums_kept([ada.pk])
    assert kept.orders == {(ada.pk, today): (4000, 1), (ada.pk, yesterday): (700, 1)}
    assert {key[2]: pair for key, pair in kept.points.items()} == {
        today: (40 + 10 + 3 + 7, 7),
        yesterday: (7 + 10 + 3, 0),
        fortnight: (0, 40),
        fortnight - timedelta(days=1): (0, 7),
        two_months: (0, 10),
        two_months - timedelta(days=1): (0, 10),
    }
    assert {key[1] for key in kept.points} == {points}


def spoil(ada):
    DayTotal.objects.update(spend=1, orders=7)
    DayPoints.objects.filter(released=0).update(earned=5000)
    DayTotal.objects.create(
        program=ada.program,
        member=ada,
        day=NOON.date() - timedelta(days=9),
        spend=300,
        orders=1,
    )
    DayPoints.objects.filter(released__gt=0).delete()


def test_a_rebuild_mends_whatever_is_wrong(program, ada):
    before = sums_kept([ada.pk])
    spoil(ada)

    assert rebuild_totals(program=program, member_ids=[ada.pk], at=NOON) > 0

    after = sums_kept([ada.pk])
    assert {key: pair for key, pair in after.orders.items() if any(pair)} == before.orders
    assert {key: pair for key, pair in after.points.items() if any(pair)} == before.points
    prove_days(program)


def test_a_rebuild_costs_as_many_queries_for_three_orders_as_for_one(
    program, ada, django_assert_max_num_queries
):
    for number in range(2, 5):
        state_order(program, str(number), amount=100)

    with django_assert_max_num_queries(12):
        rebuild_totals(program=program, member_ids=[ada.pk], at=NOON)


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (lambda: DayTotal.objects.update(spend=4999), "spend (of that day's orders)"),
        (lambda: DayTotal.objects.update(orders=2), "orders (of that day's orders)"),
        (lambda: DayTotal.objects.all().delete(), "spend (of that day's orders)"),
        (lambda: DayPoints.objects.update(earned=1), "earned (of that day's facts)"),
        (lambda: DayPoints.objects.update(released=1), "released (of that day's facts)"),
        (lambda: Order.objects.update(subtotal=4000), "spend (of that day's orders)"),
    ],
)
def test_a_row_that_somebody_changed_is_named(program, tamper, named):
    tamper()

    findings = list(tier_findings(program))

    assert named in {finding.what for finding in findings}
    assert findings[0].where.startswith(f"{program.slug}, member ada, 2026-05-")


def test_a_finding_says_what_it_should_be(program):
    DayTotal.objects.update(spend=4999)

    (finding,) = tier_findings(program)

    said = "member ada, 2026-05-04: spend (of that day's orders) should be 5000, is 4999"
    assert str(finding) == f"{program.slug}, {said}"


def test_members_of_other_programs_are_not_looked_at(program):
    DayTotal.objects.update(spend=4999)

    assert list(tier_findings(make_program())) == []


def test_every_member_is_looked_at_however_many_there_are(program, monkeypatch):
    monkeypatch.setattr("tiers.queries.verification.CHUNK", 2)
    for number in range(5):
        make_member(program, f"m-{number}")
        state_order(program, f"o-{number}", member=f"m-{number}", amount=100)
    DayTotal.objects.filter(spend=100).update(spend=99)

    assert len(list(tier_findings(program))) == 5
    assert Program.objects.count() == 1
