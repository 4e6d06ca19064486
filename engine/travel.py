"""Moving a sandbox clock: what time would have done happens, in order."""

from datetime import datetime

from django.db import transaction

from core.errors import DomainError
from engine.nightly import run_due
from loyalty.models import Entry, MemberEvent, Order, Program


class NotASandbox(DomainError):
    """Only the clock of a sandbox program can be moved."""

    code = "not_a_sandbox"


class ClockBackwards(DomainError):
    """A clock goes back only before the program's first fact."""

    code = "clock_backwards"


def move_clock(*, program: Program, to: datetime) -> dict[str, int]:
    """Set a sandbox program's clock and do all that has become due.

    Forward only, but for a program without facts. Moving it to where it stands
    runs nothing. Returns the counts of what was done.

    :raises NotASandbox: if the program lives in real time
    :raises ClockBackwards: if `to` lies before the clock and there are facts
    """
    if not program.sandbox:
        raise NotASandbox(f"{program.slug} lives in real time")
    if _set_clock(program, to):
        return run_due(program, at=to)
    return {}


@transaction.atomic
def _set_clock(program: Program, to: datetime) -> bool:
    """Set the clock under lock; say whether it has moved."""
    locked = Program.objects.select_for_update().get(pk=program.pk)
    if locked.clock_at == to:
        program.clock_at = to
        return False
    if locked.clock_at is not None and to < locked.clock_at and has_facts(program):
        raise ClockBackwards(
            f"the clock stands at {locked.clock_at.isoformat()} and facts were stated"
        )
    locked.clock_at = program.clock_at = to
    locked.save(update_fields=["clock_at"])
    return True


def has_facts(program: Program) -> bool:
    """Say whether anything was ever stated to the program."""
    return any(
        model.objects.filter(program=program).exists() for model in (Entry, Order, MemberEvent)
    )
