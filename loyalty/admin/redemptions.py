"""Redemptions, each with its story: what was held and spent, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import URLPattern, path

from core.admin import is_number
from core.models import Event
from core.staff import DASH, Page, Panel, WordFilter, pretty, readable
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.ledger import entries_panel
from loyalty.admin.member_panels import status_mark
from loyalty.admin.redemption_acts import CancelWork, Fulfil, Reopen, Reverse, Take, Void
from loyalty.admin.reward_words import gives_in_words, name_of, voucher_word
from loyalty.admin.showing import link, local, money
from loyalty.admin.work import WorkPages
from loyalty.models import (
    Allocation,
    Entry,
    Order,
    Program,
    Redemption,
    Reward,
    Voucher,
    VoucherUse,
)
from loyalty.queries.setup import setup_of
from loyalty.queries.vouchers import voucher_state
from loyalty.rules.codes import compared

# The log has no way to the events of one redemption: its newest rows are looked through.
LOOKED_THROUGH = 20_000


class StatusFilter(WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(Redemption.Status.choices)


class FulfilmentFilter(WordFilter):
    title = "work"
    parameter_name = "fulfilment"
    words = tuple(Redemption.Fulfilment.choices)


class RewardFilter(admin.SimpleListFilter):
    """Redemptions of one reward, by name; payments have none."""

    title = "reward"
    parameter_name = "reward"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rewards = Reward.objects.live().only("name", "code")[:100]
        return [(str(reward.pk), str(reward)) for reward in rewards]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = self.value() or ""
        return queryset.filter(reward=int(number)) if is_number(number) else queryset


@admin.register(Redemption)
class RedemptionAdmin(WorkPages, ActingAdmin):
    list_display = ("number", "held", "what", "whose", "spent", "state", "work", "order_ref")
    list_display_links = ("number",)
    list_select_related = ("program", "member", "reward", "point_type")
    list_filter = ("program", StatusFilter, FulfilmentFilter, RewardFilter)
    search_fields = ("order_ref",)
    search_help_text = (
        "A redemption (red_123), an order, a voucher's code however typed, or a member's id "
        "or e-mail, as a whole."
    )
    member_path = "member"
    change_list_template = "admin/loyalty/redemption/change_list.html"
    acts: ClassVar[Mapping[str, type[Act]]] = {
        "take": Take,
        "fulfil": Fulfil,
        "void": Void,
        "reverse": Reverse,
        "cancel": CancelWork,
        "reopen": Reopen,
    }

    @admin.display(description="redemption")
    def number(self, redemption: Redemption) -> str:
        return str(redemption)

    @admin.display(description="asked for")
    def held(self, redemption: Redemption) -> str:
        return local(redemption.held_at, redemption.program)

    @admin.display(description="reward")
    def what(self, redemption: Redemption) -> str:
        return name_of(redemption, redemption.program)

    @admin.display(description="member")
    def whose(self, redemption: Redemption) -> str:
        return redemption.member.external_id

    @admin.display(description="points")
    def spent(self, redemption: Redemption) -> str:
        return f"{redemption.points:,} {redemption.point_type.code}"

    @admin.display(description="status")
    def state(self, redemption: Redemption) -> object:
        return status_mark(redemption, redemption.program.now())

    @admin.display(description="work")
    def work(self, redemption: Redemption) -> str:
        has_work = redemption.fulfilment != Redemption.Fulfilment.NONE
        return redemption.get_fulfilment_display() if has_work else DASH

    def get_urls(self) -> list[URLPattern]:
        work = self.admin_site.admin_view(self.work_view)
        return [path("work/", work, name="loyalty_redemption_work"), *super().get_urls()]

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("red_")
        if number != term and is_number(number):
            return Q(pk=int(number))
        programs = list(Program.objects.values_list("pk", flat=True))
        vouchers = Voucher.objects.filter(program__in=programs, code=compared(term))
        ids = vouchers.exclude(redemption=None).values_list("redemption", flat=True)
        return super().found_by(term) | Q(pk__in=list(ids))

    def page(self, redemption: Redemption) -> Page:
        program, now = redemption.program, redemption.program.now()
        voucher = Voucher.objects.filter(redemption=redemption).first()
        return Page(
            facts=_facts(redemption, now),
            panels=[
                *_voucher_panels(redemption, voucher, now),
                entries_panel(entries_of(redemption), program),
                _lots(redemption),
                _told(redemption),
            ],
            raw=[("What the reward gave at the time", pretty(redemption.gives))],
        )


def _facts(redemption: Redemption, now: datetime) -> list[tuple[str, object]]:
    program = redemption.program
    worth = redemption.discount
    facts: list[tuple[str, object]] = [
        ("Status", status_mark(redemption, now)),
        ("Reward", link(redemption.reward)),
        ("Gives", gives_in_words(redemption.gives, program)),
        ("Member", link(redemption.member)),
        ("Points", f"{redemption.points:,} {redemption.point_type.code}"),
        ("Captured", redemption.captured_points),
        ("Came back", redemption.reversed_points),
        ("Worth at the checkout", DASH if worth is None else money(worth, program)),
        ("Order", _order(redemption)),
        ("Asked for", local(redemption.held_at, program)),
        ("Hold ends by itself", local(redemption.expires_at, program)),
        ("Settled", local(redemption.settled_at, program)),
    ]
    if redemption.fulfilment != Redemption.Fulfilment.NONE:
        facts += [
            ("Work", redemption.get_fulfilment_display()),
            ("Note", redemption.fulfilment_note or DASH),
            ("Fulfilled", local(redemption.fulfilled_at, program)),
        ]
    return [*facts, ("Program", link(program)), ("Key", redemption.key)]


def _order(redemption: Redemption) -> object:
    if not redemption.order_ref:
        return DASH
    mine = {"program": redemption.program_id, "external_id": redemption.order_ref}
    order = Order.objects.filter(**mine).only("external_id").first()
    return link(order, redemption.order_ref) if order else redemption.order_ref


def entries_of(redemption: Redemption) -> list[Entry]:
    """Return what a redemption moved, newest first, in whoever's wallets."""
    wallets = {entry.wallet_id for entry in (redemption.spent_by,) if entry}
    if redemption.hold is not None:
        wallets.add(redemption.hold.wallet_id)
    wallets |= set(redemption.member.wallets.values_list("pk", flat=True))
    rows = Entry.objects.filter(wallet__in=wallets, source_type="redemption")
    return list(rows.filter(source_id=str(redemption)).order_by("-pk"))


