"""Entries of a member's statement, and what a person may ask to be entered."""

from loyalty.models.ledger import EntryKind
from storefront.api.shapes.fields import (
    Balances,
    Change,
    Flag,
    Movement,
    Said,
    Shape,
    Statement,
    Text,
    Time,
    Whole,
    Word,
    listed,
)


class EntrySource(Shape):
    type = Said(help_text="order, event, adjustment, transfer, reversal …")
    id = Said()


class EntryAnswer(Shape):
    """One movement of one wallet. Entries are never changed."""

    id = Said()
    seq = Whole(help_text="1, 2, 3 … in its wallet, without a gap.")
    kind = Word("EntryKind", EntryKind.values)
    points = Change(help_text="Signed change of available + pending + held - debt.")
    point_type = Said()
    movement = Movement()
    after = Balances()
    reason = Said(allow_null=True)
    source = EntrySource()  # type: ignore[assignment]
    reverses = Said(allow_null=True, help_text="The entry that this one undoes.")
    occurred_at = Time(help_text="When it happened, by the program's clock.")
    posted_at = Time(help_text="When it was written, by the server's clock.")
    expires_at = Time(allow_null=True, help_text="When points that came in expire first.")
    decision = Said(allow_null=True, help_text="Why: see /decisions/{id}.")


EntryList = listed("EntryList", EntryAnswer)


class ReversalStatement(Statement):
    reason = Text(max_length=60)


class AdjustmentStatement(Statement):
    """Points that a person gives or takes."""

    point_type = Text(max_length=60)
    points = Change(help_text="Below zero takes points away; 0 is refused.")
    reason = Text(max_length=60)
    note = Text(required=False, allow_null=True, allow_blank=True, max_length=1000)
    occurred_at = Time(required=False, allow_null=True)
    available_at = Time(required=False, allow_null=True, help_text="Pending until then.")
    expires_at = Time(
        required=False, allow_null=True, help_text="Left out: by policy. Null: never."
    )
    counts_for_tiers = Flag(required=False, allow_null=True)
    allow_debt = Flag(
        required=False, allow_null=True, help_text="Take more than there is, by debt."
    )


class AdjustmentWaiting(Shape):
    """An adjustment above the program's threshold waits for a second person."""

    id = Said()
    status = Word("AdjustmentStatus", ("awaiting_approval", "rejected"))
    member = Said()
    point_type = Said()
    points = Change()
    reason = Said()
    note = Said(allow_blank=True)
    occurred_at = Time()


class TransferStatement(Statement):
    to = Text(help_text="The id of the member who receives.")
    point_type = Text(max_length=60)
    points = Whole(min_value=1)


EARNED = {
    "id": "ent_17",
    "seq": 3,
    "kind": "earn",
    "points": 50,
    "point_type": "points",
    "movement": {"available": 50, "pending": 0, "held": 0, "debt": 0},
    "after": {"available": 120, "pending": 40, "held": 0, "debt": 0},
    "reason": None,
    "source": {"type": "order", "id": "1001"},
    "reverses": None,
    "occurred_at": "2026-05-01T10:00:00Z",
    "posted_at": "2026-05-01T10:00:01.481516Z",
    "expires_at": "2027-05-01T22:00:00Z",
    "decision": "dec_9",
}
ADJUSTED = EARNED | {
    "id": "ent_18",
    "seq": 4,
    "kind": "adjust",
    "points": 25,
    "movement": {"available": 25, "pending": 0, "held": 0, "debt": 0},
    "after": {"available": 145, "pending": 40, "held": 0, "debt": 0},
    "reason": "goodwill",
    "source": {"type": "adjustment", "id": "req_5"},
    "decision": None,
}
REVERSED = ADJUSTED | {
    "id": "ent_19",
    "seq": 5,
    "points": -25,
    "movement": {"available": -25, "pending": 0, "held": 0, "debt": 0},
    "after": {"available": 120, "pending": 40, "held": 0, "debt": 0},
    "reason": "typed twice",
    "source": {"type": "reversal", "id": "18"},
    "reverses": "ent_18",
    "expires_at": None,
}
SENT = REVERSED | {
    "id": "ent_20",
    "seq": 6,
    "kind": "transfer_out",
    "reason": None,
    "source": {"type": "transfer", "id": "req_6"},
    "reverses": None,
}
ADJUSTMENT = {"point_type": "points", "points": 25, "reason": "goodwill", "note": "Late parcel"}
WAITING = {
    "id": "adj_4",
    "status": "awaiting_approval",
    "member": "c-42",
    "point_type": "points",
    "points": 50_000,
    "reason": "goodwill",
    "note": "",
    "occurred_at": "2026-05-02T09:00:00Z",
}
TRANSFER = {"to": "c-7", "point_type": "points", "points": 25}
LIST = {"results": [EARNED], "next": None, "previous": None}
