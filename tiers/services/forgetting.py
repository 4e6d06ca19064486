"""What is left of an erased member's tiers: nothing that tells of a person."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from core.transactions import retrying
from loyalty.models import Program
from tiers.models import MergedTiers, Proof, Standing, StandingChange
from tiers.services.rebuilding import rebuild_totals


@retrying
def forget_tiers(*, program: Program, member_ids: Sequence[int], at: datetime) -> None:
    """Let erased members stand nowhere any more, and empty what staff wrote about them.

    That tiers changed, and what entering them gave, stays: under a random id.
    """
    rebuild_totals(program=program, member_ids=member_ids, at=at)
    Standing.objects.filter(member__in=member_ids).delete()
    Proof.objects.filter(member__in=member_ids).delete()
    StandingChange.objects.filter(member__in=member_ids).update(reason="")
    theirs = Q(merge__merged__in=member_ids) | Q(merge__into__in=member_ids)
    MergedTiers.objects.filter(theirs).update(taken={})
