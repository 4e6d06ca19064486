"""What people are known by, as keyed hashes: compared, and never turned back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.crypto import salted_hmac

from core.periods import Period, add_period
from loyalty.models import Member
from referrals.rules.addresses import (
    network_of,
    normal_email,
    normal_ip,
    normal_phone,
    normal_token,
)

# Half of a SHA-256: two of a billion things have one digest by a chance of one in 10^20.
SIZE = 16

# Where somebody was is forgotten soon; what somebody owns lasts as long as it is of use.
# An e-mail address and a phone are known for as long as what they belong to.
KEPT: Mapping[str, Period] = {
    "ip": Period(30, "day"),
    "network": Period(30, "day"),
    "device": Period(1, "year"),
    "payment": Period(1, "year"),
    "address": Period(1, "year"),
}

Digests = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Context:
    """What a storefront tells of the visit in which a friend was claimed."""

    ip: str = ""
    user_agent: str = ""
    device_id: str = ""
    payment_fingerprint: str = ""
    address_hash: str = ""


def digest_of(program_id: int, kind: str, normal: str) -> bytes:
    """Return the keyed hash of something in its normal form."""
    salt = f"perennial.identity.{program_id}.{kind}"
    return salted_hmac(salt, normal, algorithm="sha256").digest()[:SIZE]


def digests_of(
    program_id: int, *, email: str = "", phone: str = "", context: Context | None = None
) -> Digests:
    """Return what there is to be known of somebody, by kind."""
    seen = context or Context()
    normal = {
        "email": normal_email(email) if email else "",
        "phone": normal_phone(phone),
        "device": normal_token(seen.device_id),
        "payment": normal_token(seen.payment_fingerprint),
        "address": normal_token(seen.address_hash),
        "ip": normal_ip(seen.ip),
        "network": network_of(seen.ip),
    }
    return {kind: digest_of(program_id, kind, text) for kind, text in normal.items() if text}


def digests_of_member(member: Member) -> Digests:
    return digests_of(member.program_id, email=member.email or "", phone=member.phone or "")


def forgotten_at(kind: str, seen_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when something that was seen is forgotten; None is never."""
    period = KEPT.get(kind)
    return add_period(seen_at, period, zone) if period else None


def first_forgotten_at(seen_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the first of what came with a claim is forgotten."""
    return min(add_period(seen_at, period, zone) for period in KEPT.values())
