"""What merges of members did to their referrals."""

from django.contrib import admin
from django.db.models import Q

from core.staff import Page, pretty, readable
from loyalty.admin.showing import ProgramRowsAdmin, link
from loyalty.models import Member
from referrals.models import MergedReferrals


@admin.register(MergedReferrals)
class MergedReferralsAdmin(ProgramRowsAdmin):
    list_display = ("merge", "taken_apart")
    list_select_related = ("program", "merge__merged", "merge__into")
    search_fields = ("merge__merged__external_id", "merge__into__external_id")
    search_help_text = "The id of one of the two members, as a whole."

    def found_by(self, term: str) -> Q:
        either = list(Member.objects.filter(external_id=term))
        return Q(merge__merged__in=either) | Q(merge__into__in=either)

    @admin.display(description="taken apart again", boolean=True)
    def taken_apart(self, merged: MergedReferrals) -> bool:
        return merged.is_undone

    def page(self, merged: MergedReferrals) -> Page:
        facts: list[tuple[str, object]] = [
            ("Merge", link(merged.merge)),
            ("Member", link(merged.merge.merged)),
            ("Merged into", link(merged.merge.into)),
            ("Taken apart again", readable(merged.is_undone)),
        ]
        return Page(facts, raw=[("What the survivor took over", pretty(merged.taken))])
