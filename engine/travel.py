"""Moving a sandbox clock: what time would have done happens, in order."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction

from core.errors import DomainError, invalid
from core.periods import add_period, parse_period
from core.zones import written
from engine.nightly import next_stop, run_due
from loyalty.models import Entry, MemberEvent, Order, Program
from loyalty.services.jobs import forget_runs

# There is no way back: a slip of the pen in the year must not be done.
FURTHEST = parse_period("10 years")


class NotASandbox(DomainError):
    """Only the clock of a sandbox program can be moved."""

    code = "not_a_sandbox"


class ClockBackwards(DomainError):
    """A clock goes back only before the program's first fact."""

    code = "clock_backwards"


def move_clock(
    *, program: Program, to: datetime, on_stop: Callable[[datetime], None] = lambda _at: None
) -> dict[str, int]:
    """Set a sandbox program's clock and do all that has become due, in order of time.

    The clock stops on the way wherever real time would have brought something. Forward
    only, but for a program without facts. Moving it to where it stands only finishes
    what an interrupted move has left; else it runs nothing. `on_stop` hears of every
    moment that is done. Returns the counts of what was done.

    :raises NotASandbox: if the program lives in real time
    :raises ClockBackwards: if `to` lies before the clock and there are facts
    :raises InvalidInput: `out_of_range` if there are facts and it is more than 10 years on
    """
    if not program.sandbox:
        raise NotASandbox(f"{program.slug} lives in real time")
    done: Counter[str] = Counter()
    has_moved = False
    for stop in _stops(program, _since(program, to), to):
        if _set_clock(program, stop):
            has_moved = True
            done.update(run_due(program, at=stop))
            on_stop(stop)
    if has_moved:
        return dict(done)
    left = run_due(program, at=to) if has_facts(program) else {}
    return {word: number for word, number in left.items() if number}


@transaction.atomic
def _since(program: Program, to: datetime) -> datetime:
    """Return from where to move the clock to `to`; refuse what cannot be."""
    locked = Program.objects.select_for_update().get(pk=program.pk)
    program.revision, program.clock_at = locked.revision, locked.clock_at
    stands_at = locked.clock_at or to
    if not has_facts(program):
        return _set_anywhere(program, locked, to)
    if stands_at > to:
        raise ClockBackwards(
            "once facts were stated it only goes forward, and "
            f"the clock stands at {written(stands_at)} by now"
        )
    furthest = add_period(stands_at, FURTHEST, program.zone)
    if to > furthest:
        detail = f"at most 10 years at once: the furthest is {written(furthest)}"
        raise invalid("/now", "out_of_range", detail)
    return stands_at


def _set_anywhere(program: Program, locked: Program, to: datetime) -> datetime:
    """Set the clock of a program in which nothing has happened, back as well."""
    if locked.clock_at is not None and to < locked.clock_at:
        locked.clock_at = program.clock_at = to
        locked.save(update_fields=["clock_at"])
        forget_runs(program)
    return to


def _stops(program: Program, since: datetime, to: datetime) -> Iterator[datetime]:
    """Yield the moments on the way that bring what another would not, and where it leads.

    To be asked one by one: what is done at a stop may bring others.
    """
    while since < to:
        since = next_stop(program, after=since, until=to)
        yield since
    yield to


@transaction.atomic
def _set_clock(program: Program, to: datetime) -> bool:
    """Set the clock under lock; say whether it has moved. It never goes back."""
    locked = Program.objects.select_for_update().get(pk=program.pk)
    program.clock_at = locked.clock_at
    if locked.clock_at is not None and to <= locked.clock_at:
        return False
    locked.clock_at = program.clock_at = to
    locked.save(update_fields=["clock_at"])
    return True


def has_facts(program: Program) -> bool:
    """Say whether anything was ever stated to the program."""
    return any(
        model.objects.filter(program=program).exists() for model in (Entry, Order, MemberEvent)
    )
