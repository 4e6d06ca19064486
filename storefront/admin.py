"""API keys, which staff may look at and revoke; answers kept for repeats; and erasing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core import clock
from core.staff import DASH, Page, ReadOnlyAdmin, moment
from engine.adjusting import adjust_member, approve_for_member
from engine.lives import merge_people, part_people, welcome_back
from engine.spending import redeem_for_member, settle_for_member
from engine.upkeep import bring_up_to_date
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.adjustments import AdjustmentAdmin, Approve
from loyalty.admin.lives import MergeAdmin, Undo
from loyalty.admin.member_acts import Adjust, Issue, MergeInto, Reactivate
from loyalty.admin.members import MemberAdmin
from loyalty.admin.redemption_acts import Reverse, Settling, Void
from loyalty.admin.redemptions import RedemptionAdmin
from loyalty.models import Adjustment, Member, Merge, Redemption
from loyalty.queries.export import export_chunks
from loyalty.services.adjustments import AdjustmentRequest
from loyalty.services.redemptions import RedemptionRequest
from referrals.queries.export import referral_parts
from storefront.models import ApiKey, ClaimsKey, IdempotencyKey
from storefront.services.erasure import forget_member
from storefront.services.keys import revoke_api_key
from tiers.queries.export import tier_parts
from tiers.queries.ladders import tier_setup_of
from tiers.queries.telling import tiers_held

NOTE = (
    "The secret part of a key was shown once, when it was made, and is kept nowhere. "
    "New keys are made with manage.py create_api_key."
)
CLAIMS_NOTE = (
    "The secret is kept nowhere: it is made of this name and the server's SECRET_KEY. "
    "Those who check claims get it from GET /api/v1/program/claims-key."
)

# What an export tells of tiers.
EXPORTED_REFERRALS = (
    "referrals.view_referralcode",
    "referrals.view_referral",
    "referrals.view_payout",
)
EXPORTED_TIERS = tuple(
    f"tiers.view_{noun}" for noun in ("standing", "standingchange", "entryreward")
)


class Revoke(Act):
    """Closes a key for good."""

    title = "Revoke"
    permission = "storefront.change_apikey"
    is_final = True
    explanation = "Nobody gets in with this key any more. That cannot be undone: make another."

    @classmethod
    def is_offered(cls, row: ApiKey) -> bool:
        return row.revoked_at is None

    def perform(self) -> str:
        revoke_api_key(key=self.row, at=clock.real_now())
        return f"{self.row} is revoked. Nobody gets in with it any more."


@admin.register(ApiKey)
class ApiKeyAdmin(ActingAdmin):
    list_display = ("title", "kind", "program", "may", "created", "used", "revoked")
    list_select_related = ("program",)
    list_filter = ("program", "kind")
    search_fields = ("public_id", "name")
    search_help_text = (
        "The part of a key that may be shown, or its name, as a whole. "
        "New keys are made with manage.py create_api_key."
    )
    actions = ("revoke",)
    acts: ClassVar[Mapping[str, type[Act]]] = {"revoke": Revoke}

    @admin.display(description="key")
    def title(self, key: ApiKey) -> str:
        return str(key)

    @admin.display(description="may touch")
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or DASH

    @admin.display(description="made")
    def created(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @admin.display(description="last used")
    def used(self, key: ApiKey) -> str:
        return moment(key.last_used_at)

    @admin.display(description="revoked")
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may close keys for good."""
        return request.user.has_perm(Revoke.permission)

    @admin.action(description="Revoke the chosen keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self.act_on_each(request, keys, Revoke)

    def page(self, key: ApiKey) -> Page:
        facts: list[tuple[str, object]] = [
            ("Name", key.name or DASH),
            ("Shown part", key.public_id),
            ("Kind", key.get_kind_display()),
            ("Program", str(key.program)),
            ("May touch", self.may(key)),
            ("Made", self.created(key)),
            ("Last used, to the hour", self.used(key)),
            ("Revoked", self.revoked(key)),
        ]
        return Page(facts, note=NOTE)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "owner", "status", "claimed", "created")
    list_select_related = ("api_key", "member")
    search_fields = ("key",)
    search_help_text = "An idempotency key, as a whole."

    @admin.display(description="of")
    def owner(self, row: IdempotencyKey) -> str:
        return str(row.api_key or row.member)

    @admin.display(description="last claimed")
    def claimed(self, row: IdempotencyKey) -> str:
        return moment(row.claimed_at)

    @admin.display(description="first seen")
    def created(self, row: IdempotencyKey) -> str:
        return moment(row.created_at)

    def page(self, row: IdempotencyKey) -> Page:
        facts: list[tuple[str, object]] = [
            ("Key", row.key),
            ("Of", self.owner(row)),
            ("Answered with", row.status or "not answered yet"),
            ("Last claimed", self.claimed(row)),
            ("First seen", self.created(row)),
            ("Known to services as", row.work_key),
        ]
        answer = bytes(row.body).decode("utf-8", "replace") if row.body else DASH
        return Page(facts, raw=[("The answer that is kept", answer)])


