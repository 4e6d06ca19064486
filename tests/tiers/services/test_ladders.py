from datetime import timedelta

import pytest

from core.errors import InvalidInput
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, make_ladders, review, spend, tier_of
from tiers.models import LadderVersion
from tiers.queries.ladders import ladder_forms
from tiers.services.ladders import NothingToUndo, TierIsHeld, undo_ladder_version

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
