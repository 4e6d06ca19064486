"""How often and how much a rule may give, and what that leaves of an award.

What was used so far is counted by the caller, under lock; here is arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loyalty.rules.forms import Form

SPANS = ("fact", "hour", "day", "week", "month", "quarter", "year", "lifetime")
OVERFLOWS = ("clip", "refuse")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many points, or so many times, within a span.

    Exactly one of `points` and `times` is set. `per`, `of` and `window` say what
    to count: `fact` is this order or event alone, `program` all members together.
    """

    per: str
    points: int | None = None
    times: int | None = None
    of: str = "member"
    window: str = "calendar"
    on_overflow: str = "clip"

    def room(self, points_used: int, times_used: int) -> int | None:
        """Return how many points still fit; None means any number."""
        if self.times is not None:
            return 0 if times_used >= self.times else None
        return max((self.points or 0) - points_used, 0)

    def explain(self) -> dict[str, Any]:
        measure = "points" if self.points is not None else "times"
        return {
            measure: getattr(self, measure),
            "per": self.per,
            "of": self.of,
            "window": self.window,
            "on_overflow": self.on_overflow,
        }


def apply_limits(
    desired: int, limits: Sequence[Limit], used: Sequence[tuple[int, int]]
) -> tuple[int, Limit | None]:
    """Return the points that may be given, and the limit that held the rest back.

    `used` tells, for each limit, the points and times that other facts have used
    of it; this fact's own earlier share does not count. Clipping limits cut
    first and refusing ones judge what remains, so that the order in which
    limits are written does not matter. Of several that hold back, the tightest
    is named, and the first of equals.
    """
    given, limited_by = desired, None
    rooms = [limit.room(*use) for limit, use in zip(limits, used, strict=True)]
    for limit, room in zip(limits, rooms, strict=True):
        if limit.on_overflow == "clip" and room is not None and room < given:
            given, limited_by = room, limit
    for limit, room in zip(limits, rooms, strict=True):
        if limit.on_overflow == "refuse" and room is not None and room < given:
            return 0, limit
    return given, limited_by


def read_limits(rule: Form, *, points_allowed: bool) -> tuple[Limit, ...]:
    """Return the limits of a rule; a rule that multiplies gives no points itself."""
    limits = []
    for form in rule.listed("limits"):
        limit = _read_limit(form)
        if limit and limit.points is not None and not points_allowed:
            form.refuse(
                "points",
                "not_here",
                "a rule that multiplies gives no points of its own; limit its times",
            )
        if limit:
            limits.append(limit)
    return tuple(limits)


def read_redemption_limits(reward: Form) -> tuple[Limit, ...]:
    """Return the limits of a reward. They refuse: it cannot be had in part."""
    limits = [_read_limit(form, SPANS[1:], OVERFLOWS[1:]) for form in reward.listed("limits")]
    return tuple(limit for limit in limits if limit)


def _read_limit(
    form: Form, spans: Sequence[str] = SPANS, overflows: Sequence[str] = OVERFLOWS
) -> Limit | None:
    form.require("per")
    points = form.whole("points") if "points" in form else None
    times = form.whole("times", least=1) if "times" in form else None
    limit = Limit(
        per=form.choice("per", spans, "lifetime"),
        points=points,
        times=times,
        of=form.choice("of", ("member", "program"), "member"),
        window=form.choice("window", ("calendar", "rolling"), "calendar"),
        on_overflow=form.choice("on_overflow", overflows, overflows[0]),
    )
    form.take("points")
    form.take("times")
    form.finish()
    if (points is None) == (times is None):
        form.refuse(None, "one_of", "a limit states either points or times")
        return None
    return limit
