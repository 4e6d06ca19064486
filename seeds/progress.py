"""How far a replay has come: a bar on a terminal, plain lines anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from seeds.contents import Amount
from seeds.replay import Step

Show = Callable[[Step], None]

# Plain lines for the whole way.
LINES = 10


class Pace:
    """What has come in since the start, and how fast."""

    def __init__(self, total: Amount) -> None:
        self.total = total
        self.done = Amount()
        self._began_at = monotonic()
        self._ended_at: float | None = None

    def stop(self) -> None:
        """Let no more time go by."""
        self._ended_at = monotonic()

    def note(self, step: Step) -> None:
        self.done.days += step.ends_day
        self.done.facts += step.facts
        self.done.orders += step.orders

    @property
    def seconds(self) -> float:
        return (self._ended_at or monotonic()) - self._began_at

    @property
    def speed(self) -> str:
        many = self.done.count(self.total.noun)
        return f"{many / max(self.seconds, 0.001):,.0f} {self.total.noun}/s"

    @property
    def left(self) -> timedelta:
        """How long the rest will take at this pace."""
        rest = self.total.facts - self.done.facts
        return timedelta(seconds=round(self.seconds * rest / max(self.done.facts, 1)))

    def told(self) -> str:
        """Return how long it took in all."""
        return f"{self.done.told(self.total.noun)} in {self.seconds:,.1f} s: {self.speed}"

    def short(self) -> str:
        """Return how far it is in few words, for beside a bar."""
        done, total = self.done, self.total
        many = f"{done.count(total.noun):,}/{total.told(total.noun)}"
        return f"day {done.days:,}/{total.days:,}  {many}  {self.speed}"

    def __str__(self) -> str:
        done, total = self.done, self.total
        many = f"{done.count(total.noun):,} of {total.told(total.noun)}"
        return f"{done.days:,} of {total.days:,} days, {many}, {self.speed}"


@contextmanager
def progress_bar(pace: Pace, console: Console) -> Iterator[Show]:
    """Draw a bar that moves as steps are shown."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, expand=True) as bar:
        task = bar.add_task("", total=pace.total.facts, pace=pace.short())

        def show(step: Step) -> None:
            pace.note(step)
            day = str(step.date)
            bar.update(task, completed=pace.done.facts, description=day, pace=pace.short())

        yield show


@contextmanager
def progress_lines(pace: Pace, write: Callable[[str], None]) -> Iterator[Show]:
    """Write a line whenever another tenth is done."""

    def show(step: Step) -> None:
        before = _tenths(pace)
        pace.note(step)
        if _tenths(pace) > before:
            write(f"{step.date}: {pace}, {pace.left} left")

    yield show


def _tenths(pace: Pace) -> int:
    return pace.done.facts * LINES // max(pace.total.facts, 1)
