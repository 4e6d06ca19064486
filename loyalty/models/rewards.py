"""Rewards, their redemptions, and the vouchers that some of them yield."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from loyalty.models.ledger import Entry, Hold
from loyalty.models.members import Member
from loyalty.models.programs import PointType, Program


class RewardQuerySet(models.QuerySet["Reward"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class Reward(models.Model):
    """Something that points can be exchanged for.

    `definition` holds the reward in the program file's own form, but for its
    name and stock. `stock` is how many there ever were, `taken` how many of them
    are reserved or gone: who takes one locks this row.
    """

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="rewards", db_index=False
    )
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    definition = models.JSONField(
        default=dict, help_text="The reward as the program file writes it."
    )
    stock = models.BigIntegerField(
        null=True, blank=True, help_text="How many there are in all. Empty: unlimited."
    )
    taken = models.BigIntegerField(
        default=0, editable=False, help_text="How many of the stock are reserved or gone."
    )
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RewardQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="reward_code_is_unique"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="reward_taken_not_negative"),
            models.CheckConstraint(
                condition=Q(stock=None) | Q(stock__gte=F("taken")),
                name="reward_stock_is_not_overdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    def form(self) -> dict[str, Any]:
        """Return the whole reward in the program file's form."""
        name = {"name": self.name} if self.name else {}
        stock = {"stock": self.stock} if self.stock is not None else {}
        definition: dict[str, Any] = self.definition
        return name | definition | stock


class Redemption(models.Model):
    """Points exchanged for a reward, or paid with at a checkout; a gift takes none.

    `points` were asked for; `captured_points` of them were spent, and
    `reversed_points` of those came back. Its wallet's lock guards every change.
    `status` is what was last written: a hold ends by itself at `expires_at`,
    whether or not anybody has noted it (see `status_at`).
    """

    class Status(models.TextChoices):
        HELD = "held", "Held"
        CAPTURED = "captured", "Captured"
        VOIDED = "voided", "Voided"
        EXPIRED = "expired", "Expired"
        REVERSED = "reversed", "Reversed"

    class Fulfilment(models.TextChoices):
        NONE = "none", "Nothing to do"
        OPEN = "open", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        FULFILLED = "fulfilled", "Fulfilled"
        CANCELLED = "cancelled", "Cancelled"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    point_type = models.ForeignKey(PointType, on_delete=models.PROTECT, db_index=False)
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, null=True, db_index=False)
    key = models.CharField(max_length=600, help_text="The request that made it; once for ever.")
    status = models.CharField(max_length=10, choices=Status.choices)
    points = models.BigIntegerField()
    captured_points = models.BigIntegerField(default=0)
    reversed_points = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(
        null=True, help_text="What it is worth at the checkout, minor units, where known."
    )
    claimed_total = models.BigIntegerField(
        null=True,
        help_text="What a shopper said that the order comes to; the order has to bear it out.",
    )
    gives = models.JSONField(help_text="What the reward gave at the time, in the file's form.")
    order_ref = models.CharField("order", max_length=255, blank=True)
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, null=True)
    spent_by = models.OneToOneField(
        Entry,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The entry that spent the points: a capture, or a redemption at once.",
    )
    fulfilment = models.CharField(
        max_length=11, choices=Fulfilment.choices, default=Fulfilment.NONE
    )
    fulfilment_note = models.CharField(max_length=255, blank=True)
    fulfilled_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(help_text="Program time.")
    expires_at = models.DateTimeField(null=True, help_text="When its hold ends by itself.")
    settled_at = models.DateTimeField(null=True, help_text="When it was captured or ended.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "key"], name="redemption_key_once"),
            models.CheckConstraint(
                condition=Q(
                    points__gte=0,
                    captured_points__gte=0,
                    captured_points__lte=F("points"),
                    reversed_points__gte=0,
                    reversed_points__lte=F("captured_points"),
                ),
                name="redemption_points_add_up",
            ),
            models.CheckConstraint(
                condition=(Q(status="captured") & Q(captured_points__gt=F("reversed_points")))
                | (Q(status="reversed") & Q(captured_points__gt=0))
                | Q(status__in=("captured", "reversed"), points=0)
                | Q(status__in=("held", "voided", "expired"), captured_points=0),
                name="redemption_status_fits_its_points",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "held_at"], name="redemption_of_member"),
            models.Index(fields=["reward", "held_at"], name="redemption_of_reward"),
            models.Index(
                fields=["program", "order_ref"],
                condition=~Q(order_ref=""),
                name="redemption_of_order",
            ),
            models.Index(
                fields=["program", "expires_at"],
                condition=Q(status="held"),
                name="redemption_open",
            ),
            models.Index(
                fields=["program", "held_at"],
                condition=Q(fulfilment__in=("open", "in_progress")),
                name="redemption_to_fulfil",
            ),
        ]

    def __str__(self) -> str:
        return f"red_{self.pk}"

    def status_at(self, at: datetime) -> str:
        """Return how the redemption stands, whatever job has run."""
        is_over = self.expires_at is not None and self.expires_at <= at
        if self.status == self.Status.HELD and is_over:
            return self.Status.EXPIRED
        return self.status


class Voucher(models.Model):
    """A code that the storefront accepts, once or several times.

    One without `issued_at` waits in its reward's imported pool. A voucher of a
    redemption is worth nothing once that was voided, expired or reversed.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    code = models.CharField(
        max_length=64, help_text="As it is compared: capital letters and digits only."
    )
    shown = models.CharField(max_length=80, help_text="As it is printed, with its dashes.")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True)
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, null=True, db_index=False)
    redemption = models.OneToOneField(Redemption, on_delete=models.PROTECT, null=True)
    source_type = models.CharField(
        max_length=20, blank=True, help_text="redemption, referral, tier or staff."
    )
    source_id = models.CharField(max_length=255, blank=True)
    gives = models.JSONField(default=dict)
    uses = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True, help_text="Exclusive.")
    issued_at = models.DateTimeField(null=True, help_text="Program time.")
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="voucher_code_is_unique"),
            models.CheckConstraint(
                condition=Q(uses__gte=1, used__lte=F("uses")), name="voucher_is_not_overused"
            ),
        ]
        indexes = [
            models.Index(
                fields=["reward", "id"],
                condition=Q(issued_at=None),
                name="voucher_in_pool",
            ),
        ]

    def __str__(self) -> str:
        return self.shown


class VoucherUse(models.Model):
    """One use of a voucher on an order; given back when `released_at` is set."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="redeemed")
    order_ref = models.CharField("order", max_length=255)
    subtotal = models.BigIntegerField(null=True)
    discount = models.BigIntegerField(null=True)
    used_at = models.DateTimeField(help_text="Program time.")
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["voucher", "order_ref"],
                condition=Q(released_at=None),
                name="voucher_used_once_on_an_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "order_ref"],
                condition=Q(released_at=None),
                name="voucher_use_of_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher} on {self.order_ref}"
