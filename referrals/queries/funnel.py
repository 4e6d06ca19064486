"""From the invitation to the reward: how many came how far, what that brought and cost."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from referrals.models import Click, Payout, Referral, ReferralStep, Sharing
from referrals.rules.funnel import STAGES, narrowed
from referrals.rules.states import State

# By what the funnel can be told apart, and where each table has it.
CLICKS = {
    "referral_program": "code__referral_program_id",
    "advocate": "code__member_id",
    "channel": "channel",
}
REFERRALS = {
    "referral_program": "referral_program_id",
    "advocate": "advocate_id",
    "channel": "channel",
}
# A milestone belongs to no referral, and so to no channel; it is its member's.
PAYOUTS = {
    "referral_program": "referral_program_id",
    "advocate": "for_whom",
    "channel": "referral__channel",
}


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many came how far, each stage no more than the one before; then what it came to.

    `views` and `shares` are how often advocates saw and passed on their codes, `clicks`
    the visitors of a day, those of bots apart; who was claimed without a click arrived
    all the same. What was reversed had been rewarded. `visits` are all clicks of people.
    `revenue` (minor units) is that of the orders that qualify now; `points` and `money`
    are what was given and not taken back.
    """

    views: int = 0
    shares: int = 0
    clicks: int = 0
    claims: int = 0
    signups: int = 0
    qualified: int = 0
    rewarded: int = 0
    reversed: int = 0
    visits: int = 0
    bots: int = 0
    revenue: int = 0
    points: int = 0
    money: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the funnel: that of a referral program, of an advocate, by their numbers."""

    referral_program: int | None = None
    advocate: int | None = None

    def condition(self, places: Mapping[str, str]) -> Q:
        """Return the condition for it in a table that has these at its `places`."""
        wanted = {"referral_program": self.referral_program, "advocate": self.advocate}
        return Q(**{places[name]: value for name, value in wanted.items() if value is not None})


WHOLE = Part()


def funnels(program_id: int, *, by: str, at: datetime, part: Part = WHOLE) -> dict[Any, Funnel]:
    """Return the funnel by referral program, advocate (numbers) or channel: four queries.

    Each row is counted by itself: a visitor who came by two channels is in both.
    """
    clicks = _sums_of_clicks(program_id, by, part)
    shares = _sums_of_shares(program_id, by, part)
    claims = _sums_of_referrals(program_id, by, part, at)
    costs = _sums_of_payouts(program_id, by, part)
    return {
        key: _funnel(clicks[key] + shares[key], claims[key], costs[key])
        for key in sorted({*clicks, *shares, *claims, *costs}, key=str)
    }


def ranked(found: Mapping[Any, Funnel]) -> list[Any]:
    """Return the keys of funnels: who brought most comes first."""
    return sorted(found, key=lambda key: (-found[key].revenue, -found[key].claims, str(key)))


def _funnel(
    arrivals: Mapping[str, int], claims: Mapping[str, int], costs: Mapping[str, int]
) -> Funnel:
    counted = {
        "views": arrivals["seen"],
        "shares": arrivals["passed_on"],
        # Who came without a click came. One visitor may stand for a household of friends.
        "clicks": arrivals["unique"] + claims["unclicked"],
        **{stage: claims[stage] for stage in STAGES[STAGES.index("claims") :]},
    }
    return Funnel(
        **narrowed(counted),
        visits=arrivals["visits"],
        bots=arrivals["bots"],
        revenue=claims["revenue"],
        points=costs["points"],
        money=costs["money"],
    )


Sums = defaultdict[Any, Counter[str]]


def _gathered(rows: Any, key: str) -> Sums:
    found: Sums = defaultdict(Counter)
    for row in rows:
        found[row.pop(key)].update({name: value or 0 for name, value in row.items()})
    return found


def _sums_of_clicks(program_id: int, by: str, part: Part) -> Sums:
    human = Q(is_bot=False)
    rows = (
        Click.objects.filter(part.condition(CLICKS), program=program_id)
        .values(CLICKS[by])
        .annotate(
            unique=Count("pk", filter=human),
            visits=Sum("times", filter=human),
            bots=Sum("times", filter=Q(is_bot=True)),
        )
    )
    return _gathered(rows, CLICKS[by])


def _sums_of_shares(program_id: int, by: str, part: Part) -> Sums:
    rows = (
        Sharing.objects.filter(part.condition(CLICKS), program=program_id)
        .values(CLICKS[by])
        .annotate(seen=Sum("views"), passed_on=Sum("shares"))
    )
    return _gathered(rows, CLICKS[by])


def _sums_of_referrals(program_id: int, by: str, part: Part, at: datetime) -> Sums:
    rewarded = ReferralStep.objects.filter(referral=OuterRef("pk"), state=State.REWARDED)
    # What is due was rewarded, whether or not anybody has written it down.
    is_due = Q(state=State.QUALIFIED, due_at__lte=at)
    rows = (
        Referral.objects.filter(part.condition(REFERRALS), program=program_id)
        .annotate(was_rewarded=Exists(rewarded))
        .values(REFERRALS[by])
        .annotate(
            claims=Count("pk"),
            unclicked=Count("pk", filter=~Q(source="click")),
            signups=Count("pk", filter=Q(signed_up_at__isnull=False)),
            qualified=Count("pk", filter=Q(version__gte=1)),
            rewarded=Count("pk", filter=Q(was_rewarded=True) | is_due),
            reversed=Count("pk", filter=Q(was_rewarded=True, state=State.REVERSED)),
            revenue=Sum("amount", filter=Q(state__in=(State.QUALIFIED, State.REWARDED))),
        )
    )
    return _gathered(rows, REFERRALS[by])


def _sums_of_payouts(program_id: int, by: str, part: Part) -> Sums:
    stands = Q(taken_back_at=None) | Q(was_used=True)
    given = Payout.objects.filter(stands, program=program_id, outcome=Payout.Outcome.GIVEN)
    rows = (
        given.annotate(for_whom=Coalesce("referral__advocate_id", "member_id"))
        .filter(part.condition(PAYOUTS))
        .values(PAYOUTS[by])
        .annotate(sum_points=Sum("points"), sum_money=Sum("money"))
    )
    found: Sums = defaultdict(Counter)
    for row in rows:
        sums = {"points": row["sum_points"] or 0, "money": row["sum_money"] or 0}
        found[row[PAYOUTS[by]]].update(sums)
    return found
