"""Programs and their point types."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from core import clock


class Program(models.Model):
    """One loyalty program: a currency, a time zone, and everything that hangs on it."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, help_text="ISO 4217, such as EUR.")
    timezone = models.CharField(max_length=60, help_text="IANA name, such as Europe/Berlin.")
    days_zone = models.CharField(
        max_length=60,
        blank=True,
        editable=False,
        help_text="The time zone by whose days sums are kept, if that is another one.",
    )
    locale = models.CharField(max_length=20, default="en")
    sandbox = models.BooleanField(
        default=False, help_text="A sandbox has a clock of its own that can be moved."
    )
    clock_at = models.DateTimeField(
        null=True, blank=True, help_text="The sandbox clock. Empty: real time."
    )
    origins = models.JSONField(
        default=list, blank=True, help_text="Sites that may call from a browser."
    )
    leap_day = models.CharField(
        max_length=6,
        choices=[("feb_28", "28 February"), ("mar_1", "1 March")],
        default="feb_28",
        help_text="When a 29 February is kept in other years.",
    )
    guest_claim = models.CharField(
        max_length=30,
        default="30 days",
        help_text="How long a guest's order waits to be claimed by enrolling.",
    )
    adjustment_approval_above = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Adjustments of more points wait for a second person. Empty: never.",
    )
    revision = models.UUIDField(
        default=uuid.uuid4,
        editable=False,
        help_text="New whenever rules or point types are published.",
    )
    created_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sandbox=True) | Q(clock_at=None),
                name="only_a_sandbox_has_a_clock",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def now(self) -> datetime:
        """Return the program's time. For interfaces only; services get `at`."""
        return clock.now(self)


class PointTypeQuerySet(models.QuerySet["PointType"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class PointType(models.Model):
    """A kind of points in a program, with the policies that all its lots follow."""

    class Kind(models.TextChoices):
        SPENDABLE = "spendable", "Spendable"
        STATUS = "status", "Status (tiers only)"
        STAMP = "stamp", "Stamp"

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="point_types", db_index=False
    )
    code = models.SlugField(max_length=60)
    name_one = models.CharField(max_length=60)
    name_other = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SPENDABLE)
    value = models.DecimalField(
        max_digits=18,
        decimal_places=9,
        default=Decimal(0),
        help_text="What one point is worth, in major units of the currency.",
    )
    decimals = models.PositiveSmallIntegerField(
        default=0, help_text="For display only; points are whole numbers."
    )
    spend_order = models.CharField(
        max_length=20,
        choices=[
            ("soonest_expiry", "Soonest expiry first"),
            ("oldest", "Oldest first"),
        ],
        default="soonest_expiry",
    )
    hold = models.JSONField(
        default=str, blank=True, help_text='How long points stay pending: "none", …'
    )
    expiry = models.JSONField(
        default=str, blank=True, help_text='When points expire: "never", …'
    )
    expiry_reminders = models.JSONField(
        default=list, blank=True, help_text="Days before expiry, as [30, 7, 1]."
    )
    max_balance = models.BigIntegerField(
        null=True, blank=True, help_text="The most a member may have. Empty: no cap."
    )
    debt = models.JSONField(
        default=str,
        blank=True,
        help_text='What a clawback does when points are gone: "allow", '
        '{"allow_up_to": 500}, "clamp" or "pending_only".',
    )
    restore_on_refund = models.CharField(
        max_length=20,
        choices=[
            ("prorated", "In proportion"),
            ("full_refund_only", "Only when all is refunded"),
            ("never", "Never"),
        ],
        default="prorated",
    )
    min_validity_after_return = models.CharField(
        max_length=30,
        default="14 days",
        help_text="How long returned points live whose own time has run out.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PointTypeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "code"], name="point_type_code_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(max_balance=None) | Q(max_balance__gt=0),
                name="max_balance_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name_other

    def policies(self) -> dict[str, Any]:
        """Return the hold and expiry that a rule set freezes with its rules."""
        return {"hold": self.hold or "none", "expiry": self.expiry or "never"}
