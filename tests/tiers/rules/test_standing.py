"""Standings by example, reasoned out by hand. Amounts are euros; gold is from 500 on."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.tiers.ladders import YEAR, compiled, day, noon, standing, tier_on
from tiers.rules.measures import Totals
from tiers.rules.progress import Keep, NextTier, progress_of
from tiers.rules.standing import About, Floor, Kept, Move, Version, standing_at

CET = ZoneInfo("Europe/Berlin")
LIFETIME = compiled()
CALENDAR = compiled(window=YEAR)


def test_reaching_a_threshold_lifts_and_a_lifetime_never_lets_fall():
    assert tier_on(LIFETIME, {"2026-03-01": 499}, "2026-03-01") == "silver"
    assert tier_on(LIFETIME, {"2026-03-01": 500}, "2026-03-01") == "gold"
    assert standing(LIFETIME, {"2026-03-01": 500}, "2036-03-01").until is None


def test_over_asks_for_more_than_the_number():
    ladder = compiled(tiers={"vip": {"threshold": "500.00", "operator": "over"}})

    assert tier_on(ladder, {"2026-03-01": 500}, "2026-03-01") is None
    assert tier_on(ladder, {"2026-03-01": 501}, "2026-03-01") == "vip"


def test_a_tier_lasts_to_the_end_of_the_period_after_the_one_it_was_reached_in():
    gold = standing(CALENDAR, {"2026-03-01": 600}, "2026-03-01")

    # Midnight in Berlin, in winter.
    assert gold.until == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert tier_on(CALENDAR, {"2026-03-01": 600}, "2027-12-31") == "gold"
    assert tier_on(CALENDAR, {"2026-03-01": 600}, "2028-01-01") == "member"


def test_the_year_that_ends_with_the_tier_decides_where_it_falls_to():
    assert tier_on(CALENDAR, {"2026-03-01": 600, "2027-06-01": 250}, "2028-01-01") == "silver"
    again = {"2026-03-01": 600, "2027-06-01": 500}
    kept = standing(CALENDAR, again, "2028-01-01")
    assert (kept.tier, kept.since) == ("gold", datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert kept.earned_until == day("2029-01-01")


def test_end_of_period_lets_everybody_begin_anew():
    ladder = compiled(window=YEAR, valid_for="end_of_period")

    assert tier_on(ladder, {"2026-03-01": 600}, "2026-12-31") == "gold"
    assert tier_on(ladder, {"2026-03-01": 600}, "2027-01-01") == "member"


@pytest.mark.parametrize(
    ("downgrade", "tier"),
    [("to_fit", "member"), ("one_step", "silver"), ("to_lowest", "member"), ("never", "gold")],
)
def test_a_fall_goes_as_far_as_the_ladder_says(downgrade, tier):
    ladder = compiled(window=YEAR, downgrade=downgrade)

    assert tier_on(ladder, {"2026-03-01": 600}, "2028-01-01") == tier


def test_a_soft_landing_takes_a_year_for_each_step():
    ladder = compiled(window=YEAR, downgrade="one_step")

    assert tier_on(ladder, {"2026-03-01": 600}, "2028-12-31") == "silver"
    assert tier_on(ladder, {"2026-03-01": 600}, "2029-01-01") == "member"


def test_to_lowest_passes_over_what_would_have_fitted():
    ladder = compiled(window=YEAR, downgrade="to_lowest")

    assert tier_on(ladder, {"2026-03-01": 600, "2027-06-01": 250}, "2028-01-01") == "member"


def test_grace_puts_the_verdict_off_and_what_was_made_up_for_counts():
    ladder = compiled(window=YEAR, grace="30 days")

    assert tier_on(ladder, {"2026-03-01": 600}, "2028-01-30") == "gold"
    assert tier_on(ladder, {"2026-03-01": 600}, "2028-01-31") == "member"
    assert tier_on(ladder, {"2026-03-01": 600, "2028-01-20": 500}, "2028-02-15") == "gold"


def test_a_rise_in_the_next_period_waits_for_it():
    ladder = compiled(window=YEAR, upgrade="next_period")

    waiting = standing(ladder, {"2026-03-01": 600}, "2026-12-31")
    assert (waiting.tier, waiting.review_at) == (
        "member",
        datetime(2026, 12, 31, 23, tzinfo=UTC),
    )
    assert tier_on(ladder, {"2026-03-01": 600}, "2027-01-01") == "gold"
    assert tier_on(ladder, {"2026-03-01": 600}, "2028-01-01") == "member"


def test_what_was_above_the_threshold_is_carried_into_the_next_period():
    ladder = compiled(window=YEAR, carry_over=True)

    # 400 of 900 are left over for 2027, and 100 more make it gold for 2028.
    assert tier_on(ladder, {"2026-03-01": 900, "2027-03-01": 100}, "2028-06-01") == "gold"
    assert tier_on(ladder, {"2026-03-01": 900, "2027-03-01": 99}, "2028-06-01") == "silver"
    # Whoever reached nothing carries nothing.
    assert tier_on(ladder, {"2026-03-01": 199, "2027-03-01": 199}, "2027-06-01") == "member"


def test_a_fiscal_year_begins_on_its_day():
    ladder = compiled(window={"calendar": "year", "starts": "04-06"}, valid_for="end_of_period")

    assert tier_on(ladder, {"2026-04-05": 300, "2026-04-06": 300}, "2026-04-06") == "silver"
    assert tier_on(ladder, {"2026-04-06": 500}, "2027-04-05") == "gold"
    assert tier_on(ladder, {"2026-04-06": 500}, "2027-04-06") == "member"


def test_a_year_of_membership_of_one_who_joined_on_a_leap_day():
    ladder = compiled(window={"anniversary": "joined"}, valid_for="end_of_period")

    ends = standing(ladder, {"2026-03-01": 500}, "2026-03-01", joined="2024-02-29").earned_until

    assert ends == day("2027-02-28")


def test_in_a_leap_year_that_year_begins_on_the_leap_day_itself():
    ladder = compiled(window={"anniversary": "joined"}, valid_for="end_of_period")
    spent = {"2028-02-28": 300, "2028-02-29": 300}

    assert tier_on(ladder, spent, "2028-02-29", joined="2024-02-29") == "silver"
    ends = standing(ladder, spent, "2028-02-29", joined="2024-02-29").earned_until
    assert ends == day("2029-02-28")


def test_a_rolling_window_lets_go_of_a_day_after_its_length():
    ladder = compiled(window={"rolling": "12 months"})
    spend = {"2026-02-01": 300, "2026-11-01": 250}

    assert standing(ladder, spend, "2026-11-01").earned_until == day("2027-11-02")
    assert tier_on(ladder, spend, "2027-11-01") == "gold"
    assert tier_on(ladder, spend, "2027-11-02") == "member"
    # A length counts from the entry to the end of that local day, from 29 February too.
    leap = standing(ladder, {"2028-02-29": 500}, "2028-02-29")
    assert leap.earned_until == day("2029-03-01")


def test_a_rolling_tier_that_was_earned_again_lasts_one_length_more():
    ladder = compiled(window={"rolling": "12 months"})
    spend = {"2026-01-31": 500, "2027-01-15": 500}

    assert standing(ladder, spend, "2027-02-01").earned_until == day("2028-02-01")


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2026, 3, 29, 3, tzinfo=UTC)),
        ("Africa/Cairo", datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ],
)
def test_a_tier_ends_at_the_local_midnight(zone, until):
    ladder = compiled(valid_for="1 day")

    value = standing(ladder, {"2026-03-27": 500}, "2026-03-27", zone=ZoneInfo(zone))

    assert value.until == until


def test_both_clock_changes_leave_a_day_a_day():
    ladder = compiled(valid_for="1 day", window={"rolling": "1 day"})

    # Berlin's clock goes forward on 29 March 2026, and back on 25 October.
    spring = standing(ladder, {"2026-03-28": 500}, "2026-03-28")
    autumn = standing(ladder, {"2026-10-24": 500}, "2026-10-24")

    assert spring.until == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert autumn.until == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_an_order_backdated_into_the_last_period_counts_there():
    before = {"2026-03-01": 400}
    after = before | {"2026-12-30": 100}

    assert tier_on(CALENDAR, before, "2027-02-01") == "silver"
    found = standing(CALENDAR, after, "2027-02-01")
    assert (found.tier, found.earned_since) == ("gold", day("2026-12-30"))
    assert found.earned_until == day("2028-01-01")


def test_a_refund_undoes_the_rise_that_the_order_had_caused():
    assert tier_on(LIFETIME, {"2026-03-01": 300, "2026-04-01": 200}, "2026-05-01") == "gold"
    refunded = standing(LIFETIME, {"2026-03-01": 300, "2026-04-01": 199}, "2026-05-01")

    assert (refunded.tier, refunded.earned_since) == ("silver", day("2026-03-01"))


def test_a_ladder_may_let_keep_what_a_refund_undid():
    ladder = compiled(window=YEAR, on_refund="keep_until")
    kept = Kept("gold", day("2026-03-01"), day("2028-01-01"), day("2026-01-01"))

    assert tier_on(ladder, {"2026-03-01": 0}, "2027-12-31", kept=kept) == "gold"
    assert tier_on(ladder, {"2026-03-01": 0}, "2028-01-01", kept=kept) == "member"
    assert tier_on(CALENDAR, {"2026-03-01": 0}, "2027-12-31", kept=kept) == "member"


def test_active_months_are_those_with_an_order():
    ladder = compiled(metric="active_months", tiers={"regular": {"threshold": 3}}, window=YEAR)
    days = ["2026-01-31", "2026-02-01", "2026-02-28", "2026-03-15"]
    orders = {day(text): 1 for text in days}

    def tier(on):
        about = About(Totals(orders=orders), day("2026-01-01"))
        return standing_at([Version(day("2026-01-01"), ladder)], about, noon(on), CET).tier

    assert tier("2026-03-14") is None
    assert tier("2026-03-15") == "regular"


def test_points_count_when_earned_or_when_released():
    tiers = {"gold": {"threshold": 100}}
    totals = Totals(
        earned={"status": {day("2026-03-01"): 100}},
        released={"status": {day("2026-03-15"): 100}},
    )

    def found(count, on):
        ladder = compiled(metric="points", point_type="status", count=count, tiers=tiers)
        about = About(totals, day("2026-01-01"))
        return standing_at([Version(day("2026-01-01"), ladder)], about, noon(on), CET)

    assert found("earned", "2026-03-01").tier == "gold"
    assert found("released", "2026-03-14").tier is None
    assert found("released", "2026-03-14").review_at == datetime(2026, 3, 14, 23, tzinfo=UTC)
    assert found("released", "2026-03-15").tier == "gold"


def test_a_balance_is_followed_both_ways():
    ladder = compiled(metric="balance", tiers={"rich": {"threshold": 100}})

    def tier(balance):
        about = About(Totals(balances={"points": balance}), day("2026-01-01"))
        versions = [Version(day("2026-01-01"), ladder)]
        return standing_at(versions, about, noon("2026-03-01"), CET).tier

    assert (tier(100), tier(99)) == ("rich", None)


# Set by hand


def test_a_floor_lifts_until_it_ends_and_never_lowers():
    floor = Floor("silver", noon("2026-03-01"), noon("2026-06-01"))

    assert tier_on(LIFETIME, {}, "2026-02-28", floor=floor) == "member"
    lifted = standing(LIFETIME, {}, "2026-05-31", floor=floor)
    assert (lifted.tier, lifted.until, lifted.earned) == ("silver", floor.until, "member")
    assert lifted.review_at == floor.until
    assert tier_on(LIFETIME, {}, "2026-06-01", floor=floor) == "member"
    assert tier_on(LIFETIME, {"2026-04-01": 500}, "2026-05-01", floor=floor) == "gold"


def test_the_way_tells_what_was_set_and_what_was_earned():
    floor = Floor("silver", noon("2026-03-01"), noon("2026-06-01"))

    moves = standing(LIFETIME, {"2026-07-01": 500}, "2026-07-01", floor=floor).moves

    assert moves == (
        Move(noon("2026-03-01"), "member", "silver", "by_hand"),
        Move(noon("2026-06-01"), "silver", "member", "by_hand"),
        Move(datetime(2026, 6, 30, 22, tzinfo=UTC), "member", "gold", "rise"),
    )


# Changing a ladder


HARDER = {
    "member": {"threshold": 0},
    "silver": {"threshold": "400.00"},
    "gold": {"threshold": "1000.00"},
}


def test_lower_thresholds_lift_on_the_day_they_apply():
    easier = compiled(tiers={"member": {"threshold": 0}, "gold": {"threshold": "100.00"}})
    found = standing(
        LIFETIME, {"2026-03-01": 150}, "2026-05-04", versions=[("2026-05-04", easier)]
    )

    assert (found.tier, found.moves[-1].cause) == ("gold", "ladder")


def test_what_was_reached_by_old_thresholds_is_held_until_its_time_is_up():
    changed = {"versions": [("2026-05-04", compiled(window=YEAR, tiers=HARDER))]}

    assert tier_on(CALENDAR, {"2026-03-01": 600}, "2027-12-31", **changed) == "gold"
    again = {"2026-03-01": 600, "2027-03-01": 600}
    assert tier_on(CALENDAR, again, "2028-01-01", **changed) == "silver"


def test_what_would_be_held_for_ever_is_judged_when_thresholds_change():
    changed = {"versions": [("2026-05-04", compiled(tiers=HARDER))]}

    assert tier_on(LIFETIME, {"2026-03-01": 600}, "2026-05-03", **changed) == "gold"
    assert tier_on(LIFETIME, {"2026-03-01": 600}, "2026-05-04", **changed) == "silver"


# Progress


def progress(ladder, spend, on):
    about = About(Totals(spend={day(d): e * 100 for d, e in spend.items()}), day("2026-01-05"))
    versions = [Version(day("2026-01-01"), ladder)]
    value = standing_at(versions, about, noon(on), CET)
    return progress_of(versions, about, value, at=noon(on), zone=CET)


def test_progress_says_what_is_missing_to_rise():
    found = progress(LIFETIME, {"2026-03-01": 412}, "2026-03-02")

    assert found.value == 41200
    assert found.next == NextTier("gold", 50000, 8800)
    assert found.keep is None


def test_progress_says_what_is_missing_to_stay_and_when_it_would_fall():
    new_year = datetime(2027, 12, 31, 23, tzinfo=UTC)

    found = progress(CALENDAR, {"2026-03-01": 600, "2027-02-01": 120}, "2027-03-01")

    assert found.next is None
    assert found.keep == Keep(new_year, 38000, new_year, "member", day("2027-01-01"))


def test_progress_of_who_has_done_enough_falls_a_period_later():
    found = progress(CALENDAR, {"2026-03-01": 600, "2027-02-01": 500}, "2027-03-01")

    assert found.keep.missing == 0
    assert found.keep.falls_at == datetime(2028, 12, 31, 23, tzinfo=UTC)


def test_the_top_has_no_next_tier_and_over_asks_for_one_more():
    ladder = compiled(tiers={"vip": {"threshold": "500.00", "operator": "over"}})

    assert progress(ladder, {"2026-03-01": 500}, "2026-03-01").next == NextTier("vip", 50000, 1)
    assert progress(ladder, {"2026-03-01": 501}, "2026-03-01").next is None
