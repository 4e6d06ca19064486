"""Nothing is left of an erased member but numbers. Proved by searching everything."""

import json
import logging
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType

from engine.pipeline import state_fact
from loyalty.models import Entry, Member, MemberEvent, Order
from loyalty.queries.balances import WalletView
from loyalty.queries.members import member_of
from loyalty.rules.statements import parse_member
from loyalty.services.adjustments import Requested
from loyalty.services.erasing import erase_member
from loyalty.services.merging import merge_members
from loyalty.services.statuses import MemberErased, suspend_member
from loyalty.services.transfers import transfer_points
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    point_type_of,
    refund_order,
    reserve_points,
    state_event,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

# What every text about the member has in it, and nothing else has.
MARK = "zqx"
REVIEW = {"on": "review", "award": {"points": 20}}
SPEND = {"on": "order", "award": {"points": 1, "per": "1.00"}}
WHOLE = {
    "guest": None,
    "version": 1,
    "lines": [
        {
            "id": "1",
            "sku": "sku-zqx",
            "name": "Beans for Zqx",
            "categories": ["zqx-beans"],
            "quantity": 2,
            "unit_price": 2500,
            "attributes": {"engraving": "For Zqx"},
        }
    ],
    "coupons": ["ZQX10"],
    "channel": "zqx-web",
    "store": "zqx-berlin",
    "attributes": {"gift_note": "Dear Zqx"},
}


@pytest.fixture
def program():
    welcome = {"on": "signup", "award": {"points": 5}}
    program = make_program(rules={"spend": SPEND, "review": REVIEW, "welcome": welcome})
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(
        program,
        "id-zqx",
        name="Ada Zqx",
        email="ada@zqx.example",
        phone="+4930999123",
        card="CARD-ZQX",
        birthday="1990-12-10",
        locale="de-AT",
        timezone="Europe/Vienna",
        attributes={"nickname": "zqxie"},
        consents={"email": {"given": True, "source": "zqx-form", "at": NOON.isoformat()}},
    )


def live(program, ada):
    """Let facts of every kind happen to the member, with the mark wherever text fits."""
    bob = make_member(program, "bob")
    state_order(program, "1001", member="id-zqx", **WHOLE)
    state_order(program, "1001", member="id-zqx", **WHOLE | {"version": 2, "store": "zqx-2"})
    refund_order(program, "1001", lines=[{"id": "1", "quantity": 1}])
    guest = {"email": "ada@zqx.example", "phone": None}
    state_order(program, "1002", **WHOLE | {"guest": guest})
    state_event(program, "e-1", member="id-zqx", properties={"text": "by zqx", "stars": 5})
    give_points(ada, 50, note="promised to Zqx on the phone")
    transfer_points(
        sender=ada,
        recipient=bob,
        point_type=point_type_of(program),
        points=10,
        requested=Requested("t-1", NOON),
    )
    suspend_member(member=ada, earning=False, redeeming=True, reason="zqx called", at=NOON)
    twin = make_member(program, "twin-zqx", name="A. Zqx", email="twin@zqx.example")
    merge_members(member=twin, into=ada, requested=Requested("m-1", NOON), reason="zqx asked")
    LogEntry.objects.create(
        user=get_user_model().objects.create_user("staff"),
        content_type=ContentType.objects.get_for_model(Member),
        object_id=str(ada.pk),
        object_repr="Ada Zqx",
        action_flag=CHANGE,
        change_message="called zqx",
    )


def dumped():
    """Return every value of every row of every table, as one text."""
    values = []
    for model in apps.get_models():
        for row in model._base_manager.values():
            values += [f"{model.__name__}: {_text(value)}" for value in row.values()]
    return "\n".join(values)


def _text(value):
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value) if not isinstance(value, Decimal) else f"{value:f}"


def marked(text):
    return [line for line in text.splitlines() if MARK in line.lower() or "4930999123" in line]


def test_before_erasing_the_mark_is_everywhere(program, ada):
    live(program, ada)

    tables = {line.partition(":")[0] for line in marked(dumped())}

    assert tables >= {
        *("Member", "Order", "MemberEvent", "Decision", "Adjustment", "ConsentChange"),
        *("Merge", "Event", "LogEntry"),
    }


def test_after_erasing_the_mark_is_nowhere(program, ada, caplog):
    with caplog.at_level(logging.DEBUG):
        live(program, ada)
        erase_member(member=ada, at=NOON)

    assert marked(dumped()) == []
    logged = [
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if not record.name.startswith("django.db")
    ]
    assert [line for line in logged if MARK in line.lower()] == []


