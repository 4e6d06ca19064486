"""Keys of claims: what a program vouches for its members with."""

from django.db import models
from django.db.models import Q

from loyalty.models import Program


class ClaimsKey(models.Model):
    """The name of a key that claims are signed with. The key itself is kept nowhere.

    It signs from `signs_from` until the next one does, and may be checked with until
    `ends_at`; without an end it is the newest.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    kid = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(help_text="Server time.")
    signs_from = models.DateTimeField(help_text="Server time.")
    ends_at = models.DateTimeField(null=True, help_text="Server time, exclusive.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program"],
                condition=Q(ends_at=None),
                name="claims_key_has_one_newest",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
