"""What tiers remember, to be read: versions of ladders, sums by day, entry rewards."""

from django.contrib import admin
from django.db.models import Q

from core.staff import DASH, Page, pretty
from loyalty.admin.showing import ProgramRowsAdmin, link, local, money
from loyalty.models import Entry, Redemption
from tiers.admin.ladder_panels import story
from tiers.models import DayPoints, DayTotal, EntryReward, Ladder, LadderVersion


@admin.register(LadderVersion)
class LadderVersionAdmin(ProgramRowsAdmin):
    list_display = ("title", "begins", "undone")
    list_select_related = ("ladder__program",)
    list_filter = ("ladder__program",)
    search_fields = ("number",)
    search_help_text = "The code of a ladder, as a whole."

    @admin.display(description="version")
    def title(self, version: LadderVersion) -> str:
        return str(version)

    @admin.display(description="applies from")
    def begins(self, version: LadderVersion) -> str:
        return local(version.applies_from, version.ladder.program)

    @admin.display(description="undone")
    def undone(self, version: LadderVersion) -> str:
        return local(version.undone_at, version.ladder.program)

    def found_by(self, term: str) -> Q:
        return Q(ladder__in=list(Ladder.objects.filter(code=term)))

    def page(self, version: LadderVersion) -> Page:
        earlier = LadderVersion.objects.filter(
            ladder=version.ladder, number__lt=version.number, undone_at=None
        ).last()
        changed = "; ".join(story(earlier.content if earlier else {}, version.content))
        facts: list[tuple[str, object]] = [
            ("Ladder", link(version.ladder)),
            ("Number", version.number),
            ("Applies from", self.begins(version)),
            ("Undone", self.undone(version)),
            ("What it changed", changed or DASH),
        ]
        return Page(facts, raw=[("As it was written", pretty(version.form("")))])


@admin.register(DayTotal)
class DayTotalAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "day", "worth", "orders")
    list_select_related = ("program", "member")
    search_fields = ("member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, total: DayTotal) -> str:
        return str(total.member)

    @admin.display(description="spent on goods, net")
    def worth(self, total: DayTotal) -> str:
        return money(total.spend, total.program)

    def page(self, total: DayTotal) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(total.member)),
            ("Day", total.day.isoformat()),
            ("Spent on goods, net", self.worth(total)),
            ("Orders", total.orders),
            ("Program", link(total.program)),
        ]
        return Page(facts)


@admin.register(DayPoints)
class DayPointsAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "day", "point_type", "earned", "released")
    list_select_related = ("program", "member", "point_type")
    search_fields = ("member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, points: DayPoints) -> str:
        return str(points.member)

    def page(self, points: DayPoints) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(points.member)),
            ("Day", points.day.isoformat()),
            ("Points", link(points.point_type)),
            ("Earned", points.earned),
            ("Released", points.released),
            ("Program", link(points.program)),
        ]
        return Page(facts)


@admin.register(EntryReward)
class EntryRewardAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "ladder", "tier", "count", "given", "taken_back")
    list_select_related = ("program", "member", "ladder")
    search_fields = ("tier",)
    search_help_text = "A member's id or e-mail address, or the code of a tier, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, reward: EntryReward) -> str:
        return str(reward.member)

    @admin.display(description="given")
    def given(self, reward: EntryReward) -> str:
        return local(reward.given_at, reward.program)

    @admin.display(description="taken back")
    def taken_back(self, reward: EntryReward) -> str:
        return local(reward.taken_back_at, reward.program)

    def page(self, reward: EntryReward) -> Page:
        mine = {"program": reward.program, "key": reward.key}
        given = (
            Entry.objects.filter(**mine).first() or Redemption.objects.filter(**mine).first()
        )
        facts: list[tuple[str, object]] = [
            ("Member", link(reward.member)),
            ("Ladder", link(reward.ladder)),
            ("Tier", reward.tier),
            ("For the time", reward.count),
            ("What was given", link(given)),
            ("Given", self.given(reward)),
            ("Taken back", self.taken_back(reward)),
        ]
        return Page(facts)
