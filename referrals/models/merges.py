"""What a merge of two members did to their referrals, so that it can be undone."""

from django.db import models

from loyalty.models import Merge, Program


class MergedReferrals(models.Model):
    """What the survivor of a merge took over of codes, friends, rewards and hashes.

    `taken` has the rows by their numbers, and the claims that ended because the two were
    one person.
    """

    merge = models.OneToOneField(
        Merge, on_delete=models.PROTECT, primary_key=True, related_name="referrals"
    )
    program = models.ForeignKey(Program, on_delete=models.PROTECT, db_index=False)
    taken = models.JSONField(default=dict)
    is_undone = models.BooleanField(default=False)

    class Meta:
        verbose_name = "merge of referrals"
        verbose_name_plural = "merges of referrals"

    def __str__(self) -> str:
        return f"mrg_{self.merge_id}"
