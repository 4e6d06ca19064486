"""What the town of known truth is good for, and whom fraud rules may never hurt."""

import pytest

from tests.referrals.people import make_town
from tests.referrals.precision.table import judge_town

HONEST = ("friends", "household", "office", "popular")


def test_the_same_seed_gives_the_same_town_and_another_one_another():
    assert make_town(seed=7, size=1) == make_town(seed=7, size=1)
    assert make_town(seed=7, size=1) != make_town(seed=8, size=1)


def test_a_town_has_honest_people_and_others_each_known_for_what_they_are():
    truths = {(one.scene, one.is_fraud) for one in make_town(seed=7, size=1)}

    assert truths == {(scene, False) for scene in HONEST} | {
        ("alias farm", True),
        ("device farm", True),
        ("ring", True),
    }


def test_time_runs_forward_in_a_town():
    moments = [one.at for one in make_town(seed=7, size=1)]

    assert moments == sorted(moments)


@pytest.mark.django_db
def test_honest_offices_and_households_are_never_blocked():
    town = make_town(seed=8, size=1)

    judged = judge_town(one for one in town if one.scene in ("office", "household"))

    assert len(judged) >= 20
    assert [one for one in judged if one.outcome == "block"] == []


@pytest.mark.django_db
def test_an_address_alone_never_blocks_and_aliases_of_the_advocate_always_do():
    town = make_town(seed=9, size=1)

    judged = judge_town(one for one in town if one.scene in ("office", "alias farm"))

    alone = [one for one in judged if one.is_of_the_address_alone]
    assert alone
    assert "block" not in {one.outcome for one in alone}
    aliases = [one for one in judged if "same_email" in one.reasons]
    assert aliases
    assert {one.outcome for one in aliases} == {"block"}
