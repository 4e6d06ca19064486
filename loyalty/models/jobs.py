"""What of the daily work has been done: a row per job and day decides what is due."""

from django.db import models
from django.db.models import Q

from loyalty.models.programs import Program


class JobRun(models.Model):
    """One job of a program on one local day, and how far it has come.

    Without `done_at` it is still due, whoever has begun it: `until` is the program
    time up to which it was done, `cursor` the last row of a chunk that is being
    worked through. Whoever continues locks the row.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    job = models.CharField(max_length=30)
    day = models.DateField(help_text="Of the program's time zone.")
    until = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True, help_text="Server time.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "job", "day"], name="job_once_a_day"),
        ]
        indexes = [
            models.Index(
                fields=["program", "day"], condition=Q(done_at=None), name="job_not_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} on {self.day}"


class ExpiryReminder(models.Model):
    """That a member was told, so many days ahead, that points will expire."""

    wallet = models.ForeignKey("loyalty.Wallet", on_delete=models.PROTECT, db_index=False)
    expires_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField(help_text="How long before.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "expires_at", "days"], name="reminder_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days before {self.expires_at:%Y-%m-%d}"
