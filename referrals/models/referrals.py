"""Referrals, the steps that they took, and what their people are known by."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from loyalty.models import Member, Program
from referrals.models.codes import ReferralCode
from referrals.models.programs import ReferralProgram, ReferralTerms
from referrals.rules.attribution import Source
from referrals.rules.fraud import KINDS, Outcome
from referrals.rules.states import OVER, Reason, State

OVER_STATES = sorted(state.value for state in OVER)


def _choices(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(str(word), str(word).replace("_", " ").capitalize()) for word in words]


class Referral(models.Model):
    """A friend whom an advocate brought, and how far that has come.

    `friend_ref` is the id of a friend who has not enrolled yet; an address is kept as
    identities only. `state` is what was last written; `resumes` where it goes on when it
    is approved or reinstated. `version` grows with each time it qualifies; `qualified_by`
    names what did it, and `amount` what that order is worth (minor units).
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    referral_program = models.ForeignKey(
        ReferralProgram, on_delete=models.PROTECT, db_index=False
    )
    terms = models.ForeignKey(ReferralTerms, on_delete=models.PROTECT, db_index=False)
    code = models.ForeignKey(ReferralCode, on_delete=models.PROTECT)
    advocate = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="referred")
    friend = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        related_name="referred_by",
        db_index=False,
    )
    friend_ref = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=_choices(State))
    resumes = models.CharField(max_length=10, blank=True)
    version = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=20, blank=True, choices=_choices(Reason))
    source = models.CharField(max_length=10, choices=_choices(Source))
    channel = models.CharField(max_length=40, blank=True)
    checkout = models.CharField(
        max_length=255, blank=True, help_text="The order that the code was typed on."
    )
    touched_at = models.DateTimeField(help_text="Program time.")
    claimed_at = models.DateTimeField(help_text="Program time.")
    signed_up_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="Exclusive.")
    qualified_at = models.DateTimeField(null=True)
    qualified_by = models.CharField(max_length=265, blank=True)
    amount = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="When its hold has passed.")
    score = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list)
    outcome = models.CharField(
        max_length=6, choices=_choices(Outcome), default=Outcome.ALLOW.value
    )
    approved_at = models.DateTimeField(null=True)
    steps_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral_program", "friend"],
                condition=Q(friend__isnull=False) & ~Q(state__in=OVER_STATES),
                name="referral_of_a_friend_once",
            ),
            models.UniqueConstraint(
                fields=["referral_program", "friend_ref"],
                condition=Q(friend=None) & ~Q(friend_ref="") & ~Q(state__in=OVER_STATES),
                name="referral_of_an_id_once",
            ),
            models.CheckConstraint(
                condition=~Q(friend=F("advocate")), name="referral_is_of_somebody_else"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("qualified", "rewarded"))
                | Q(friend__isnull=False, qualified_at__isnull=False, due_at__isnull=False),
                name="referral_qualified_by_something",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""),
                name="referral_rejected_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["friend"], name="referral_of_friend"),
            models.Index(
                fields=["program", "friend_ref"],
                condition=~Q(friend_ref=""),
                name="referral_waits_for_id",
            ),
            models.Index(
                fields=["program", "due_at"],
                condition=Q(state="qualified"),
                name="referral_to_reward",
            ),
            models.Index(
                fields=["program", "expires_at"],
                condition=Q(state__in=("claimed", "signed_up")),
                name="referral_to_expire",
            ),
            models.Index(
                fields=["program", "claimed_at"],
                condition=Q(state="flagged"),
                name="referral_to_review",
            ),
        ]

    def __str__(self) -> str:
        return f"ref_{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def is_due(self, at: datetime) -> bool:
        """Say whether its hold has passed, and nobody has noted that yet."""
        return self.state == State.QUALIFIED and self.due_at is not None and self.due_at <= at

    def state_at(self, at: datetime) -> str:
        """Return how it stands by the clock, whether or not anybody has noted it."""
        if self.is_due(at):
            return State.REWARDED.value
        is_open = self.state in (State.CLAIMED, State.SIGNED_UP)
        if is_open and self.expires_at is not None and self.expires_at <= at:
            return State.EXPIRED.value
        return self.state


class ReferralStep(models.Model):
    """A step that a referral took: when, and what caused it. Never changed afterwards."""

    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=_choices(State))
    version = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(help_text="Program time.")
    cause = models.CharField(max_length=290, help_text="order:1001, click, review …")
    reason = models.CharField(max_length=255, blank=True)
    by = models.CharField(max_length=150, blank=True, help_text="Who decided it, of the staff.")
    note = models.CharField(max_length=255, blank=True, help_text="What no shopper sees.")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["referral", "number"], name="referral_step_once"),
        ]

    def __str__(self) -> str:
        return self.state


class Identity(models.Model):
    """Something that a person is known by, as a keyed hash.

    It is a member's own, or came with a claim; it is forgotten at `forget_at`.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    kind = models.CharField(max_length=7, choices=_choices(KINDS))
    digest = models.BinaryField(max_length=16)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True)
    referral = models.ForeignKey(
        Referral, on_delete=models.PROTECT, null=True, related_name="identities"
    )
    seen_at = models.DateTimeField(help_text="Program time.")
    forget_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False) | Q(referral__isnull=False),
                name="identity_is_somebodys",
            ),
        ]
        indexes = [
            models.Index(fields=["program", "digest", "kind"], name="identity_by_digest"),
            models.Index(
                fields=["program", "forget_at"],
                condition=Q(forget_at__isnull=False),
                name="identity_to_forget",
            ),
        ]

    def __str__(self) -> str:
        return self.kind
