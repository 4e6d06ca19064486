"""What happens to members: merges, erasures, consents."""

from django.db import models
from django.db.models import Q

from loyalty.models.members import Member
from loyalty.models.programs import Program


class Merge(models.Model):
    """That one member became another. It can be undone until `undo_until`.

    `moved` names what was moved, so that an undo moves back that and nothing else.
    An open merge redirects the old id: facts about it are the survivor's.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    merged = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="merges_away")
    into = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="merges_in")
    key = models.CharField(max_length=600)
    moved = models.JSONField(default=dict)
    reason = models.CharField(max_length=255, blank=True)
    merged_at = models.DateTimeField(help_text="Program time.")
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "key"], name="merge_key_once"),
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at=None), name="merged_into_one"
            ),
            models.CheckConstraint(
                condition=~Q(merged=models.F("into")), name="merge_needs_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged} into {self.into}"


class MergeRecord(models.Model):
    """What an app above moved of its own when two members were merged, so as to undo that.

    `taken` names what the survivor took over, in the app's own terms. From the merge it
    is found by the app's name.
    """

    merge = models.OneToOneField(
        Merge, on_delete=models.PROTECT, primary_key=True, related_name="%(app_label)s"
    )
    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    taken = models.JSONField(default=dict)
    is_undone = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Tombstone(models.Model):
    """That somebody with this id or address was erased: a keyed hash, and nothing else."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    hash = models.BinaryField(max_length=32, help_text="HMAC-SHA-256 under the server's key.")
    erased_at = models.DateTimeField(help_text="Server time.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "hash"], name="tombstone_once"),
        ]

    def __str__(self) -> str:
        return f"erased {self.erased_at:%Y-%m-%d}"


class ConsentChange(models.Model):
    """A member's consent to a channel and topic, given or withdrawn: who said so, when.

    `member.consents` holds what is true now.
    """

    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consent_changes")
    topic = models.CharField(max_length=60, help_text="A channel, or channel.topic.")
    is_given = models.BooleanField()
    source = models.CharField(max_length=60)
    changed_at = models.DateTimeField(help_text="Program time.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.topic}: {'yes' if self.is_given else 'no'}"
