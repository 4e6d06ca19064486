"""Adjustments: points given or taken by a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from loyalty.models.ledger import Entry
from loyalty.models.members import Member
from loyalty.models.programs import PointType, Program


class Adjustment(models.Model):
    """Points that a person wants given or taken, with a reason.

    Most are posted at once; one above the program's threshold waits here until
    a second person decides.
    """

    class Status(models.TextChoices):
        AWAITING = "awaiting_approval", "Awaiting approval"
        POSTED = "posted", "Posted"
        REJECTED = "rejected", "Rejected"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    point_type = models.ForeignKey(PointType, on_delete=models.PROTECT)
    points = models.BigIntegerField(help_text="Below zero takes points away.")
    reason = models.CharField(max_length=60)
    note = models.TextField(blank=True)
    occurred_at = models.DateTimeField()
    terms = models.JSONField(
        default=dict,
        help_text="available_at, expires_at, counts_for_tiers and allow_debt as asked.",
    )
    key = models.CharField(max_length=600)
    status = models.CharField(max_length=20, choices=Status.choices)
    tiers_behind = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether what counts it for tiers has yet to look at it.",
    )
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True)
    requested_by = models.CharField(max_length=150, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True
    )
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "key"], name="adjustment_key_is_unique"),
            models.CheckConstraint(condition=~Q(points=0), name="adjustment_moves_something"),
            models.CheckConstraint(
                condition=Q(status="posted", entry__isnull=False)
                | (~Q(status="posted") & Q(entry=None)),
                name="adjustment_is_posted_with_its_entry",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "created_at"],
                condition=Q(status="awaiting_approval"),
                name="adjustment_awaiting",
            ),
            models.Index(
                fields=["program", "member"],
                condition=Q(tiers_behind=True),
                name="adjustment_tiers_behind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points:+} for {self.reason}"
