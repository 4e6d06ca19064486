"""What staff say of who brought whom, and how they take back a slip."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from core.errors import DomainError
from core.periods import parse_moment
from loyalty.admin.acting import Act
from loyalty.admin.reward_form import moment_text
from loyalty.models import Member
from referrals.admin.decisions import PERMISSION
from referrals.models import Referral
from referrals.queries.codes import codes_like
from referrals.queries.programs import referral_setup_of
from referrals.rules.attribution import Source
from referrals.rules.states import OVER
from referrals.services.by_hand import attribute_friend, withdraw_attribution
from referrals.services.reviews import Decided

NOTE_HELP = "For whoever looks at it later. No shopper sees it."


class BroughtBy(Act):
    """Who brought a member, and why staff say so."""

    title = "Say who brought them"
    permission = PERMISSION
    refused_at = "advocate"

    advocate = forms.CharField(
        max_length=255,
        help_text="The id, e-mail address or referral code of who brought this member.",
    )
    referral_program = forms.ChoiceField(label="Referral program")
    came_at = forms.CharField(
        label="Came on",
        required=False,
        max_length=40,
        help_text="Such as <code>2026-12-31</code>, or <code>2026-12-31 18:00</code>. Empty: "
        "when they joined. What they have ordered since counts; with an order from before, "
        "they were a customer already.",
    )
    note = forms.CharField(label="Reason", max_length=255, help_text=NOTE_HELP)

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open and bool(referral_setup_of(row.program).programs)

    def explain(self) -> str:
        return (
            f"{self.row} becomes the friend of somebody else, by the rules that hold for "
            "anybody. It takes the place of a claim that has not qualified yet, and what is "
            "due is given to both. It can be taken back on the referral's page."
        )

    def prepare(self) -> None:
        field = self.fields["referral_program"]
        assert isinstance(field, forms.ChoiceField)
        setup = referral_setup_of(self.row.program)
        field.choices = [(code, setup.newest(code).name) for code in setup.programs]
        if len(setup.programs) == 1:
            del self.fields["referral_program"]

    def clean_advocate(self) -> Member:
        text, program = self.cleaned_data["advocate"].strip(), self.row.program
        whom = Q(external_id=text) | Q(email=text.lower())
        found = Member.objects.filter(whom, program=program).first()
        if found is None:
            code = codes_like(text, program.slug).select_related("member").first()
            found = code.member if code else None
        if found is None:
            raise ValidationError("Nobody has this id, address or code.")
        found.program = program
        return found

    def clean_came_at(self) -> datetime:
        zone, joined_at = self.row.program.zone, self.row.joined_at
        said = moment_text(self.cleaned_data["came_at"], zone)
        if said is None:
            assert isinstance(joined_at, datetime), "every member joined at some time"
            return joined_at
        try:
            return parse_moment(said, zone)
        except DomainError as error:
            raise ValidationError(error.detail) from None

    def perform(self) -> str:
        stated = self.cleaned_data
        referral = attribute_friend(
            advocate=stated["advocate"],
            friend=self.row,
            referral_program=stated.get("referral_program"),
            came_at=stated["came_at"],
            decided=_decided(self),
            at=self.asked().at,
        )
        state = referral.state.replace("_", " ")
        return f"{self.row} was brought by {referral.advocate}: {referral} is {state} now."


class Withdraw(Act):
    """Takes back what staff have said by a slip."""

    title = "Undo: it was a slip"
    permission = PERMISSION
    refused_at = "note"
    is_final = True
    explanation = (
        "What it gave to either side is taken back, and the claim that gave way to it, if "
        "there was one, stands again."
    )

    note = forms.CharField(label="Reason", max_length=255, help_text=NOTE_HELP)

    @classmethod
    def is_offered(cls, row: Referral) -> bool:
        return row.source == Source.STAFF and row.state not in OVER

    def perform(self) -> str:
        withdraw_attribution(referral=self.row, decided=_decided(self), at=self.asked().at)
        return f"Referral {self.row} is taken back."


def _decided(act: Act) -> Decided:
    return Decided(act.staff.get_username(), act.cleaned_data["note"].strip())
