"""A tier that staff give a member by hand, and its end."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.errors import DomainError
from core.periods import parse_moment
from loyalty.admin.acting import Act
from loyalty.admin.reward_form import moment_text
from loyalty.admin.showing import local
from loyalty.models import Member
from tiers.admin.ladder_words import tier_name
from tiers.models import Standing
from tiers.queries.ladders import LadderSetup, tier_setup_of
from tiers.services.by_hand import set_tier


class SetTier(Act):
    """A tier that a member has at least, until a date, and why."""

    title = "Set a tier"
    permission = "tiers.change_standing"
    explanation = (
        "The member has at least this tier, from now on. What they earn counts where it is "
        "higher. What was set by hand before ends."
    )
    refused_at = "tier"

    tier = forms.ChoiceField(label="Tier")
    until = forms.CharField(
        required=False,
        max_length=40,
        help_text="The first day without it, such as <code>2026-12-31</code>; or "
        "<code>2026-12-31 18:00</code>. Empty: without end.",
    )
    reason = forms.CharField(
        max_length=255, help_text="For whoever looks at it later, such as: sponsor."
    )

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open and bool(tier_setup_of(row.program).ladders)

    def prepare(self) -> None:
        field = self.fields["tier"]
        assert isinstance(field, forms.ChoiceField)
        setup, now = tier_setup_of(self.row.program), self.row.program.now()
        ladders = setup.ladders_on(setup.day_of(now))
        several = len(ladders) > 1
        field.choices = [
            (
                f"{code}.{tier.code}",
                f"{setup.ladders[code].name}: {tier.name}" if several else tier.name,
            )
            for code, ladder in ladders.items()
            for tier in reversed(ladder.tiers)
        ]

    def clean_until(self) -> datetime | None:
        said = moment_text(self.cleaned_data["until"], self.row.program.zone)
        try:
            return parse_moment(said, self.row.program.zone) if said else None
        except DomainError as error:
            raise ValidationError(error.detail) from None

    def perform(self) -> str:
        ladder, _, tier = self.cleaned_data["tier"].partition(".")
        until = self.cleaned_data["until"]
        set_tier(
            member=self.row,
            ladder=ladder,
            tier=tier,
            until=until,
            reason=self.cleaned_data["reason"],
            at=self.asked().at,
        )
        setup = tier_setup_of(self.row.program)
        name = tier_name(setup.ladders[ladder].versions[-1].ladder, tier)
        ends = f"until {local(until, self.row.program)}" if until else "without end"
        return f"{self.row} is at least {name}, {ends}."


class EndTier(Act):
    """Ends what was set by hand; the tier that was earned counts again."""

    title = "End a tier set by hand"
    permission = "tiers.change_standing"
    explanation = "The member has the tier again that they earned, from now on."
    refused_at = "ladder"

    ladder = forms.ChoiceField(label="Tier")
    reason = forms.CharField(max_length=255, help_text="For whoever looks at it later.")

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return bool(held_by_hand(row))

    def prepare(self) -> None:
        field = self.fields["ladder"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (
                ladder.code,
                f"{ladder.name}: {tier_name(ladder.versions[-1].ladder, row.floor_tier)}",
            )
            for ladder, row in held_by_hand(self.row)
        ]

    def perform(self) -> str:
        set_tier(
            member=self.row,
            ladder=self.cleaned_data["ladder"],
            tier=None,
            until=None,
            reason=self.cleaned_data["reason"],
            at=self.asked().at,
        )
        return f"What {self.row} had by hand has ended."


def held_by_hand(member: Member) -> list[tuple[LadderSetup, Standing]]:
    """Return the ladders in which staff gave the member a tier that still holds."""
    setup, now = tier_setup_of(member.program), member.program.now()
    rows: dict[Any, Standing] = {
        row.ladder_id: row
        for row in Standing.objects.filter(member=member).exclude(floor_tier="")
        if row.has_floor(now)
    }
    ladders = setup.ladders.values()
    return [(ladder, rows[ladder.id]) for ladder in ladders if ladder.id in rows]
