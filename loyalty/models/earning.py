"""Earning rules, and the immutable rule sets that orders freeze."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from loyalty.models.members import Member
from loyalty.models.programs import Program


class EarningRuleQuerySet(models.QuerySet["EarningRule"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class EarningRule(models.Model):
    """One way to earn, as staff edit it. What counts is the published rule set.

    `definition` holds the rule in the program file's own form, so that file,
    admin and rule set speak one language.
    """

    program = models.ForeignKey(
        Program,
        on_delete=models.PROTECT,
        related_name="earning_rules",
        db_index=False,
    )
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    on = models.CharField(
        max_length=60,
        help_text="order, signup, birthday, anniversary, or an event of your own.",
    )
    definition = models.JSONField(
        default=dict, help_text="The rule as the program file writes it."
    )
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = EarningRuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "code"], name="earning_rule_code_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    def form(self) -> dict[str, Any]:
        """Return the whole rule in the program file's form."""
        name = {"name": self.name} if self.name else {}
        definition: dict[str, Any] = self.definition
        return name | {"on": self.on} | definition


class RuleSet(models.Model):
    """All earning rules of a program as they stood when published. Immutable.

    `published_at` is program time: an order earns by the set that was in force
    at its own time, and keeps it.
    """

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="rule_sets", db_index=False
    )
    version = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "version"], name="rule_set_version_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class LimitUse(models.Model):
    """What one fact used of the limits of one rule: counted, and given back on refund.

    Only rules that have limits leave such rows.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    rule = models.CharField(max_length=60)
    source_type = models.CharField(max_length=20)
    source_id = models.CharField(max_length=255)
    occurred_at = models.DateTimeField()
    points = models.BigIntegerField()
    times = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "rule", "source_type", "source_id"],
                name="limit_use_once",
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0), name="limit_use_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "rule", "occurred_at"], name="limit_use_of_member"),
            models.Index(
                fields=["program", "rule", "occurred_at"], name="limit_use_of_program"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.points}"
