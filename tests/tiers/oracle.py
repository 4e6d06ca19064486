"""A second opinion on standings: a diary that is written day by day, and slowly.

It knows nothing of how the rules do it: every day is lived, sums are added up from the
facts each time, and windows are found by asking each single day whether it is inside.
"""

from calendar import monthrange
from datetime import date, timedelta

ONE = timedelta(days=1)


def months_before(day, months):
    first = day.year * 12 + day.month - 1 - months
    year, month = first // 12, first % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def moved(day, length, sign=1):
    count, unit = length.split()
    unit = unit.rstrip("s")
    if unit in ("day", "week"):
        return day + sign * timedelta(days=int(count) * (7 if unit == "week" else 1))
    return months_before(day, -sign * int(count) * (12 if unit == "year" else 1))


class Diary:
    """One member in one ladder: `form` as the file has it, thresholds as whole numbers."""

    def __init__(self, form, facts, joined):
        self.form = {
            "window": "lifetime", "upgrade": "immediate", "downgrade": "to_fit",
            "grace": "0 days", "carry_over": False, "metric": "orders", "valid_for": None,
        } | form  # fmt: skip
        self.facts = facts
        self.joined = joined
        self.tiers = list(form["tiers"].items())
        window = self.form["window"]
        self.rolling = window.get("rolling") if isinstance(window, dict) else None
        self.yearly = isinstance(window, dict) and not self.rolling
        self.next_period = self.form["upgrade"] == "next_period"

    # What a day belongs to

    def begins(self, day):
        """Whether a period begins on this day."""
        window = self.form["window"]
        if "anniversary" in window:
            month, number = self.joined.month, self.joined.day
        elif window["calendar"] == "year":
            month, number = map(int, window.get("starts", "01-01").split("-"))
        else:
            step = {"month": 1, "quarter": 3, "half_year": 6}[window["calendar"]]
            return day.day == 1 and (day.month - 1) % step == 0
        if (month, number) == (2, 29) and monthrange(day.year, 2)[1] == 28:
            number = 28
        return (day.month, day.day) == (month, number)

    def start_of(self, day):
        while not self.begins(day):
            day -= ONE
        return day

    def end_of(self, day):
        day += ONE
        while not self.begins(day):
            day += ONE
        return day

    # What it comes to

    def total(self, days):
        if self.form["metric"] == "active_months":
            return len({(d.year, d.month) for d in days if self.facts.get(d)})
        return sum(self.facts.get(d, 0) for d in days)

    def known(self, first, end):
        return [d for d in self.facts if (first is None or d >= first) and d < end]

    def value(self, last):
        """What counts at the end of the day `last`."""
        if self.rolling:
            return self.total(self.known(moved(last, self.rolling, -1) + ONE, last + ONE))
        if not self.yearly:
            return self.total(self.known(None, last + ONE))
        return self.in_period(self.start_of(last), last + ONE)

    def in_period(self, start, before):
        end = min(self.end_of(start), before)
        return self.carried_into(start) + self.total(self.known(start, end))

    def carried_into(self, start):
        earliest = min(self.facts, default=start)
        if not self.form["carry_over"] or start <= earliest:
            return 0
        previous = self.start_of(start - ONE)
        value = self.in_period(previous, start)
        place = self.fit(value)
        threshold = self.tiers[place][1]["threshold"] if place >= 0 else 0
        return value - threshold if threshold else 0

    def fit(self, value):
        found = -1
        for place, (_, tier) in enumerate(self.tiers):
            over = tier.get("operator") == "over"
            if value > tier["threshold"] or (value == tier["threshold"] and not over):
                found = place
        return found

    # The diary

    def write(self, first, today):
        self.place, self.since, self.until, self.review = self.fit(0), None, None, None
        self.entered, self.terms = None, 0
        day = first
        while day <= today:
            self.live(day)
            day += ONE
        code = self.tiers[self.place][0] if self.place >= 0 else None
        return code, self.since, self.until

    def live(self, day):
        if self.next_period and self.begins(day):
            self.rise(day, self.in_period(self.start_of(day - ONE), day), day - ONE)
        while self.review is not None and self.review <= day:
            self.judge(day)
        if not self.next_period:
            self.rise(day, self.value(day), day)

    def rise(self, day, value, reached_on):
        if self.fit(value) > self.place:
            self.enter(day, self.fit(value), reached_on)

    def enter(self, day, place, reached_on):
        self.place, self.since = place, day
        self.entered, self.terms = day, 1
        self.lasts(reached_on)

    def lasts(self, reached_on):
        self.until = self.review = None
        valid = self.form["valid_for"]
        if self.place <= self.fit(0) or self.form["downgrade"] == "never":
            return
        if (valid and valid[0].isdigit()) or self.rolling:
            length = valid if valid and valid[0].isdigit() else self.rolling
            count, unit = length.split()
            self.until = moved(self.entered, f"{int(count) * self.terms} {unit}") + ONE
        elif self.yearly:
            end = self.end_of(reached_on)
            self.until = end if valid == "end_of_period" else self.end_of(end)
        if self.until:
            self.review = moved(self.until, self.form["grace"])

    def judge(self, day):
        last = self.until - ONE
        valid = self.form["valid_for"]
        if not self.yearly:
            fit = self.fit(self.value(last))
            reached = [last] if max(fit, self.fit(self.value(day - ONE))) >= self.place else []
            judged = last
        else:
            anew = valid == "end_of_period"
            judged = self.until if anew else last
            start = self.start_of(judged)
            worth = self.carried_into(start) if anew else self.in_period(start, day)
            fit = self.fit(worth)
            reached = [judged] if fit >= self.place else []
            start = start if anew else self.end_of(start)
            while start < day:
                over = self.end_of(start) <= day
                if (over or not self.next_period) and self.fit(
                    self.in_period(start, day)
                ) >= self.place:
                    reached.append(start)
                start = self.end_of(start)
        if reached:
            self.terms += 1
            self.lasts(reached[-1])
            return
        falls = {
            "one_step": max(self.place - 1, self.fit(0)),
            "to_lowest": self.fit(0),
            "to_fit": fit,
        }
        self.enter(day, falls[self.form["downgrade"]], judged)
