"""Members: the shoppers of a program."""

from django.db import models
from django.db.models import Q

from loyalty.models.programs import Program


class Member(models.Model):
    """A shopper who takes part in one program, known by the storefront's own id."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        CLOSED = "closed", "Closed"
        ERASED = "erased", "Erased"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    external_id = models.CharField("id", max_length=255)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    earning_suspended = models.BooleanField(default=False)
    redeeming_suspended = models.BooleanField(default=False)
    suspension_reason = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, null=True, blank=True)
    phone = models.CharField(
        max_length=16, null=True, blank=True, help_text="E.164, such as +4930123456."
    )
    card = models.CharField("card number", max_length=64, null=True, blank=True)
    birthday = models.DateField(null=True, blank=True)
    birthday_known_since = models.DateTimeField(null=True, blank=True, editable=False)
    born_on = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="The birthday's month * 100 + day, to find it by."
    )
    joined_on = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="The same of the local day of joining."
    )
    celebrated_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Program time up to which birthdays and anniversaries were stated.",
    )
    locale = models.CharField(max_length=20, blank=True)
    timezone = models.CharField(max_length=60, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    consents = models.JSONField(default=dict, blank=True)
    joined_at = models.DateTimeField()
    created_at = models.DateTimeField(help_text="Server time.", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "external_id"], name="member_id_is_unique"
            ),
            models.UniqueConstraint(fields=["program", "email"], name="member_email_is_unique"),
            models.UniqueConstraint(fields=["program", "phone"], name="member_phone_is_unique"),
            models.UniqueConstraint(fields=["program", "card"], name="member_card_is_unique"),
            models.CheckConstraint(
                condition=~Q(email="") & ~Q(phone="") & ~Q(card=""),
                name="member_address_is_null_or_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "born_on"],
                condition=Q(born_on__isnull=False),
                name="member_born_on",
            ),
            models.Index(fields=["program", "joined_on"], name="member_joined_on"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id

    @property
    def may_earn(self) -> bool:
        return self.why_no_earning is None

    @property
    def may_redeem(self) -> bool:
        return self.is_open and not self.redeeming_suspended

    @property
    def is_open(self) -> bool:
        return self.status not in (self.Status.CLOSED, self.Status.ERASED)

    @property
    def why_no_earning(self) -> str | None:
        """Say in a stable word why facts about this member earn nothing, if so."""
        if not self.is_open:
            return f"member_{self.status}"
        return "member_suspended" if self.earning_suspended else None