def _voucher_panels(
    redemption: Redemption, voucher: Voucher | None, now: datetime
) -> list[Panel]:
    if voucher is None:
        return []
    voucher.redemption = redemption
    state = voucher_state(setup_of(redemption.program), voucher, at=now)
    uses = list(voucher.redeemed.order_by("-pk"))
    program = redemption.program
    panel = Panel(
        title="Voucher",
        headings=("Code", "Is", "Used", "Of", "Valid until"),
        rows=[
            (
                link(voucher),
                voucher_word(voucher, state),
                voucher.used,
                voucher.uses,
                local(voucher.valid_until, program) if voucher.valid_until else "for ever",
            )
        ],
    )
    return [panel, uses_panel(uses, program)]


def uses_panel(uses: list[VoucherUse], program: Program) -> Panel:
    """Return on which orders a voucher was used, and which uses were given back."""
    refs = {use.order_ref for use in uses}
    orders = Order.objects.filter(program=program, external_id__in=refs).only("external_id")
    links = {order.external_id: link(order, order.external_id) for order in orders}
    return Panel(
        title="Uses",
        headings=("Used", "Order", "Goods", "Discount", "Given back"),
        rows=[
            (
                local(use.used_at, program),
                links.get(use.order_ref, use.order_ref),
                DASH if use.subtotal is None else money(use.subtotal, program),
                DASH if use.discount is None else money(use.discount, program),
                local(use.released_at, program),
            )
            for use in uses
        ],
        empty="It was not used yet.",
    )


def _lots(redemption: Redemption) -> Panel:
    rows = Allocation.objects.filter(entry=redemption.spent_by_id, spent__gt=0)
    return Panel(
        title="Lots that paid",
        headings=("Lot", "Came from", "Spent", "Expires"),
        rows=[
            (
                link(each.lot, f"{each.lot_id}"),
                f"{each.lot.source_type} {each.lot.source_id}",
                each.spent,
                local(each.lot.expires_at, redemption.program)
                if each.lot.expires_at
                else "never",
            )
            for each in rows.select_related("lot").order_by("id")
        ],
        empty="None yet: nothing was spent.",
    )


def _told(redemption: Redemption) -> Panel:
    """Return what the outside heard, of what the log's newest rows say."""
    newest = Event.objects.order_by("-pk").values("pk")[:LOOKED_THROUGH]
    mine = Event.objects.filter(pk__in=newest, member_id=redemption.member_id)
    kinds = Q(type__startswith="redemption.", data__id=str(redemption))
    kinds |= Q(type__startswith="voucher.", data__redemption=str(redemption))
    return Panel(
        title="What the outside heard",
        headings=("Event", "Occurred", "Delivered (server time)"),
        rows=[
            (
                link(event, event.type),
                local(event.occurred_at, redemption.program),
                readable(event.published_at),
            )
            for event in mine.filter(kinds).order_by("-pk")
        ],
        empty="Nothing, as far as the newest rows of the event log go.",
    )
