from datetime import timedelta

import pytest

from core.errors import InvalidInput
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    change_rules,
    make_member,
    make_program,
    make_rewards,
)
from tests.tiers.factories import TIERS, make_ladders, review, spend, tier_of
from tiers.models import Ladder, LadderVersion
from tiers.queries.ladders import ladder_forms
from tiers.services.access import save_access
from tiers.services.by_hand import set_tier
from tiers.services.ladders import (
    NothingToUndo,
    TierIsHeld,
    archive_ladder,
    edit_ladder,
    undo_ladder_version,
)

pytestmark = pytest.mark.django_db

EASIER = TIERS | {"gold": {"threshold": "300.00"}}
DAY = timedelta(days=1)


def test_a_ladder_is_read_back_as_it_was_saved():
    program = make_program()
    forms = {
        "vip": {"name": "VIP", "window": {"rolling": "12 months"}, "tiers": TIERS},
        "b": {"metric": "orders", "tiers": {"zeta": {"threshold": 1}, "a": {"threshold": 10}}},
    }

    make_ladders(program, **forms)

    assert ladder_forms(program) == forms
    assert [list(form["tiers"]) for form in ladder_forms(program).values()] == [
        ["member", "silver", "gold"],
        ["zeta", "a"],
    ]


def test_saving_the_same_again_makes_no_version():
    program = make_program()
    make_ladders(program)

    make_ladders(program, at=NOON + DAY)

    assert LadderVersion.objects.count() == 1


def test_what_is_not_mentioned_is_archived_and_comes_back():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS}, other={"tiers": TIERS})

    make_ladders(program, vip={"tiers": TIERS})
    assert list(ladder_forms(program)) == ["vip"]

    make_ladders(program, other={"tiers": TIERS}, vip={"tiers": TIERS})
    assert list(ladder_forms(program)) == ["other", "vip"]


def test_a_refused_form_changes_nothing():
    program = make_program()
    make_ladders(program)

    with pytest.raises(InvalidInput) as caught:
        make_ladders(program, vip={"metric": "points", "point_type": "miles", "tiers": TIERS})

    assert "/ladders/vip/point_type" in {each.pointer for each in caught.value.problems}
    assert ladder_forms(program) == {"vip": {"tiers": TIERS}}


def test_a_tier_that_members_are_in_cannot_go():
    program = make_program()
    make_ladders(program)
    spend(make_member(program), 50000)
    without_gold = {code: TIERS[code] for code in ("member", "silver")}

    with pytest.raises(TierIsHeld, match="1 members are in gold") as caught:
        make_ladders(program, vip={"tiers": without_gold})

    assert caught.value.extra == {"members": 1, "pointer": "/ladders/vip/tiers/gold"}
    assert "gold" in ladder_forms(program)["vip"]["tiers"]


def test_a_tier_that_nobody_is_in_may_go():
    program = make_program()
    make_ladders(program)
    ada = make_member(program)
    spend(ada, 20000)

    make_ladders(program, vip={"tiers": {code: TIERS[code] for code in ("member", "silver")}})

    assert tier_of(ada) == "silver"


def test_a_change_applies_from_its_date():
    program = make_program()
    make_ladders(program)
    ada = make_member(program)
    spend(ada, 30000)

    make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON + 3 * DAY)
    review(ada, at=NOON + 2 * DAY)
    assert tier_of(ada, at=NOON + 2 * DAY) == "silver"

    (move,) = review(ada, at=NOON + 3 * DAY)
    assert (move.from_, move.to, move.cause.kind) == ("silver", "gold", "ladder")


def test_a_change_cannot_begin_in_the_past():
    program = make_program()
    make_ladders(program)

    with pytest.raises(InvalidInput, match="begins now or later"):
        make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON - DAY)


def test_a_change_that_is_undone_was_never_there():
    program = make_program()
    make_ladders(program)
    ada = make_member(program)
    spend(ada, 30000)
    make_ladders(program, vip={"tiers": EASIER})
    review(ada)
    assert tier_of(ada) == "gold"

    undo_ladder_version(program=program, code="vip", at=NOON)
    (move,) = review(ada)

    assert (move.from_, move.to, move.undone) == ("gold", "silver", True)
    assert ladder_forms(program) == {"vip": {"tiers": TIERS}}


