"""Writing down which redemptions are over because their holds have ended."""

from collections import Counter
from datetime import datetime

from core import bulk
from core.reading import one_of, read_rows
from core.transactions import retrying
from loyalty.models import Program, Redemption, Reward
from loyalty.queries.setup import setup_of
from loyalty.services.redemptions.ending import CHUNK, end_overdue


def expire_redemptions(*, program: Program, at: datetime) -> int:
    """Write which redemptions are over by `at`, chunk by chunk, and give their stock back.

    Nothing depends on it: who reads a redemption sees that it is over, and who wants
    the last item looks for holds that are over first. Returns how many were ended. A
    run that is killed is continued by the next one.
    """
    ended = 0
    while (chunk := _expire_chunk(program, at)) is not None:
        ended += chunk
    return ended


@retrying
def _expire_chunk(program: Program, at: datetime) -> int | None:
    overdue = Redemption.objects.filter(
        program=program, status=Redemption.Status.HELD, expires_at__lte=at
    )
    found = list(overdue.order_by("expires_at", "id").values_list("id", "reward_id")[:CHUNK])
    if not found:
        return None
    rewards = {reward_id for _, reward_id in found if reward_id}
    rows = read_rows(Reward, program.pk, one_of("id", rewards), lock=True)
    candidates = Redemption.objects.filter(pk__in=[pk for pk, _ in found])
    ended = end_overdue(setup_of(program), candidates, at=at)
    given_back = Counter(redemption.reward_id for redemption in ended)
    bulk.update_rows(
        Reward,
        ("taken",),
        [
            (row.pk, row.taken - given_back[row.pk])
            for row in rows
            if row.stock is not None and given_back[row.pk]
        ],
    )
    return len(ended)
