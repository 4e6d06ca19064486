"""For any ladder and any days, the replay and a diary written day by day agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.rules.paying import PointTypeFace
from tests.tiers.oracle import Diary
from tiers.rules.ladders import compile_ladder
from tiers.rules.measures import Totals
from tiers.rules.standing import About, Version, standing_at

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2023, 1, 1)
# Leap days, ends of months and the days of both clock changes come up often.
SPECIAL = [
    date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2023, 3, 26),
    date(2023, 10, 29), date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 31),
]  # fmt: skip

days = st.one_of(
    st.sampled_from(SPECIAL),
    st.integers(0, 1300).map(lambda number: FIRST + timedelta(days=number)),
)
lengths = st.sampled_from(["1 day", "30 days", "1 month", "6 months", "12 months", "1 year"])
periods = st.one_of(
    st.just({"calendar": "year"}),
    st.sampled_from(["04-06", "02-29", "07-01"]).map(
        lambda d: {"calendar": "year", "starts": d}
    ),
    st.sampled_from(["month", "quarter", "half_year"]).map(lambda unit: {"calendar": unit}),
    st.just({"anniversary": "joined"}),
)
graces = st.sampled_from(["0 days", "1 day", "45 days", "3 months"])
downgrades = st.sampled_from(["to_fit", "one_step", "to_lowest", "never"])


@st.composite
def tiers(draw):
    thresholds = sorted(draw(st.sets(st.integers(0, 12), min_size=1, max_size=4)))
    operators = st.sampled_from(["at_least", "over"])
    return {f"t{n}": {"threshold": n, "operator": draw(operators)} for n in thresholds}


@st.composite
def ladders(draw):
    form = {
        "metric": draw(st.sampled_from(["orders", "active_months"])),
        "downgrade": draw(downgrades),
        "grace": draw(graces),
        "tiers": draw(tiers()),
    }
    kind = draw(st.sampled_from(["lifetime", "rolling", "periods", "periods"]))
    valid = draw(st.one_of(st.none(), lengths))
    if kind == "rolling":
        form |= {"window": {"rolling": draw(lengths)}, "valid_for": valid}
    elif kind == "lifetime":
        form |= {"window": "lifetime", "valid_for": valid}
    else:
        ends = st.sampled_from(["end_of_period", "end_of_next_period"])
        form |= {
            "window": draw(periods),
            "valid_for": draw(st.one_of(ends, ends, st.just(valid))),
            "carry_over": draw(st.booleans()),
            "upgrade": draw(st.sampled_from(["immediate", "next_period"])),
        }
        if form["upgrade"] == "next_period" and form["valid_for"] == "end_of_period":
            form["valid_for"] = "end_of_next_period"
    return form


facts = st.dictionaries(days, st.integers(-2, 9), max_size=8)
joins = st.sampled_from([date(2022, 5, 17), date(2020, 2, 29), date(2023, 8, 31)])


@settings(max_examples=60, deadline=None)
@given(form=ladders(), facts=facts, joined=joins, today=days)
def test_the_replay_agrees_with_a_diary(form, facts, joined, today):
    counted = {day: amount for day, amount in facts.items() if day <= today}
    if form["metric"] == "active_months":
        facts = counted = {day: abs(amount) for day, amount in counted.items()}

    written = Diary(form, counted, joined).write(FIRST, today)

    at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    assert told(form, facts, joined, at) == written


def told(form, facts, joined, at):
    ladder = compile_ladder(
        "vip", form, currency="EUR", point_types={"points": PointTypeFace("spendable", 0)}
    )
    about = About(Totals(orders=facts), joined)
    standing = standing_at([Version(date(2023, 1, 1), ladder)], about, at, BERLIN)
    return standing.earned, standing.earned_since, standing.earned_until