def test_the_only_version_cannot_be_undone():
    program = make_program()
    make_ladders(program)

    with pytest.raises(NothingToUndo):
        undo_ladder_version(program=program, code="vip", at=NOON)


def test_a_change_by_file_takes_the_place_of_one_that_was_to_come():
    program = make_program()
    make_ladders(program)
    make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON + 3 * DAY)

    make_ladders(program, vip={"tiers": TIERS, "grace": "1 day"})

    standing = LadderVersion.objects.filter(undone_at=None).order_by("number")
    assert list(standing.values_list("number", flat=True)) == [1, 3]


def test_a_tier_that_a_change_to_come_lets_go_is_kept_by_those_who_reach_it_till_then():
    program = make_program()
    make_ladders(program)
    without_gold = {code: TIERS[code] for code in ("member", "silver")}
    make_ladders(program, vip={"tiers": without_gold}, applies_from=NOON + 3 * DAY)
    spend(make_member(program), 50000)

    make_ladders(program, vip={"tiers": without_gold})
    with pytest.raises(TierIsHeld, match="1 members are in gold"):
        make_ladders(program, vip={"tiers": without_gold, "grace": "1 day"})

    assert LadderVersion.objects.count() == 2


def test_the_tier_where_everybody_begins_cannot_go():
    program = make_program()
    make_ladders(program)
    make_member(program)
    without = {code: TIERS[code] for code in ("silver", "gold")}

    with pytest.raises(TierIsHeld, match="1 members are in member, where everybody begins"):
        make_ladders(program, vip={"tiers": without})

    renamed = TIERS | {"member": {"name": "Friend", "threshold": 0}}
    make_ladders(program, vip={"tiers": renamed})
    assert ladder_forms(program)["vip"]["tiers"]["member"]["name"] == "Friend"


def test_a_tier_that_was_set_by_hand_cannot_go_although_more_was_earned():
    program = make_program()
    make_ladders(program)
    ada = make_member(program)
    set_tier(member=ada, ladder="vip", tier="silver", until=None, reason="guest", at=NOON)
    spend(ada, 50000)
    without = {code: TIERS[code] for code in ("member", "gold")}

    with pytest.raises(TierIsHeld, match="1 members were given silver by hand"):
        make_ladders(program, vip={"tiers": without})

    set_tier(member=ada, ladder="vip", tier=None, until=None, reason="over", at=NOON + DAY)
    make_ladders(program, vip={"tiers": without}, at=NOON + DAY)
    assert tier_of(ada, at=NOON + DAY) == "gold"


PLATINUM = TIERS | {"platinum": {"threshold": "800.00", "entry": {"points": 50}}}


def test_a_version_that_added_a_tier_is_undone_with_what_it_gave():
    program = make_program()
    gold = TIERS["gold"] | {"entry": {"points": 10, "once": "each_time"}}
    make_ladders(program, vip={"tiers": TIERS | {"gold": gold}})
    ada = make_member(program)
    spend(ada, 90000)
    added = {"tiers": PLATINUM | {"gold": gold}}
    make_ladders(program, vip=added, at=NOON + DAY)
    review(ada, at=NOON + DAY)
    assert balance_of(ada).available == 60

    undo_ladder_version(program=program, code="vip", at=NOON + 2 * DAY)
    (move,) = review(ada, at=NOON + 2 * DAY)

    assert (move.from_, move.to, move.undone) == ("platinum", "gold", True)
    assert balance_of(ada).available == 10


def test_a_version_whose_tier_was_set_by_hand_is_not_undone():
    program = make_program()
    make_ladders(program)
    make_ladders(program, vip={"tiers": PLATINUM})
    ada = make_member(program)
    set_tier(member=ada, ladder="vip", tier="platinum", until=None, reason="x", at=NOON)

    with pytest.raises(TierIsHeld, match="1 members were given platinum by hand"):
        undo_ladder_version(program=program, code="vip", at=NOON)

    assert not LadderVersion.objects.exclude(undone_at=None).exists()


