"""The stock of a reward: what is taken moves under the lock of the reward's row only.

Unlimited rewards are not counted, since counting would make everybody who redeems one
wait for each other. Whoever sets a stock first counts what is taken under the row's
lock; a redemption holds a shared one, so that none is missed.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count

from core import bulk
from core.reading import one_of, read_rows
from loyalty.models import Redemption, Reward
from loyalty.queries.setup import Setup
from loyalty.rules.redemption import OutOfStock
from loyalty.rules.rewards import CompiledReward
from loyalty.services.redemptions.ending import end_overdue

STANDING = (Redemption.Status.HELD, Redemption.Status.CAPTURED)


def lock_reward(setup: Setup, reward_id: int, *, alone: bool) -> Reward:
    """Lock a reward: alone if it is counted, else together with others."""
    wanted = one_of("id", [reward_id])
    (row,) = read_rows(Reward, setup.program_id, wanted, lock=True, shared=not alone)
    if row.stock is not None and not alone:
        # It was given a stock since the configuration was read.
        return lock_reward(setup, reward_id, alone=True)
    return row


def is_counted(reward: CompiledReward | None) -> bool:
    """Say whether one has to be alone with a reward; of archived ones nothing is known."""
    return (
        reward is None
        or reward.is_stocked
        # Whoever pays in other points holds the lock of another wallet.
        or len(reward.cost) > 1
        or any(limit.of == "program" for limit in reward.limits)
    )


def refuse_sold_out(setup: Setup, row: Reward, *, at: datetime) -> None:
    """Make sure that one is left, if only because holds are over that nobody has noted.

    :raises OutOfStock: if all are reserved or gone
    """
    if row.stock is None or row.taken < row.stock:
        return
    overdue = Redemption.objects.filter(reward=row)
    row.taken -= len(end_overdue(setup, overdue, at=at))
    if row.taken >= row.stock:
        raise OutOfStock(f"nothing is left of {row.code}")


def take_one(row: Reward) -> None:
    """Note that one more of a locked reward is taken."""
    if row.stock is not None:
        row.taken += 1
        bulk.update_rows(Reward, ("taken",), [(row.pk, row.taken)])


def put_back_one(row: Reward | None) -> None:
    """Note that one of a locked reward is not taken any more."""
    if row is not None and row.stock is not None:
        row.taken -= 1
        bulk.update_rows(Reward, ("taken",), [(row.pk, row.taken)])


def count_taken(rows: Sequence[Reward]) -> None:
    """Count what is taken of rewards that were unlimited so far; the caller saves it.

    To be exact, the rows have to be locked: nobody is redeeming them then.
    """
    unlimited = [row for row in rows if row.stock is None]
    counts = (
        Redemption.objects.filter(reward__in=unlimited, status__in=STANDING)
        .values_list("reward")
        .annotate(Count("pk"))
        .order_by()
    )
    taken: dict[int | None, int] = dict(counts) if unlimited else {}
    for row in unlimited:
        row.taken = taken.get(row.pk, 0)
