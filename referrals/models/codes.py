"""The codes by which friends arrive, how they are passed on, and the clicks on them."""

from django.db import models
from django.db.models import Q

from loyalty.models import Member, Program
from referrals.models.programs import ReferralProgram


class ReferralCode(models.Model):
    """A code by which a member's friends arrive. A retired one goes on working."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    referral_program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    code = models.CharField(max_length=24, help_text="As it is compared.")
    shown = models.CharField(max_length=40, help_text="As it is passed on.")
    is_vanity = models.BooleanField(default=False)
    made_at = models.DateTimeField(help_text="Program time.")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="referral_code_is_unique"),
            models.UniqueConstraint(
                fields=["referral_program", "member"],
                condition=Q(retired_at=None),
                name="referral_code_is_the_members_only_one",
            ),
        ]

    def __str__(self) -> str:
        return self.shown


class Click(models.Model):
    """That a visitor came by a code on a local day, and how often.

    Who it was is kept as keyed hashes, until `forget_at`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    code = models.ForeignKey(ReferralCode, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=40, blank=True)
    visitor = models.BinaryField(max_length=16)
    day = models.DateField(help_text="Of the program's time zone.")
    ip = models.BinaryField(max_length=16, null=True)
    network = models.BinaryField(max_length=16, null=True)
    is_bot = models.BooleanField(default=False)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(help_text="Program time.")
    last_at = models.DateTimeField(help_text="Program time.")
    forget_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "day", "channel", "visitor"], name="click_of_a_day_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "forget_at"],
                condition=Q(forget_at__isnull=False),
                name="click_to_forget",
            ),
            models.Index(
                fields=["program", "ip", "day"],
                condition=Q(ip__isnull=False),
                name="click_by_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}, {self.times}"


class Sharing(models.Model):
    """How often an advocate looked at a code and passed it on by a channel, on a local day.

    What was looked at had no channel yet.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    code = models.ForeignKey(ReferralCode, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=40, blank=True)
    day = models.DateField(help_text="Of the program's time zone.")
    views = models.PositiveIntegerField(default=0)
    shares = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(help_text="Program time.")
    last_at = models.DateTimeField(help_text="Program time.")

    class Meta:
        verbose_name = "share"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "day", "channel"], name="sharing_of_a_day_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}, {self.channel or 'seen'}"
