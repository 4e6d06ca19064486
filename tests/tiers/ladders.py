"""Ladders and days for tests of the rules, written as briefly as they can be said."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from loyalty.rules.paying import PointTypeFace
from tiers.rules.ladders import compile_ladder
from tiers.rules.measures import Totals
from tiers.rules.standing import About, Version, standing_at

BERLIN = ZoneInfo("Europe/Berlin")
POINT_TYPES = {
    "points": PointTypeFace("spendable", Decimal("0.01")),
    "status": PointTypeFace("status", Decimal(0)),
}
TIERS = {
    "member": {"threshold": 0},
    "silver": {"threshold": "200.00"},
    "gold": {"threshold": "500.00"},
}
YEAR = {"calendar": "year"}


def compiled(**form):
    return compile_ladder(
        "vip", {"tiers": TIERS} | form, currency="EUR", point_types=POINT_TYPES
    )


def day(text):
    return date.fromisoformat(text)


def noon(text):
    return datetime.combine(day(text), datetime.min.time(), UTC).replace(hour=12)


def standing(
    ladder, spend, on, *, joined="2026-01-05", versions=(), zone=BERLIN, floor=None, kept=None
):
    """Return the standing on a day, by what was spent (euros) on which."""
    spent = {day(text): euros * 100 for text, euros in spend.items()}
    about = About(Totals(spend=spent), day(joined), floor, kept)
    changes = [Version(day(text), later) for text, later in versions]
    versions = [Version(day("2026-01-01"), ladder), *changes]
    return standing_at(versions, about, noon(on), zone)


def tier_on(ladder, spend, on, **about):
    return standing(ladder, spend, on, **about).tier