@admin.register(ClaimsKey)
class ClaimsKeyAdmin(ReadOnlyAdmin):
    list_display = ("kid", "program", "made", "signs", "ends")
    list_select_related = ("program",)
    list_filter = ("program",)
    search_fields = ("kid",)
    search_help_text = "The name of a key, as in the header of a claim."

    @admin.display(description="made")
    def made(self, key: ClaimsKey) -> str:
        return moment(key.created_at)

    @admin.display(description="signs from")
    def signs(self, key: ClaimsKey) -> str:
        return moment(key.signs_from)

    @admin.display(description="good until")
    def ends(self, key: ClaimsKey) -> str:
        return moment(key.ends_at)

    def page(self, key: ClaimsKey) -> Page:
        facts: list[tuple[str, object]] = [
            ("Name", key.kid),
            ("Program", str(key.program)),
            ("Made", self.made(key)),
            ("Signs from", self.signs(key)),
            ("Good until", self.ends(key)),
        ]
        return Page(facts, note=CLAIMS_NOTE)


class AdjustAndFollow(Adjust):
    """The same, and the member stands where that puts them at once."""

    counts_for_tiers = forms.BooleanField(
        required=False,
        help_text="As points that are earned do, in ladders that are climbed by points.",
    )

    def prepare(self) -> None:
        super().prepare()
        if "points" not in tier_setup_of(self.row.program).metrics:
            del self.fields["counts_for_tiers"]

    def request(self) -> AdjustmentRequest:
        counts = self.cleaned_data.get("counts_for_tiers", False)
        return replace(super().request(), counts_for_tiers=counts)

    def adjust(self, **asked: Any) -> Adjustment:
        return adjust_member(**asked)


class ApproveAndFollow(Approve):
    """The same, and the member stands where that puts them at once."""

    def decide(self, **asked: Any) -> None:
        approve_for_member(**asked)


class IssueByTier(Issue):
    """The same, where it is known which tiers the member holds."""

    def tiers(self) -> Mapping[str, str]:
        return tiers_held(self.row, self.row.program.now())

    def redeem(self, request: RedemptionRequest) -> Redemption:
        return redeem_for_member(member=self.row, request=request, requested=self.asked())


class SettlingAsOfNow(Settling):
    """The same, and the member stands where it stands by now."""

    def settle(self, settle: Callable[..., Redemption], **asked: Any) -> None:
        requested = self.asked()
        settle_for_member(settle=settle, redemption=self.row, requested=requested, **asked)


class VoidAsOfNow(SettlingAsOfNow, Void):
    """The same, of what is held."""


class ReverseAsOfNow(SettlingAsOfNow, Reverse):
    """The same, of what was spent."""


