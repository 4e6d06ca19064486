"""What time has brought members, written down before anybody looks at them.

Jobs do the same for everybody. Whoever shows or moves a member's points asks here
first, so that nothing depends on a job having run.
"""

from collections.abc import Sequence
from datetime import datetime

from engine.celebrations import celebrate_members
from loyalty.models import Member, Program
from referrals.queries.due import due_of_advocates
from referrals.services.agreeing import settle_referrals
from tiers.queries.due import are_due
from tiers.queries.ladders import tier_setup_of
from tiers.services.reviews import review_members


def bring_up_to_date(program: Program, members: Sequence[Member], *, at: datetime) -> bool:
    """Give members what they have to celebrate, and what waited for a day to come by `at`.

    It costs nothing but where a program gives something by time alone. Return whether
    anything was written.
    """
    celebrated = celebrate_members(program, members, at=at) > 0
    rewarded = _settle_referrals(program, members, at)
    return _review_tiers(program, members, at) or rewarded or celebrated


def _review_tiers(program: Program, members: Sequence[Member], at: datetime) -> bool:
    """Let members rise who waited for a day, where entering a tier gives something."""
    setup = tier_setup_of(program)
    if not setup.gives_by_time or not are_due(program.pk, members, at):
        return False
    return bool(review_members(program=program, members=members, at=at))


def _settle_referrals(program: Program, members: Sequence[Member], at: datetime) -> bool:
    """Pay advocates whose friends have kept their orders long enough."""
    due = due_of_advocates(program, members, at)
    if due:
        settle_referrals(program=program, referrals=due, at=at)
    return bool(due)
