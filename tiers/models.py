"""What tiers remember: ladders and their versions, sums by day, standings and their history."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from loyalty.models import Member, MergeRecord, PointType, Program


class LadderQuerySet(models.QuerySet["Ladder"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class Ladder(models.Model):
    """A ladder of tiers. What it says is in its versions."""

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="ladders", db_index=False
    )
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LadderQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="ladder_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class LadderVersion(models.Model):
    """What a ladder says from `applies_from` on, in the program file's form without its name.

    An undone version was never there. In force is the newest of the others that has
    begun; before the first one, the first. Until all members have been reviewed since it
    began, or since it was undone, rows do not tell where they stand.
    """

    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    applies_from = models.DateTimeField(help_text="Program time.")
    undone_at = models.DateTimeField(null=True, editable=False, help_text="Program time.")
    reviewed_at = models.DateTimeField(
        null=True, editable=False, help_text="Program time, for all members."
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["ladder", "number"], name="ladder_version_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ladder} {self.number}"

    def form(self, name: str) -> dict[str, Any]:
        """Return the whole ladder in the program file's form, its tiers in their order.

        A database may not keep the order of what is stored.
        """
        content: dict[str, Any] = self.content
        tiers = sorted(content["tiers"].items(), key=_threshold)
        return ({"name": name} if name else {}) | content | {"tiers": dict(tiers)}

    def judges_like(self, other: "LadderVersion | None") -> bool:
        """Say whether it puts everybody where another version does."""
        return other is not None and judging(self.content) == judging(other.content)

    @property
    def lowest(self) -> str:
        """Return the code of the tier that needs nothing, "" if there is none."""
        tiers = self.content["tiers"].items()
        free = (code for code, tier in tiers if _needs_nothing(tier))
        return next(free, "")


# What tiers are called and bring; it moves nobody.
BROUGHT = ("name", "multiplier", "entry", "benefits")


def judging(content: dict[str, Any]) -> dict[str, Any]:
    """Return what of a version's content decides where members stand."""
    tiers = {
        code: {key: value for key, value in tier.items() if key not in BROUGHT}
        for code, tier in content["tiers"].items()
    }
    return content | {"tiers": tiers}


def _needs_nothing(tier: dict[str, Any]) -> bool:
    return not Decimal(str(tier["threshold"])) and tier.get("operator") != "over"


def _threshold(tier: tuple[str, dict[str, Any]]) -> Decimal:
    return Decimal(str(tier[1]["threshold"]))


