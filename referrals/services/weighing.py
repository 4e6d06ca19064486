"""Weigh a referral again before anybody is paid for it: evidence comes later, too.

The second account on a device, and the claim that closes a ring, speak against those who
were claimed before them.
"""

from dataclasses import replace
from datetime import datetime

from loyalty.models import Member
from referrals.models import Identity, Referral
from referrals.queries.evidence import Person, evidence_until
from referrals.rules.attribution import Source
from referrals.rules.fraud import Evidence, Outcome, Score, is_just_above, score
from referrals.rules.programs import CompiledReferrals
from referrals.services.digests import digests_of_member


def person_of(member: Member) -> Person:
    return Person(member, digests_of_member(member).items(), member.email or "")


def needs_review(referral: Referral, terms: CompiledReferrals, evidence: Evidence) -> bool:
    """Add what is known to the score; say whether somebody has to look at it first.

    What was told once stays told, and whom a person has approved is not doubted again. By
    now the friend is a customer: nothing is turned down without a person.
    """
    if referral.approved_at is not None or referral.source == Source.STAFF:
        return False
    is_close = is_just_above(referral.amount, terms.asked.minimum)
    found = score(replace(evidence, is_just_above=is_close), terms.fraud)
    new = [word for word in found.reasons if word not in referral.reasons]
    if not new:
        return False
    referral.reasons = [*referral.reasons, *new]
    referral.score += sum(terms.fraud.weights[word] for word in new)
    outcome = Score(referral.score, tuple(referral.reasons)).outcome(terms.fraud)
    if outcome == Outcome.ALLOW:
        return False
    referral.outcome = Outcome.REVIEW.value
    return True


def evidence_of_referral(
    referral: Referral, advocate: Member, friend: Member, until: datetime
) -> Evidence:
    """Return what is known of a referral up to a moment: two queries, and those for a ring."""
    rows = Identity.objects.filter(referral=referral).values_list("kind", "digest")
    digests = {(kind, bytes(digest)) for kind, digest in rows}
    digests |= digests_of_member(friend).items()
    return evidence_until(
        referral.program_id,
        person_of(advocate),
        Person(friend, digests, friend.email or ""),
        until,
        referral=referral.pk,
    )
