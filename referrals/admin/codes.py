"""The codes by which friends arrive, how they are passed on, and the clicks on them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from core.staff import AnyModelAdmin, Page, Tool, WordFilter, readable
from loyalty.admin.acting import ActingAdmin
from loyalty.admin.showing import ProgramRowsAdmin, link, list_of, local
from referrals.models import Click, Referral, ReferralCode, Sharing
from referrals.queries.codes import codes_like


class RetiredFilter(admin.SimpleListFilter):
    """Codes that are passed on now, or those that were; both go on working."""

    title = "use"
    parameter_name = "retired"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[str, str]]:
        return [("no", "Passed on now"), ("yes", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(retired_at__isnull=self.value() == "no")


@admin.register(ReferralCode)
class ReferralCodeAdmin(ActingAdmin):
    list_display = ("shown", "whose", "referral_program", "is_vanity", "made", "retired")
    list_select_related = ("program", "member", "referral_program")
    list_filter = ("program", RetiredFilter)
    search_fields = ("code",)
    search_help_text = "A code however typed, or a member's id or e-mail address, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, code: ReferralCode) -> str:
        return str(code.member)

    @admin.display(description="made")
    def made(self, code: ReferralCode) -> str:
        return local(code.made_at, code.program)

    @admin.display(description="retired")
    def retired(self, code: ReferralCode) -> str:
        return local(code.retired_at, code.program)

    def found_by(self, term: str) -> Q:
        return super().found_by(term) | Q(pk__in=[code.pk for code in codes_like(term)])

    def lists(self, row: ReferralCode) -> list[Tool]:
        return [
            Tool("Referrals by it", list_of(Referral, code=row.pk)),
            Tool("Clicks on it", list_of(Click, code=row.pk)),
            Tool("How it was passed on", list_of(Sharing, code=row.pk)),
        ]

    def page(self, code: ReferralCode) -> Page:
        facts: list[tuple[str, object]] = [
            ("Code", code.shown),
            ("Member", link(code.member)),
            ("Referral program", link(code.referral_program)),
            ("Chosen by the member", readable(code.is_vanity)),
            ("Made", self.made(code)),
            ("Retired", self.retired(code)),
            ("Program", link(code.program)),
        ]
        return Page(facts, note="It goes on working." if code.retired_at else "")


class BotFilter(WordFilter):
    title = "visitor"
    parameter_name = "is_bot"
    words = ((False, "People"), (True, "Bots"))


@admin.register(Click)
class ClickAdmin(ProgramRowsAdmin):
    list_display = ("id", "code", "channel", "day", "times", "is_bot", "last")
    list_select_related = ("program", "code")
    list_filter = ("program", BotFilter)
    search_fields = ("code__code",)
    search_help_text = "A code however typed."

    @admin.display(description="last")
    def last(self, click: Click) -> str:
        return local(click.last_at, click.program)

    def found_by(self, term: str) -> Q:
        return Q(code__in=[code.pk for code in codes_like(term)])

    def page(self, click: Click) -> Page:
        program = click.program
        facts: list[tuple[str, object]] = [
            ("Code", link(click.code)),
            ("Channel", readable(click.channel)),
            ("Day", click.day.isoformat()),
            ("Times", click.times),
            ("A bot", readable(click.is_bot)),
            ("First", local(click.first_at, program)),
            ("Last", self.last(click)),
            ("Where from is forgotten", local(click.forget_at, program)),
            ("Program", link(program)),
        ]
        return Page(facts, note="Who it was is kept as a hash, and not shown.")


@admin.register(Sharing)
class SharingAdmin(ProgramRowsAdmin):
    list_display = ("id", "code", "channel", "day", "views", "shares", "last")
    list_select_related = ("program", "code")
    list_filter = ("program",)
    search_fields = ("code__code",)
    search_help_text = "A code however typed."

    @admin.display(description="last")
    def last(self, sharing: Sharing) -> str:
        return local(sharing.last_at, sharing.program)

    def found_by(self, term: str) -> Q:
        return Q(code__in=[code.pk for code in codes_like(term)])

    def page(self, sharing: Sharing) -> Page:
        program = sharing.program
        facts: list[tuple[str, object]] = [
            ("Code", link(sharing.code)),
            ("Channel", readable(sharing.channel)),
            ("Day", sharing.day.isoformat()),
            ("Shown to the advocate", sharing.views),
            ("Passed on", sharing.shares),
            ("First", local(sharing.first_at, program)),
            ("Last", self.last(sharing)),
            ("Program", link(program)),
        ]
        return Page(facts, note="As the shop's pages have said it. Nothing is paid by it.")
