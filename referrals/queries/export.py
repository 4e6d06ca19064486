"""What is known of a member's referrals, as parts of an export."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from core.zones import written
from loyalty.models import Member
from loyalty.queries.members import kin_of
from referrals.models import Payout, Referral, ReferralCode

FETCH = 500

# Each list: its rows, the column that says whose they are, and what of them is told. Who
# the other side is belongs to the other side.
LISTS: Sequence[tuple[str, type[Any], str, Sequence[str]]] = (
    (
        "referral_codes",
        ReferralCode,
        "member",
        ("referral_program__code", "shown", "made_at", "retired_at"),
    ),
    (
        "referrals",
        Referral,
        "advocate",
        (
            *("pk", "referral_program__code", "state", "reason", "channel"),
            *("claimed_at", "signed_up_at", "qualified_at", "due_at"),
        ),
    ),
    (
        "referred_by_others",
        Referral,
        "friend",
        (
            *("pk", "referral_program__code", "state", "reason", "source", "channel"),
            *("score", "reasons", "claimed_at", "signed_up_at", "qualified_at"),
            *("qualified_by", "amount", "expires_at"),
        ),
    ),
    (
        "referral_rewards",
        Payout,
        "member",
        (
            *("referral", "referral_program__code", "side", "milestone", "outcome", "gives"),
            *("due_at", "given_at", "taken_back_at"),
        ),
    ),
)
NAMES = {"pk": "id", "referral_program__code": "program", "shown": "code"}


def referral_parts(member: Member) -> Iterator[tuple[str, Any]]:
    """Yield a member's codes, friends and rewards, with all who were merged into it."""
    numbers = kin_of([member])[member.pk]
    for name, model, owner, columns in LISTS:
        yield name, _rows(model, {f"{owner}__in": numbers}, columns)


def _rows(
    model: type[Any], whose: dict[str, Any], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    names = [NAMES.get(column, column) for column in columns]
    rows = model._default_manager.filter(**whose).order_by("pk").values_list(*columns)
    for values in rows.iterator(chunk_size=FETCH):
        yield {
            name: written(value) if isinstance(value, datetime) else value
            for name, value in zip(names, values, strict=True)
        }
