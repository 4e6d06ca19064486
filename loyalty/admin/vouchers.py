"""Vouchers and their uses: found however they are typed, given back and made void."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest

from core.admin import is_number
from core.staff import DASH, Page, pretty
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.redemptions import uses_panel
from loyalty.admin.reward_words import gives_in_words, voucher_word
from loyalty.admin.showing import ProgramRowsAdmin, link, local, money
from loyalty.models import Program, Voucher, VoucherUse
from loyalty.queries.setup import setup_of
from loyalty.queries.vouchers import voucher_state
from loyalty.rules.codes import compared
from loyalty.services.vouchers import release_voucher, revoke_voucher


class Release(Act):
    """Gives back the use of a voucher on an order that came to nothing."""

    title = "Release"
    permission = "loyalty.change_voucher"
    explanation = (
        "The voucher can be used again, as before that order. Points that were spent for "
        "it stay spent."
    )
    refused_at = "order"

    order = forms.ChoiceField()

    @classmethod
    def is_offered(cls, row: Voucher) -> bool:
        return row.used > 0

    def prepare(self) -> None:
        uses = self.row.redeemed.filter(released_at=None).order_by("-pk")
        field = self.fields["order"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(use.order_ref, use.order_ref) for use in uses]

    def perform(self) -> str:
        order = self.cleaned_data["order"]
        release_voucher(
            program=self.row.program, code=self.row.code, order=order, at=self.asked().at
        )
        return f"{self.row} is free again: its use on {order} was given back."


class MakeVoid(Act):
    """Makes a code worthless."""

    title = "Void"
    permission = "loyalty.change_voucher"
    is_final = True
    explanation = (
        "The code is worth nothing from now on, for good. The points that were spent for it "
        "stay spent; to give them back, reverse its redemption."
    )

    @classmethod
    def is_offered(cls, row: Voucher) -> bool:
        return row.voided_at is None and row.issued_at is not None

    def perform(self) -> str:
        revoke_voucher(voucher=self.row, at=self.asked().at)
        return f"{self.row} is void."


class StateFilter(admin.SimpleListFilter):
    """Vouchers as they are written down; whether one is over depends on the clock."""

    title = "state"
    parameter_name = "state"
    states: ClassVar[Mapping[str, tuple[str, Q]]] = {
        "issued": ("Issued", Q(issued_at__isnull=False)),
        "left": ("With uses left", Q(issued_at__isnull=False, used__lt=F("uses"))),
        "used": ("Used", Q(used__gt=0)),
        "void": ("Void", Q(voided_at__isnull=False)),
        "pool": ("In the pool", Q(issued_at=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, text) for word, (text, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        state = self.states.get(self.value() or "")
        return queryset.filter(state[1]) if state else queryset


@admin.register(Voucher)
class VoucherAdmin(ActingAdmin):
    list_display = ("shown", "gives_what", "whose", "state", "uses_so_far", "until", "issued")
    list_select_related = ("program", "member", "redemption")
    list_filter = ("program", StateFilter)
    search_fields = ("code",)
    search_help_text = (
        "A code however it is typed, a redemption (red_123), or a member's id or e-mail."
    )
    member_path = "member"
    acts: ClassVar[Mapping[str, type[Act]]] = {"release": Release, "void": MakeVoid}

    @admin.display(description="gives")
    def gives_what(self, voucher: Voucher) -> str:
        return gives_in_words(voucher.gives, voucher.program) if voucher.gives else DASH

    @admin.display(description="member")
    def whose(self, voucher: Voucher) -> str:
        return voucher.member.external_id if voucher.member else DASH

    @admin.display(description="is")
    def state(self, voucher: Voucher) -> object:
        return state_of(voucher)

    @admin.display(description="used")
    def uses_so_far(self, voucher: Voucher) -> str:
        return f"{voucher.used:,} of {voucher.uses:,}"

    @admin.display(description="valid until")
    def until(self, voucher: Voucher) -> str:
        return local(voucher.valid_until, voucher.program)

    @admin.display(description="issued")
    def issued(self, voucher: Voucher) -> str:
        return local(voucher.issued_at, voucher.program)

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("red_")
        if number != term and is_number(number):
            return Q(redemption=int(number))
        programs = list(Program.objects.values_list("pk", flat=True))
        typed = Q(program__in=programs, code=compared(term))
        return super().found_by(term) | typed

    def page(self, voucher: Voucher) -> Page:
        program = voucher.program
        gives = gives_in_words(voucher.gives, program) if voucher.gives else DASH
        facts: list[tuple[str, object]] = [
            ("Is", state_of(voucher)),
            ("Gives", gives),
            ("Reward", link(voucher.reward)),
            ("Member", link(voucher.member)),
            ("Redemption", link(voucher.redemption)),
            ("From", f"{voucher.source_type} {voucher.source_id}".strip() or DASH),
            ("Used", f"{voucher.used:,} of {voucher.uses:,}"),
            ("Valid from", local(voucher.valid_from, program)),
            ("Valid until", local(voucher.valid_until, program)),
            ("Issued", local(voucher.issued_at, program)),
            ("Void since", local(voucher.voided_at, program)),
            ("Program", link(program)),
        ]
        uses = list(voucher.redeemed.order_by("-pk"))
        return Page(facts, [uses_panel(uses, program)], raw=[("Gives", pretty(voucher.gives))])


def state_of(voucher: Voucher) -> object:
    """Return how a voucher stands now, whatever job has run."""
    program = voucher.program
    return voucher_word(voucher, voucher_state(setup_of(program), voucher, at=program.now()))


@admin.register(VoucherUse)
class VoucherUseAdmin(ProgramRowsAdmin):
    list_display = ("id", "voucher", "order_ref", "taken_off", "used", "released")
    list_select_related = ("program", "voucher")
    search_fields = ("order_ref",)
    search_help_text = "The id of an order, or a code however it is typed."

    @admin.display(description="discount")
    def taken_off(self, use: VoucherUse) -> str:
        return DASH if use.discount is None else money(use.discount, use.program)

    @admin.display(description="used")
    def used(self, use: VoucherUse) -> str:
        return local(use.used_at, use.program)

    @admin.display(description="given back")
    def released(self, use: VoucherUse) -> str:
        return local(use.released_at, use.program)

    def found_by(self, term: str) -> Q:
        programs = list(Program.objects.values_list("pk", flat=True))
        codes = Voucher.objects.filter(program__in=programs, code=compared(term))
        return super().found_by(term) | Q(voucher__in=list(codes))

    def page(self, use: VoucherUse) -> Page:
        facts: list[tuple[str, object]] = [
            ("Voucher", link(use.voucher)),
            ("Order", use.order_ref),
            ("Goods", DASH if use.subtotal is None else money(use.subtotal, use.program)),
            ("Discount", self.taken_off(use)),
            ("Used", self.used(use)),
            ("Given back", self.released(use)),
        ]
        return Page(facts)
