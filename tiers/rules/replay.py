"""A member's days in a ladder, gone through in order.

A verdict at the midnight on which a tier's time is up comes first, by the days before
it; then the day's own facts may lift the member. Sums are net of refunds, so what a
refund undoes was never there.

A version of a ladder judges whole local days: the one on which it begins already.
Before the first version, the first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.measures import Measure, Totals
from tiers.rules.windows import Span, shifted


@dataclass(frozen=True, slots=True)
class Version:
    """A ladder as it is from `starts_on` on, a local day."""

    starts_on: date
    ladder: CompiledLadder


@dataclass(frozen=True, slots=True)
class Kept:
    """What a member had at the last review, and may keep although a refund undid it.

    `before_change` says that it was reached before another version began that day.
    """

    tier: str
    since: date
    until: date | None
    period_start: date | None
    before_change: bool = False


@dataclass(slots=True)
class State:
    """The tier at some point of the replay. `start` and `terms` count its length."""

    place: int = NO_TIER
    since: date | None = None
    until: date | None = None
    review_on: date | None = None
    reached: Span | None = None
    start: date = date.min
    terms: int = 1


class Replay:
    """The days of one member in one ladder, from the first that matters."""

    def __init__(
        self, versions: Sequence[Version], totals: Totals, joined: date, kept: Kept | None
    ) -> None:
        self.versions = versions
        self.joined, self.kept = joined, kept
        self.balances = totals.balances
        self.measures = [Measure(version.ladder, totals, joined) for version in versions]
        self.measure = self.measures[0]
        self.ladder = self.measure.ladder
        self.state = State(place=self.ladder.lowest)
        self.moves: list[tuple[date, str | None, str | None, str]] = []

    def run(self, today: date) -> None:
        """Go through all days that can change anything, up to and with `today`."""
        days = iter(self._days(today))
        following = next(days, date.max)
        day = date.min
        while True:
            ahead = min(following, self.state.review_on or date.max)
            if ahead > today or ahead == date.max:
                return
            # After a long grace the next review may already lie behind.
            day = max(day, ahead)
            if following <= day:
                following = next(days, date.max)
            self._live(day)

    def measure_on(self, day: date) -> Measure:
        """Return the values in the version in force on `day`; before the first, the first."""
        begun = [n for n, version in enumerate(self.versions) if version.starts_on <= day]
        return self.measures[begun[-1] if begun else 0]

    def follow_balance(self, today: date) -> None:
        """Stand where the balance is now. What it was on other days nobody knows."""
        self.measure = self.measure_on(today)
        ladder = self.ladder = self.measure.ladder
        kept = self.kept
        held = kept.tier if kept else ladder.code_at(ladder.lowest)
        place = ladder.fit(self.balances.get(ladder.point_type, 0))
        code = ladder.code_at(place)
        since = kept.since if kept and kept.tier == code else today
        self.state = State(place=place, since=since if place > ladder.lowest else None)
        if code != held:
            self.moves.append((today, held, code, "balance"))

    def next_look(self, today: date) -> date | None:
        """Return the day after `today` on which time alone may change the standing."""
        state, measure = self.state, self.measure
        days = [] if state.review_on is None else [state.review_on]
        days += [day for day in measure.days_to_come() if day > today]
        rises = self.ladder.fit(measure.running(today)) > state.place
        if self.ladder.rises_next_period and rises:
            days.append(measure.period(today).end)
        return min(days, default=None)

    def _days(self, today: date) -> list[date]:
        """Return the days on which a value can grow, or another version begins."""
        days = {version.starts_on for version in self.versions[1:]}
        for measure in self.measures:
            days.update(measure.days_of_change(today))
        if self.kept:
            days.add(self.kept.since)
        return sorted(day for day in days if day <= today)

    def _live(self, day: date) -> None:
        if self.kept is not None and self.kept.before_change:
            self._rise_before_change(self.kept, day)
        before = self.state.place
        held = self.ladder.code_at(before)
        switched = self._switch(day)
        if self.ladder.rises_next_period:
            self._rise_with_period(day)
        while self.state.review_on is not None and self.state.review_on <= day:
            self._judge(day)
        # Nobody rises beyond the highest.
        can_rise = self.state.place < len(self.ladder.tiers) - 1
        if can_rise and not self.ladder.rises_next_period:
            self._rise(day, self.measure.running(day), self.measure.period_or_none(day))
        self._keep(day)
        after = self.ladder.code_at(self.state.place)
        if held != after:
            cause = "rise" if self.state.place > before else "review"
            self.moves.append((day, held, after, "ladder" if switched else cause))

    # Rises

    def _rise_with_period(self, day: date) -> None:
        """Rise on the first day of a period, by what the one before it came to."""
        if day == date.min or self.measure.period(day).start != day:
            return
        ended = self.measure.period(shifted(day, -1, "day"))
        self._rise(day, self.measure.of_period(ended, day), ended)

    def _rise(self, day: date, value: int, reached: Span | None) -> None:
        place = self.ladder.fit(value)
        if place > self.state.place:
            self._enter(day, place, reached)

    def _enter(self, day: date, place: int, reached: Span | None) -> None:
        self.state = State(place=place, since=day, reached=reached, start=day)
        self._set_until()

    def _set_until(self) -> None:
        """Say how long the tier lasts. Where everybody is without anything, for ever."""
        state, ladder = self.state, self.ladder
        state.until = None
        if state.place > ladder.lowest:
            state.until = ladder.lasts_until(
                state.start, state.terms, state.reached, self.joined
            )
        self._set_review()

    def _set_review(self) -> None:
        until, grace = self.state.until, self.ladder.grace
        self.state.review_on = until and shifted(until, grace.count, grace.unit)

    # Verdicts

    def _judge(self, day: date) -> None:
        """Judge the period or window that ends with the tier; grace has passed."""
        until = self.state.until
        assert until is not None, "what lasts for ever is not judged"
        last = shifted(until, -1, "day")
        if not self.ladder.window.has_periods:
            # Who made up for it within the grace stays as well.
            values = [self.measure.running(last), self.measure.running(shifted(day, -1, "day"))]
            best = max(map(self.ladder.fit, values))
            self._stay_or_fall(day, best, self.ladder.fit(values[0]), None)
            return
        judged = self.measure.period(until if self.ladder.is_used_up_by_period else last)
        fit = self.ladder.fit(self.measure.judged_by(until, day))
        best, reached = fit, judged
        for period in self._periods_after(judged, day):
            place = self.ladder.fit(self.measure.of_period(period, day))
            if place >= self.state.place:
                best, reached = place, period
        self._stay_or_fall(day, best, fit, reached)

    def _periods_after(self, judged: Span, day: date) -> Iterator[Span]:
        """Give the periods within the grace by which the tier may have been reached anew."""
        period = judged
        if self.ladder.is_used_up_by_period and period.start < day:
            yield period
        while period.end < day:
            period = self.measure.period(period.end)
            if period.end <= day or not self.ladder.rises_next_period:
                yield period

    def _stay_or_fall(self, day: date, best: int, fit: int, reached: Span | None) -> None:
        state, until = self.state, self.state.until
        if best >= state.place:
            state.reached = reached
            state.terms += 1
            self._set_until()
            return
        self._enter(day, self._fallen(fit), reached)
        assert until is not None, "what lasts for ever is not judged"
        assert self.state.until is None or self.state.until > until, "time does not stand still"

    def _fallen(self, fit: int) -> int:
        """Return where a member falls to whom a value of this tier is left."""
        if self.ladder.downgrade == "one_step":
            return max(self.state.place - 1, self.ladder.lowest)
        return self.ladder.lowest if self.ladder.downgrade == "to_lowest" else fit

    # Changes from outside

    def _rise_before_change(self, kept: Kept, day: date) -> None:
        """Rise by the version that ends today, as far as the member had come by then."""
        before = self.state.place
        if kept.since != day or self.measure_on(day) is self.measure:
            return
        if self.ladder.rises_next_period:
            self._rise_with_period(day)
        else:
            place = self.ladder.fit(self.measure.running(day))
            place = min(place, self.ladder.places.get(kept.tier, NO_TIER))
            if place > before:
                self._enter(day, place, self.measure.period_or_none(day))
        if self.state.place > before:
            codes = (self.ladder.code_at(before), self.ladder.code_at(self.state.place))
            self.moves.append((day, *codes, "rise"))

    def _switch(self, day: date) -> bool:
        """Take up the version of `day`; say whether it is another one."""
        if len(self.measures) == 1:
            return False
        measure = self.measure_on(day)
        if measure is self.measure:
            return False
        before, ladder = self.ladder, measure.ladder
        held = before.code_at(self.state.place)
        self.measure, self.ladder = measure, ladder
        if ladder.judging == before.judging:
            return False
        place = ladder.places.get(held or "", NO_TIER)
        if place <= ladder.lowest:
            self.state = State(place=ladder.lowest)
            return True
        self.state.place = place
        if ladder.downgrade == "never":
            self._set_until()
        elif self.state.until is None:
            self._judge_for_ever(day)
        elif ladder.length != before.length:
            # What is held is held until its time is up; then the new length begins.
            self.state.start, self.state.terms = shifted(self.state.until, -1, "day"), 0
        return True

    def _judge_for_ever(self, day: date) -> None:
        """Judge by new thresholds who holds a tier for ever: there is no other day for it."""
        place, since = self.state.place, self.state.since
        fit = self.ladder.fit(self.measure.running(day))
        stays = fit >= place
        self._enter(
            day, place if stays else self._fallen(fit), self.measure.period_or_none(day)
        )
        if stays:
            self.state.since = since

    def _keep(self, day: date) -> None:
        """Give back what a refund undid, where a tier is kept until its time is up."""
        kept = self.kept
        if kept is None or kept.since != day or not self.ladder.keeps_on_refund:
            return
        place = self.ladder.places.get(kept.tier, NO_TIER)
        if place < self.state.place or place <= self.ladder.lowest:
            return
        if place > self.state.place:
            reached = self.measure.period_or_none(kept.period_start or day)
            self._enter(day, place, reached)
        ends = self.state.until
        if ends is not None and (kept.until is None or kept.until > ends):
            self._resume(kept.until)

    def _resume(self, until: date | None) -> None:
        """Let the tier last until `until`, however often that was put off already."""
        state = self.state
        while until and self.ladder.length and state.until and state.until < until:
            state.terms += 1
            self._set_until()
        state.until = until
        self._set_review()
