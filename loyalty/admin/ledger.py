"""The ledger, to read: wallets, entries, lots, holds and allocations."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import is_number
from core.staff import DASH, Page, Panel, Tool, WordFilter, facts_of, readable
from loyalty.admin.showing import (
    ProgramRowsAdmin,
    link,
    links_to,
    list_of,
    local,
    signed,
    source_of,
    why_link,
)
from loyalty.models import Allocation, Entry, Hold, Lot, Program, Wallet
from loyalty.models.ledger import EntryKind
from loyalty.queries.balances import BUCKETS, WalletView, wallets_of

LAST_ENTRIES = 50
NAMES = {"available": "Available", "pending": "Pending", "held": "Held", "debt": "Owed"}
NOW = tuple(f"{name}_now" for name in BUCKETS)
PARTS = ("pending", "remaining", "held", "spent", "expired", "reversed")


class KindFilter(WordFilter):
    title = "kind"
    parameter_name = "kind"
    words = tuple(EntryKind.choices)


class TrueBalances(ChangeList):
    """A list of wallets that shows what they truly hold now, whatever job has run."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        by_program: dict[Program, list[Any]] = {}
        for wallet in rows:
            by_program.setdefault(wallet.program, []).append(wallet)
        for program, wallets in by_program.items():
            for wallet in wallets:
                wallet.member.program = program
            found = wallets_of([wallet.member for wallet in wallets], at=program.now())
            for wallet in wallets:
                wallet.view = found[wallet.member_id][wallet.point_type.code]
        self.result_list = rows


def _bucket(name: str) -> Any:
    """Return a column that shows one bucket as it truly is now."""

    @admin.display(description=NAMES[name].lower())
    def column(_admin: Any, wallet: Any) -> str:
        return f"{getattr(wallet.view, name):,}"

    return column


