"""Meeting members: who a fact is about, enrolling them, keeping them up to date."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from core import bulk, clock
from core.errors import DomainError
from core.locks import lock_names
from core.periods import parse_period, subtract_period
from core.reading import Condition, any_of, one_of, read_rows
from core.transactions import LookAgain
from loyalty.models import Member, MemberEvent, Order, Program
from loyalty.queries.members import survivors_of
from loyalty.rules.celebrations import day_code
from loyalty.rules.statements import EventStatement, MemberStatement, OrderStatement
from loyalty.services.celebrations import celebrations_today
from loyalty.services.consents import consents_after, record_consents
from loyalty.services.facts import Claim, Fact, Statement, Wave
from loyalty.services.statuses import MemberClosed
from loyalty.services.tombstones import forget_erased

SIGNUP = "perennial:signup:"
PLAIN_FIELDS = ("name", "locale", "timezone")
ADDRESSES = ("email", "phone", "card")
COLUMNS = tuple(
    field.attname for field in Member._meta.concrete_fields if not field.primary_key
)


class AddressTaken(DomainError):
    """Another member of the program has this e-mail address, phone or card number."""

    code = "address_taken"


def find_members(wave: Wave, orders: Iterable[Order], *, lock: bool = False) -> None:
    """Find the member of every fact: by id, by an order's own, or by a guest's address.

    Those who enrol, and facts that will wait for somebody to enrol, take turns: else
    each could miss the other. So do, with `lock`, all that is said about one member.
    """
    owners = {order.external_id: order.member_id for order in orders}
    lock_names(wave.setup.program_id, _addresses(wave))
    _find(wave, owners, lock)
    strangers = {
        stated
        for fact in wave.facts
        if fact.member is None and (stated := _stated_id(fact.statement))
    }
    if strangers:
        lock_names(wave.setup.program_id, strangers)
        _find(wave, owners, lock)
    forget_erased(wave)


def _addresses(wave: Wave) -> set[str]:
    """Return the addresses by which somebody enrols or has ordered as a guest."""
    found: set[str | None] = set()
    for fact in wave.facts:
        found.update(_addresses_of(fact.statement))
    return {address for address in found if address}


def _addresses_of(statement: Statement) -> tuple[str | None, ...]:
    """Return the e-mail address, phone and card number that a statement names."""
    if isinstance(statement, OrderStatement):
        return statement.guest_email, statement.guest_phone, None
    if isinstance(statement, MemberStatement):
        return tuple(statement.given.get(name) for name in ADDRESSES)
    return None, None, None


def _find(wave: Wave, owners: dict[str, int | None], lock: bool) -> None:
    addresses = [_addresses_of(fact.statement) for fact in wave.facts]
    wanted: dict[str, set[Any]] = {
        "id": {owner for owner in owners.values() if owner},
        "external_id": {_stated_id(fact.statement) for fact in wave.facts} - {None},
    }
    for place, name in enumerate(ADDRESSES):
        wanted[name] = {address for each in addresses if (address := each[place])}
    asked = [one_of(column, values) for column, values in wanted.items() if values]
    members = _rows(wave, any_of(*asked), lock) if asked else []
    survivors = survivors_of(members)
    if survivors and lock:
        _rows(wave, one_of("id", {who.pk for who in survivors.values()}), lock)
    people = People(members, survivors)
    for fact in wave.facts:
        fact.member = people.of(fact.statement, owners)
        _refuse_taken_address(fact, people)


def _rows(wave: Wave, condition: Condition, lock: bool) -> list[Member]:
    return read_rows(Member, wave.setup.program_id, condition, lock=lock, no_key=True)


def _stated_id(statement: Statement) -> str | None:
    if isinstance(statement, MemberStatement):
        return statement.id
    return getattr(statement, "member", None)


class People:
    """The members that a wave may be about, by everything they are known by.

    What leads to a member who was merged into another leads to the survivor.
    """

    def __init__(self, members: Sequence[Member], survivors: Mapping[int, Member]) -> None:
        now = [(member, survivors.get(member.id, member)) for member in members]
        self.by_pk = {member.id: who for member, who in now}
        self.by_id = {member.external_id: who for member, who in now}
        self.by_email = {member.email: who for member, who in now if member.email}
        self.by_phone = {member.phone: who for member, who in now if member.phone}
        self.by_card = {member.card: who for member, who in now if member.card}

    def of(self, statement: Statement, known: dict[str, int | None]) -> Member | None:
        """Return the member that a statement is about, if there is one yet."""
        stated = _stated_id(statement)
        if stated is not None:
            return self.by_id.get(stated)
        order_id = str(getattr(statement, "order", getattr(statement, "id", "")))
        owner = known.get(order_id)
        if owner:
            return self.by_pk[owner]
        if isinstance(statement, OrderStatement):
            return self.by_email.get(statement.guest_email) or self.by_phone.get(
                statement.guest_phone
            )
        return None

    def with_addresses(self, given: Mapping[str, Any]) -> Iterable[tuple[str, Member]]:
        """Yield who has one of these addresses, and which."""
        known = (self.by_email, self.by_phone, self.by_card)
        for name, by_address in zip(ADDRESSES, known, strict=True):
            owner = by_address.get(given.get(name) or "")
            if owner:
                yield name, owner


def _refuse_taken_address(fact: Fact, people: People) -> None:
    statement = fact.statement
    if not isinstance(statement, MemberStatement):
        return
    for name, owner in people.with_addresses(statement.given):
        if fact.member is None or owner.pk != fact.member.pk:
            fact.error = AddressTaken(f"another member already has this {name}", field=name)


def enrol_members(wave: Wave) -> None:
    """Enrol new members, and change what known ones say of themselves."""
    facts = wave.of(MemberStatement)
    new = [fact for fact in facts if fact.member is None]
    if new:
        _insert_members(wave, new)
    for fact in facts:
        if fact.error or fact.member is None or not isinstance(fact.statement, MemberStatement):
            continue
        before = {} if fact.is_created else dict(fact.member.consents)
        if not fact.is_created:
            update_member(fact, zone=wave.setup.zone, at=wave.at)
        if not fact.error and "consents" in fact.statement.given:
            record_consents(fact.member, before, fact.statement.given["consents"], at=wave.at)
    _follow_up(wave, [fact for fact in facts if not fact.error])


def _insert_members(wave: Wave, facts: Sequence[Fact]) -> None:
    program_id = wave.setup.program_id
    rows = []
    for fact in facts:
        if isinstance(fact.statement, MemberStatement):
            fact.member = _new_member(wave, fact.statement)
            rows.append([getattr(fact.member, column) for column in COLUMNS])
    bulk.insert_rows(Member, COLUMNS, rows, unless_exists=True)
    ids = [fact.member.external_id for fact in facts if fact.member]
    written = {
        member.external_id: member
        for member in Member.objects.filter(program_id=program_id, external_id__in=ids)
    }
    for fact in facts:
        row = written.get(getattr(fact.statement, "id", ""))
        if row is None:
            # Somebody else enrolled with the same address a moment ago.
            fact.error = AddressTaken("another member already has this address")
            continue
        fact.is_created = row.created_at == getattr(fact.member, "created_at", None)
        fact.member = row


def _new_member(wave: Wave, statement: MemberStatement) -> Member:
    given = statement.given
    member = Member(
        program_id=wave.setup.program_id,
        external_id=statement.id,
        joined_at=given.get("joined_at") or wave.at,
        created_at=clock.real_now(),
        celebrated_until=wave.at,
    )
    _apply(member, given, wave.at)
    note_days(member, wave.setup.zone)
    return member


def update_member(fact: Fact, *, zone: ZoneInfo, at: datetime) -> None:
    """Change the fields that were given, and only those."""
    member, statement = fact.member, fact.statement
    if member is None or not isinstance(statement, MemberStatement):
        return
    if member.status in (Member.Status.CLOSED, Member.Status.ERASED):
        fact.error = MemberClosed(f"member {member.external_id} is {member.status}")
        return
    changed = _apply(member, statement.given, at)
    fact.is_applied = bool(changed)
    if changed:
        changed += note_days(member, zone)
        _let_go_of_addresses(member, changed)
        still_open = Member.objects.filter(pk=member.pk).exclude(
            status__in=(Member.Status.CLOSED, Member.Status.ERASED)
        )
        if not still_open.update(**{name: getattr(member, name) for name in changed}):
            # Merged or erased since it was found: nothing may be written there any more.
            raise LookAgain


def _let_go_of_addresses(member: Member, changed: Sequence[str]) -> None:
    """Let a member have an address that is still with one who was merged into it."""
    for name in set(ADDRESSES).intersection(changed):
        if address := getattr(member, name):
            holders = Member.objects.filter(
                **{name: address}, program=member.program_id, status=Member.Status.CLOSED
            )
            holders.exclude(pk=member.pk).update(**{name: None})


def _apply(member: Member, given: dict[str, Any], at: datetime) -> list[str]:
    """Set the given fields; return the names of those that changed."""
    wanted: dict[str, Any] = {name: given[name] or "" for name in PLAIN_FIELDS if name in given}
    wanted |= {name: given[name] or None for name in ADDRESSES if name in given}
    if "attributes" in given:
        wanted["attributes"] = _merged(member.attributes, given["attributes"] or {})
    if "consents" in given:
        wanted["consents"] = consents_after(member, given["consents"], at=at)
    if given.get("joined_at"):
        wanted["joined_at"] = given["joined_at"]
    if "birthday" in given and given["birthday"] != member.birthday:
        known_since = at if given["birthday"] else None
        wanted |= {"birthday": given["birthday"], "birthday_known_since": known_since}
    changed = [name for name, value in wanted.items() if getattr(member, name) != value]
    for name in changed:
        setattr(member, name, wanted[name])
    if not {"birthday", "joined_at"}.isdisjoint(changed):
        # A day that is told after it has passed is not celebrated this year.
        member.celebrated_until = at
        changed.append("celebrated_until")
    return changed


def note_days(member: Member, zone: ZoneInfo) -> list[str]:
    """Note by which days of the year a member is found; return the columns that changed.

    `zone` is the program's, by which those live who have none of their own.
    """
    theirs = ZoneInfo(member.timezone) if member.timezone else zone
    days = {
        "born_on": day_code(member.birthday) if member.birthday else None,
        "joined_on": day_code(member.joined_at.astimezone(theirs).date()),
    }
    changed = [name for name, code in days.items() if getattr(member, name) != code]
    for name in changed:
        setattr(member, name, days[name])
    return changed


def _merged(known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return what is known with what is given on top; null takes one away, nothing all."""
    if not given:
        return {}
    return {name: value for name, value in (known | given).items() if value is not None}