class DayTotal(models.Model):
    """What a member's orders of one local day came to, net of refunds, by `paid_at`."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    day = models.DateField(help_text="Of the program's time zone.")
    spend = models.BigIntegerField(default=0, help_text="Minor units.")
    orders = models.IntegerField(default=0)

    class Meta:
        verbose_name = "day's orders"
        verbose_name_plural = "days' orders"
        constraints = [
            models.UniqueConstraint(fields=["member", "day"], name="day_total_once"),
            models.CheckConstraint(
                condition=Q(spend__gte=0) & Q(orders__gte=0), name="day_total_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["program", "day"], name="day_total_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.spend}"


class DayPoints(models.Model):
    """The points of one type that count for tiers: by the day of the fact, and of release."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    point_type = models.ForeignKey(PointType, on_delete=models.PROTECT, db_index=False)
    day = models.DateField(help_text="Of the program's time zone.")
    earned = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "day's points"
        verbose_name_plural = "days' points"
        constraints = [
            models.UniqueConstraint(
                fields=["member", "point_type", "day"], name="day_points_once"
            ),
        ]
        indexes = [models.Index(fields=["program", "day"], name="day_points_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.earned}"


class Standing(models.Model):
    """Where a member stands in a ladder. Whoever never rose has no row.

    `tier` is what counts, "" is none; `earned` the tier without the floor that staff
    set by hand. Ends are exclusive, and null is for ever. `review_at` is when time
    alone may change it.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="standings", db_index=False
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, db_index=False)
    tier = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    earned = models.CharField(max_length=60, blank=True)
    earned_since = models.DateField(null=True)
    earned_until = models.DateField(null=True)
    period_start = models.DateField(
        null=True, help_text="Of the period in which the threshold was reached."
    )
    review_at = models.DateTimeField(null=True)
    floor_tier = models.CharField(max_length=60, blank=True)
    floor_since = models.DateTimeField(null=True)
    floor_until = models.DateTimeField(null=True)
    floor_reason = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name_plural = "members by tier"
        constraints = [
            models.UniqueConstraint(fields=["member", "ladder"], name="standing_once"),
            models.CheckConstraint(
                condition=Q(floor_until=None) | Q(floor_until__gt=F("floor_since")),
                name="floor_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(floor_tier="", floor_since=None) | Q(floor_since__isnull=False),
                name="floor_has_a_start",
            ),
        ]
        indexes = [
            models.Index(fields=["ladder", "tier"], name="standing_tier"),
            models.Index(
                fields=["program", "review_at"],
                condition=Q(review_at__isnull=False),
                name="standing_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.tier or 'no tier'}"

    @property
    def is_by_hand(self) -> bool:
        """Say whether a tier set by hand is what holds it: by itself it would be lower."""
        return self.tier != self.earned

    def has_floor(self, at: datetime) -> bool:
        """Say whether a tier set by hand holds at `at`."""
        if not self.floor_tier or self.floor_since is None or at < self.floor_since:
            return False
        return self.floor_until is None or at < self.floor_until


class Proof(models.Model):
    """That a member's rows say what the days come to: found by a review that did it all.

    `digest` is of the days, the rows and the ladders that it saw. As long as it is the
    same, another review finds the same.
    """

    member = models.OneToOneField(Member, on_delete=models.PROTECT, primary_key=True)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    digest = models.BigIntegerField()

    class Meta:
        verbose_name = "proof of a review"
        verbose_name_plural = "proofs of reviews"

    def __str__(self) -> str:
        return str(self.digest)


class ReviewChunk(models.Model):
    """A stretch of members, by number, that a review of everybody goes through.

    `last` is null for all the rest, `cursor` the last member who is done. The chunks
    of a `round` begin together; who works on one locks it for as long as a step takes.
    `changes` are the versions that it reviews against, and whether they were undone.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT)
    round = models.UUIDField()
    began_at = models.DateTimeField(help_text="Program time.")
    changes = models.JSONField(default=list)
    first = models.BigIntegerField()
    last = models.BigIntegerField(null=True)
    cursor = models.BigIntegerField(default=0)
    reviewed = models.IntegerField(default=0)
    rises = models.IntegerField(default=0)
    falls = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True, help_text="Server time.")

    class Meta:
        verbose_name = "stretch of a review"
        verbose_name_plural = "stretches of reviews"
        constraints = [
            models.UniqueConstraint(fields=["round", "first"], name="review_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.last or 'the end'}"


class StandingChange(models.Model):
    """That a member's tier changed, when, and what caused it. Never changed afterwards."""

    class Cause(models.TextChoices):
        ORDER = "order", "Order"
        REFUND = "refund", "Refund"
        EVENT = "event", "Event"
        ADJUSTMENT = "adjustment", "Adjustment"
        REVIEW = "review", "Review"
        BY_HAND = "by_hand", "By hand"
        REDEMPTION = "redemption", "Redemption"
        TRANSFER = "transfer", "Transfer"
        LADDER = "ladder", "Change of the ladder"
        MERGE = "merge", "Merge"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="standing_changes", db_index=False
    )
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, db_index=False)
    from_tier = models.CharField(max_length=60, blank=True)
    to_tier = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(help_text="Program time.")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    source_type = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "change of tier"
        verbose_name_plural = "changes of tier"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_tier=F("to_tier")), name="standing_change_changes"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "ladder", "id"], name="standing_change_member"),
            models.Index(fields=["program", "at"], name="standing_change_at"),
        ]

    def __str__(self) -> str:
        return f"{self.from_tier or 'none'} to {self.to_tier or 'none'}"


class EntryReward(models.Model):
    """That a member was given what entering a tier brings, for the `count`-th time.

    `key` names what was given (an entry, a redemption). What was taken back counts as
    never given, so that the tier may give it again.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False)
    ladder = models.ForeignKey(Ladder, on_delete=models.PROTECT, db_index=False)
    tier = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=600)
    given_at = models.DateTimeField(help_text="Program time.")
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "ladder", "tier", "count"], name="entry_reward_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier} {self.count}"


class MergedTiers(MergeRecord):
    """What became of the tiers of a member who was merged into another.

    A merge without a row was made by somebody who knows no tiers, and is to be caught up
    with.
    """

    class Meta:
        verbose_name = "merge of tiers"
        verbose_name_plural = "merges of tiers"

    def __str__(self) -> str:
        return str(self.merge)


class AccessRuleQuerySet(models.QuerySet["AccessRule"]):
    def live(self) -> Self:
        return self.filter(archived_at=None)


class AccessRule(models.Model):
    """Products and content that only some may see or buy, in the program file's form."""

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="access_rules", db_index=False
    )
    code = models.SlugField(max_length=60)
    definition = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AccessRuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="access_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.code
