"""Everything about a member as one JSON document, a part at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Case, F, Q, QuerySet, Value, When

from core.models import Event
from core.zones import written
from loyalty.models import (
    Adjustment,
    ConsentChange,
    Decision,
    Entry,
    Member,
    MemberEvent,
    Merge,
    Order,
    Redemption,
    Voucher,
    VoucherUse,
)
from loyalty.queries.balances import BUCKETS, forecast_of
from loyalty.queries.members import merged_into

FETCH = 500
Parts = Iterable[tuple[str, Any]]
ENCODER = DjangoJSONEncoder(ensure_ascii=False)

# Each list of the document: its rows, the column that says whose they are, and what
# of them is told. Always in the order in which they came about.
LISTS: Sequence[tuple[str, type[Any], str, Sequence[str]]] = (
    ("consents", ConsentChange, "member", ("topic", "is_given", "source", "changed_at")),
    (
        "orders",
        Order,
        "member",
        ("external_id", "status", "body", "refunds", "frozen", "posted", "recorded_at"),
    ),
    (
        "events",
        MemberEvent,
        "member",
        ("external_id", "type", "occurred_at", "properties", "posted", "recorded_at"),
    ),
    (
        "entries",
        Entry,
        "wallet__member",
        (
            *("pk", "wallet__point_type__code", "seq", "kind", *BUCKETS),
            *("reason", "source_type", "source_id", "occurred_at", "posted_at"),
        ),
    ),
    (
        "adjustments",
        Adjustment,
        "member",
        ("point_type__code", "points", "reason", "note", "status", "occurred_at"),
    ),
    (
        "redemptions",
        Redemption,
        "member",
        (
            *("pk", "point_type__code", "reward__code", "status_now", "points"),
            *("captured_points", "reversed_points", "order_ref", "gives", "held_at"),
            *("settled_now", "fulfilment", "fulfilment_note"),
        ),
    ),
    (
        "vouchers",
        Voucher,
        "member",
        ("shown", "gives", "uses", "used", "valid_from", "valid_until", "issued_at"),
    ),
    (
        "voucher_uses",
        VoucherUse,
        "voucher__member",
        ("voucher__shown", "order_ref", "subtotal", "discount", "used_at", "released_at"),
    ),
    (
        # Not into whom: a merge that was undone was with somebody else.
        "merges",
        Merge,
        "merged",
        ("merged__external_id", "reason", "merged_at", "undone_at"),
    ),
    (
        "decisions",
        Decision,
        "member",
        ("pk", "fact_type", "fact_id", "statement", "outcome", "decided_at"),
    ),
    ("announcements", Event, "member_id", ("type", "data", "occurred_at")),
)
NAMES = {
    "external_id": "id",
    "pk": "id",
    "wallet__point_type__code": "point_type",
    "point_type__code": "point_type",
    "reward__code": "reward",
    "order_ref": "order",
    "status_now": "status",
    "settled_now": "settled_at",
    "shown": "code",
    "voucher__shown": "code",
    "merged__external_id": "merged",
}


def member_export(member: Member, *, at: datetime, more: Parts = ()) -> dict[str, Any]:
    """Return everything about a member, as one document that JSON can hold.

    The same rows give the same document. Who was merged into the member is part of it.
    """
    parts = {name: _plain(value) for name, value in chain(_parts(member, at), more)}
    document: dict[str, Any] = json.loads(ENCODER.encode(parts))
    return document


def export_chunks(member: Member, *, at: datetime, more: Parts = ()) -> Iterator[str]:
    """Yield the same document as text, row by row, in memory that does not grow.

    `more` are parts that other apps know of: mappings, or rows.
    """
    opening = "{"
    for name, value in chain(_parts(member, at), more):
        yield f"{opening}{ENCODER.encode(name)}: "
        if isinstance(value, Mapping):
            yield ENCODER.encode(value)
        else:
            yield from _listed(value)
        opening = ", "
    yield "}"


def _listed(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    before = "["
    for row in rows:
        yield before + ENCODER.encode(row)
        before = ", "
    yield "]" if before == ", " else "[]"


def _plain(value: Any) -> Any:
    return value if isinstance(value, Mapping) else list(value)


def _parts(member: Member, at: datetime) -> Iterator[tuple[str, Any]]:
    family = [member, *merged_into(member)]
    numbers = [one.pk for one in family]
    yield "member", _about(member, at)
    yield "merged", (_about(one, at) for one in family[1:])
    yield "wallets", _wallets(member, at)
    for name, model, owner, columns in LISTS:
        rows = model._default_manager.filter(**{f"{owner}__in": numbers}).order_by("pk")
        yield name, _rows(_as_of(at, rows) if model is Redemption else rows, columns)


def _as_of(at: datetime, redemptions: QuerySet[Redemption]) -> QuerySet[Redemption]:
    """Tell how redemptions stand at `at`, whether or not it was noted that they are over."""
    is_over = Q(status=Redemption.Status.HELD, expires_at__lte=at)
    over = Value(Redemption.Status.EXPIRED.value)
    return redemptions.annotate(
        status_now=Case(When(is_over, then=over), default=F("status")),
        settled_now=Case(When(is_over, then=F("expires_at")), default=F("settled_at")),
    )


def _about(member: Member, at: datetime) -> dict[str, Any]:
    columns = ("name", "email", "phone", "card", "birthday", "locale", "timezone")
    return {
        "id": member.external_id,
        "status": member.status,
        "earning_suspended": member.earning_suspended,
        "redeeming_suspended": member.redeeming_suspended,
        "suspension_reason": member.suspension_reason,
        **{name: getattr(member, name) for name in columns},
        "attributes": dict(sorted(member.attributes.items())),
        "consents": dict(sorted(member.consents.items())),
        "joined_at": written(member.joined_at),
        "exported_at": written(at),
    }


def _wallets(member: Member, at: datetime) -> dict[str, Any]:
    return {
        code: {
            **forecast.view.as_dict(),
            "expiring": [{"at": written(when), "points": n} for when, n in forecast.expiring],
            "activating": [
                {"at": written(when), "points": n} for when, n in forecast.activating
            ],
        }
        for code, forecast in sorted(forecast_of(member, at=at, now=at).items())
    }


def _rows(rows: QuerySet[Any], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    names = [NAMES.get(column, column) for column in columns]
    for values in rows.values_list(*columns).iterator(chunk_size=FETCH):
        yield {
            name: written(value) if isinstance(value, datetime) else value
            for name, value in zip(names, values, strict=True)
        }
