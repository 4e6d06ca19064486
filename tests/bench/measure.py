"""Measuring two things alternately, so that a noisy machine is noisy to both."""

import gc
import resource
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

PAIRS = 7


@dataclass(frozen=True)
class Row:
    """One line of the table. `ours` and `limit` are in `unit`; the ratio says how near."""

    what: str
    ours: float
    limit: float | None
    unit: str
    goal: str
    higher_is_better: bool = True

    @property
    def ratio(self) -> float | None:
        if self.limit is None:
            return None
        return self.ours / self.limit


def peak_mib() -> float:
    """Return the most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rates(
    ours: Callable[[int], None], limit: Callable[[int], None], *, units: int, pairs: int = PAIRS
) -> tuple[float, float]:
    """Return the median rates per second of `ours` and `limit`, measured alternately.

    Each is called with the number of its round and does `units` of work.
    """
    seconds: dict[str, list[float]] = {"ours": [], "limit": []}
    ours(0)
    limit(0)
    for turn in range(1, pairs + 1):
        for name, act in (("ours", ours), ("limit", limit)):
            gc.collect()
            start = perf_counter()
            act(turn)
            seconds[name].append(perf_counter() - start)
    return units / median(seconds["ours"]), units / median(seconds["limit"])


def processor_time(act: Callable[[], object], *, times: int = 20, rounds: int = 101) -> float:
    """Return the median microseconds of the processor that a computation takes.

    For what waits for nobody: by the clock it would be told how busy others are. Rounds
    are short, so that most of them are not interrupted.
    """
    seconds = []
    gc.collect()
    for _ in range(rounds):
        start = process_time()
        for _ in range(times):
            act()
        seconds.append(process_time() - start)
    return median(seconds) / times * 1e6
