"""Two years of a label with secrets, worked out by hand. What each step of them brings is in
`test_years_step_by_step`."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.models import Redemption, Voucher
from loyalty.rules.redemption import NotEligible
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from seeds.circle_years import SYDNEY
from tests.factories import requested
from tests.seeds.living import days_of_shop, member_of
from tests.seeds.years import live_in_leaps, local
from tiers.models import StandingChange
from tiers.queries.standings import access_of, benefits_of
from tiers.queries.telling import tiers_held
from tiers.rules.access import Access

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 7, 2, tzinfo=SYDNEY).astimezone(UTC)

# Who is in which circle from when on (all begin as members), why, and by which order.
CIRCLE = {
    "zoe": [
        ("2024-04-07 02:30", "insider", "order", "z-3"),  # her third order, as clocks go back
        ("2024-04-20 16:00", "member", "refund", "z-2"),  # of which two are left
        ("2024-05-05 19:00", "insider", "order", "z-4"),
        # Of z-1 something is left, of z-2 nothing: this is the eighth.
        ("2024-12-01 19:00", "inner", "order", "z-9"),
        # Three in the twelve months that end with 1 December.
        ("2025-12-02 00:00", "insider", "review", ""),
    ],
    "mia": [
        ("2024-04-10 09:00", "insider", "by_hand", ""),
        ("2024-07-01 00:00", "member", "by_hand", ""),
    ],
    "ruby": [
        ("2024-06-30 23:59", "insider", "order", "r-3"),
        ("2025-07-01 00:00", "member", "review", ""),  # two orders in the year since
        ("2025-07-03 08:00", "insider", "order", "r-6"),  # and one that was told late
        ("2026-07-01 00:00", "member", "review", ""),
    ],
}

# $1,500 and $600; that the $600 came back is no matter.
PATRONS = {"finn": [("2024-08-20 10:00", "patron", "order", "f-2")]}

POINTS = {
    "zoe": [
        ("2024-01-20 10:00", 150),
        ("2024-02-29 10:00", 270),
        ("2024-04-07 02:30", 350),
        ("2024-04-20 16:00", 230),
        ("2024-04-25 16:00", 170),
        ("2024-05-05 19:00", 220),
        ("2024-08-01 19:00", 330),
        ("2024-08-02 09:00", 30),  # the sample box
        ("2024-09-01 19:00", 70),
        ("2024-10-06 10:00", 250),
        ("2024-11-01 19:00", 280),
        ("2024-12-01 19:00", 350),
        ("2025-03-01 19:00", 410),
        ("2025-06-03 09:00", 660),
        ("2025-09-09 19:00", 710),
    ],
    "mia": [("2024-03-20 10:00", 40), ("2024-04-10 11:00", 70)],
    "finn": [
        ("2024-03-15 10:00", 1500),
        ("2024-08-20 10:00", 2100),
        ("2024-09-01 12:00", 1500),
    ],
    "ruby": [
        ("2024-05-11 10:00", 50),
        ("2024-06-01 10:00", 100),
        ("2024-06-30 23:59", 150),
        ("2024-12-10 10:00", 200),
        ("2025-02-10 10:00", 250),
        ("2025-07-03 08:00", 300),
    ],
}

REWARDS = {
    "zoe": [
        ("insider", "2024-04-07 02:30", "2024-04-20 16:00"),
        ("insider", "2024-05-05 19:00", None),
        ("inner", "2024-12-01 19:00", None),
    ],
    "mia": [("insider", "2024-04-10 09:00", None)],
    "ruby": [("insider", "2024-06-30 23:59", None)],
}

EVERYBODY = {"zoe", "mia", "finn", "ruby"}


def until(wall):
    """Return the program when its clock shows this time, and all that was told before."""
    moment = local(wall, SYDNEY)
    days = [day for day in days_of_shop("members_only") if day.ends_at <= moment]
    return live_in_leaps("members_only", until=moment, days=days)


def who_may_have(program, **asked):
    now = program.now()
    return {
        who for who in EVERYBODY if access_of(member_of(program, who), now, **asked).allowed
    }


def test_the_vault_is_for_insiders_and_patrons_and_the_chat_for_insiders_alone():
    program = until("2024-09-03 00:00")

    assert who_may_have(program, category="vault") == {"zoe", "finn", "ruby"}
    assert who_may_have(program, category="chat") == {"zoe", "ruby"}
    assert who_may_have(program, category="hats") == EVERYBODY


def test_whoever_is_let_in_by_hand_is_in_until_its_first_instant_after():
    program = until("2024-06-30 00:00")
    end = local("2024-07-01 00:00", SYDNEY)
    mia = member_of(program, "mia")

    before, after = (
        access_of(mia, at, category="vault") for at in (end - timedelta(seconds=1), end)
    )

    assert before == Access(True, None, "insider")
    assert after == Access(False, None, "needs_tier")
    change = StandingChange.objects.filter(member=mia).order_by("id").first()
    assert change.reason == "Shoots the winter lookbook"


def test_a_launch_opens_earlier_by_the_hours_of_the_best_tier():
    program = until("2024-10-03 12:00")

    # Opens on Monday, 7 October, at ten. On Sunday at two clocks go forward.
    opens = {
        "finn": "2024-10-04 09:00",  # 72 hours before, as a patron
        "zoe": "2024-10-06 10:00",  # 24 hours
        "ruby": "2024-10-06 10:00",
        "mia": "2024-10-07 10:00",
    }
    for who, wall in opens.items():
        member, moment = member_of(program, who), local(wall, SYDNEY)
        early = access_of(member, moment - timedelta(seconds=1), sku="SPRING-24")
        assert early == Access(False, moment, "not_yet"), who
        assert access_of(member, moment, sku="SPRING-24") == Access(True, None, None), who


def test_a_secret_needs_the_inner_circle_and_its_time():
    program = until("2025-06-02 00:00")

    assert who_may_have(program, sku="SECRET-25") == set()
    # 48 hours before the fifth, at nine.
    zoe, opens = member_of(program, "zoe"), local("2025-06-03 09:00", SYDNEY)
    assert access_of(zoe, program.now(), sku="SECRET-25") == Access(False, opens, "not_yet")
    assert access_of(zoe, opens, sku="SECRET-25") == Access(True, None, "inner")
    # No time opens it to a patron.
    finn, year = member_of(program, "finn"), timedelta(days=365)
    assert access_of(finn, opens + year, sku="SECRET-25") == Access(False, None, "needs_tier")


def test_benefits_are_the_best_of_both_ladders():
    program = until("2025-06-02 00:00")
    inner = {"free_shipping": True, "chat_group": "https://chat.example/inner"}

    zoe = benefits_of(member_of(program, "zoe"), program.now())
    finn = benefits_of(member_of(program, "finn"), program.now())
    mia = benefits_of(member_of(program, "mia"), program.now())

    assert zoe == inner | {"early_access_hours": 48, "support_priority": 1}
    assert finn == {"early_access_hours": 72, "support_priority": 2, "personal_shopper": True}
    assert mia == {}


def test_the_pin_of_a_rise_that_was_undone_is_not_sent_and_the_next_one_is():
    program = live_in_leaps("members_only", until=UNTIL)

    pins = Redemption.objects.filter(program=program, gives={"physical": "Enamel pin"})
    sent = pins.order_by("held_at").values_list("member__external_id", "fulfilment", "status")

    assert list(sent) == [
        ("zoe", "cancelled", "reversed"),
        ("mia", "open", "captured"),
        ("zoe", "open", "captured"),
        ("ruby", "open", "captured"),
    ]
    voucher = Voucher.objects.get(program=program)
    assert (voucher.member.external_id, voucher.redemption.gives) == ("zoe", {"percent": 20})


def test_the_sample_box_is_for_insiders():
    program = live_in_leaps("members_only")
    finn = member_of(program, "finn")

    with pytest.raises(NotEligible):
        redeem_reward(
            member=finn,
            request=RedemptionRequest(reward="sample_box"),
            requested=requested(finn),
            tiers=tiers_held(finn, program.now()),
        )
