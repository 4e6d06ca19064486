"""What the apps above moved of their own when members were merged."""

from django.contrib import admin
from django.db.models import Q

from core.staff import Page, pretty, readable
from loyalty.admin.showing import ProgramRowsAdmin, link
from loyalty.models import Member, MergeRecord


class MergeRecordAdmin(ProgramRowsAdmin):
    """To be registered by each app for its own record."""

    list_display = ("merge", "taken_apart")
    list_select_related = ("program", "merge__merged", "merge__into")
    search_fields = ("merge__merged__external_id", "merge__into__external_id")
    search_help_text = "The id of one of the two members, as a whole."

    def found_by(self, term: str) -> Q:
        either = list(Member.objects.filter(external_id=term))
        return Q(merge__merged__in=either) | Q(merge__into__in=either)

    @admin.display(description="taken apart again", boolean=True)
    def taken_apart(self, record: MergeRecord) -> bool:
        return record.is_undone

    def page(self, record: MergeRecord) -> Page:
        facts: list[tuple[str, object]] = [
            ("Merge", link(record.merge)),
            ("Member", link(record.merge.merged)),
            ("Merged into", link(record.merge.into)),
            ("Taken apart again", readable(record.is_undone)),
        ]
        return Page(facts, raw=[("What the survivor took over", pretty(record.taken))])
