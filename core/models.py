"""The event log: what happened, for the outside world."""

from django.db import models
from django.db.models import Q

# What the log tells of members' lives; seldom, and asked for whenever somebody calls.
LIVES = ("member.suspended", "member.reactivated", "member.closed")


class Event(models.Model):
    """One thing that happened, appended in the transaction that made it so.

    The log is also the outbox: a row without `published_at` still has to be
    delivered. It knows programs and members by number only, since this floor
    knows nothing about points.
    """

    program_id = models.BigIntegerField()
    member_id = models.BigIntegerField(null=True)
    type = models.CharField(max_length=60, help_text="noun.past, as points.earned.")
    data = models.JSONField()
    occurred_at = models.DateTimeField(help_text="Program time.")
    recorded_at = models.DateTimeField(help_text="Server time.")
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(published_at=None),
                name="event_unpublished",
            ),
            models.Index(
                fields=["member_id"],
                condition=Q(type__in=LIVES),
                name="event_of_a_life",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.occurred_at:%Y-%m-%d %H:%M}"
