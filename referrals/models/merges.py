"""What a merge of two members did to their referrals, so that it can be undone."""

from loyalty.models import MergeRecord


class MergedReferrals(MergeRecord):
    """What the survivor of a merge took over of codes, friends, rewards and hashes.

    `taken` has the rows by their numbers, and the claims that ended because the two were
    one person.
    """

    class Meta:
        verbose_name = "merge of referrals"
        verbose_name_plural = "merges of referrals"

    def __str__(self) -> str:
        return f"mrg_{self.merge_id}"
