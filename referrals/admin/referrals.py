"""Referrals: lists of them, and a page that tells how each came to be what it is."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import URLPattern, path

from core.admin import is_number
from core.staff import DASH, AnyModelAdmin, Page, Panel, Tool, WordFilter
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.ledger import entries_panel
from loyalty.admin.showing import link, list_of, local, money
from loyalty.models import Entry, Member, Program, Wallet
from referrals.admin.by_hand import Withdraw
from referrals.admin.decisions import Approve, Reconsider, Reinstate, Reject, Reopen
from referrals.admin.payouts import payouts_panel
from referrals.admin.referral_words import (
    REASONS,
    WHERE_FROM,
    causes_of,
    friend_of,
    state_mark,
    told_shoppers,
    weighed,
)
from referrals.admin.review import ReviewPages, shared_panel, sides_panel
from referrals.models import Identity, Payout, Referral, ReferralProgram, ReferralStep
from referrals.queries.codes import codes_like
from referrals.queries.programs import referral_setup_of
from referrals.queries.sides import sides_of
from referrals.rules.states import State
from referrals.services.digests import digests_of


class StateFilter(WordFilter):
    title = "state"
    parameter_name = "state"
    words = tuple(Referral._meta.get_field("state").choices or ())


class VerdictFilter(WordFilter):
    title = "verdict"
    parameter_name = "outcome"
    words = tuple(Referral._meta.get_field("outcome").choices or ())


class ReferralProgramFilter(admin.SimpleListFilter):
    """Rows of one referral program, those that have ended included."""

    title = "referral program"
    parameter_name = "of"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[Any, str]]:
        rows = ReferralProgram.objects.select_related("program")
        rows = rows.order_by("program", "position")[:100]
        several = len({row.program_id for row in rows}) > 1
        return [(row.pk, f"{row.program}: {row}" if several else str(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = self.value() or ""
        return queryset.filter(referral_program=number) if is_number(number) else queryset


@admin.register(Referral)
class ReferralAdmin(ReviewPages, ActingAdmin):
    list_display = ("number", "by", "whom", "state_now", "verdict", "claimed", "terms_of")
    list_display_links = ("number",)
    list_select_related = ("program", "advocate", "friend", "referral_program")
    list_filter = ("program", StateFilter, ReferralProgramFilter, VerdictFilter)
    search_fields = ("friend_ref",)
    search_help_text = (
        "A referral (ref_123), a code however typed, or the id or e-mail address of either, "
        "as a whole."
    )
    change_list_template = "admin/referrals/referral/change_list.html"
    acts: ClassVar[Mapping[str, type[Act]]] = {
        "approve": Approve,
        "reconsider": Reconsider,
        "reopen": Reopen,
        "reinstate": Reinstate,
        "reject": Reject,
        "withdraw": Withdraw,
    }

    @admin.display(description="referral")
    def number(self, referral: Referral) -> str:
        return str(referral)

    @admin.display(description="advocate")
    def by(self, referral: Referral) -> str:
        return str(referral.advocate)

    @admin.display(description="friend")
    def whom(self, referral: Referral) -> object:
        return str(referral.friend) if referral.friend else friend_of(referral)

    @admin.display(description="state")
    def state_now(self, referral: Referral) -> object:
        return state_mark(referral.state_at(referral.program.now()))

    @admin.display(description="verdict")
    def verdict(self, referral: Referral) -> str:
        return f"{referral.get_outcome_display()}, {referral.score}"

    @admin.display(description="claimed")
    def claimed(self, referral: Referral) -> str:
        return local(referral.claimed_at, referral.program)

    @admin.display(description="referral program")
    def terms_of(self, referral: Referral) -> str:
        return str(referral.referral_program)

    def get_urls(self) -> list[URLPattern]:
        review = self.admin_site.admin_view(self.review_view)
        return [path("review/", review, name="referrals_referral_review"), *super().get_urls()]

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("ref_")
        if number != term and is_number(number):
            return Q(pk=int(number))
        programs = list(Program.objects.all())
        whom = Q(external_id=term) | Q(email=term.lower())
        members = list(Member.objects.filter(whom, program__in=programs))
        found = Q(advocate__in=members) | Q(friend__in=members)
        found |= Q(code__in=list(codes_like(term)))
        found |= Q(program__in=programs, friend_ref=term)
        return found | Q(pk__in=_claimed_by(term, programs)) if "@" in term else found

    def lists(self, row: Referral) -> list[Tool]:
        tools = [Tool("All of this advocate", list_of(Referral, advocate=row.advocate_id))]
        if row.friend_id:
            tools.append(Tool("All of this friend", list_of(Referral, friend=row.friend_id)))
        return tools

    def page(self, referral: Referral) -> Page:
        program = referral.program
        weights = referral_setup_of(program).compiled(referral.terms_id).fraud.weights
        sides = sides_of([referral])
        shared = sides.shared[referral.pk]
        numbers = {pk for each in shared for pk in each.members}
        return Page(
            facts=_facts(referral),
            panels=[
                steps_panel(referral),
                payouts_panel(_payouts(referral), program),
                entries_panel(entries_of(referral), program),
                Panel(
                    "What speaks against it",
                    ("Reason", "Weight"),
                    weighed(referral, weights),
                    empty="Nothing.",
                ),
                sides_panel(referral, sides),
                shared_panel(referral, shared, Member.objects.in_bulk(numbers)),
            ],
            note=_note(referral),
        )


def _claimed_by(email: str, programs: list[Program]) -> list[int | None]:
    """Return the referrals whose friends were claimed with an address: its hash tells."""
    digests = [digests_of(program.pk, email=email).get("email", b"") for program in programs]
    known = Identity.objects.filter(
        program__in=programs, digest__in=digests, kind="email", referral__isnull=False
    )
    return list(known.values_list("referral_id", flat=True))


def _note(referral: Referral) -> str:
    if referral.state != State.FLAGGED:
        return ""
    return "It waits to be looked at. Time alone never pays or ends it."


def _facts(referral: Referral) -> list[tuple[str, object]]:
    program = referral.program
    source = referral.get_source_display()
    channel = f", {referral.channel}" if referral.channel else ""
    return [
        ("State", state_mark(referral.state_at(program.now()))),
        ("Shoppers read", told_shoppers(referral.reason)),
        ("Advocate", link(referral.advocate)),
        ("Friend", friend_of(referral)),
        ("Code", link(referral.code)),
        ("Known by", f"{source}{channel}"),
        ("Referral program", link(referral.referral_program)),
        ("Under terms", str(referral.terms.number)),
        ("Claimed", local(referral.claimed_at, program)),
        ("Signed up", local(referral.signed_up_at, program)),
        ("Runs out", local(referral.expires_at, program) if referral.expires_at else "never"),
        ("Qualified", local(referral.qualified_at, program)),
        ("Qualified by", _qualified_by(referral)),
        ("Worth of what qualified", money(referral.amount, program)),
        ("Hold passes", local(referral.due_at, program)),
        ("Times qualified", str(referral.version)),
        ("Score", f"{referral.score}, {referral.get_outcome_display().lower()}"),
        ("Approved", local(referral.approved_at, program)),
        ("Program", link(program)),
    ]


def _qualified_by(referral: Referral) -> object:
    """Return what counts by now: it may be another order than the one in the story."""
    cause = referral.qualified_by
    kind, _, number = cause.partition(":")
    if kind not in WHERE_FROM:
        return cause or DASH
    rows: Any = WHERE_FROM[kind]._default_manager.filter(program=referral.program)
    row = rows.filter(external_id=number).only("external_id").first()
    return link(row, f"{kind} {number}") if row else f"{kind} {number}"


def steps_panel(referral: Referral) -> Panel:
    """Return how a referral came to be what it is, the newest step first."""
    steps = list(referral.steps.order_by("-number"))
    causes = causes_of(steps, referral.program)
    return Panel(
        title="Story",
        headings=("When", "Became", "Because of", "Shoppers read", "By", "Note"),
        rows=[
            (
                local(step.at, referral.program),
                state_mark(step.state),
                causes[step.cause],
                told_shoppers(step.reason),
                step.by or DASH,
                _said(step),
            )
            for step in steps
        ],
    )


def _said(step: ReferralStep) -> str:
    """Return what staff noted; or, in words, what spoke against it."""
    if step.cause != "fraud":
        return step.note or DASH
    return "; ".join(REASONS.get(word, word) for word in step.note.split()) or DASH


def _payouts(referral: Referral) -> list[Payout]:
    rows = Payout.objects.filter(referral=referral)
    return list(rows.select_related("member", "voucher", "program").order_by("-pk"))


def entries_of(referral: Referral) -> list[Entry]:
    """Return what a referral moved in either wallet, newest first."""
    people = [pk for pk in (referral.advocate_id, referral.friend_id) if pk]
    wallets = list(Wallet.objects.filter(member__in=people))
    rows = Entry.objects.filter(wallet__in=wallets, source_type="referral")
    return list(rows.filter(source_id=str(referral)).order_by("-pk"))
