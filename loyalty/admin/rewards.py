"""The reward editor: what can be had for points, as people fill it in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core.staff import pretty
from loyalty.admin.acting import Act, Acting
from loyalty.admin.earning import LiveFilter
from loyalty.admin.importing import ImportCodes
from loyalty.admin.reward_fields import FIELDSETS, MOMENTS
from loyalty.admin.reward_form import RewardForm
from loyalty.admin.reward_preview import face_of, who_panel
from loyalty.admin.reward_words import gives_in_words, price_of
from loyalty.admin.showing import list_of, page_of
from loyalty.models import Member, Program, Redemption, Reward, Voucher
from loyalty.queries.member_facts import NO_TIERS
from loyalty.queries.reward_trials import last_active_members, taken_of
from loyalty.services.editing import archive_reward, edit_reward


@admin.register(Reward)
class RewardAdmin(Acting):
    form = RewardForm
    fieldsets = FIELDSETS
    list_display = ("title", "code", "gives", "price", "left", "program")
    list_display_links = ("title",)
    list_select_related = ("program",)
    list_filter = ("program", LiveFilter)
    search_fields = ("code", "name")
    change_form_template = "admin/loyalty/reward/change_form.html"
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = None
    acts: ClassVar[Mapping[str, type[Act]]] = {"codes": ImportCodes}

    class Media:
        js = ("perennial/reward.js", "perennial/preview.js")

    @admin.display(description="reward")
    def title(self, reward: Reward) -> str:
        return str(reward)

    @admin.display(description="gives")
    def gives(self, reward: Reward) -> str:
        return gives_in_words(reward.definition.get("gives") or {}, reward.program)

    @admin.display(description="price")
    def price(self, reward: Reward) -> str:
        return price_of(reward.definition)

    @admin.display(description="left")
    def left(self, reward: Reward) -> str:
        if reward.stock is None:
            return "any number"
        return f"{reward.stock - reward.taken:,} of {reward.stock:,}"

    @admin.display(description="Taken and left")
    def counted(self, reward: Reward) -> str:
        taken = taken_of(reward, at=reward.program.now())
        text = f"{taken:,} reserved or gone"
        return text if reward.stock is None else f"{text}, {reward.stock - taken:,} left"

    @admin.display(description="Codes in the pool")
    def pool(self, reward: Reward) -> str:
        return f"{Voucher.objects.filter(reward=reward, issued_at=None).count():,}"

    @admin.display(description="As the program file writes it")
    def as_written(self, reward: Reward) -> SafeString:
        return format_html("<pre>{}</pre>", pretty(reward.form()))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Redemptions hang on it; a reward is archived.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "code", "as_written", "counted", "pool") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.fieldsets
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": ("program", "code", "name", "counted", "as_written")}),)
        more = {"stock": ("stock", "counted"), "voucher_codes": ("voucher_codes", "pool")}
        fieldsets = [(title, _with(fields, more)) for title, fields in FIELDSETS]
        clock = f"By the clock of {obj.program.timezone}: {MOMENTS}"
        return [
            (title, fields | {"description": clock} if title == "When" else fields)
            for title, fields in fieldsets
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        only = Program.objects.order_by("pk").values_list("pk", flat=True)[:1]
        return {"program": next(iter(only), None)} | super().get_changeform_initial_data(
            request
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        archive = self.admin_site.admin_view(require_POST(self.archive_view))
        return [
            path("add/preview/", view, name="loyalty_reward_preview_new"),
            path("<path:object_id>/preview/", view, name="loyalty_reward_preview"),
            path("<path:object_id>/archive/", archive, name="loyalty_reward_archive"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        reward = kwargs.get("obj")
        if reward is not None:
            context["redeemed"] = list_of(Redemption, reward=reward.pk)
            context["acts"] = self.offered(request, reward)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        at = obj.program.now()
        saved = edit_reward(program=obj.program, code=obj.code, form=form.reward_form, at=at)
        obj.pk, obj.position, obj.archived_at = saved.pk, saved.position, saved.archived_at
        messages.info(request, "It counts at once: shoppers see it from now on.")

    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Show the reward, as it stands in the form, as a shopper would see it."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if not self.has_change_permission(request, row) or (object_id and row is None):
            raise PermissionDenied
        form: Any = self.get_form(request, row, change=row is not None)(
            request.POST, instance=row
        )
        context = self.admin_site.each_context(request) | {
            "title": "Preview",
            "subtitle": str(row or "A new reward"),
            "opts": self.opts,
            "original": row,
            **self._previewed(form, row),
        }
        return TemplateResponse(request, "admin/loyalty/reward/preview.html", context)

    def tiers_of(
        self, program: Program, members: Sequence[Member]
    ) -> Mapping[Member, Mapping[str, str]]:
        """Return the tiers that members hold, by ladder; ladders are unknown here."""
        return dict.fromkeys(members, NO_TIERS)

    def _previewed(self, form: Any, row: Reward | None) -> dict[str, Any]:
        """Return what a shopper would see and who could have it, or what is wrong."""
        if not form.is_valid():
            problems = [
                (str(form[name].label) if name in form.fields else "", text)
                for name, texts in form.errors.items()
                for text in map(str, texts)
            ]
            return {"problems": problems}
        program: Program = form.program
        reward = replace(form.compiled(), id=row.pk if row else None)
        tiers = self.tiers_of(program, last_active_members(program))
        return {
            "face": face_of(reward, form.reward_form, row, program),
            "panel": who_panel(reward, form.reward_form, row, program, tiers),
        }

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a reward off the catalogue, or bring an archived one back."""
        reward = self.get_object(request, unquote(object_id))
        if reward is None or not self.has_change_permission(request, reward):
            raise PermissionDenied
        at = reward.program.now()
        if reward.archived_at is None:
            archive_reward(reward=reward, at=at)
        else:
            edit_reward(program=reward.program, code=reward.code, form=reward.form(), at=at)
        said = "archived" if reward.archived_at is None else "on offer again"
        self.log_change(request, reward, said)
        messages.success(request, f"{reward} is {said}.")
        return HttpResponseRedirect(page_of(reward))


def _with(fields: dict[str, Any], more: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a fieldset in which some fields have others behind them."""
    named = [name for field in fields["fields"] for name in more.get(field, (field,))]
    return fields | {"fields": tuple(named)}
