"""Advocates, friends and their referrals for tests: through the services of the product.

program = make_referrals(advocate={"gives": {"points": 100}})
ada = make_member(program)
claim(ada)                              # of "bob", by her code
enrol(program)                          # bob
order(program, amount=5000)             # his, in cents
pass_days(program, 14)

assert points_of(ada) == 100
"""

from core.transactions import retrying
from loyalty.models import MemberEvent, Order
from loyalty.queries.setup import setup_of
from loyalty.services.facts import Fact, Wave
from loyalty.services.ledger import Book, open_book, write
from referrals.services.agreeing import settle_due
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.codes import code_of_advocate
from referrals.services.digests import Context
from referrals.services.programs import save_referral_programs
from referrals.services.stage import find_referrals, qualify_referrals
from tests.factories import (
    NOON,
    balance_of,
    event_stated,
    make_member,
    make_program,
    member_stated,
    order_stated,
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
    """Enrol a member, as the pipeline will: claims that wait are matched, codes are heard."""
    statement = member_stated(program, member_id, **given)
    member = make_member(
        program, member_id, **{k: v for k, v in given.items() if k != "referral_code"}
    )
    return pass_through(program, Fact(statement, member=member, is_created=True))


def order(program, order_id="1001", **content):
    """State an order by "bob", and let it have its effect on referrals."""
    content = {"member": "bob"} | content
    state_order(program, order_id, **content)
    return settle_order(program, order_id, **content)


def settle_order(program, order_id="1001", **content):
    row = Order.objects.get(program=program, external_id=order_id)
    statement = order_stated(program, order_id, **content)
    fact = Fact(statement, member=row.member, order=row)
    return pass_through(program, fact)


def event(program, event_id="e-1", **content):
    """State an event by "bob", and let it have its effect on referrals."""
    content = {"member": "bob"} | content
    state_event(program, event_id, **content)
    row = MemberEvent.objects.get(program=program, external_id=event_id)
    statement = event_stated(program, event_id, **content)
    return pass_through(program, Fact(statement, member=row.member, event=row))


def pass_through(program, *facts):
    """Take facts through the stage, their members' wallets locked as the pipeline does."""
    setup, at = setup_of(program), program.now()

    @retrying
    def run():
        wave = Wave(program, setup, at, facts, Book(setup, at))
        found = find_referrals(wave)
        members = {fact.member.pk for fact in facts if fact.member} | found.advocates
        wave.book = open_book(setup, members=members, at=at)
        told = qualify_referrals(wave, found)
        write(wave.book)
        return [told.get(id(fact)) for fact in facts]

    return run()[0] if len(facts) == 1 else run()


def pass_days(program, days):
    """Move the clock, and do what has become due of referrals."""
    pass_time(program, days=days)
    while settle_due(program=program, at=program.now()):
        pass


def points_of(member):
    """Return the points that a member has, pending ones included, less what is owed."""
    view = balance_of(member)
    return view.available + view.pending - view.debt
