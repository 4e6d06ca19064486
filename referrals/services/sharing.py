"""How advocates pass their codes on, as the pages say on which they do it."""

from datetime import datetime

from django.db import connection

from core.bulk import prepared_cursor
from core.transactions import retrying
from core.zones import reading
from loyalty.models import Member
from referrals.models import Sharing
from referrals.rules.channels import normal_channel
from referrals.services.codes import code_of_advocate


@retrying
def record_view(*, member: Member, referral_program: str | None = None, at: datetime) -> None:
    """Count that an advocate was shown the code, of the first referral program unless named.

    It is a number for the merchant's funnel. Nothing is paid by it.

    :raises NotFound: if there is no such referral program
    :raises MemberClosed: if the member takes part no more
    """
    _count(member, referral_program, at, views=1)


@retrying
def record_share(
    *, member: Member, channel: str, referral_program: str | None = None, at: datetime
) -> None:
    """Count that an advocate passed the code on by a channel, named as in the link's `c`.

    :raises NotFound: if there is no such referral program
    :raises MemberClosed: if the member takes part no more
    """
    _count(member, referral_program, at, channel=normal_channel(channel), shares=1)


def _count(
    member: Member,
    referral_program: str | None,
    at: datetime,
    *,
    channel: str = "",
    views: int = 0,
    shares: int = 0,
) -> None:
    """Add to the row of the day: however often a button is pressed, there is one."""
    program = member.program
    code = code_of_advocate(member=member, referral_program=referral_program, at=at)
    moment = connection.ops.adapt_datetimefield_value(at)
    day = connection.ops.adapt_datefield_value(reading(at, program.zone).date())
    table = Sharing._meta.db_table
    with prepared_cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} "  # noqa: S608
            "(program_id, code_id, channel, day, views, shares, first_at, last_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (code_id, day, channel) "
            f"DO UPDATE SET views = {table}.views + excluded.views, "
            f"shares = {table}.shares + excluded.shares, last_at = excluded.last_at",
            [program.pk, code.pk, channel, day, views, shares, moment, moment],
        )
