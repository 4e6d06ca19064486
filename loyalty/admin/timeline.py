"""What happened to a member, newest first: points moved, codes used, lives changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from core.models import LIVES, Event
from core.staff import DASH, Panel
from loyalty.admin.additions import Happening, additions
from loyalty.admin.ledger import entry_rows, moved_by
from loyalty.admin.showing import link, local
from loyalty.models import Entry, Member, Merge, Order, Program, Voucher, VoucherUse, Wallet

LAST_ENTRIES = 25
LAST_USES = 10


def timeline_panel(member: Member) -> Panel:
    """Return the newest of everything that happened to a member, with the way to why."""
    program = member.program
    entries = last_entries(member)
    moved, names = moved_by(entries)
    blanks = [""] * (len(moved) + 1)
    told: list[tuple[tuple[datetime, int, int], Sequence[object]]] = [
        ((entry.occurred_at, entry.pk, 0), row)
        for entry, row in zip(entries, entry_rows(entries, program, moved), strict=True)
    ]
    # Of what is older than the entries, there is as little to be seen as of them.
    full = len(entries) == LAST_ENTRIES
    since = min(entry.occurred_at for entry in entries) if full else None
    for number, each in enumerate(happenings(member)):
        if since is None or each.at >= since:
            when = local(each.at, program)
            row = (when, each.what, *blanks, each.about, each.reason or DASH, DASH)
            told.append(((each.at, 0, number), row))
    return Panel(
        title="Timeline",
        headings=("When", "What", *names, "Available then", "From", "Reason", ""),
        rows=[row for _, row in sorted(told, key=lambda each: each[0], reverse=True)],
        empty="Nothing has happened yet.",
    )


def last_entries(member: Member) -> list[Entry]:
    """Return the newest entries of all the member's wallets.

    Wallet by wallet, since that is how they are indexed.
    """
    entries: list[Entry] = []
    for wallet in Wallet.objects.filter(member=member):
        entries += Entry.objects.filter(wallet=wallet).order_by("-seq")[:LAST_ENTRIES]
    return sorted(entries, key=lambda entry: -entry.pk)[:LAST_ENTRIES]


def happenings(member: Member) -> Iterator[Happening]:
    """Yield what happened to a member without moving points."""
    yield from _lives(member)
    yield from _merges(member)
    yield from _codes(member)
    for addition in additions():
        yield from addition.happenings(member)


def _lives(member: Member) -> Iterator[Happening]:
    for event in Event.objects.filter(member_id=member.pk, type__in=LIVES).order_by("pk"):
        reason = str(event.data.get("reason") or "")
        stopped = [name for name in ("earning", "redeeming") if event.data.get(name)]
        what = event.type.removeprefix("member.").capitalize()
        text = f"{what} from {' and '.join(stopped)}" if stopped else what
        yield Happening(event.occurred_at, text, DASH, reason)


def _merges(member: Member) -> Iterator[Happening]:
    mine = Q(merged=member) | Q(into=member)
    for merge in Merge.objects.filter(mine).select_related("merged", "into").order_by("pk"):
        other = merge.into if merge.merged_id == member.pk else merge.merged
        what = "Became another" if merge.merged_id == member.pk else "Took in another"
        yield Happening(merge.merged_at, link(merge, what), link(other), merge.reason)
        if merge.undone_at:
            yield Happening(merge.undone_at, link(merge, "Merge undone"), link(other))


def _codes(member: Member) -> Iterator[Happening]:
    """Yield the uses of the member's vouchers, which are few: those issued last count."""
    vouchers = Voucher.objects.filter(member=member).order_by("-pk")[:LAST_USES]
    uses = VoucherUse.objects.filter(voucher__in=list(vouchers)).select_related("voucher")
    found = list(uses.order_by("-pk")[:LAST_USES])
    orders = _order_links(member.program, {use.order_ref for use in found})
    for use in found:
        order = orders.get(use.order_ref, f"order {use.order_ref}")
        text = link(use.voucher, f"Used {use.voucher.shown}")
        yield Happening(use.used_at, text, order)
        if use.released_at:
            text = link(use.voucher, f"Gave back {use.voucher.shown}")
            yield Happening(use.released_at, text, order)


def _order_links(program: Program, ids: set[str]) -> dict[str, object]:
    orders = Order.objects.filter(program=program, external_id__in=ids).only("external_id")
    return {order.external_id: link(order, f"order {order.external_id}") for order in orders}
