"""Idempotency keys: the answers that a storefront may ask for again."""

from django.db import models
from django.db.models import Q

from loyalty.models import Member
from storefront.models.keys import ApiKey


class IdempotencyKey(models.Model):
    """A request that may be repeated, and its answer once there is one.

    It is of whoever sent it: a storefront by its key, or a shopper by a token.
    Without `status` the request is still being worked on, by whoever wrote
    `claimed_at` last; None there means that the work broke off and the next
    repeat does it. Services are given `work_key`, so that work that was done
    but not answered is not done twice.
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, db_index=False)
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(
        max_length=32, help_text="SHA-256 of method, path and body."
    )
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=60, blank=True)
    body = models.BinaryField(null=True)
    claimed_at = models.DateTimeField(null=True, help_text="Server time.")
    created_at = models.DateTimeField(help_text="Server time.", db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "key"], name="idempotency_key_is_unique"
            ),
            models.UniqueConstraint(
                fields=["member", "key"], name="idempotency_key_is_unique_to_a_member"
            ),
            models.CheckConstraint(
                condition=Q(api_key=None, member__isnull=False)
                | Q(api_key__isnull=False, member=None),
                name="idempotency_key_has_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(status=None, body=None)
                | Q(status__isnull=False, body__isnull=False),
                name="idempotency_key_is_answered_in_full",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def work_key(self) -> str:
        """Return what services know this request by; no other ever has the same."""
        return f"req_{self.pk}"