def test_one_ladder_is_edited_and_the_others_stay():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS}, other={"tiers": TIERS})

    edit_ladder(program=program, code="vip", form={"tiers": EASIER}, at=NOON)

    assert ladder_forms(program) == {"vip": {"tiers": EASIER}, "other": {"tiers": TIERS}}
    assert LadderVersion.objects.count() == 3


def test_an_archived_ladder_comes_back_by_being_edited():
    program = make_program()
    make_ladders(program)
    archive_ladder(ladder=Ladder.objects.get(), at=NOON)
    assert ladder_forms(program) == {}

    edit_ladder(program=program, code="vip", form={"tiers": TIERS}, at=NOON)

    assert ladder_forms(program) == {"vip": {"tiers": TIERS}}
    assert LadderVersion.objects.count() == 1


def access(program):
    rule = {"skus": ["BLEND"], "tiers": ["vip.gold"]}
    save_access(program=program, forms={"blend": rule}, at=NOON)


def rule(program):
    change_rules(program, {"spend": SPEND | {"when": 'member.tier.vip == "gold"'}})


def reward(program):
    gives = {"cost": {"points": 10}, "gives": {"free_product": "CUP"}}
    make_rewards(program, cup=gives | {"when": 'member.tier.vip == "gold"'})


ASKERS = [(access, "/access/blend/tiers/0"), (rule, "/rules/spend/when")]
ASKERS += [(reward, "/rewards/cup/when")]


@pytest.mark.parametrize(("ask", "pointer"), ASKERS)
def test_a_tier_that_something_asks_for_cannot_go(ask, pointer):
    program = make_program()
    make_ladders(program)
    ask(program)
    without = {"tiers": {code: TIERS[code] for code in ("member", "silver")}}

    with pytest.raises(InvalidInput) as edited:
        edit_ladder(program=program, code="vip", form=without, at=NOON)
    with pytest.raises(InvalidInput) as archived:
        archive_ladder(ladder=Ladder.objects.get(), at=NOON)

    assert [each.value.problems[0].pointer for each in (edited, archived)] == [pointer] * 2
    assert ladder_forms(program) == {"vip": {"tiers": TIERS}}


@pytest.mark.parametrize(("ask", "pointer"), ASKERS)
def test_a_change_is_not_undone_that_made_a_tier_something_asks_for(ask, pointer):
    program = make_program()
    without = {"tiers": {code: TIERS[code] for code in ("member", "silver")}}
    edit_ladder(program=program, code="vip", form=without, at=NOON)
    edit_ladder(program=program, code="vip", form={"tiers": TIERS}, at=NOON + DAY)
    ask(program)

    with pytest.raises(InvalidInput) as caught:
        undo_ladder_version(program=program, code="vip", at=NOON + DAY)

    assert caught.value.problems[0].pointer == pointer
    assert ladder_forms(program) == {"vip": {"tiers": TIERS}}


def begins_of_standing():
    rows = LadderVersion.objects.filter(undone_at=None).order_by("number")
    return [row.applies_from for row in rows]


def test_a_version_to_come_moves_when_it_is_edited_with_another_time():
    program = make_program()
    make_ladders(program)
    make_ladders(program, vip={"tiers": EASIER}, applies_from=NOON + 9 * DAY)
    again = {"program": program, "code": "vip", "form": {"tiers": EASIER}, "at": NOON + DAY}

    edit_ladder(**again, applies_from=NOON + 5 * DAY)
    edit_ladder(**again, applies_from=NOON + 5 * DAY)
    edit_ladder(**again)

    assert begins_of_standing() == [NOON, NOON + 5 * DAY]
    assert LadderVersion.objects.count() == 3


def test_what_has_begun_does_not_move():
    program = make_program()
    make_ladders(program)
    make_ladders(program, vip={"tiers": EASIER}, at=NOON + DAY)

    edit_ladder(
        program=program,
        code="vip",
        form={"tiers": EASIER},
        at=NOON + 2 * DAY,
        applies_from=NOON + 5 * DAY,
    )

    assert begins_of_standing() == [NOON, NOON + DAY]
