"""A batch has exactly the effect of its facts one by one."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from engine.pipeline import state_fact, state_facts
from tests.factories import (
    NOON,
    SPEND,
    event_stated,
    make_program,
    member_stated,
    order_stated,
    refund_stated,
)
from tests.journeys.snapshots import snapshot
from tests.proof import prove

pytestmark = pytest.mark.django_db

NAMES = ["ada", "bob", "cleo"]
ADDRESSES = [f"{name}@example.org" for name in NAMES]

# Three members, three addresses, three orders: everything gets in everything's way.
names = st.sampled_from(NAMES)
addresses = st.sampled_from(ADDRESSES)
ids = st.sampled_from(["o-1", "o-2", "o-3"])
amounts = st.sampled_from([1000, 2500, 9900])

enrolments = st.tuples(st.just(member_stated), names, st.just({})) | st.tuples(
    st.just(member_stated), names, st.fixed_dictionaries({"email": addresses | st.none()})
)
orders = st.tuples(
    st.just(order_stated),
    ids,
    st.fixed_dictionaries(
        {
            "amount": amounts,
            "status": st.sampled_from(["paid", "paid", "pending", "cancelled"]),
        },
        optional={"version": st.integers(1, 4)},
    ),
    st.one_of(
        st.fixed_dictionaries({"member": names}),
        st.fixed_dictionaries({"guest": st.fixed_dictionaries({"email": addresses})}),
        st.just({"member": None}),
    ),
).map(lambda drawn: (*drawn[:2], drawn[2] | drawn[3]))
refunds = st.tuples(
    st.just(refund_stated),
    ids,
    st.fixed_dictionaries(
        {"refund_id": st.sampled_from(["r-1", "r-2", "r-3"]), "amount": amounts}
    ),
)
events = st.tuples(
    st.just(event_stated),
    st.sampled_from(["e-1", "e-2", "e-3"]),
    st.fixed_dictionaries({"type": st.sampled_from(["review", "visit"]), "member": names}),
)
facts = st.lists(orders | refunds | events | enrolments, min_size=2, max_size=12)

MEMBERS_LIMIT = {"points": 60, "per": "day"}
WELCOME = {"on": "signup", "award": {"points": 5}}
FIRST = {"on": "order", "award": {"points": 11}, "when": "order.is_first"}


def shop(limit):
    return make_program(
        rules={
            "spend": SPEND | {"limits": [limit]},
            "first": FIRST,
            "review": {"on": "review", "award": {"points": 7}},
            "welcome": WELCOME,
        },
        points={"hold": {"days": 14}, "max_balance": 150},
    )


def stated(program, drawn):
    return [
        state(
            program,
            *([first] if "refund_id" not in rest else [first, rest["refund_id"]]),
            **{key: value for key, value in rest.items() if key != "refund_id"},
        )
        for state, first, rest in drawn
    ]


def one_by_one(program, statements):
    answers = []
    for statement in statements:
        try:
            answers.append(state_fact(program, statement, at=NOON))
        except DomainError as error:
            answers.append(error)
    return [told(answer) for answer in answers]


def told(answer):
    """Return what a storefront is told, but for the number of the decision."""
    error = answer if isinstance(answer, DomainError) else answer.error
    if error is not None:
        return type(error), str(error)
    body = answer.body | {"decision": None}
    return answer.created, answer.applied, answer.waiting, body


@given(drawn=facts, before=facts, of=st.sampled_from(["member", "program"]))
@settings(max_examples=settings.default.max_examples // 2, phases=[Phase.generate])
def test_a_batch_equals_its_facts_one_by_one(drawn, before, of):
    together, apart = shop(MEMBERS_LIMIT | {"of": of}), shop(MEMBERS_LIMIT | {"of": of})
    for program in (together, apart):
        one_by_one(program, stated(program, before))

    batch = state_facts(together, stated(together, drawn), at=NOON)
    single = one_by_one(apart, stated(apart, drawn))

    assert [told(answer) for answer in batch] == single
    assert snapshot(together) == snapshot(apart)
    prove(together)
