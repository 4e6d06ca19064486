"""Advocates, friends and their referrals for tests: through the services of the product.

program = make_referrals(advocate={"gives": {"points": 100}})
ada = make_member(program)
claim(ada)                              # of "bob", by her code
enrol(program)                          # bob
order(program, amount=5000)             # his, in cents
pass_days(program, 14)

assert points_of(ada) == 100
"""

from referrals.models import Referral
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.codes import code_of_advocate
from referrals.services.digests import Context
from referrals.services.programs import save_referral_programs
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    pass_time,
    state_event,
    state_order,
)

HUNDRED = {"gives": {"points": 100}}
FIFTY = {"gives": {"points": 50}}


def make_referrals(program=None, *, at=NOON, **form):
    """Make "friends" the only referral program, of 100 points for the advocate and 50 for
    the friend unless it says otherwise. A side that is None is left out."""
    program = program or make_program(rules={})
    form = {"advocate": HUNDRED, "friend": FIFTY} | form
    forms = {"friends": {key: value for key, value in form.items() if value is not None}}
    save_referral_programs(program=program, forms=forms, at=at)
    return program


def code_of(member, *, at=NOON):
    return code_of_advocate(member=member, at=at).shown


def visit(ip="203.0.113.7", user_agent="Mozilla/5.0 (X11)", **more):
    return Context(ip=ip, user_agent=user_agent, **more)


def claim(advocate, friend_id="bob", *, at=None, **request):
    """Claim a friend by the advocate's code, unless it says by what."""
    program = advocate.program
    at = at or program.now()
    if not {"click_token", "code"} & set(request):
        request["code"] = code_of(advocate, at=at)
    return claim_friend(
        program=program, request=ClaimRequest(friend_id=friend_id or "", **request), at=at
    )


def enrol(program, member_id="bob", **given):
    """Enrol a member, and return how their newest referral stands, if there is one."""
    friend = make_member(program, member_id, **given)
    found = Referral.objects.filter(friend=friend).order_by("-pk").first()
    return {"id": str(found), "state": found.state} if found else None


def order(program, order_id="1001", **content):
    """State an order by "bob", and return what the answer tells of his referral."""
    content = {"member": "bob"} | content
    return state_order(program, order_id, **content).body["referral"]


def event(program, event_id="e-1", **content):
    """State an event by "bob"."""
    return state_event(program, event_id, **{"member": "bob"} | content)


def pass_days(program, days):
    """Move the clock, and do what has become due."""
    pass_time(program, days=days)


def points_of(member):
    """Return the points that a member has, pending ones included, less what is owed."""
    view = balance_of(member)
    return view.available + view.pending - view.debt
