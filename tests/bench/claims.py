"""Benchmarks of claims and clicks over HTTP, and of what referrals cost everybody else."""

import json
from functools import partial
from itertools import count

from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.pipeline import state_fact
from loyalty.models import Program
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.codes import code_of_advocate
from referrals.services.digests import Context
from referrals.services.programs import save_referral_programs
from storefront.models import ApiKey
from storefront.services.keys import create_api_key
from tests.bench.facts import an_order, make_shop
from tests.bench.http import Requests, Sending, against, request_of
from tests.bench.measure import Row
from tests.factories import NOON

FORM = {"advocate": {"gives": {"points": 100}}, "friend": {"gives": {"points": 50}}}
BARE = "tests.bench.bare_claims:application"

numbers = count(1)


def claim_over_http(times: int = 40) -> list[Row]:
    """A friend claimed by an e-mail address, against a bare view with as many statements."""
    program, code, token = _shop()
    request = ClaimRequest(
        code=code, email="first@example.org", context=Context("203.0.113.7", "", "first")
    )
    claim_friend(program=program, request=request, at=NOON)
    send = Sending(program, partial(_claims, token, code), times)
    return against("a claim over HTTP", send, BARE, ">= 0.50")


def click_over_http(times: int = 80) -> list[Row]:
    """A visitor counted, against a bare view with as many statements."""
    program, code, token = _shop()
    send = Sending(program, partial(_clicks, token, code), times)
    return against("a click over HTTP", send, BARE, ">= 0.50")


def order_beside_referrals() -> list[Row]:
    """What referrals add to an order of somebody whom nobody referred."""
    with_referrals, without = _shop()[0], make_shop(members=1)
    ours, limit = (_statements(program) for program in (with_referrals, without))
    what = "statements that referrals add to an order without one"
    return [Row(what, ours - limit, None, "statements", "<= 1")]


def _shop() -> tuple[Program, str, str]:
    """Return a program in which a member may refer, the member's code, and a key."""
    program = make_shop(members=1)
    save_referral_programs(program=program, forms={"friends": FORM}, at=NOON)
    program.refresh_from_db()
    code = code_of_advocate(member=program.member_set.get(), at=NOON).shown
    scopes = {"referrals"}
    token = create_api_key(program=program, kind=ApiKey.Kind.SECRET, scopes=scopes, at=NOON)[1]
    return program, code, token


def _claims(token: str, code: str, times: int) -> Requests:
    return [_claim(token, code, next(numbers)) for _ in range(times)]


def _claim(token: str, code: str, number: int) -> bytes:
    context = {"ip": f"10.{number // 250 % 250}.{number % 250}.7", "device_id": f"d-{number}"}
    friend = {"email": f"friend-{number}@example.org"}
    body = json.dumps({"code": code, "friend": friend, "context": context})
    return request_of(
        "POST", "/api/v1/referrals", token, body, f"Idempotency-Key: claim-{number}"
    )


def _clicks(token: str, code: str, times: int) -> Requests:
    body = json.dumps({"code": code, "channel": "mail"})
    browsers = (f"User-Agent: Mozilla/5.0 ({next(numbers)})" for _ in range(times))
    return [
        request_of("POST", "/api/v1/referrals/clicks", token, body, each) for each in browsers
    ]


def _statements(program: Program) -> int:
    for _ in range(2):
        state_fact(program, an_order("m0"), at=NOON)
    with CaptureQueriesContext(connection) as queries:
        state_fact(program, an_order("m0"), at=NOON)
    return len(queries)
