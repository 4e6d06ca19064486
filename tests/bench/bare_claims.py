"""The limit of claims and clicks over HTTP: as many raw statements as ours, of the same rows.

A claim that was really made is read back, and written again and again.
"""

import os
from functools import cache
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from tests.bench.bare import PROGRAM, BareView, application, prepared_cursor
from tests.bench.rows import Template, plain

settings.ROOT_URLCONF = __name__
__all__ = ["application"]

FAR = count(5_000_000_000)
NOBODY = b"nobody"
IDENTITIES = "SELECT * FROM referrals_identity WHERE program_id = %s AND digest = %s"
KEY = "SELECT * FROM storefront_idempotencykey WHERE api_key_id = %s AND key = %s"
OWN = "SELECT * FROM referrals_referral WHERE id = %s"
# What a claim looks at before it writes, and what its answer shows.
LOOKS = (
    ("SELECT * FROM referrals_referralcode WHERE program_id = %s AND code = %s", "code"),
    ("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", "name"),
    ("SELECT * FROM loyalty_member WHERE program_id = %s AND email = %s", "name"),
    ("SELECT * FROM loyalty_wallet WHERE program_id = %s AND member_id = %s FOR UPDATE", "id"),
    (IDENTITIES, "digest"),
    ("SELECT * FROM loyalty_order WHERE program_id = %s AND guest_email = %s", "name"),
    (IDENTITIES, "digest"),
    (IDENTITIES, "digest"),
)
TABLES = ("referrals_referralstep", "referrals_identity", "core_event")


@cache
def templates() -> dict[str, list[Template]]:
    """Return the newest claim as it was written, by table."""
    number = "(SELECT max(id) FROM referrals_referral)"
    wanted = {
        "referrals_referral": f"id = {number}",
        "referrals_referralstep": f"referral_id = {number}",
        "referrals_identity": f"referral_id = {number}",
        "core_event": "id = (SELECT max(id) FROM core_event WHERE type = 'referral.claimed')",
    }
    found = {}
    with connection.cursor() as cursor:
        for table, condition in wanted.items():
            cursor.execute(f"SELECT * FROM {table} WHERE {condition}")
            columns = [column[0] for column in cursor.description]
            rows = [[plain(value) for value in row] for row in cursor.fetchall()]
            found[table] = [Template(table, columns, row) for row in rows]
    return found


def insert(template: Template, **changed: Any) -> tuple[str, list[Any]]:
    names = ", ".join(f'"{name}"' for name in template.columns)
    marks = ", ".join(["%s"] * len(template.columns))
    return f"INSERT INTO {template.table} ({names}) VALUES ({marks})", template.copy(**changed)


def write(cursor: Any) -> int:
    """Write the rows of a claim: a referral, changed once, and all others at once."""
    [referral] = templates()["referrals_referral"]
    number = next(FAR)
    cursor.execute(*insert(referral, id=number))
    cursor.execute(
        "UPDATE referrals_referral SET state = %s, steps_count = 1 WHERE id = %s",
        ["claimed", number],
    )
    texts, values = [], []
    for table in TABLES:
        for template in templates()[table]:
            changed = {"id": next(FAR), "referral_id": number, "digest": os.urandom(16)}
            text, row = insert(template, **changed)
            texts.append(text)
            values += row
    named = ", ".join(f"t{place} AS ({text})" for place, text in enumerate(texts[:-1]))
    cursor.execute(f"WITH {named} {texts[-1]}", values)
    return number


def look(cursor: Any, statement: str, *values: object) -> None:
    cursor.execute(statement, values)
    cursor.fetchall()


class ClaimView(BareView):
    """As many statements as ours: 27, with BEGIN and COMMIT."""

    def post(self, request: Request) -> Response:
        stated, key = request.data, request.headers["Idempotency-Key"]
        values = {
            "code": stated["code"],
            "name": stated["friend"]["email"],
            "id": 0,
            "digest": NOBODY,
        }
        with prepared_cursor() as cursor:
            cursor.execute("SELECT id FROM storefront_apikey WHERE program_id = %s", [PROGRAM])
            [owner] = cursor.fetchone()
            with transaction.atomic():
                cursor.execute(
                    "DELETE FROM storefront_idempotencykey WHERE key = %s", [f"old {key}"]
                )
            look(cursor, KEY, owner, key)
            with transaction.atomic():
                cursor.execute(
                    "INSERT INTO storefront_idempotencykey (api_key_id, key, fingerprint, "
                    "content_type, created_at) VALUES (%s, %s, %s, %s, now())",
                    [owner, key, NOBODY, ""],
                )
            with transaction.atomic():
                for statement, name in LOOKS:
                    look(cursor, statement, PROGRAM, values[name])
                look(cursor, "SELECT * FROM loyalty_member WHERE id = %s", 0)
                number = write(cursor)
            for _ in range(3):
                look(cursor, OWN, number)
            look(cursor, "SELECT * FROM referrals_payout WHERE referral_id = %s", number)
            cursor.execute(
                "UPDATE storefront_idempotencykey SET status = 201, body = %s WHERE key = %s",
                [NOBODY, key],
            )
        told = {"id": f"ref_{number}", "program": "friends", "state": "claimed"}
        return Response(told | {"steps": [], "friend_voucher": None}, status=201)


class ClickView(BareView):
    """As many statements as ours: three, each a transaction of its own."""

    def post(self, request: Request) -> Response:
        with prepared_cursor() as cursor:
            look(cursor, "SELECT * FROM storefront_apikey WHERE program_id = %s", PROGRAM)
            cursor.execute(
                "SELECT id FROM referrals_referralcode WHERE program_id = %s AND code = %s",
                [PROGRAM, request.data["code"]],
            )
            [code] = cursor.fetchone()
            cursor.execute(
                "INSERT INTO referrals_click (program_id, code_id, channel, visitor, day, "
                "is_bot, times, first_at, last_at) "
                "VALUES (%s, %s, %s, %s, current_date, false, 1, now(), now()) "
                "ON CONFLICT (code_id, day, channel, visitor) "
                "DO UPDATE SET times = referrals_click.times + 1, last_at = excluded.last_at",
                [PROGRAM, code, request.data["channel"], os.urandom(16)],
            )
        told = {"click_token": "x" * 90, "advocate_first_name": None}
        return Response(told | {"friend_reward": {"points": 50}}, status=201)


urlpatterns = [
    path("api/v1/referrals", ClaimView.as_view()),
    path("api/v1/referrals/clicks", ClickView.as_view()),
]
