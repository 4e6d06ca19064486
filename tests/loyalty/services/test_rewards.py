"""Saving rewards: what is live, what is archived, and what is refused."""

import pytest

from core.errors import InvalidInput
from loyalty.models import Program, Reward, RuleSet
from loyalty.queries.programs import reward_forms
from loyalty.queries.setup import setup_of
from loyalty.services.editing import (
    archive_reward,
    edit_point_type,
    edit_program,
    edit_reward,
)
from loyalty.services.rewards import StockBelowTaken, save_rewards
from tests.concurrency import all_at_once, errors_in
from tests.factories import NOON, make_member, make_program, redeem

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
CARD = {"cost": {"points": 300}, "gives": {"physical": "Card"}, "stock": 20}
PAY = {"gives": {"pay": {"point_type": "points"}}}

pytestmark = pytest.mark.django_db


def save(program, **forms):
    save_rewards(program=program, forms=forms, at=NOON)


def take(program, code, pieces):
    """Let somebody redeem a reward so many times."""
    member = make_member(program, "grace", points=1000)
    for _ in range(pieces):
        redeem(member, code, capture=True)


def test_rewards_are_kept_as_they_are_written_and_in_their_order():
    program = make_program()

    save(program, tea=COFFEE | {"name": "Tea"}, card=CARD)

    assert list(reward_forms(program).items()) == [
        ("tea", COFFEE | {"name": "Tea"}),
        ("card", CARD),
    ]


def test_what_is_not_mentioned_is_archived_and_comes_back_with_what_is_taken():
    program = make_program()
    save(program, coffee=COFFEE, card=CARD)
    take(program, "card", 3)

    save(program, coffee=COFFEE)
    archived = Reward.objects.get(program=program, code="card")
    assert archived.archived_at == NOON

    save(program, coffee=COFFEE, card=CARD)
    back = Reward.objects.get(program=program, code="card")
    assert (back.pk, back.archived_at, back.taken) == (archived.pk, None, 3)


def test_every_process_reads_the_rewards_anew():
    program = make_program()
    stale = Program.objects.get(pk=program.pk)
    assert dict(setup_of(stale).rewards) == {}

    save(program, coffee=COFFEE)

    assert list(setup_of(Program.objects.get(pk=program.pk)).rewards) == ["coffee"]
    assert list(setup_of(program).rewards) == ["coffee"]


def test_rewards_are_no_part_of_the_rules_that_orders_earn_by():
    program = make_program()

    save(program, coffee=COFFEE)

    assert RuleSet.objects.filter(program=program).count() == 1


def test_a_stock_may_shrink_to_what_is_taken_and_no_further():
    program = make_program()
    save(program, card=CARD)
    take(program, "card", 3)

    save(program, card=CARD | {"stock": 3})
    with pytest.raises(StockBelowTaken) as refused:
        save(program, card=CARD | {"stock": 2})

    assert refused.value.extra == {"pointer": "/rewards/card/stock"}
    assert Reward.objects.get(program=program).stock == 3


def test_a_stock_can_be_lifted():
    program = make_program()
    save(program, card=CARD)
    take(program, "card", 3)

    save(program, card=CARD | {"stock": None})

    assert Reward.objects.get(program=program).stock is None


def test_a_reward_that_cannot_be_used_is_refused_and_changes_nothing():
    program = make_program()
    save(program, coffee=COFFEE)
    revision = program.revision

    with pytest.raises(InvalidInput) as refused:
        save(program, coffee=COFFEE | {"cost": {"beans": 100}}, card=CARD)

    [problem] = refused.value.problems
    assert (problem.pointer, problem.code) == (
        "/rewards/coffee/cost/beans",
        "unknown_point_type",
    )
    assert reward_forms(program) == {"coffee": COFFEE}
    assert Program.objects.get(pk=program.pk).revision == revision


def test_rewards_of_another_program_are_not_touched():
    program, other = make_program(), make_program()
    save(other, coffee=COFFEE)

    save(program, card=CARD)

    assert reward_forms(other) == {"coffee": COFFEE}


def test_a_point_type_that_is_archived_does_not_stand_for_those_that_name_none():
    program = make_program(point_types={"miles": {"value": "0.02"}})
    save(program, pay={"gives": {"pay": {"point_type": "miles"}}})

    assert [r.code for r in setup_of(program).pay_rewards("miles")] == ["pay"]
    assert setup_of(program).pay_rewards("points") == []


def test_points_pay_by_their_value_where_no_reward_says_how():
    program = make_program(points={"value": "0.01"}, point_types={"miles": {}})
    setup = setup_of(program)

    assert setup.plain_payment("points").worth(250) == 250
    assert setup.plain_payment("miles") is None


def test_editing_one_reward_keeps_the_others_and_their_order():
    program = make_program()
    save(program, a=COFFEE, b=COFFEE, c=COFFEE)

    edit_reward(program=program, code="b", form=CARD, at=NOON)

    assert list(reward_forms(program).items()) == [("a", COFFEE), ("b", CARD), ("c", COFFEE)]


def test_an_archived_reward_leaves_the_others_and_can_be_edited_back():
    program = make_program()
    save(program, a=COFFEE, b=COFFEE)

    archive_reward(reward=Reward.objects.get(program=program, code="a"), at=NOON)
    assert list(reward_forms(program)) == ["b"]

    edit_reward(program=program, code="a", form=CARD, at=NOON)
    assert reward_forms(program)["a"] == CARD


def test_a_point_type_keeps_the_value_that_a_reward_needs():
    program = make_program(points={"value": "0.01"})
    save(program, pay=PAY)

    with pytest.raises(InvalidInput) as refused:
        edit_point_type(program=program, code="points", form={"value": "0"}, at=NOON)

    assert [p.pointer for p in refused.value.problems] == ["/rewards/pay/gives/pay"]
    assert setup_of(program).pay_rewards("points")


def test_a_program_keeps_the_currency_that_its_rewards_are_written_in():
    program = make_program()
    save(program, off={"cost": {"points": 1}, "gives": {"fixed": "9.99"}})
    form = {"slug": program.slug, "name": "Shop", "timezone": "Europe/Berlin"}

    with pytest.raises(InvalidInput) as refused:
        edit_program(form=form | {"currency": "JPY", "sandbox": True}, at=NOON)

    assert [p.pointer for p in refused.value.problems] == ["/rewards/off/gives/fixed"]
    assert Program.objects.get(pk=program.pk).currency == "EUR"


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_rewards_that_are_edited_at_once_are_all_there():
    program = make_program()
    codes = [f"reward-{number}" for number in range(6)]

    outcomes = all_at_once(
        [
            lambda code=code: edit_reward(program=program, code=code, form=COFFEE, at=NOON)
            for code in codes
        ]
    )

    assert errors_in(outcomes) == []
    assert sorted(reward_forms(program)) == codes


def test_a_first_stock_may_not_be_below_what_was_taken_without_one():
    program = make_program()
    ada = make_member(program, points=500)
    save(program, coffee=COFFEE)
    redeem(ada, "coffee")
    redeem(ada, "coffee", capture=True)

    with pytest.raises(StockBelowTaken):
        save(program, coffee=COFFEE | {"stock": 1})
    save(program, coffee=COFFEE | {"stock": 2})

    row = Reward.objects.get(program=program)
    assert (row.stock, row.taken) == (2, 2)
