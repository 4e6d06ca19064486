"""What a change of a ladder would do: counted, shown and costed before it is made."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.errors import InvalidInput
from loyalty.models import Entry
from loyalty.services.erasing import erase_member
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, YEAR, make_ladders, review, spend, tier_of
from tiers.models import LadderVersion, Standing, StandingChange
from tiers.queries.trials import try_ladder, try_undo
from tiers.rules.trials import Named
from tiers.services.by_hand import set_tier
from tiers.services.ladders import undo_ladder_version

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
EASIER = TIERS | {"gold": {"threshold": "300.00", "multiplier": "1.5"}}
HARDER = TIERS | {"gold": {"threshold": "900.00", "multiplier": "1.5"}}


def try_tiers(program, tiers, *, at=NOON, **more):
    terms = {key: more.pop(key) for key in ("applies_from", "most") if key in more}
    return try_ladder(program, "vip", {"tiers": tiers} | more, at=at, **terms)


def members_who_spent(program, *euros):
    members = []
    for number, amount in enumerate(euros, 1):
        member = make_member(program, f"m-{number}")
        spend(member, amount * 100)
        members.append(member)
    return members


def with_entry(**entry):
    return EASIER | {"gold": EASIER["gold"] | {"entry": entry}}


def test_who_rises_and_falls_is_counted_by_tier():
    program = make_program()
    make_ladders(program)
    members_who_spent(program, 100, 350, 400, 600)

    easier, harder = try_tiers(program, EASIER), try_tiers(program, HARDER)

    assert easier.paths == {
        ("member", "member"): 1,
        ("silver", "gold"): 2,
        ("gold", "gold"): 1,
    }
    assert harder.paths == {
        ("member", "member"): 1,
        ("silver", "silver"): 2,
        ("gold", "silver"): 1,
    }
    assert (easier.members, easier.looked_at, easier.moved) == (4, 4, 2)


def test_a_trial_tells_what_the_review_then_does():
    program = make_program()
    make_ladders(program)
    members = members_who_spent(program, 100, 350, 600)
    trial = try_tiers(program, EASIER)

    make_ladders(program, vip={"tiers": EASIER})
    moves = review(*members)

    told = {(each.member_id, each.before, each.after) for each in trial.examples()}
    assert told == {(move.member_id, move.from_, move.to) for move in moves}


def test_a_trial_writes_nothing():
    program = make_program()
    make_ladders(program)
    members_who_spent(program, 350)
    tables = (LadderVersion, Standing, StandingChange, Entry)
    before = [list(table.objects.values()) for table in tables]

    try_tiers(program, with_entry(points=200))

    assert [list(table.objects.values()) for table in tables] == before


def test_a_new_ladder_is_tried_on_all_that_was_before_it():
    program = make_program()
    make_ladders(program, other={"tiers": TIERS})
    members_who_spent(program, 0, 250)

    trial = try_tiers(program, TIERS)

    assert trial.was is None
    assert trial.paths == {("member", "member"): 1, ("member", "silver"): 1}


def test_examples_show_every_kind_of_move_and_the_value():
    program = make_program()
    make_ladders(program)
    members = members_who_spent(program, *[350] * 12, 600)
    changed = {
        "member": {"threshold": 0},
        "silver": {"threshold": "400.00"},
        "gold": {"threshold": "900.00"},
    }

    examples = try_tiers(program, changed).examples()

    assert len(examples) == 10
    assert {(each.before, each.after) for each in examples} == {
        ("silver", "member"),
        ("gold", "silver"),
    }
    (fallen,) = (each for each in examples if each.before == "gold")
    assert (fallen.member_id, fallen.value) == (members[-1].pk, 60000)


def test_who_keeps_a_tier_for_its_time_and_would_not_reach_it_is_told():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR})
    members_who_spent(program, 350, 600)

    trial = try_tiers(program, HARDER, window=YEAR, at=NOON + DAY)

    assert trial.moved == 0
    assert trial.below == {"gold": 1}


def test_entry_rewards_are_costed_for_those_who_pass_the_tier():
    program = make_program(points={"value": "0.01"})
    make_ladders(program)
    members_who_spent(program, 100, 350, 400, 600)

    trial = try_tiers(program, with_entry(points=200))

    assert trial.given == {"gold": 2}
    assert trial.points_given() == {"points": 400}


def test_who_passes_two_tiers_is_given_both_rewards():
    program = make_program()
    members_who_spent(program, 600)
    tiers = {
        "silver": {"threshold": "200.00", "entry": {"physical": "Card"}},
        "gold": {"threshold": "500.00", "entry": {"points": 50}},
    }

    trial = try_tiers(program, tiers)

    assert trial.given == {"silver": 1, "gold": 1}
    assert trial.points_given() == {"points": 50}


@pytest.mark.parametrize(("once", "given"), [("lifetime", 0), ("each_time", 1)])
def test_what_was_given_once_for_ever_costs_nothing_again(once, given):
    program = make_program()
    gold = {"threshold": "500.00", "entry": {"points": 50, "once": once}}
    make_ladders(program, vip={"tiers": TIERS | {"gold": gold}})
    (ada,) = members_who_spent(program, 600)
    harder = TIERS | {"gold": gold | {"threshold": "900.00"}}
    make_ladders(program, vip={"tiers": harder}, at=NOON + DAY)
    review(ada, at=NOON + DAY)
    assert tier_of(ada, at=NOON + DAY) == "silver"
    easier = TIERS | {"gold": gold | {"threshold": "600.00"}}

    trial = try_tiers(program, easier, at=NOON + 2 * DAY)

    assert trial.paths == {("silver", "gold"): 1}
    assert trial.given["gold"] == given


def test_benefits_that_members_gain_and_lose_are_told():
    program = make_program()
    gold = {"threshold": "500.00", "multiplier": "1.5", "benefits": {"free_shipping": True}}
    make_ladders(program, vip={"tiers": TIERS | {"gold": gold}})
    members_who_spent(program, 100, 600)
    silver = {"threshold": "50.00", "benefits": {"early_access_hours": 24}}

    trial = try_tiers(program, TIERS | {"silver": silver, "gold": HARDER["gold"]})

    assert trial.differences() == [
        (Named("early_access_hours", None, 24), 2),
        (Named("free_shipping", True, None), 1),
        (Named("multiplier", Decimal("1.5"), 1), 1),
    ]


def test_a_change_to_come_is_tried_as_of_its_day():
    program = make_program()
    rolling = {"tiers": TIERS, "window": {"rolling": "10 days"}}
    make_ladders(program, vip=rolling)
    members_who_spent(program, 350)

    today = try_ladder(program, "vip", rolling | {"tiers": EASIER}, at=NOON)
    later = try_ladder(
        program, "vip", rolling | {"tiers": EASIER}, at=NOON, applies_from=NOON + 20 * DAY
    )

    assert today.paths == {("silver", "gold"): 1}
    # Its ten days were over by then, in either case.
    assert later.paths == {("member", "member"): 1}


def test_a_version_that_was_to_come_gives_way_to_what_is_tried():
    program = make_program()
    make_ladders(program)
    members_who_spent(program, 350)
    make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON + 3 * DAY)

    trial = try_tiers(program, HARDER, applies_from=NOON + 5 * DAY)

    assert trial.paths == {("gold", "silver"): 1}


def test_a_tier_set_by_hand_holds_in_a_trial():
    program = make_program()
    make_ladders(program)
    (ada,) = members_who_spent(program, 0)
    set_tier(member=ada, ladder="vip", tier="gold", until=None, reason="sponsor", at=NOON)

    assert try_tiers(program, HARDER).paths == {("gold", "gold"): 1}


def test_undoing_is_tried_before_it_is_done():
    program = make_program()
    make_ladders(program)
    (ada,) = members_who_spent(program, 350)
    make_ladders(program, vip={"tiers": with_entry(points=200)})
    review(ada)

    trial = try_undo(program, "vip", at=NOON)
    undo_ladder_version(program=program, code="vip", at=NOON)
    (move,) = review(ada)

    assert trial.paths == {(move.from_, move.to): 1}
    assert trial.paths == {("gold", "silver"): 1}
    assert trial.taken_back == {"gold": 1}


def test_a_form_that_is_no_ladder_is_not_tried():
    program = make_program()

    with pytest.raises(InvalidInput):
        try_tiers(program, {"gold": {"threshold": "many"}})


def test_of_many_members_a_sample_stands_for_all():
    program = make_program()
    make_ladders(program)
    members_who_spent(program, *([350] * 20 + [100] * 20))

    trial = try_tiers(program, EASIER, most=20)

    assert trial.is_sample
    assert trial.members == 40
    assert 15 <= trial.looked_at <= 25
    assert trial.estimated(trial.looked_at) == 40
    assert 14 <= trial.estimated(trial.moved) <= 26


def test_who_was_erased_is_not_counted():
    program = make_program()
    make_ladders(program)
    ada, _ = members_who_spent(program, 350, 350)
    erase_member(member=ada, at=NOON)

    assert try_tiers(program, EASIER).members == 1


def test_a_trial_costs_as_many_queries_for_three_members_as_for_one(
    django_assert_num_queries,
):
    program = make_program()
    make_ladders(program)
    members_who_spent(program, 350, 400, 600)
    try_tiers(program, EASIER)  # what a process reads once and keeps is not counted

    with django_assert_num_queries(8):
        try_tiers(program, EASIER)


def test_days_are_those_of_the_program():
    program = make_program(timezone="Pacific/Auckland")
    make_ladders(program)

    trial = try_tiers(program, EASIER, at=NOON)

    assert trial.day == date(2026, 5, 5)
