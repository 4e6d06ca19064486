"""What referrals have paid."""

from django.db import models
from django.db.models import Q

from loyalty.models import Member, Program, Voucher
from referrals.models.programs import ReferralProgram
from referrals.models.referrals import Referral
from referrals.rules.states import Reason

CAME_TO = ("given", Reason.CAP_REACHED.value, "over_budget", "withheld", "taken_back", "lost")


class Payout(models.Model):
    """What one side of a referral was given, or why it was given nothing.

    A milestone's has no referral; `count` is its number, or the referral's version.
    `key` names what was given. What was taken back counts as never given; `used` says
    that it could only be written off.
    """

    class Side(models.TextChoices):
        ADVOCATE = "advocate", "Advocate"
        FRIEND = "friend", "Friend"
        MILESTONE = "milestone", "Milestone"

    class Outcome(models.TextChoices):
        GIVEN = "given", "Given"
        CAPPED = "capped", "Over the cap"
        OVER_BUDGET = "over_budget", "Over the budget"
        WITHHELD = "withheld", "Not earning"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    referral_program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, db_index=False
    )
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, null=True, related_name="payouts", db_index=False
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    side = models.CharField(max_length=9, choices=Side.choices)
    milestone = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=11, choices=Outcome.choices)
    gives = models.JSONField(default=dict)
    points = models.BigIntegerField(default=0)
    money = models.BigIntegerField(default=0, help_text="Minor units, as its budget counts.")
    key = models.CharField(max_length=600, blank=True)
    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(help_text="Program time, by which its period counts.")
    given_at = models.DateTimeField(help_text="Program time.")
    taken_back_at = models.DateTimeField(null=True)
    was_used = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "side"],
                condition=Q(referral__isnull=False, taken_back_at=None),
                name="payout_of_a_side_once",
            ),
            models.UniqueConstraint(
                fields=["member", "referral_program", "milestone", "count"],
                condition=Q(referral=None, taken_back_at=None),
                name="payout_of_a_milestone_once",
            ),
            models.UniqueConstraint(
                fields=["program", "key"], condition=~Q(key=""), name="payout_key_once"
            ),
            models.CheckConstraint(
                condition=Q(referral__isnull=False, milestone="")
                | Q(referral=None, side="milestone"),
                name="payout_is_of_a_referral_or_a_milestone",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "referral_program", "due_at"],
                condition=Q(side="advocate", taken_back_at=None),
                name="payout_of_advocate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side}: {self.outcome}"

    @property
    def came_to(self) -> str:
        """What became of it, in a word that storefronts and shoppers may see."""
        if self.outcome == self.Outcome.CAPPED:
            return Reason.CAP_REACHED.value
        if self.taken_back_at is not None and self.outcome == self.Outcome.GIVEN:
            return "lost" if self.was_used else "taken_back"
        return self.outcome
