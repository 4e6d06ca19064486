"""Facts as storefronts state them, and why they earned what they earned."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from loyalty.models.earning import RuleSet
from loyalty.models.members import Member
from loyalty.models.programs import Program
from loyalty.rules.counted import NOTHING, Counted


class Order(models.Model):
    """An order as it stands now, and what has been posted for it.

    `body` is the last statement in the contract's form, `refunds` what was
    posted to it one by one. `frozen` holds the member facts and bonuses of the
    first time it earned. `posted` maps point type to what the ledger was made to
    agree with. A row without a body is a refund that came before its order.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    external_id = models.CharField("id", max_length=255)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, db_index=False)
    member_ref = models.CharField(max_length=255, blank=True)
    guest_email = models.CharField(max_length=254, blank=True)
    guest_phone = models.CharField(max_length=16, blank=True)
    waiting = models.BooleanField(default=False)
    version = models.BigIntegerField(default=0)
    stated_updated_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, blank=True)
    body = models.JSONField(null=True)
    refunds = models.JSONField(default=list)
    placed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    subtotal = models.BigIntegerField(default=0, help_text="Net of refunds, minor units.")
    total = models.BigIntegerField(default=0, help_text="Net of refunds, minor units.")
    counts = models.BooleanField(default=False, help_text="Whether it is worth something now.")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, null=True, db_index=False)
    frozen = models.JSONField(null=True)
    posted = models.JSONField(default=dict)
    decision = models.ForeignKey(
        "Decision",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(help_text="Program time of the first statement.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "external_id"], name="order_id_is_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "paid_at"], name="order_of_member"),
            models.Index(
                fields=["program", "member_ref"],
                condition=Q(waiting=True),
                name="order_waiting_for_id",
            ),
            models.Index(
                fields=["program", "guest_email"],
                condition=Q(waiting=True),
                name="order_waiting_for_email",
            ),
            models.Index(
                fields=["program", "guest_phone"],
                condition=Q(waiting=True),
                name="order_waiting_for_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    def still_waits(self, *, claimable_since: datetime) -> bool:
        """Say whether it may yet get a member, or the order that it is a refund of."""
        return self.waiting and (self.placed_at is None or self.placed_at >= claimable_since)

    @property
    def counted(self) -> Counted:
        """What the order comes to as it stands.

        One that earned nothing because of whose it was, such as somebody suspended,
        counts for nothing either; one that was stated again meanwhile, for no more than
        it had.
        """
        if self.member_id is None:
            return NOTHING
        frozen = self.frozen or {}
        is_nothing = not self.counts or frozen.get("earns_nothing")
        spend, orders = (0, 0) if is_nothing else (self.subtotal, 1)
        most_spend, most_orders = frozen.get("counts_at_most", (spend, orders))
        spend, orders = min(spend, most_spend), min(orders, most_orders)
        moment = self.paid_at or self.placed_at
        return Counted(self.member_id, moment, spend, orders, self.posted)


class MemberEvent(models.Model):
    """Something a member did that is not an order: a review, a visit, a signup."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    external_id = models.CharField("id", max_length=255)
    type = models.CharField(max_length=60)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True)
    member_ref = models.CharField(max_length=255, blank=True)
    waiting = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, null=True, db_index=False)
    posted = models.JSONField(default=dict)
    decision = models.ForeignKey(
        "Decision",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    recorded_at = models.DateTimeField(help_text="Program time.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "external_id"], name="event_id_is_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["program", "member_ref"],
                condition=Q(waiting=True),
                name="event_waiting_for_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"

    def still_waits(self, *, claimable_since: datetime) -> bool:
        """Say whether its member may yet enrol and claim it."""
        return self.waiting and self.occurred_at >= claimable_since

    @property
    def counted(self) -> Counted:
        """What the event comes to."""
        if self.member_id is None:
            return NOTHING
        return Counted(self.member_id, self.occurred_at, posted=self.posted)


class Decision(models.Model):
    """Why a fact earned what it earned: the statement, and each rule looked at.

    The rows of one order are also its history of statements.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True)
    fact_type = models.CharField(max_length=10, help_text="order, refund or event.")
    fact_id = models.CharField(max_length=255)
    version = models.BigIntegerField(default=1)
    statement = models.JSONField()
    outcome = models.JSONField()
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, null=True, db_index=False)
    decided_at = models.DateTimeField(help_text="Program time.")

    class Meta:
        indexes = [
            models.Index(fields=["program", "fact_id"], name="decision_of_fact"),
        ]

    def __str__(self) -> str:
        return f"{self.fact_type} {self.fact_id}, statement {self.version}"
