"""The states of a referral, and the only ways from one to the next."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from core.errors import DomainError


class State(StrEnum):
    """How far a referral has come, or how it ended."""

    CLICKED = "clicked"
    CLAIMED = "claimed"
    SIGNED_UP = "signed_up"
    QUALIFIED = "qualified"
    REWARDED = "rewarded"
    REVERSED = "reversed"
    FLAGGED = "flagged"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why a referral or a side of it ended: stable words that a shopper may see."""

    EXISTING_CUSTOMER = "existing_customer"
    SELF_REFERRAL = "self_referral"
    ALREADY_REFERRED = "already_referred"
    BELOW_MINIMUM = "below_minimum"
    EXPIRED = "expired"
    CAP_REACHED = "cap_reached"
    NOT_FIRST_ORDER = "not_first_order"
    PROGRAM_ENDED = "program_ended"
    REJECTED = "rejected"


# Facts led to these, and other facts may lead away again: the order that was too small
# is cancelled, the earlier order that came to light was another's.
BY_FACTS = frozenset({Reason.BELOW_MINIMUM, Reason.NOT_FIRST_ORDER, Reason.EXISTING_CUSTOMER})

S = State

# The act by which each state is left, and where it leads. `approve` and `reinstate` go
# back to where the referral was; it goes on from there by what has happened meanwhile.
TRANSITIONS: Mapping[State, Mapping[str, frozenset[State]]] = {
    S.CLICKED: {"claim": frozenset({S.CLAIMED}), "expire": frozenset({S.EXPIRED})},
    S.CLAIMED: {
        "sign_up": frozenset({S.SIGNED_UP}),
        "flag": frozenset({S.FLAGGED}),
        "reject": frozenset({S.REJECTED}),
        "expire": frozenset({S.EXPIRED}),
    },
    S.SIGNED_UP: {
        "qualify": frozenset({S.QUALIFIED}),
        "flag": frozenset({S.FLAGGED}),
        "reject": frozenset({S.REJECTED}),
        "expire": frozenset({S.EXPIRED}),
    },
    S.QUALIFIED: {
        "reward": frozenset({S.REWARDED}),
        "reverse": frozenset({S.REVERSED}),
        "flag": frozenset({S.FLAGGED}),
        "reject": frozenset({S.REJECTED}),
    },
    S.REWARDED: {
        # Only who approved it may: nothing that was paid is doubted by itself.
        "flag": frozenset({S.FLAGGED}),
        "reverse": frozenset({S.REVERSED}),
        "reject": frozenset({S.REJECTED}),
    },
    S.REVERSED: {
        "qualify": frozenset({S.QUALIFIED}),
        "flag": frozenset({S.FLAGGED}),
        "reject": frozenset({S.REJECTED}),
    },
    S.FLAGGED: {
        "approve": frozenset({S.CLAIMED, S.SIGNED_UP, S.QUALIFIED, S.REVERSED}),
        "reject": frozenset({S.REJECTED}),
    },
    S.REJECTED: {
        "reinstate": frozenset({S.CLAIMED, S.SIGNED_UP, S.REVERSED, S.FLAGGED}),
    },
    S.EXPIRED: {"reinstate": frozenset({S.CLAIMED, S.SIGNED_UP})},
}

# Nothing happens any more by itself. Of all others a friend has one at a time.
OVER = frozenset({S.REJECTED, S.EXPIRED})
UNDECIDED = frozenset({S.CLAIMED, S.SIGNED_UP, S.FLAGGED})

# What was reached on the way to a state, for counting.
ON_THE_WAY: Mapping[State, Sequence[State]] = {
    S.CLICKED: (S.CLICKED,),
    S.CLAIMED: (S.CLICKED, S.CLAIMED),
    S.SIGNED_UP: (S.CLICKED, S.CLAIMED, S.SIGNED_UP),
    S.QUALIFIED: (S.CLICKED, S.CLAIMED, S.SIGNED_UP, S.QUALIFIED),
    S.REWARDED: (S.CLICKED, S.CLAIMED, S.SIGNED_UP, S.QUALIFIED, S.REWARDED),
}


class WrongState(DomainError):
    """A referral in this state cannot do that."""

    code = "wrong_state"


def after(state: State, act: str, *, to: State | None = None) -> State:
    """Return the state that an act leads to. `to` says where, if there are several.

    :raises WrongState: if nothing leads there from `state`
    """
    offered = TRANSITIONS[state].get(act, frozenset())
    if to is None and len(offered) == 1:
        return next(iter(offered))
    if to is None or to not in offered:
        where = f" to {to}" if to else ""
        raise WrongState(f"cannot {act} a referral that is {state}{where}", state=state.value)
    return to


def acts_between(state: State, target: State) -> list[tuple[str, State]]:
    """Return the shortest way from one state to another: acts, and where each leads.

    Approving and reinstating are decisions of their own, and on no way.

    :raises WrongState: if there is none
    """
    ways: list[tuple[State, list[tuple[str, State]]]] = [(state, [])]
    seen = {state}
    while ways:
        place, way = ways.pop(0)
        if place == target:
            return way
        for act, targets in TRANSITIONS[place].items():
            if act in ("approve", "reinstate"):
                continue
            for following in sorted(targets - seen):
                seen.add(following)
                ways.append((following, [*way, (act, following)]))
    raise WrongState(f"nothing leads from {state} to {target}", state=state.value)