@admin.register(Wallet)
class WalletAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "points", *NOW, "program")
    list_select_related = ("program", "member", "point_type")
    list_filter = ("program", "point_type")
    search_fields = ("member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "member"

    # Not named as the columns of the table are, which only remember the last entry.
    available_now = _bucket("available")
    pending_now = _bucket("pending")
    held_now = _bucket("held")
    debt_now = _bucket("debt")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TrueBalances

    @admin.display(description="member")
    def whose(self, wallet: Wallet) -> str:
        return wallet.member.external_id

    @admin.display(description="points")
    def points(self, wallet: Wallet) -> str:
        return wallet.point_type.name_other

    def page(self, wallet: Wallet) -> Page:
        program = wallet.program
        wallet.member.program = program
        views = wallets_of([wallet.member], at=program.now())[wallet.member_id]
        view = views[wallet.point_type.code]
        facts: list[tuple[str, object]] = [
            ("Member", link(wallet.member)),
            ("Point type", link(wallet.point_type)),
            ("Program", link(program)),
            ("Entries", wallet.last_seq),
            ("Changes by itself", local(wallet.due_at, program)),
            ("Head of the chain", readable(wallet.head_hash)),
        ]
        return Page(
            facts=facts,
            panels=[
                balances_panel({wallet.point_type.code: view}, program),
                entries_panel(_last_entries(wallet), program),
                _open_lots(wallet),
            ],
        )


def balances_panel(views: dict[str, WalletView], program: Program) -> Panel:
    """Return what a member truly has now."""
    lifetimes = ("lifetime_earned", "lifetime_redeemed", "lifetime_expired")
    return Panel(
        title="Balances now",
        headings=(
            "Points",
            "Available",
            "Pending",
            "Held",
            "Owed",
            "Ever earned",
            "Ever redeemed",
            "Ever expired",
        ),
        rows=[
            (code, *(getattr(view, name) for name in (*BUCKETS, *lifetimes)))
            for code, view in views.items()
        ],
        empty="The program has no point types.",
        note=f"As they are at {local(program.now(), program)}, whatever job has run.",
    )


def entries_panel(entries: Sequence[Entry], program: Program, title: str = "Entries") -> Panel:
    """Return entries with what caused them, and the way to the reasons."""
    moved, names = moved_by(entries)
    return Panel(
        title=title,
        headings=("When", "What", *names, "Available then", "From", "Reason", ""),
        rows=entry_rows(entries, program, moved),
        empty="Nothing has moved yet.",
    )


def moved_by(entries: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """Return which buckets these entries moved, and what their columns are called."""
    moved = [name for name in BUCKETS if any(getattr(each, name) for each in entries)]
    return moved, [NAMES[name] for name in moved]


def entry_rows(
    entries: Sequence[Entry], program: Program, moved: Sequence[str]
) -> list[Sequence[object]]:
    """Return a row for each entry, with columns for what was moved."""
    links = links_to(entries, program)
    return [
        (
            local(entry.occurred_at, program),
            link(entry, entry.get_kind_display()),
            *(signed(getattr(entry, name)) for name in moved),
            entry.available_after,
            source_of(entry, links),
            entry.reason or DASH,
            why_link(entry.decision_id),
        )
        for entry in entries
    ]


def _last_entries(wallet: Wallet) -> list[Entry]:
    return list(Entry.objects.filter(wallet=wallet).order_by("-seq")[:LAST_ENTRIES])


def _open_lots(wallet: Wallet) -> Panel:
    is_open = Q(pending__gt=0) | Q(remaining__gt=0) | Q(held__gt=0)
    lots = Lot.objects.filter(is_open, wallet=wallet).order_by("id")[:LAST_ENTRIES]
    program = wallet.program
    return Panel(
        title="Open lots",
        headings=("Lot", "From", "Granted", "Pending", "Left", "Held", "Released", "Expires"),
        rows=[
            (
                link(lot, f"{lot.pk}"),
                f"{lot.source_type} {lot.source_id}",
                lot.granted,
                lot.pending,
                lot.remaining,
                lot.held,
                local(lot.available_at, program) if lot.available_at else "at once",
                _expires(lot, wallet),
            )
            for lot in lots
        ],
        empty="No points are left that came in.",
        note="As last written down. Time may have moved some of them since." if lots else "",
    )


def _expires(lot: Lot, wallet: Wallet) -> str:
    if lot.idle:
        return f"{local(wallet.idle_at, wallet.program)}, if idle"
    return local(lot.expires_at, wallet.program) if lot.expires_at else "never"


@admin.register(Entry)
class EntryAdmin(ProgramRowsAdmin):
    list_display = ("number", "happened", "kind", "whose", "movement", "came_from", "why")
    list_display_links = ("number",)
    list_select_related = ("program", "wallet__member", "wallet__point_type")
    list_filter = ("program", KindFilter)
    search_fields = ("key", "wallet__member__external_id")
    search_help_text = "An entry (ent_123), its key, or a member's id or e-mail, as a whole."
    member_path = "wallet"

    @admin.display(description="entry")
    def number(self, entry: Entry) -> str:
        return f"ent_{entry.pk}"

    @admin.display(description="occurred")
    def happened(self, entry: Entry) -> str:
        return local(entry.occurred_at, entry.program)

    @admin.display(description="member")
    def whose(self, entry: Entry) -> str:
        return entry.wallet.member.external_id

    @admin.display(description="points")
    def movement(self, entry: Entry) -> str:
        return f"{entry.points:+,} {entry.wallet.point_type.code}"

    @admin.display(description="from")
    def came_from(self, entry: Entry) -> str:
        return f"{entry.source_type} {entry.source_id}"

    @admin.display(description="why")
    def why(self, entry: Entry) -> str | SafeString:
        return why_link(entry.decision_id)

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("ent_")
        if is_number(number) and number != term:
            return Q(pk=int(number))
        return super().found_by(term)

    def page(self, entry: Entry) -> Page:
        program, wallet = entry.program, entry.wallet
        reversal = Entry.objects.filter(reverses=entry).first()
        facts: list[tuple[str, object]] = [
            ("What", entry.get_kind_display()),
            ("Points", signed(entry.points)),
            ("Member", link(wallet.member)),
            ("Wallet", link(wallet, wallet.point_type.name_other)),
            ("From", source_of(entry, links_to([entry], program))),
            ("Reason", entry.reason or DASH),
            ("Why", why_link(entry.decision_id)),
            ("Reverses", link(entry.reverses)),
            ("Reversed by", link(reversal)),
            ("Occurred", local(entry.occurred_at, program)),
            ("Posted (server time)", readable(entry.posted_at)),
            ("Forgiven", entry.forgiven),
            ("Number in its wallet", entry.seq),
            ("Key", format_html("<code>{}</code>", entry.key)),
            ("Hash", readable(entry.hash)),
            ("Hash before", readable(entry.prev_hash)),
        ]
        return Page(facts, [_movement(entry), _allocations(entry)])


def _movement(entry: Entry) -> Panel:
    return Panel(
        title="Movement",
        headings=("", *NAMES.values()),
        rows=[
            ("Moved", *(signed(getattr(entry, bucket)) for bucket in BUCKETS)),
            ("After", *(getattr(entry, f"{bucket}_after") for bucket in BUCKETS)),
        ],
    )


def _allocations(entry: Entry) -> Panel:
    rows = entry.allocations.select_related("lot").order_by("id")
    return Panel(
        title="Lots that it touched",
        headings=("Lot", "From", *(part.capitalize() for part in PARTS)),
        rows=[
            (
                link(each.lot, f"{each.lot_id}"),
                f"{each.lot.source_type} {each.lot.source_id}",
                *(signed(getattr(each, part)) for part in PARTS),
            )
            for each in rows
        ],
        empty="None: it made a lot of its own, or moved debt only.",
    )


@admin.register(Lot)
class LotAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "source_type", "source_id", "granted", *PARTS, "expires")
    list_select_related = ("program", "wallet__member", "wallet__point_type")
    search_fields = ("wallet__member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "wallet"

    @admin.display(description="member")
    def whose(self, lot: Lot) -> str:
        return lot.wallet.member.external_id

    @admin.display(description="expires")
    def expires(self, lot: Lot) -> str:
        return _expires(lot, _of_program(lot.wallet, lot.program))

    def page(self, lot: Lot) -> Page:
        program, wallet = lot.program, _of_program(lot.wallet, lot.program)
        facts: list[tuple[str, object]] = [
            ("Member", link(wallet.member)),
            ("Wallet", link(wallet, wallet.point_type.name_other)),
            ("From", f"{lot.source_type} {lot.source_id}"),
            ("Came in with", link(lot.entry)),
            ("Earned", local(lot.earned_at, program)),
            ("Released", local(lot.available_at, program) if lot.available_at else "at once"),
            ("If never released", "cancelled" if lot.lapses else DASH),
            ("Expires", _expires(lot, wallet)),
        ]
        parts = Panel(
            title="What became of the points",
            headings=("Granted", *(part.capitalize() for part in PARTS)),
            rows=[(lot.granted, *(getattr(lot, part) for part in PARTS))],
        )
        return Page(facts, [parts])


def _of_program(wallet: Wallet, program: Program) -> Wallet:
    """Return a wallet that need not ask again which program is its own."""
    wallet.program = program
    return wallet


@admin.register(Hold)
class HoldAdmin(ProgramRowsAdmin):
    list_display = ("id", "whose", "points", "captured", "released", "expired", "ends")
    list_select_related = ("program", "wallet__member", "wallet__point_type")
    search_fields = ("wallet__member__external_id",)
    search_help_text = "A member's id or e-mail address, as a whole."
    member_path = "wallet"

    @admin.display(description="member")
    def whose(self, hold: Hold) -> str:
        return hold.wallet.member.external_id

    @admin.display(description="ends by itself")
    def ends(self, hold: Hold) -> str:
        return local(hold.expires_at, hold.program)

    def page(self, hold: Hold) -> Page:
        facts: list[tuple[str, object]] = [
            ("Member", link(hold.wallet.member)),
            ("Wallet", link(hold.wallet, hold.wallet.point_type.name_other)),
            ("Made by", link(hold.entry)),
            ("Ends by itself", local(hold.expires_at, hold.program)),
        ]
        parts = Panel(
            title="What became of the points",
            headings=("Reserved", "Captured", "Released", "Expired", "Still held"),
            rows=[(hold.points, hold.captured, hold.released, hold.expired, hold.open_points)],
        )
        return Page(facts, [parts])


@admin.register(Allocation)
class AllocationAdmin(ProgramRowsAdmin):
    list_display = ("id", "entry", "lot", *PARTS)
    list_select_related = ("entry", "lot")
    search_fields = ("entry__key",)
    search_help_text = "An entry, as ent_123."

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("ent_")
        return Q(entry=int(number)) if is_number(number) else Q(pk__in=[])

    def page(self, each: Allocation) -> Page:
        facts = facts_of(each, leave_out=("program", "wallet", "entry", "lot", "hold"))
        links: list[tuple[str, object]] = [
            ("Entry", link(each.entry)),
            ("Lot", link(each.lot)),
            ("Hold", link(each.hold)),
            ("Wallet", link(each.wallet)),
        ]
        tools = [Tool("The entry's allocations", list_of(Allocation, q=f"ent_{each.entry_id}"))]
        return Page(links + facts, tools=tools)
