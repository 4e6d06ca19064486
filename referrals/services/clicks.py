"""Clicks on referral links: counted by visitor and day, and taken along as a token."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core import bulk
from core.bulk import prepared_cursor
from core.errors import NotFound
from core.transactions import retrying
from core.zones import reading
from loyalty.models import Program
from loyalty.queries.members import survivor_of
from referrals.models import Click, ReferralCode
from referrals.queries.programs import referral_setup_of
from referrals.rules.bots import is_bot
from referrals.rules.channels import normal_channel
from referrals.services.codes import known_code, refuse_ended
from referrals.services.digests import SIZE, Context, digest_of, digests_of, forgotten_at
from referrals.services.tokens import ClickTouch, sign_click

# Visitors that are told apart at one address on a day; an office has fewer browsers.
MOST_TOLD_APART = 100


@dataclass(frozen=True, slots=True)
class Clicked:
    """A click that was counted: by which code, and what the visitor takes along."""

    code: ReferralCode
    token: str
    is_bot: bool


def record_click(
    *, program: Program, code: str, channel: str = "", visit: Context, at: datetime
) -> Clicked:
    """Count a click on a referral link, and return the token that a claim may come with.

    However often a visitor comes on a day by a code and channel, it is one row. Whoever
    comes from an address that is crowded already is one of its crowd, without a channel:
    else anybody could write any number of rows by another browser's name each time.

    :raises NotFound: if there is no such code, or its owner takes part no more
    :raises ProgramEnded: if nobody can be referred by it any more
    """
    known = known_code(program, code)
    refuse_ended(referral_setup_of(program), known)
    if not survivor_of(known.member).is_open:
        raise NotFound("There is no such referral code.")
    channel = normal_channel(channel)
    _count(program, known, channel, visit, at)
    token = sign_click(program.pk, ClickTouch(known.pk, at, channel))
    return Clicked(known, token, is_bot(visit.user_agent))


def _count(
    program: Program, code: ReferralCode, channel: str, visit: Context, at: datetime
) -> None:
    digests = digests_of(program.pk, context=visit)
    visitor = digest_of(program.pk, "visitor", f"{visit.ip}\n{visit.user_agent}")
    moment = connection.ops.adapt_datetimefield_value
    day = connection.ops.adapt_datefield_value(reading(at, program.zone).date())
    ip = digests.get("ip")
    if ip is not None and _is_crowded(program.pk, ip, day):
        channel, visitor = "", digest_of(program.pk, "visitor", visit.ip or "")
    columns = (
        "program_id, code_id, channel, visitor, day, ip, network, is_bot, times, "
        "first_at, last_at, forget_at"
    )
    table = Click._meta.db_table
    with prepared_cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) "  # noqa: S608
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s) "
            "ON CONFLICT (code_id, day, channel, visitor) "
            f"DO UPDATE SET times = {table}.times + 1, last_at = excluded.last_at",
            [
                program.pk,
                code.pk,
                channel,
                visitor,
                day,
                ip,
                digests.get("network"),
                is_bot(visit.user_agent),
                moment(at),
                moment(at),
                moment(forgotten_at("ip", at, program.zone)),
            ],
        )


def _is_crowded(program_id: int, ip: bytes, day: object) -> bool:
    """Say whether as many as are told apart have come from an address on a day."""
    theirs = f"SELECT 1 FROM {Click._meta.db_table} WHERE program_id = %s AND ip = %s"  # noqa: S608
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM ({theirs} AND day = %s LIMIT {MOST_TOLD_APART}) AS told",  # noqa: S608
            [program_id, ip, day],
        )
        (told,) = cursor.fetchone()
    return bool(told == MOST_TOLD_APART)


@retrying
def forget_clicks(*, program: Program, at: datetime, most: int = 10_000) -> int:
    """Forget where visitors were and who they were, of whom it was to be kept until `at`.

    That somebody came on a day is still counted. Returns how many were forgotten.
    """
    due = Click.objects.filter(program=program, forget_at__lte=at).order_by("forget_at")
    numbers = list(due.values_list("pk", flat=True)[:most])
    # The number of the row tells visitors of a day apart, and nothing else.
    rows = [(pk, pk.to_bytes(SIZE, "big"), None, None, None) for pk in numbers]
    bulk.update_rows(Click, ("visitor", "ip", "network", "forget_at"), rows)
    return len(numbers)