def test_later_facts_leave_no_mark_either(program, ada):
    live(program, ada)
    erase_member(member=ada, at=NOON)

    state_order(program, "1001", member="id-zqx", **WHOLE | {"version": 3})
    state_order(program, "1003", member="id-zqx", **WHOLE)
    state_order(program, "1004", member="twin-zqx", **WHOLE)
    state_event(program, "e-1", member="id-zqx", properties={"text": "by zqx", "stars": 5})
    state_event(program, "e-2", member="id-zqx", properties={"text": "zqx"})
    refund_order(program, "1001", "r-2", amount=100)

    assert marked(dumped()) == []


def test_the_ledger_stays_as_it_was(program, ada):
    state_order(program, "1001", member="id-zqx", amount=4000)
    before = list(Entry.objects.order_by("pk").values())
    wallet = balance_of(ada)

    erase_member(member=ada, at=NOON)

    assert list(Entry.objects.order_by("pk").values()) == before
    assert balance_of(ada) == wallet


def test_a_signup_in_the_ledger_does_not_say_whose_it_was(program, ada):
    (entry,) = entries_of(ada)

    assert entry.source_id == f"perennial:signup:{ada.pk}"


def test_nobody_is_found_by_an_erased_id(program, ada):
    erase_member(member=ada, at=NOON)

    assert member_of(program, "id-zqx") is None
    assert Member.objects.get().status == Member.Status.ERASED


def test_an_erased_id_cannot_enrol_again(program, ada):
    erase_member(member=ada, at=NOON)

    with pytest.raises(MemberErased):
        state_fact(program, parse_member("id-zqx", {"name": "Ada"}, now=NOON), at=NOON)

    assert Member.objects.count() == 1


def test_somebody_else_may_have_the_address_of_one_who_was_erased(program, ada):
    erase_member(member=ada, at=NOON)

    cara = make_member(program, "cara", email="ada@zqx.example")

    assert cara.email == "ada@zqx.example"


def test_an_id_that_was_erased_elsewhere_can_enrol_here(program, ada):
    erase_member(member=ada, at=NOON)

    other = make_member(make_program(), "id-zqx")

    assert other.status == Member.Status.ACTIVE


def test_nobody_is_erased_twice(program, ada):
    erase_member(member=ada, at=NOON)

    with pytest.raises(MemberErased):
        erase_member(member=ada, at=NOON)


def test_a_fact_about_an_erased_id_is_recorded_and_earns_nothing(program, ada):
    erase_member(member=ada, at=NOON)

    answer = state_order(program, "1003", member="id-zqx", amount=4000)

    assert (answer.created, answer.waiting, answer.body["member"]) == (True, False, None)
    order = Order.objects.get(external_id="1003")
    assert (order.member, order.subtotal, order.decision.outcome["why_nothing"]) == (
        None,
        4000,
        "member_erased",
    )


def test_an_order_of_an_erased_member_that_is_stated_again_is_a_repeat(program, ada):
    state_order(program, "1001", member="id-zqx", **WHOLE)
    erase_member(member=ada, at=NOON)

    answer = state_order(program, "1001", member="id-zqx", **WHOLE)

    assert not answer.applied


def test_an_event_of_an_erased_member_that_is_stated_again_is_a_repeat(program, ada):
    state_event(program, member="id-zqx", properties={"stars": 5})
    erase_member(member=ada, at=NOON)

    answer = state_event(program, member="id-zqx", properties={"stars": 5})

    assert not answer.applied
    assert MemberEvent.objects.get(type="review").properties == {}


def test_a_refund_of_an_erased_members_order_moves_nothing(program, ada):
    state_order(program, "1001", member="id-zqx", amount=4000)
    erase_member(member=ada, at=NOON)
    wallet = balance_of(ada)

    refund_order(program, "1001", amount=4000)

    assert balance_of(ada) == wallet
    assert Order.objects.get(external_id="1001").subtotal == 0


def test_what_is_held_comes_free(program, ada):
    give_points(ada, 100)
    reserve_points(ada, 60)

    erase_member(member=ada, at=NOON)

    assert balance_of(ada) == WalletView(available=105, lifetime_earned=105)


def test_erasing_by_a_merged_id_erases_the_person(program, ada):
    twin = make_member(program, "twin")
    merge_members(member=twin, into=ada, requested=Requested("m-1", NOON))

    erase_member(member=twin, at=NOON)

    assert set(Member.objects.values_list("status", flat=True)) == {"erased"}
