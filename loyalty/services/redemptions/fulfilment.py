"""Rewards that somebody has to send or do: how far that has come."""

from datetime import datetime

from core.errors import DomainError
from core.transactions import retrying
from loyalty.models import Redemption


class NothingToFulfil(DomainError):
    """Nobody has to do anything about this redemption."""

    code = "nothing_to_fulfil"


@retrying
def set_fulfilment(
    *, redemption: Redemption, status: str, note: str = "", at: datetime
) -> Redemption:
    """Note how far the work on a redemption has come.

    It may go back as well: a parcel that was returned is open again.

    :raises NothingToFulfil: if the reward asks for no work, or the work was called off
        since the points came back
    """
    locked = Redemption.objects.select_for_update().get(pk=redemption.pk)
    if locked.fulfilment == Redemption.Fulfilment.NONE:
        raise NothingToFulfil(f"nothing has to be done about {locked}")
    if locked.status == Redemption.Status.REVERSED:
        raise NothingToFulfil(f"the points of {locked} came back")
    is_done = status == Redemption.Fulfilment.FULFILLED
    locked.fulfilment = Redemption.Fulfilment(status).value
    locked.fulfilment_note = note
    locked.fulfilled_at = at if is_done else None
    locked.save(update_fields=["fulfilment", "fulfilment_note", "fulfilled_at"])
    return locked
