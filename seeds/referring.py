"""What happens in an invented shop with referrals: codes, links, and what staff decide.

All of it may be done again without harm, as a replay that was cut short does.
"""

from collections.abc import Sequence

from engine.upkeep import bring_up_to_date
from loyalty.models import Member, Program, Voucher
from referrals.models import Payout, Referral
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.clicks import record_click
from referrals.services.codes import choose_code
from referrals.services.digests import Context
from referrals.services.reviews import Decided, approve_referrals, reject_referrals
from seeds.days import Fact

BROWSER = "Mozilla/5.0"


def choose(program: Program, fact: Fact) -> None:
    members = Member.objects.select_related("program")
    member = members.get(program=program, external_id=fact["member"])
    choose_code(member=member, code=fact["id"], at=program.now())


def follow(program: Program, fact: Fact) -> None:
    """Come by a link and leave an e-mail address, which is the claim."""
    at = fact["told_at"]
    seen = Context(user_agent=BROWSER, device_id=fact["device"])
    clicked = record_click(program=program, code=fact["code"], visit=seen, at=at)
    request = ClaimRequest(
        click_token=clicked.token,
        friend_id=fact["id"],
        email=fact["email"],
        context=seen,
        occurred_at=at,
    )
    claim_friend(program=program, request=request, at=program.now())


def approve(program: Program, fact: Fact) -> None:
    decided = Decided(by="staff", note=fact["note"])
    numbers = _referrals_of(program, fact["id"])
    approve_referrals(program=program, referrals=numbers, decided=decided, at=program.now())


def reject(program: Program, fact: Fact) -> None:
    decided = Decided(by="staff", note=fact["note"])
    numbers = _referrals_of(program, fact["id"])
    reject_referrals(program=program, referrals=numbers, decided=decided, at=program.now())


def _referrals_of(program: Program, friend: str) -> Sequence[int]:
    rows = Referral.objects.filter(program=program, friend__external_id=friend)
    return list(rows.values_list("pk", flat=True))


def voucher_of(program: Program, name: str) -> Voucher | None:
    """Return the code that `friend:bob` or `advocate:bob` was given for Bob's coming.

    Its owner has looked for it, as shoppers do before they use a code.
    """
    side, _, friend = name.partition(":")
    referred = Member.objects.filter(referred__friend__external_id=friend, program=program)
    bring_up_to_date(program, list(referred), at=program.now())
    given = Payout.objects.filter(
        program=program,
        side=side,
        referral__friend__external_id=friend,
        outcome=Payout.Outcome.GIVEN,
        taken_back_at=None,
    )
    payout = given.select_related("voucher").first()
    return payout.voucher if payout else None
