"""What happened to members, and what the daily work has done: to read, and merges to undo."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from core.staff import DASH, Page, Panel, WordFilter, readable
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.showing import ProgramRowsAdmin, link, local
from loyalty.models import (
    ConsentChange,
    ExpiryReminder,
    JobRun,
    Member,
    Merge,
    Program,
    Tombstone,
)
from loyalty.services.merging import undo_merge


class Undo(Act):
    """Makes two members of one again."""

    title = "Undo the merge"
    permission = "loyalty.change_merge"
    is_final = True
    explanation = (
        "What is left of the moved points goes back, and so do the orders and rewards that "
        "came with them. Spent points stay spent; what happened since stays with the other."
    )

    @classmethod
    def is_offered(cls, row: Merge) -> bool:
        return can_be_undone(row)

    def perform(self) -> str:
        self.undo()
        return f"{self.row.merged} and {self.row.into} are two members again."

    def undo(self) -> None:
        undo_merge(merge=self.row, at=self.asked().at)


def can_be_undone(merge: Merge) -> bool:
    return merge.undone_at is None and merge.program.now() < merge.undo_until


@admin.register(Merge)
class MergeAdmin(ActingAdmin):
    list_display = ("title", "merged_on", "state", "reason", "program")
    list_select_related = ("program", "merged", "into")
    search_fields = ("reason",)
    search_help_text = "The id or e-mail address of either member, as a whole."
    acts: ClassVar[Mapping[str, type[Act]]] = {"undo": Undo}

    @admin.display(description="merge")
    def title(self, merge: Merge) -> str:
        return str(merge)

    @admin.display(description="merged")
    def merged_on(self, merge: Merge) -> str:
        return local(merge.merged_at, merge.program)

    @admin.display(description="undone")
    def state(self, merge: Merge) -> str:
        if merge.undone_at:
            return local(merge.undone_at, merge.program)
        return f"can be, until {local(merge.undo_until, merge.program)}"

    def found_by(self, term: str) -> Q:
        whom = Q(external_id=term) | Q(email=term.lower())
        members = list(Member.objects.filter(whom, program__in=Program.objects.all()))
        return Q(merged__in=members) | Q(into__in=members) | super().found_by(term)

    def page(self, merge: Merge) -> Page:
        program = merge.program
        facts: list[tuple[str, object]] = [
            ("Member who went", link(merge.merged)),
            ("Their id", merge.merged.external_id),
            ("Member who stayed", link(merge.into)),
            ("Merged", local(merge.merged_at, program)),
            ("Can be undone until", local(merge.undo_until, program)),
            ("Undone", local(merge.undone_at, program)),
            ("Reason", merge.reason or DASH),
            ("Program", link(program)),
        ]
        names = ("orders", "events", "redemptions", "vouchers", "adjustments")
        moved = Panel(
            title="What was moved with the points",
            headings=[name.capitalize() for name in names],
            rows=[[len(merge.moved.get(name, ())) for name in names]],
        )
        return Page(facts, [moved])


class GivenFilter(WordFilter):
    title = "consent"
    parameter_name = "is_given"
    words = ((True, "Given"), (False, "Withdrawn"))


@admin.register(ConsentChange)
class ConsentChangeAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "topic", "is_given", "source", "changed")
    list_select_related = ("program", "member")
    list_filter = ("program", GivenFilter)
    search_fields = ("topic",)
    search_help_text = "A member's id or e-mail address, or a topic, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, change: ConsentChange) -> str:
        return change.member.external_id

    @admin.display(description="changed")
    def changed(self, change: ConsentChange) -> str:
        return local(change.changed_at, change.program)

    def page(self, change: ConsentChange) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(change.member)),
            ("Channel or topic", change.topic),
            ("Consent", "given" if change.is_given else "withdrawn"),
            ("Said by", change.source or DASH),
            ("Changed", local(change.changed_at, change.program)),
        ]
        return Page(facts)


@admin.register(Tombstone)
class TombstoneAdmin(ProgramRowsAdmin):
    list_display = ("id", "erased", "program")
    list_select_related = ("program",)

    @admin.display(description="erased (server time)")
    def erased(self, tombstone: Tombstone) -> str:
        return str(readable(tombstone.erased_at))

    def page(self, tombstone: Tombstone) -> Page:
        facts: list[tuple[str, object]] = [
            ("Erased (server time)", readable(tombstone.erased_at)),
            ("Program", link(tombstone.program)),
            ("Hash of an id or address", readable(tombstone.hash)),
        ]
        note = (
            "Somebody with this id or address was erased and cannot be enrolled again by an "
            "old import. Nothing of the person is left here."
        )
        return Page(facts, note=note)


class DoneFilter(admin.SimpleListFilter):
    """Work that is still due, or done."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "Still due"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ("due", "done"):
            return queryset
        return queryset.filter(done_at__isnull=self.value() == "due")


@admin.register(JobRun)
class JobRunAdmin(ProgramRowsAdmin):
    list_display = ("id", "job", "day", "came_to", "done", "program")
    list_display_links = ("id", "job")
    list_select_related = ("program",)
    list_filter = ("program", DoneFilter)
    search_fields = ("job",)
    search_help_text = "The name of a job, as a whole."

    @admin.display(description="done up to")
    def came_to(self, run: JobRun) -> str:
        return local(run.until, run.program)

    @admin.display(description="done (server time)")
    def done(self, run: JobRun) -> str:
        return str(readable(run.done_at))

    def page(self, run: JobRun) -> Page:
        facts: list[tuple[str, object]] = [
            ("Job", run.job),
            ("Local day", run.day.isoformat()),
            ("Done up to", local(run.until, run.program)),
            ("Last row of the chunk under way", run.cursor or DASH),
            ("Done (server time)", readable(run.done_at)),
            ("Program", link(run.program)),
        ]
        return Page(facts)


@admin.register(ExpiryReminder)
class ExpiryReminderAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "days", "expires")
    list_filter = ("days",)
    list_select_related = ("wallet__member", "wallet__program")
    search_fields = ("wallet__member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "wallet"

    @admin.display(description="member")
    def whose(self, reminder: ExpiryReminder) -> str:
        return reminder.wallet.member.external_id

    @admin.display(description="points expire")
    def expires(self, reminder: ExpiryReminder) -> str:
        return local(reminder.expires_at, reminder.wallet.program)

    def page(self, reminder: ExpiryReminder) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(reminder.wallet.member)),
            ("Wallet", link(reminder.wallet)),
            ("Points expire", local(reminder.expires_at, reminder.wallet.program)),
            ("Told so many days ahead", reminder.days),
        ]
        return Page(facts)
