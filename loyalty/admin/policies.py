"""What a change of expiry would do to points that members have, as a table."""

from datetime import date
from typing import Any

from core.staff import Panel
from loyalty.admin.showing import signed
from loyalty.queries.policies import PolicyPreview

MOST_DATES = 60


def policy_shown(form: Any) -> dict[str, Any]:
    """Return what a point type's form would do, or what is wrong with it."""
    if not form.is_valid():
        return {
            "problems": [
                (str(form[name].label) if name in form.fields else "", text)
                for name, texts in form.errors.items()
                for text in map(str, texts)
            ]
        }
    change: PolicyPreview | None = form.policy_change()
    if change is None or not change.points:
        return {"panel": None}
    return {"change": change, "panel": _dates(change)}


def _dates(change: PolicyPreview) -> Panel:
    """Return how many points end on which day, as it is and as it would be."""
    before, after = dict(change.before), dict(change.after)
    days = sorted({*before, *after}, key=lambda day: (day is None, day or date.max))
    more = len(days) - MOST_DATES
    return Panel(
        title="When these points end",
        headings=("On", "Points now", "Points then", "\N{PLUS-MINUS SIGN}"),
        rows=[
            (
                day.isoformat() if day else "never",
                before.get(day, 0),
                after.get(day, 0),
                signed(after.get(day, 0) - before.get(day, 0)),
            )
            for day in days[:MOST_DATES]
        ],
        note=f"The first {MOST_DATES} days; {more} more follow." if more > 0 else "",
    )