def _follow_up(wave: Wave, facts: Sequence[Fact]) -> None:
    """Note what follows from enrolling: the fact `signup`, and claims of what waited."""
    interesting = [fact for fact in facts if fact.is_created or fact.is_applied]
    for fact in interesting:
        if fact.member is None:
            continue
        if fact.is_created:
            fact.follow_ups.append(signup_of(fact.member))
        if fact.member.celebrated_until == wave.at:
            # The day was told just now; if it is today, it is not too late.
            fact.follow_ups += celebrations_today(wave.setup, fact.member, at=wave.at)
    for fact, claim in _waiting_for(wave, interesting):
        fact.follow_ups.append(claim)


def signup_of(member: Member) -> EventStatement:
    """Return the fact that a member has enrolled."""
    return EventStatement(
        # By row: it is in the ledger for ever, and must not say who the member is.
        id=f"{SIGNUP}{member.pk}",
        type="signup",
        member=member.external_id,
        occurred_at=member.joined_at,
        properties={},
    )


def _waiting_for(wave: Wave, facts: Sequence[Fact]) -> Iterable[tuple[Fact, Claim]]:
    """Yield the orders and events that waited for these members, oldest first.

    Those of one time by their ids: what was nobody's came in whatever order its batch was
    done in, and databases sort texts in ways of their own.
    """
    by_id = {f.member.external_id: f for f in facts if f.member}
    by_email = {f.member.email: f for f in facts if f.member and f.member.email}
    by_phone = {f.member.phone: f for f in facts if f.member and f.member.phone}
    if not by_id:
        return
    since = claimable_since(wave.program, wave.at)
    waiting = Q(member_ref__in=by_id)
    if by_email:
        waiting |= Q(guest_email__in=by_email)
    if by_phone:
        waiting |= Q(guest_phone__in=by_phone)
    orders = Order.objects.filter(
        waiting, program_id=wave.setup.program_id, waiting=True, placed_at__gte=since
    )
    for order in sorted(orders, key=attrgetter("placed_at", "external_id")):
        fact = (
            by_id.get(order.member_ref)
            or by_email.get(order.guest_email)
            or by_phone[order.guest_phone]
        )
        yield fact, Claim("order", order.external_id, _id_of(fact))
    events = MemberEvent.objects.filter(
        program_id=wave.setup.program_id,
        waiting=True,
        member_ref__in=by_id,
        occurred_at__gte=since,
    )
    for event in sorted(events, key=attrgetter("occurred_at", "external_id")):
        fact = by_id[event.member_ref]
        yield fact, Claim("event", event.external_id, _id_of(fact))


def _id_of(fact: Fact) -> str:
    return fact.member.external_id if fact.member else ""


def claimable_since(program: Program, at: datetime) -> datetime:
    """Return the moment since when a guest's order can be claimed at `at`."""
    return subtract_period(at, parse_period(program.guest_claim), program.zone)
