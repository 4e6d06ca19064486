"""Referral programs and what they promise."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from loyalty.models import Program


class ReferralProgramQuerySet(models.QuerySet["ReferralProgram"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class ReferralProgram(models.Model):
    """A way in which members refer their friends. What it promises is in its terms.

    `spent_points` and `spent_money` (minor units) are what its budget has gone into: who
    spends of it locks this row.
    """

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="referral_programs", db_index=False
    )
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    spent_points = models.BigIntegerField(default=0, editable=False)
    spent_money = models.BigIntegerField(default=0, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ReferralProgramQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "code"], name="referral_program_code_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(spent_points__gte=0, spent_money__gte=0),
                name="referral_budget_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class ReferralTerms(models.Model):
    """What a referral program promises from `applies_from` on. Never changed afterwards.

    `content` is the program file's form without the name. A referral keeps the terms
    under which it was claimed.
    """

    referral_program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, related_name="terms"
    )
    number = models.PositiveIntegerField()
    content = models.JSONField()
    applies_from = models.DateTimeField(help_text="Program time.")

    class Meta:
        ordering = ["number"]
        verbose_name_plural = "referral terms"
        constraints = [
            models.UniqueConstraint(
                fields=["referral_program", "number"], name="referral_terms_are_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_program} {self.number}"

    def form(self, name: str) -> dict[str, Any]:
        """Return the whole program in the program file's form, its milestones by number.

        A database may not keep the order of what is stored.
        """
        content: dict[str, Any] = self.content
        milestones = sorted((content.get("milestones") or {}).items(), key=_number)
        return (
            ({"name": name} if name else {})
            | content
            | ({"milestones": dict(milestones)} if milestones else {})
        )


def _number(milestone: tuple[str, dict[str, Any]]) -> tuple[int, str]:
    code, form = milestone
    return form.get("at") or form["every"], code