class Erase(Act):
    """Erases what identifies a person, for good."""

    title = "Erase"
    permission = "loyalty.delete_member"
    is_final = True
    explanation = (
        "This cannot be undone. Name, addresses, attributes, consents, notes and codes go, "
        "and so do the answers that were kept about this person; points can never be spent "
        "again. The ledger stays, under a random id, and nobody can enrol with this id."
    )

    typed = forms.CharField(
        label="Their id", max_length=255, help_text="Type it, so that it is the right one."
    )

    @classmethod
    def is_offered(cls, row: Member) -> bool:
        return row.status != Member.Status.ERASED

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.row.external_id:
            raise forms.ValidationError("This is not the id of this member.")
        return typed

    def perform(self) -> str:
        forget_member(member=self.row, at=self.row.program.now())
        return "The member was erased."


class MergeAsOfNow(MergeInto):
    """The same, once the other has had what there was to celebrate by now."""

    def clean_into(self) -> Member:
        return as_of_now(super().clean_into())

    def merge(self, into: Member) -> None:
        asked, reason = self.asked(), self.cleaned_data["reason"]
        merge_people(member=self.row, into=into, requested=asked, reason=reason)


class UndoOfAll(Undo):
    """The same, of what every app has merged."""

    def undo(self) -> None:
        part_people(merge=self.row, at=self.asked().at)


class WelcomeBack(Reactivate):
    """The same, and the member stands where it stands by now."""

    def reactivate(self) -> None:
        welcome_back(member=self.row, at=self.asked().at)


admin.site.unregister([Adjustment, Member, Merge, Redemption])


@admin.register(Adjustment)
class FollowedAdjustmentAdmin(AdjustmentAdmin):
    """Adjustments, which may move their members in ladders."""

    acts: ClassVar[Mapping[str, type[Act]]] = {
        **AdjustmentAdmin.acts,
        "approve": ApproveAndFollow,
    }


@admin.register(Member)
class ForgettingMemberAdmin(MemberAdmin):
    """Members, whom only the door can erase as a whole: it keeps answers about them.

    And what is below it knows nothing of tiers, which some rewards are for, and cannot
    state what somebody has to celebrate before staff look.
    """

    acts: ClassVar[Mapping[str, type[Act]]] = {
        **MemberAdmin.acts,
        "adjust": AdjustAndFollow,
        "issue": IssueByTier,
        "merge": MergeAsOfNow,
        "reactivate": WelcomeBack,
        "erase": Erase,
    }

    def export_of(self, member: Member, request: HttpRequest) -> Iterable[str]:
        at, may = member.program.now(), request.user.has_perms
        tiers = tier_parts(member, at=at) if may(EXPORTED_TIERS) else ()
        referrals = referral_parts(member) if may(EXPORTED_REFERRALS) else ()
        return export_chunks(member, at=at, more=chain(tiers, referrals))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Member | None:
        member = super().get_object(request, object_id, from_field)
        return member and as_of_now(member)


@admin.register(Redemption)
class FollowedRedemptionAdmin(RedemptionAdmin):
    """Redemptions, whose points may move their members by ladders that follow balances."""

    acts: ClassVar[Mapping[str, type[Act]]] = {
        **RedemptionAdmin.acts,
        "void": VoidAsOfNow,
        "reverse": ReverseAsOfNow,
    }


@admin.register(Merge)
class MergeAdminAsOfNow(MergeAdmin):
    """Merges; what the two had to celebrate as one by now was one's."""

    acts: ClassVar[Mapping[str, type[Act]]] = {"undo": UndoOfAll}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Merge | None:
        merge = super().get_object(request, object_id, from_field)
        if merge is not None:
            merge.into.program = merge.program
            as_of_now(merge.into)
        return merge


def as_of_now(member: Member) -> Member:
    """State what a member has to celebrate by now, as the API does when it looks one up."""
    bring_up_to_date(member.program, [member], at=member.program.now())
    return member
