"""How much speaks against a referral, and what: a score, its reasons, and a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from referrals.rules.states import Reason

# What each reason adds to the score, unless the program file says otherwise.
WEIGHTS: Mapping[str, int] = {
    "same_email": 100,  # of advocate and friend, when both are brought into one form
    "same_phone": 100,
    "same_device": 60,
    "same_payment": 60,
    "same_address": 40,
    "same_ip": 20,
    "same_network": 5,
    "shared_device": 40,  # with another friend than this one
    "shared_payment": 60,
    "shared_address": 10,
    "similar_name": 20,
    "disposable_email": 40,
    "known_before": 60,  # by something that a member is known by
    "ring": 60,  # the friend referred who referred the advocate
    "dense_group": 30,  # of the advocate's friends, by what they share
    "ip_velocity": 10,
    "network_velocity": 5,
    "advocate_velocity": 30,
    "just_above_minimum": 10,
}

# An office, a dormitory and a family have one address.
OF_THE_ADDRESS = frozenset({"same_ip", "same_network", "ip_velocity", "network_velocity"})
# The people of one home share its address, the tablet in the kitchen, a card, and a name:
# a person has to look at that, since no score tells them from one person with two accounts.
OF_THE_HOME = OF_THE_ADDRESS | {
    "same_device",
    "same_payment",
    "same_address",
    "shared_device",
    "shared_payment",
    "shared_address",
    "similar_name",
    "dense_group",
}
# By these the friend is the advocate.
OF_ONE_PERSON = frozenset({"same_email", "same_phone"})

# Claims within a day that are still nothing unusual.
MOST_PER_IP, MOST_PER_NETWORK, MOST_PER_ADVOCATE = 5, 20, 20

# Friends of one advocate in one home, by what they share, that are still a family.
MOST_AT_HOME = 3

# An order is just above the minimum if no more than this percentage of it is above.
JUST_ABOVE = 2

# What one of them may share with others, and in which order it is told.
KINDS = ("email", "phone", "device", "payment", "address", "ip", "network")
SHARED_KINDS = ("device", "payment", "address")


class Outcome(StrEnum):
    """What becomes of a referral because of its score."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class FraudTerms:
    """From which score on a referral is reviewed or blocked, and what adds how much.

    In `shadow` the score is kept and nothing comes of it.
    """

    review_at: int = 40
    block_at: int = 80
    weights: Mapping[str, int] = field(default_factory=lambda: dict(WEIGHTS))
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a claim.

    `same` has the kinds of identity that advocate and friend share, `shared` those that
    the friend shares with other friends; `friends_alike` counts those of the same
    advocate, this one included. The claims are those of the last day.
    """

    same: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    is_known: bool = False
    names_are_alike: bool = False
    is_disposable: bool = False
    is_ring: bool = False
    friends_alike: int = 0
    is_just_above: bool = False
    claims_of_ip: int = 0
    claims_of_network: int = 0
    claims_of_advocate: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of the weights of what speaks against a referral, and the words for it."""

    points: int
    reasons: tuple[str, ...]

    def outcome(self, terms: FraudTerms) -> Outcome:
        """Return what becomes of it; what a home shares is looked at, and never blocks."""
        if terms.shadow or self.points < terms.review_at:
            return Outcome.ALLOW
        if self.points >= terms.block_at and not OF_THE_HOME.issuperset(self.reasons):
            return Outcome.BLOCK
        return Outcome.REVIEW

    @property
    def shown_reason(self) -> Reason:
        """Return what a shopper is told of a referral that was blocked."""
        is_self = not OF_ONE_PERSON.isdisjoint(self.reasons)
        return Reason.SELF_REFERRAL if is_self else Reason.REJECTED


def score(evidence: Evidence, terms: FraudTerms) -> Score:
    """Return how much speaks against a referral. What weighs nothing is no reason."""
    found = [word for word in _reasons(evidence) if terms.weights[word]]
    return Score(sum(terms.weights[word] for word in found), tuple(found))


def _reasons(evidence: Evidence) -> list[str]:
    same = evidence.same - ({"network"} if "ip" in evidence.same else set())
    found = [f"same_{kind}" for kind in KINDS if kind in same]
    found += [f"shared_{kind}" for kind in SHARED_KINDS if kind in evidence.shared]
    told = {
        "similar_name": evidence.names_are_alike,
        "disposable_email": evidence.is_disposable,
        "known_before": evidence.is_known,
        "ring": evidence.is_ring,
        "dense_group": evidence.friends_alike > MOST_AT_HOME,
        "ip_velocity": evidence.claims_of_ip > MOST_PER_IP,
        "network_velocity": evidence.claims_of_network > MOST_PER_NETWORK,
        "advocate_velocity": evidence.claims_of_advocate > MOST_PER_ADVOCATE,
        "just_above_minimum": evidence.is_just_above,
    }
    return [*found, *(word for word, is_so in told.items() if is_so)]


def is_just_above(amount: int, minimum: int) -> bool:
    """Say whether an order was made just large enough, in minor units."""
    return 0 < minimum <= amount and (amount - minimum) * 100 <= minimum * JUST_ABOVE


def is_ring(pairs: frozenset[tuple[int, int]], advocate: int, friend: int) -> bool:
    """Say whether a referral closes a circle: the friend referred who referred … the advocate.

    `pairs` are the referrals (advocate, friend) around the two. As everybody has one
    advocate, circles are all the rings there can be; groups that are one person by what
    they share are told by the reasons for that.
    """
    reached, edge = {friend}, {friend}
    while edge and advocate not in reached:
        edge = {one for of, one in pairs if of in edge} - reached
        reached |= edge
    return advocate in reached
