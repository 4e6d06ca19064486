"""Benchmarks of referrals: what speaks against a claim among all that is known, and claims.

The limit of the evidence is bare SQL: one look by index for each thing that the friend is
known by, the address being one that many share. A claim's is its evidence alone.

BENCH_IDENTITIES=1000000 python -m tests.bench fraud
"""

import os
from itertools import count

from django.db import connection

from loyalty.models import Member, Program
from referrals.queries.evidence import Person, evidence_of
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.codes import code_of_advocate
from referrals.services.digests import Context, digests_of, digests_of_member
from referrals.services.programs import save_referral_programs
from tests.bench.facts import make_shop
from tests.bench.measure import Row, rates
from tests.factories import NOON

IDENTITIES = int(os.environ.get("BENCH_IDENTITIES", "100000"))
MEMBERS = 200
TIMES = 100
FORM = {"advocate": {"gives": {"points": 100}}, "friend": {"gives": {"points": 50}}}
# One of fifty was seen at an address that a whole town shares.
CROWD = Context(ip="203.0.113.7", device_id="crowd")

numbers = count(1)

FILL = """
INSERT INTO referrals_identity (program_id, kind, digest, member_id, seen_at, forget_at)
SELECT %s,
       (ARRAY['email', 'phone', 'device', 'payment', 'address', 'ip', 'network'])[g %% 7 + 1],
       substring(sha256(g::text::bytea) FOR 16),
       (SELECT min(id) FROM loyalty_member WHERE program_id = %s) + g %% %s, %s, NULL
FROM generate_series(1, %s) g
"""
SHARE = """
UPDATE referrals_identity SET kind = 'ip', digest = %s WHERE program_id = %s AND id %% 50 = 0
"""
LOOK = """
SELECT member_id, referral_id FROM referrals_identity
WHERE program_id = %s AND kind = %s AND digest = %s LIMIT 50
"""


def fraud_scoring() -> list[Row]:
    """Evidence for a claim, and whole claims, with many identities stored."""
    small, large = (_filled(size) for size in (max(7_000, IDENTITIES // 10), IDENTITIES))
    many = f"{IDENTITIES:,} identities"
    fast, bound = rates(lambda _: _weigh(large), lambda _: _look(large), units=TIMES)
    among_many, among_few = rates(lambda _: _weigh(large), lambda _: _weigh(small), units=TIMES)
    claims, evidence = rates(lambda _: _claim(large), lambda _: _weigh(large), units=TIMES)
    return [
        Row(f"evidence for a claim among {many}", fast, bound, "claims/s", ""),
        Row("likewise, against a tenth as many", among_many, among_few, "claims/s", ">= 0.5"),
        Row(f"claims of new friends among {many}", claims, evidence, "claims/s", ""),
    ]


def _filled(identities: int) -> Program:
    program = make_shop(MEMBERS)
    save_referral_programs(program=program, forms={"friends": FORM}, at=NOON)
    crowd = digests_of(program.pk, context=CROWD)["ip"]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [program.pk, program.pk, MEMBERS, NOON, identities])
        cursor.execute(SHARE, [crowd, program.pk])
        cursor.execute("VACUUM (FREEZE, ANALYZE) referrals_identity")
    return program


def _friend(program: Program) -> Person:
    number = next(numbers)
    email = f"friend-{number}@example.org"
    context = Context(CROWD.ip, "", f"device-{number}", f"card-{number}", f"house-{number}")
    digests = digests_of(program.pk, email=email, phone=f"+4930{number:07}", context=context)
    return Person(None, digests.items(), email)


def _weigh(program: Program) -> None:
    member = _advocate(program)
    advocate = Person(member, digests_of_member(member).items())
    for _ in range(TIMES):
        evidence_of(program.pk, advocate, _friend(program), NOON)


def _look(program: Program) -> None:
    _advocate(program)
    with connection.cursor() as cursor:
        for _ in range(TIMES):
            for kind, digest in _friend(program).digests:
                cursor.execute(LOOK, [program.pk, kind, digest])
                cursor.fetchall()


def _claim(program: Program) -> None:
    code = code_of_advocate(member=_advocate(program), at=NOON).shown
    for _ in range(TIMES):
        number = next(numbers)
        request = ClaimRequest(
            code=code,
            email=f"friend-{number}@example.org",
            context=Context(CROWD.ip, "", f"device-{number}", f"card-{number}"),
        )
        claim_friend(program=program, request=request, at=NOON)


def _advocate(program: Program) -> Member:
    return Member.objects.filter(program=program).order_by("pk")[0]
