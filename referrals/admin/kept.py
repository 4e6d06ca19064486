"""What referrals remember, to be read: terms of their time, steps, hashes, merges."""

from django.contrib import admin
from django.db.models import Q

from core.staff import DASH, Page, pretty
from loyalty.admin.merge_records import MergeRecordAdmin
from loyalty.admin.showing import ProgramRowsAdmin, link, local
from loyalty.models import Member
from referrals.models import (
    Identity,
    MergedReferrals,
    Referral,
    ReferralProgram,
    ReferralStep,
    ReferralTerms,
)

admin.site.register(MergedReferrals, MergeRecordAdmin)


@admin.register(ReferralTerms)
class ReferralTermsAdmin(ProgramRowsAdmin):
    list_display = ("title", "begins")
    list_select_related = ("referral_program__program",)
    list_filter = ("referral_program__program",)
    search_fields = ("number",)
    search_help_text = "The code of a referral program, as a whole."

    @admin.display(description="terms")
    def title(self, terms: ReferralTerms) -> str:
        return str(terms)

    @admin.display(description="applies from")
    def begins(self, terms: ReferralTerms) -> str:
        return local(terms.applies_from, terms.referral_program.program)

    def found_by(self, term: str) -> Q:
        return Q(referral_program__in=list(ReferralProgram.objects.filter(code=term)))

    def page(self, terms: ReferralTerms) -> Page:
        facts: list[tuple[str, object]] = [
            ("Referral program", link(terms.referral_program)),
            ("Number", terms.number),
            ("Applies from", self.begins(terms)),
        ]
        return Page(facts, raw=[("As it was written", pretty(terms.form("")))])


@admin.register(ReferralStep)
class ReferralStepAdmin(ProgramRowsAdmin):
    list_display = ("id", "of", "state", "when", "cause", "reason")
    list_select_related = ("referral__program",)
    list_filter = ("referral__program", "state")
    search_fields = ("cause",)
    search_help_text = "A cause as a whole, such as order:1001, or a referral such as ref_7."

    @admin.display(description="referral")
    def of(self, step: ReferralStep) -> str:
        return str(step.referral)

    @admin.display(description="at")
    def when(self, step: ReferralStep) -> str:
        return local(step.at, step.referral.program)

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("ref_")
        is_number = number.isascii() and number.isdecimal() and len(number) < 19
        named = Referral.objects.filter(pk=int(number)) if is_number else ()
        return Q(referral__in=list(named)) | Q(cause=term)

    def page(self, step: ReferralStep) -> Page:
        facts: list[tuple[str, object]] = [
            ("Referral", link(step.referral)),
            ("Number", step.number),
            ("State", step.get_state_display()),
            ("Version", step.version),
            ("At", self.when(step)),
            ("Cause", step.cause),
            ("Reason", step.reason or DASH),
            ("Decided by", step.by or DASH),
            ("Note", step.note or DASH),
        ]
        return Page(facts)


@admin.register(Identity)
class IdentityAdmin(ProgramRowsAdmin):
    """That somebody is known by something. What it was is a keyed hash, and not shown."""

    list_display = ("id", "kind", "whose", "of", "seen", "forgotten")
    list_select_related = ("program", "member", "referral")
    list_filter = ("program", "kind")
    search_fields = ("member__external_id",)
    search_help_text = "A member's id, as a whole."

    @admin.display(description="member")
    def whose(self, identity: Identity) -> str:
        return str(identity.member or DASH)

    @admin.display(description="came with")
    def of(self, identity: Identity) -> str:
        return str(identity.referral or DASH)

    @admin.display(description="seen")
    def seen(self, identity: Identity) -> str:
        return local(identity.seen_at, identity.program)

    @admin.display(description="forgotten after")
    def forgotten(self, identity: Identity) -> str:
        return local(identity.forget_at, identity.program)

    def found_by(self, term: str) -> Q:
        return Q(member__in=list(Member.objects.filter(external_id=term)))

    def page(self, identity: Identity) -> Page:
        facts: list[tuple[str, object]] = [
            ("Kind", identity.get_kind_display()),
            ("Member", link(identity.member)),
            ("Came with", link(identity.referral)),
            ("Seen", self.seen(identity)),
            ("Forgotten after", self.forgotten(identity)),
            ("Program", link(identity.program)),
        ]
        return Page(facts)
