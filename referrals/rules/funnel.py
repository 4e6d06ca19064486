"""How many came how far: whoever came further came this far, whether it was told or not."""

from collections.abc import Mapping

# From the advocate who sees the invitation to the reward that is taken back.
STAGES = (
    "views",
    "shares",
    "clicks",
    "claims",
    "signups",
    "qualified",
    "rewarded",
    "reversed",
)


def narrowed(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the stages so that each counts no more than the one before.

    A code that is typed at the checkout was shared, though no page has said so, and a
    message that ten friends follow reached ten: a stage counts at least what the next
    one does.
    """
    found: dict[str, int] = {}
    least = 0
    for stage in reversed(STAGES):
        least = max(least, counts.get(stage, 0))
        found[stage] = least
    return {stage: found[stage] for stage in STAGES}
