"""The ledger: wallets, entries, lots, allocations, holds.

Only `loyalty.services.ledger` writes these tables. Entries and allocations are
append-only; database triggers refuse anything else.
"""

from django.db import models
from django.db.models import F, Q

from loyalty.models.members import Member
from loyalty.models.programs import PointType, Program


class Wallet(models.Model):
    """One member's balances in one point type: a cache of its last entry.

    The only row that is locked to move points. `due_at` is the earliest moment
    at which time alone may change the wallet (a release, an expiry, the end of
    a hold); it may be too early, never too late.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="wallets")
    point_type = models.ForeignKey(PointType, on_delete=models.PROTECT, db_index=False)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    lifetime_earned = models.BigIntegerField(default=0)
    lifetime_redeemed = models.BigIntegerField(default=0)
    lifetime_expired = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    head_hash = models.BinaryField(default=bytes)
    due_at = models.DateTimeField(null=True)
    idle_at = models.DateTimeField(
        null=True, help_text="When lots that expire by inactivity expire."
    )
    is_closed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its member was merged into another, or erased: nothing comes in any more.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "member", "point_type"], name="one_wallet_each"
            ),
            models.CheckConstraint(
                condition=Q(available__gte=0, pending__gte=0, held__gte=0, debt__gte=0),
                name="wallet_buckets_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(debt=0) | Q(available=0),
                name="wallet_owes_only_when_empty",
            ),
            models.CheckConstraint(
                condition=Q(
                    lifetime_earned__gte=0,
                    lifetime_redeemed__gte=0,
                    lifetime_expired__gte=0,
                ),
                name="wallet_lifetimes_are_not_negative",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "due_at"],
                condition=Q(due_at__isnull=False),
                name="wallet_due",
            ),
        ]

    def __str__(self) -> str:
        return f"wallet {self.pk}"


class EntryKind(models.TextChoices):
    """What an entry does."""

    EARN = "earn", "Earned"
    RELEASE = "release", "Released"
    CANCEL_PENDING = "cancel_pending", "Pending cancelled"
    HOLD = "hold", "Held"
    CAPTURE = "capture", "Captured"
    VOID = "void", "Hold returned"
    REDEEM = "redeem", "Redeemed"
    RESTORE = "restore", "Spent points returned"
    CLAWBACK = "clawback", "Taken back"
    REPAY_DEBT = "repay_debt", "Debt repaid"
    EXPIRE = "expire", "Expired"
    REINSTATE = "reinstate", "Expired points returned"
    ADJUST = "adjust", "Adjusted"
    TRANSFER_OUT = "transfer_out", "Sent"
    TRANSFER_IN = "transfer_in", "Received"
    MERGE_OUT = "merge_out", "Merged away"
    MERGE_IN = "merge_in", "Merged in"
    OPENING = "opening", "Opening balance"


def _balanced() -> Q:
    """Return the condition that ties every kind to the movement it may make."""
    none = Q(available=0, pending=0, held=0, debt=0)
    only_available = Q(pending=0, held=0, debt=0)
    credit = Q(available__gte=0, pending__gte=0, held=0, debt=0) & ~none
    moved_in = Q(available__gte=0, pending__gte=0, held__gte=0, debt__gte=0)
    moved_out = Q(available__lte=0, pending__lte=0, held__lte=0, debt__lte=0)
    rules = {
        ("earn", "opening"): credit,
        ("release",): Q(available__gt=0, held=0, debt=0, pending=-F("available")),
        ("cancel_pending",): Q(available=0, pending__lt=0, held=0, debt=0),
        ("hold",): Q(held__gt=0, pending=0, debt=0, available=-F("held")),
        ("capture",): Q(held__lt=0, available=0, pending=0, debt=0),
        ("void",): Q(held__lt=0, pending=0, debt=0, available=-F("held")),
        ("redeem", "expire"): Q(available__lt=0) & only_available,
        ("restore", "reinstate"): Q(available__gt=0) & only_available,
        ("clawback",): Q(available__lte=0, pending__lte=0, held=0, debt__gte=0),
        ("repay_debt",): Q(debt__lt=0, pending=0, held=0, available=F("debt")),
        ("adjust",): Q(held=0, debt__gte=0) & ~none,
        ("transfer_in",): credit,
        ("transfer_out",): Q(available__lt=0) & only_available,
        ("merge_in",): moved_in & ~none,
        ("merge_out",): moved_out & ~none,
    }
    balanced = Q()
    for kinds, movement in rules.items():
        balanced |= Q(kind__in=kinds) & movement
    return balanced


class Entry(models.Model):
    """One movement of one wallet. Append-only, and chained by hash per wallet.

    `available`, `pending`, `held` and `debt` are the movement; the columns that
    end in `_after` are what the wallet holds afterwards.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    seq = models.BigIntegerField(help_text="1, 2, 3 … in its wallet, without a gap.")
    kind = models.CharField(max_length=14, choices=EntryKind.choices)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    available_after = models.BigIntegerField()
    pending_after = models.BigIntegerField()
    held_after = models.BigIntegerField()
    debt_after = models.BigIntegerField()
    forgiven = models.BigIntegerField(
        default=0, help_text="What a clawback should have taken and did not."
    )
    key = models.CharField(max_length=600, help_text="What caused it; once for ever.")
    source_type = models.CharField(max_length=20)
    source_id = models.CharField(max_length=255)
    reason = models.CharField(max_length=60, blank=True)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    decision = models.ForeignKey(
        "loyalty.Decision", on_delete=models.PROTECT, null=True, db_index=False
    )
    occurred_at = models.DateTimeField(help_text="Business time.")
    posted_at = models.DateTimeField(help_text="Server time.")
    prev_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["wallet", "seq"], name="entry_seq_once"),
            models.UniqueConstraint(fields=["program", "key"], name="entry_key_once"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="entry_reversed_once",
            ),
            models.CheckConstraint(condition=_balanced(), name="entry_balances_by_its_kind"),
            models.CheckConstraint(
                condition=Q(
                    available_after__gte=0,
                    pending_after__gte=0,
                    held_after__gte=0,
                    debt_after__gte=0,
                    forgiven__gte=0,
                ),
                name="entry_leaves_nothing_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.seq}"

    @property
    def points(self) -> int:
        """Return the signed change of available + pending + held - debt."""
        return self.available + self.pending + self.held - self.debt


class Lot(models.Model):
    """Points that came in together and share a fate: when they may be spent, and
    until when.

    `available_at` is None for points that were available at once; `lapses` says
    that pending points are cancelled, not released, at that moment. `idle` lots
    expire when their wallet's `idle_at` comes.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="lots", db_index=False
    )
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_index=False)
    source_type = models.CharField(max_length=20)
    source_id = models.CharField(max_length=255)
    granted = models.BigIntegerField()
    pending = models.BigIntegerField(default=0)
    remaining = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    reversed = models.BigIntegerField(default=0)
    earned_at = models.DateTimeField()
    available_at = models.DateTimeField(null=True)
    lapses = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    idle = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    granted=F("pending")
                    + F("remaining")
                    + F("held")
                    + F("spent")
                    + F("expired")
                    + F("reversed")
                ),
                name="lot_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    granted__gt=0,
                    pending__gte=0,
                    remaining__gte=0,
                    held__gte=0,
                    spent__gte=0,
                    expired__gte=0,
                    reversed__gte=0,
                ),
                name="lot_parts_are_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "source_type", "source_id"], name="lot_source"),
            # A statement says when what each of its entries gave will expire.
            models.Index(fields=["entry"], name="lot_of_entry"),
            models.Index(
                fields=["wallet", "expires_at"],
                condition=Q(pending__gt=0) | Q(remaining__gt=0) | Q(held__gt=0),
                name="lot_open",
            ),
        ]

    def __str__(self) -> str:
        return f"lot {self.pk} of {self.granted}"


class Hold(models.Model):
    """Points reserved for a checkout. The constraint, not a status, resolves it once.

    `released` counts what went back to the wallet and `expired` what went back
    because its time ran out.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, db_index=False)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT)
    points = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gt=0, captured__gte=0, released__gte=0, expired__gte=0),
                name="hold_parts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(points__gte=F("captured") + F("released") + F("expired")),
                name="hold_resolves_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["wallet"],
                condition=Q(points__gt=F("captured") + F("released") + F("expired")),
                name="hold_open",
            ),
        ]

    def __str__(self) -> str:
        return f"hold of {self.points}"

    @property
    def open_points(self) -> int:
        return self.points - self.captured - self.released - self.expired


class Allocation(models.Model):
    """What one entry did to one lot: how its parts changed. Append-only.

    The parts add up to nothing, since a lot never grows or shrinks.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, db_index=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="allocations")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, db_index=False)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, db_index=False)
    pending = models.BigIntegerField(default=0)
    remaining = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    reversed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    pending=-F("remaining")
                    - F("held")
                    - F("spent")
                    - F("expired")
                    - F("reversed")
                ),
                name="allocation_adds_up_to_nothing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["hold"],
                condition=Q(hold__isnull=False),
                name="allocation_hold",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.entry_id} on lot {self.lot_id}"
