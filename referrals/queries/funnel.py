"""From the click to the reward: how many came how far, what they brought and what they cost."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from referrals.models import Click, Payout, Referral, ReferralStep
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
# A milestone belongs to no referral, and so to no channel.
PAYOUTS = {
    "referral_program": "referral_program_id",
    "advocate": "referral__advocate_id",
    "channel": "referral__channel",
}


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many came how far: each stage counts no more than the one before.

    `views` are all clicks, `clicks` the visitors of a day, those of bots apart; who was
    claimed without a click arrived all the same. What was reversed had been rewarded.
    `revenue` (minor units) is that of the orders that qualify now; `points` and `money`
    are what was given and not taken back.
    """

    views: int = 0
    bots: int = 0
    clicks: int = 0
    claims: int = 0
    signups: int = 0
    qualified: int = 0
    rewarded: int = 0
    reversed: int = 0
    revenue: int = 0
    points: int = 0
    money: int = 0


def funnels(
    program_id: int,
    *,
    by: str,
    referral_program: int | None = None,
    advocate: int | None = None,
) -> dict[Any, Funnel]:
    """Return the funnel by referral program, advocate (numbers) or channel: three queries.

    Of one referral program or one advocate, if they are named.
    """
    wanted = {"referral_program": referral_program, "advocate": advocate}
    clicks = _sums_of_clicks(program_id, by, wanted)
    claims = _sums_of_referrals(program_id, by, wanted)
    costs = _sums_of_payouts(program_id, by, wanted)
    return {
        key: _funnel(clicks[key], claims[key], costs[key])
        for key in sorted({*clicks, *claims, *costs}, key=str)
    }


def _funnel(
    clicks: Mapping[str, int], claims: Mapping[str, int], costs: Mapping[str, int]
) -> Funnel:
    arrived = clicks["unique"] + claims["unclicked"]
    return Funnel(
        # One visitor of a household may stand for several friends.
        views=max(clicks["views"] + claims["unclicked"], claims["claims"]),
        clicks=max(arrived, claims["claims"]),
        bots=clicks["bots"],
        claims=claims["claims"],
        signups=claims["signups"],
        qualified=claims["qualified"],
        rewarded=claims["rewarded"],
        reversed=claims["reversed"],
        revenue=claims["revenue"],
        points=costs["points"],
        money=costs["money"],
    )


Sums = defaultdict[Any, Counter[str]]


def _condition(places: Mapping[str, str], wanted: Mapping[str, int | None]) -> Q:
    return Q(**{places[name]: value for name, value in wanted.items() if value is not None})


def _gathered(rows: Any, key: str) -> Sums:
    found: Sums = defaultdict(Counter)
    for row in rows:
        found[row.pop(key)].update({name: value or 0 for name, value in row.items()})
    return found


def _sums_of_clicks(program_id: int, by: str, wanted: Mapping[str, int | None]) -> Sums:
    human = Q(is_bot=False)
    rows = (
        Click.objects.filter(_condition(CLICKS, wanted), program=program_id)
        .values(CLICKS[by])
        .annotate(
            unique=Count("pk", filter=human),
            views=Sum("times", filter=human),
            bots=Sum("times", filter=Q(is_bot=True)),
        )
    )
    return _gathered(rows, CLICKS[by])


def _sums_of_referrals(program_id: int, by: str, wanted: Mapping[str, int | None]) -> Sums:
    rewarded = ReferralStep.objects.filter(referral=OuterRef("pk"), state=State.REWARDED)
    rows = (
        Referral.objects.filter(_condition(REFERRALS, wanted), program=program_id)
        .annotate(was_rewarded=Exists(rewarded))
        .values(REFERRALS[by])
        .annotate(
            claims=Count("pk"),
            unclicked=Count("pk", filter=~Q(source="click")),
            signups=Count("pk", filter=Q(signed_up_at__isnull=False)),
            qualified=Count("pk", filter=Q(version__gte=1)),
            rewarded=Count("pk", filter=Q(was_rewarded=True)),
            reversed=Count("pk", filter=Q(was_rewarded=True, state=State.REVERSED)),
            revenue=Sum("amount", filter=Q(state__in=(State.QUALIFIED, State.REWARDED))),
        )
    )
    return _gathered(rows, REFERRALS[by])


def _sums_of_payouts(program_id: int, by: str, wanted: Mapping[str, int | None]) -> Sums:
    stands = Q(taken_back_at=None) | Q(was_used=True)
    given = Payout.objects.filter(stands, program=program_id, outcome=Payout.Outcome.GIVEN)
    rows = (
        given.filter(_condition(PAYOUTS, wanted))
        .values(PAYOUTS[by])
        .annotate(sum_points=Sum("points"), sum_money=Sum("money"))
    )
    found: Sums = defaultdict(Counter)
    for row in rows:
        sums = {"points": row["sum_points"] or 0, "money": row["sum_money"] or 0}
        found[row[PAYOUTS[by]]].update(sums)
    return found
