"""Benefits: the named values that a member's tiers bring, merged over ladders."""

from collections.abc import Iterable, Mapping
from typing import Any

# Of these the smaller number is the better one: who has priority 1 comes first.
_RANKS = "_priority"


def merged(benefits: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the best of each benefit; the mappings come in the order of their ladders.

    True is better than false, and a larger number than a smaller one, but for
    priorities, which are counted from 1. Of texts, or of values that cannot be
    compared, the first stands.
    """
    best: dict[str, Any] = {}
    for each in benefits:
        for name, value in each.items():
            if name not in best or _is_better(name, value, best[name]):
                best[name] = value
    return best


def _is_better(name: str, value: Any, other: Any) -> bool:
    if type(value) is not type(other) or isinstance(value, str):
        return False
    if name.endswith(_RANKS) and not isinstance(value, bool):
        return bool(value < other)
    return bool(value > other)
