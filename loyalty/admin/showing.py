"""What the pages have in common: links, money, points, and search within programs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.money import format_money
from core.staff import DASH, Figure, ReadOnlyAdmin, moment
from loyalty.models import Entry, Member, MemberEvent, Order, Program, Redemption, Wallet

# A minus sign, as wide as a plus.
MINUS = "\N{MINUS SIGN}"

Links = Mapping[tuple[str, str], SafeString]

# What has public ids made of the numbers of its rows, such as red_12.
NUMBERED = ("redemption", "merge")


class ProgramRowsAdmin(ReadOnlyAdmin):
    """Rows of programs, found by columns of their own or by their member.

    Indexes lead with the program, and so does every search. A member is looked
    up first: a condition across a join would be answered by reading everything.
    `member_path` leads to the member: "member", "wallet", or nothing.
    """

    list_filter: ClassVar[Any] = ("program",)
    member_path = ""

    def found_by(self, term: str) -> Q:
        programs = list(Program.objects.values_list("pk", flat=True))
        own = [Q(**{field: term}) for field in self.search_fields if "__" not in field]
        found = Q(program__in=programs) & reduce(or_, own) if own else Q(pk__in=[])
        if not self.member_path:
            return found
        address = Q(external_id=term) | Q(email=term.lower())
        members = Member.objects.filter(address, program__in=programs)
        owners: Any = members
        if self.member_path == "wallet":
            owners = Wallet.objects.filter(member__in=list(members))
        return found | Q(**{f"{self.member_path}__in": list(owners)})


def page_of(obj: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def list_of(model: type[Model], **query: object) -> str:
    """Return the address of a list, narrowed by `query`."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def link(obj: Model | None, text: object = None) -> str | SafeString:
    """Return a link to a row's page, or a dash."""
    if obj is None:
        return DASH
    return format_html('<a href="{}">{}</a>', page_of(obj), str(obj) if text is None else text)


def why_link(decision_id: int | None) -> str | SafeString:
    """Return a link to the reasons of an entry, or a dash."""
    if decision_id is None:
        return DASH
    address = reverse("admin:loyalty_decision_change", args=[decision_id])
    return format_html('<a href="{}">why</a>', address)


def links_to(entries: Iterable[Entry], program: Program) -> Links:
    """Return links to what entries came from: a query for each kind."""
    entries = list(entries)
    links = _numbered_links(entries)
    for kind, model in (("order", Order), ("event", MemberEvent)):
        ids = {entry.source_id for entry in entries if entry.source_type == kind}
        rows: Any = model._default_manager.filter(program=program, external_id__in=ids)
        for row in rows.only("external_id"):
            address = page_of(row)
            text = f"{kind} {row.external_id}"
            links[kind, row.external_id] = format_html('<a href="{}">{}</a>', address, text)
    return links


def _numbered_links(entries: Iterable[Entry]) -> dict[tuple[str, str], SafeString]:
    """Return links to redemptions and merges, whose ids are the numbers of their rows."""
    ids = {(entry.source_type, entry.source_id) for entry in entries}
    named = _redeemed(public_id for kind, public_id in ids if kind == "redemption")
    links: dict[tuple[str, str], SafeString] = {}
    for kind, public_id in ids:
        number = public_id.rpartition("_")[2]
        if kind in NUMBERED and number.isdecimal():
            address = reverse(f"admin:loyalty_{kind}_change", args=[number])
            text = named.get(public_id) or f"{kind} {public_id}"
            links[kind, public_id] = format_html('<a href="{}">{}</a>', address, text)
    return links


def _redeemed(public_ids: Iterable[str]) -> dict[str, str]:
    """Return what was redeemed, by the id of the redemption; payments have no reward."""
    numbers = [public_id.removeprefix("red_") for public_id in public_ids]
    rows = Redemption.objects.filter(pk__in=[n for n in numbers if n.isdecimal()])
    found = rows.exclude(reward=None).select_related("reward")
    return {str(each): f"{each.reward}, {each}" for each in found}


def source_of(entry: Entry, links: Links) -> str:
    """Return what an entry came from, as a link where there is a page."""
    plain = f"{entry.source_type} {entry.source_id}"
    return links.get((entry.source_type, entry.source_id), plain)


def money(minor: int, program: Program) -> Figure:
    """Return an amount as a person reads it."""
    return Figure(format_money(minor, program.currency, program.locale))


def signed(points: int) -> Figure:
    """Return a movement with its sign; nothing for none."""
    return Figure(f"{points:+,}".replace("-", MINUS)) if points else Figure("")


def local(at: datetime | None, program: Program) -> str:
    """Return a time by the program's wall clock."""
    return moment(at, program.zone)


def points_posted(posted: Mapping[str, Any]) -> Figure:
    """Return what an order or event has earned, by point type if there are several."""
    parts = [(code, each["points"]) for code, each in sorted(posted.items())]
    if len(parts) == 1:
        return Figure(f"{parts[0][1]:,}")
    return Figure(", ".join(f"{points:,} {code}" for code, points in parts) or DASH)
