"""How reviews went, and what merges took along: to be read when somebody asks why."""

from django.contrib import admin

from core.staff import DASH, Page, moment
from loyalty.admin.merge_records import MergeRecordAdmin
from loyalty.admin.showing import ProgramRowsAdmin, link, local
from tiers.models import MergedTiers, Proof, ReviewChunk

admin.site.register(MergedTiers, MergeRecordAdmin)


@admin.register(ReviewChunk)
class ReviewChunkAdmin(ProgramRowsAdmin):
    list_display = ("title", "began", "done", "reviewed", "rises", "falls")
    list_select_related = ("program",)

    @admin.display(description="members, by number")
    def title(self, chunk: ReviewChunk) -> str:
        return str(chunk)

    @admin.display(description="began")
    def began(self, chunk: ReviewChunk) -> str:
        return local(chunk.began_at, chunk.program)

    @admin.display(description="done")
    def done(self, chunk: ReviewChunk) -> str:
        return moment(chunk.done_at)

    def page(self, chunk: ReviewChunk) -> Page:
        versions = [number for number, _ in chunk.changes]
        facts: list[tuple[str, object]] = [
            ("Program", link(chunk.program)),
            ("Members, by number", str(chunk)),
            ("Began, by the program's clock", self.began(chunk)),
            ("Done, by the server's", self.done(chunk)),
            ("Done up to the member with the number", chunk.cursor or DASH),
            ("Reviewed", chunk.reviewed),
            ("Rises", chunk.rises),
            ("Falls", chunk.falls),
            ("Against the versions of ladders", ", ".join(map(str, versions)) or DASH),
        ]
        return Page(facts, note="A stretch of members that a review of everybody goes through.")


@admin.register(Proof)
class ProofAdmin(ProgramRowsAdmin):
    list_display = ("member", "digest")
    list_select_related = ("program", "member")
    search_fields = ("member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "member"

    def page(self, proof: Proof) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(proof.member)),
            ("Digest", str(proof.digest)),
            ("Program", link(proof.program)),
        ]
        note = (
            "A review of everybody found that this member's rows say what the days come to. "
            "As long as the digest of days, rows and ladders is this one, the next passes over."
        )
        return Page(facts, note=note)
