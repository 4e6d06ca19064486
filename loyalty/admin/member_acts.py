"""What staff do for a member on the phone: each is a form and one call of a service."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q

from loyalty.admin.acting import Act
from loyalty.admin.reward_words import WHY_NOT, cost_in_words
from loyalty.models import Adjustment, Member, Merge, PointType, Redemption
from loyalty.queries.rewards import circumstances_of, why_not_redeemable
from loyalty.queries.setup import setup_of
from loyalty.services.adjustments import LONGEST_NOTE, AdjustmentRequest, adjust_points
from loyalty.services.merging import UNDO_WITHIN, merge_members
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from loyalty.services.statuses import close_member, reactivate_member, suspend_member


class Adjust(Act):
    """Points that a person gives or takes, and why."""

    title = "Adjust points"
    permission = "loyalty.add_adjustment"
    refused_at = "points"

    point_type = forms.ModelChoiceField(PointType.objects.none(), empty_label=None)
    points = forms.IntegerField(
        min_value=-(2**63) + 1,
        max_value=2**63 - 1,
        help_text="Below zero takes points away.",
    )
    reason = forms.CharField(
        max_length=60, help_text="A short word that the member may see, such as goodwill."
    )
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For colleagues: what was promised, and to whom.",
    )

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open

    def prepare(self) -> None:
        field = self.fields["point_type"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = PointType.objects.live().filter(program=self.row.program)

    def explain(self) -> str:
        most = self.row.program.adjustment_approval_above
        return "" if most is None else f"More than {most} points wait for a second person."

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if not points:
            raise forms.ValidationError("An adjustment moves at least one point.")
        return points

    def request(self) -> AdjustmentRequest:
        stated = self.cleaned_data
        return AdjustmentRequest(stated["points"], stated["reason"], stated["note"])

    def adjust(self, **asked: Any) -> Adjustment:
        return adjust_points(**asked)

    def perform(self) -> str:
        adjustment = self.adjust(
            member=self.row,
            point_type=self.cleaned_data["point_type"],
            request=self.request(),
            requested=self.asked(),
        )
        if adjustment.status == Adjustment.Status.AWAITING:
            self.level = messages.WARNING
            return "So many points wait for a second person to approve."
        return f"{adjustment.points:+,} points for {self.row}."


class Issue(Act):
    """A reward that staff redeem for a member, with the member's points."""

    title = "Issue a reward"
    permission = "loyalty.add_redemption"
    explanation = (
        "The member pays with points, as at a checkout, and at once. A code is on the page "
        "of the redemption, and on the member's."
    )
    refused_at = "reward"

    reward = forms.ChoiceField(widget=forms.RadioSelect)
    order = forms.CharField(
        required=False,
        max_length=255,
        help_text="The order that it belongs to, if any: when that is refunded, the points "
        "come back.",
    )

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.may_redeem

    def tiers(self) -> Mapping[str, str]:
        """Return the tiers that the member holds, by ladder; ladders are unknown here."""
        return {}

    def redeem(self, request: RedemptionRequest) -> Redemption:
        return redeem_reward(member=self.row, request=request, requested=self.asked())

    def prepare(self) -> None:
        field = self.fields["reward"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = self._offers()

    def _offers(self) -> list[tuple[str, str]]:
        """Return every reward with its price, and why this member cannot have it."""
        member, at = self.row, self.row.program.now()
        setup = setup_of(member.program)
        rewards = [each for each in setup.rewards.values() if each.gives.pay is None]
        met = circumstances_of(setup, rewards, member, at=at, tiers=self.tiers())
        offers = []
        for reward in rewards:
            word = why_not_redeemable(reward, member, at, met)
            but = f" \N{EM DASH} {WHY_NOT[word]}" if word else ""
            name = f"{reward.name}, {cost_in_words(reward.cost)}{but}"
            offers.append((word is not None, reward.code, name))
        # Those that can be had come first.
        return [(code, name) for _, code, name in sorted(offers, key=lambda each: each[0])]

    def perform(self) -> str:
        request = RedemptionRequest(
            reward=self.cleaned_data["reward"], order=self.cleaned_data["order"], capture=True
        )
        redemption = self.redeem(request)
        voucher = getattr(redemption, "voucher", None)
        code = f" The code is {voucher.shown}." if voucher else ""
        return f"{redemption.points:,} points spent on {redemption.reward}.{code}"


class Suspend(Act):
    """Keeps a member from earning, from redeeming, or from both."""

    title = "Suspend"
    permission = "loyalty.change_member"
    explanation = (
        "What happens meanwhile is recorded and earns nothing; it is not made up for later."
    )

    earning = forms.BooleanField(required=False, label="From earning")
    redeeming = forms.BooleanField(required=False, label="From redeeming")
    reason = forms.CharField(max_length=255, required=False, help_text="For colleagues.")

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open

    def suggested(self, row: Member) -> dict[str, Any]:
        is_new = row.status != Member.Status.SUSPENDED
        return {
            "earning": is_new or row.earning_suspended,
            "redeeming": is_new or row.redeeming_suspended,
            "reason": row.suspension_reason,
        }

    def perform(self) -> str:
        said = {name: self.cleaned_data[name] for name in ("earning", "redeeming", "reason")}
        suspend_member(member=self.row, at=self.asked().at, **said)
        what = " and ".join(name for name in ("earning", "redeeming") if said[name])
        return f"{self.row} is suspended from {what}."


class Reactivate(Act):
    """Lets a suspended or closed member earn and redeem again."""

    title = "Reactivate"
    permission = "loyalty.change_member"
    explanation = "The member earns and redeems again, from now on."

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        if row.status == Member.Status.SUSPENDED:
            return True
        return row.status == Member.Status.CLOSED and not is_merged(row)

    def perform(self) -> str:
        self.reactivate()
        return f"{self.row} is active again."

    def reactivate(self) -> None:
        reactivate_member(member=self.row, at=self.asked().at)


class Close(Act):
    """Ends a membership; what the member has stays until it expires."""

    title = "Close"
    permission = "loyalty.change_member"
    is_final = True
    explanation = (
        "Nothing is earned or redeemed any more. The points stay until they expire, since "
        "a closed member can be reactivated."
    )

    reason = forms.CharField(max_length=255, required=False, help_text="For colleagues.")

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open

    def perform(self) -> str:
        close_member(member=self.row, reason=self.cleaned_data["reason"], at=self.asked().at)
        return f"{self.row} is closed."


class MergeInto(Act):
    """Lets a member become another one."""

    title = "Merge"
    permission = "loyalty.add_merge"
    is_final = True
    refused_at = "into"

    into = forms.CharField(
        label="Into",
        max_length=255,
        help_text="The id or e-mail address of the member who stays.",
    )
    reason = forms.CharField(max_length=255, required=False, help_text="For colleagues.")

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.is_open

    def explain(self) -> str:
        return (
            f"All that {self.row} has, points, debt, orders and rewards, goes to the other "
            f"member, and {self.row.external_id} means that one from now on. It can be "
            f"undone for {UNDO_WITHIN.days} days."
        )

    def clean_into(self) -> Member:
        text = self.cleaned_data["into"].strip()
        whom = Q(external_id=text) | Q(email=text.lower())
        found = Member.objects.filter(whom, program=self.row.program).first()
        if found is None:
            raise forms.ValidationError("Nobody has this id or address.")
        found.program = self.row.program
        return found

    def perform(self) -> str:
        into = self.cleaned_data["into"]
        self.merge(into)
        return f"{self.row} is {into} now."

    def merge(self, into: Member) -> None:
        asked, reason = self.asked(), self.cleaned_data["reason"]
        merge_members(member=self.row, into=into, requested=asked, reason=reason)


def is_merged(member: Member) -> bool:
    """Say whether a member is somebody else now."""
    return Merge.objects.filter(merged=member, undone_at=None).exists()
