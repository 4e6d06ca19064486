"""Referral programs: what they promise, what has gone into them, and how far friends come."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path, reverse

from core.staff import DASH, Page, Panel, Tool, pretty
from loyalty.admin.acting import ActingAdmin
from loyalty.admin.earning import LiveFilter
from loyalty.admin.reward_words import gives_in_words, mark
from loyalty.admin.showing import link, list_of, local, money
from loyalty.models import Program
from referrals.admin.funnels import FunnelPages
from referrals.models import Payout, Referral, ReferralProgram, ReferralTerms

Form = Mapping[str, Any]
EDITED = (
    "It is edited in the program file, under referral_programs. A change makes new terms; "
    "a referral keeps those under which it was claimed."
)


@admin.register(ReferralProgram)
class ReferralProgramAdmin(FunnelPages, ActingAdmin):
    list_display = ("title", "code", "advocates_get", "friends_get", "state", "program")
    list_display_links = ("title",)
    list_select_related = ("program",)
    list_filter = ("program", LiveFilter)
    search_fields = ("code",)
    search_help_text = "A code, as a whole."
    change_list_template = "admin/referrals/referralprogram/change_list.html"

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("terms")

    @admin.display(description="referral program")
    def title(self, row: ReferralProgram) -> str:
        return str(row)

    @admin.display(description="advocates get")
    def advocates_get(self, row: ReferralProgram) -> str:
        return side_in_words(newest(row), "advocate", row.program)

    @admin.display(description="friends get")
    def friends_get(self, row: ReferralProgram) -> str:
        return side_in_words(newest(row), "friend", row.program)

    @admin.display(description="state")
    def state(self, row: ReferralProgram) -> object:
        return mark("none", "Ended") if row.archived_at else mark("fulfilled", "In use")

    def get_urls(self) -> list[URLPattern]:
        funnel = self.admin_site.admin_view(self.funnel_view)
        name = "referrals_referralprogram_funnel"
        return [path("funnel/", funnel, name=name), *super().get_urls()]

    def lists(self, row: ReferralProgram) -> list[Tool]:
        return [
            Tool("Referrals", list_of(Referral, of=row.pk)),
            Tool("Payouts", list_of(Payout, referral_program=row.pk)),
        ]

    def page(self, row: ReferralProgram) -> Page:
        program, terms = row.program, list(row.terms.all())
        form = newest(row)
        funnel = reverse("admin:referrals_referralprogram_funnel")
        return Page(
            facts=_facts(row, form),
            panels=[_promises(form, program), _terms(terms, program)],
            raw=[
                (f"Terms {each.number} as the program file writes them", pretty(each.form("")))
                for each in reversed(terms)
            ],
            tools=[Tool("Funnel", f"{funnel}?of={row.pk}&by=advocate")],
            note=EDITED,
        )


def newest(row: ReferralProgram) -> Form:
    """Return what a referral program promises now, in the program file's form."""
    terms: list[ReferralTerms] = list(row.terms.all())
    return terms[-1].form(row.name) if terms else {}


def side_in_words(form: Form, side: str, program: Program) -> str:
    """Return what one side is given, and how often it may be."""
    said = form.get(side)
    if not said:
        return "nothing"
    gives = said.get("gives") or {}
    words = gives_in_words(gives, program)
    if gives.get("per"):
        words = f"{words} for every {gives['per']} {program.currency}"
    cap = said.get("cap")
    return f"{words}, at most {cap['times']} times per {cap['per']}" if cap else words


def _facts(row: ReferralProgram, form: Form) -> list[tuple[str, object]]:
    program = row.program
    ended = local(row.archived_at, program)
    return [
        ("Code", row.code),
        ("Program", link(program)),
        ("Nobody can be referred since", ended if row.archived_at else DASH),
        ("Spent of the budget, in points", f"{row.spent_points:,}"),
        ("Spent of the budget, in money", money(row.spent_money, program)),
        ("The budget", _budget(form)),
    ]


def _budget(form: Form) -> str:
    said = form.get("budget") or {}
    return ", ".join(f"{key} {value}" for key, value in said.items()) or "no limit"


def _promises(form: Form, program: Program) -> Panel:
    qualify = form.get("qualify") or {}
    asked = str(qualify.get("on") or "order")
    if qualify.get("minimum"):
        asked += f" of at least {qualify['minimum']} {program.currency}"
    if qualify.get("first_only"):
        asked += ", the first one decides"
    when = (form.get("friend") or {}).get("at") or "qualify"
    rows: list[tuple[str, object]] = [
        ("The advocate gets", side_in_words(form, "advocate", program)),
        ("The friend gets", side_in_words(form, "friend", program)),
        ("The friend gets it at", "the claim" if when == "claim" else "qualification"),
        ("Qualified by", asked),
        ("Hold", form.get("hold") or "none"),
        ("A claim is good for", form.get("expires") or "ever"),
    ]
    for code, each in (form.get("milestones") or {}).items():
        place = (
            f"every {each['every']} friends" if each.get("every") else f"friend {each['at']}"
        )
        words = gives_in_words(each.get("gives") or {}, program)
        rows.append((f"Milestone {code}", f"{words} at {place}"))
    return Panel("What it promises now", ("What", "How"), rows if form else ())


def _terms(terms: list[ReferralTerms], program: Program) -> Panel:
    rows = [(each.number, local(each.applies_from, program)) for each in reversed(terms)]
    return Panel("Terms", ("Number", "Apply from"), rows)
