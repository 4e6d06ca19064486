"""Rewards that somebody has to send or do: how far that has come."""

from datetime import datetime

from core.errors import DomainError
from core.events import record_events
from core.transactions import retrying
from loyalty.models import Redemption
from loyalty.queries.setup import setup_of
from loyalty.services.redemptions.announcing import told


class NothingToFulfil(DomainError):
    """Nobody has to do anything about this redemption."""

    code = "nothing_to_fulfil"


@retrying
def set_fulfilment(
    *, redemption: Redemption, status: str, note: str = "", at: datetime
) -> Redemption:
    """Note how far the work on a redemption has come.

    It may go back as well: a parcel that was returned is open again. The outside hears
    of each step once, and never of the note.

    :raises NothingToFulfil: if the reward asks for no work, or the work was called off
        since the points came back
    """
    rows = Redemption.objects.select_for_update(of=("self",)).select_related(
        "program", "member"
    )
    locked = rows.get(pk=redemption.pk)
    if locked.fulfilment == Redemption.Fulfilment.NONE:
        raise NothingToFulfil(f"nothing has to be done about {locked}")
    if locked.status == Redemption.Status.REVERSED:
        raise NothingToFulfil(f"the points of {locked} came back")
    is_done = status == Redemption.Fulfilment.FULFILLED
    is_news = locked.fulfilment != status
    locked.fulfilment = Redemption.Fulfilment(status).value
    locked.fulfilment_note = note
    locked.fulfilled_at = at if is_done else None
    locked.save(update_fields=["fulfilment", "fulfilment_note", "fulfilled_at"])
    if is_news:
        kind = "redemption.fulfilled" if is_done else "redemption.fulfilment_changed"
        record_events([told(setup_of(locked.program), kind, locked, at=at)])
    return locked
