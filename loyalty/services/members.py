"""Meeting members: who a fact is about, enrolling them, keeping them up to date."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Q

from core import bulk, clock
from core.errors import DomainError
from core.locks import lock_names
from core.periods import parse_period, subtract_period
from core.reading import any_of, one_of, read_rows
from loyalty.models import Member, MemberEvent, Order, Program
from loyalty.rules.statements import EventStatement, MemberStatement, OrderStatement
from loyalty.rules.statements.values import LONGEST_ID
from loyalty.services.facts import Claim, Fact, Statement, Wave

SIGNUP = "perennial:signup:"
PLAIN_FIELDS = ("name", "locale", "timezone")
COLUMNS = tuple(
    field.attname for field in Member._meta.concrete_fields if not field.primary_key
)


class AddressTaken(DomainError):
    """Another member of the program has this e-mail address or phone number."""

    code = "address_taken"


class MemberClosed(DomainError):
    """The member was closed or erased and takes no more statements."""

    code = "member_closed"


def find_members(wave: Wave, orders: Iterable[Order]) -> None:
    """Find the member of every fact: by id, by an order's own, or by a guest's address.

    Those who enrol, and facts that will wait for somebody to enrol, take turns: else
    each could miss the other.
    """
    owners = {order.external_id: order.member_id for order in orders}
    lock_names(wave.setup.program_id, _addresses(wave))
    _find(wave, owners)
    strangers = {
        stated
        for fact in wave.facts
        if fact.member is None and (stated := _stated_id(fact.statement))
    }
    if strangers:
        lock_names(wave.setup.program_id, strangers)
        _find(wave, owners)


def _addresses(wave: Wave) -> set[str]:
    """Return the addresses by which somebody enrols or has ordered as a guest."""
    found: set[str | None] = set()
    for fact in wave.facts:
        found.update(_addresses_of(fact.statement))
    return {address for address in found if address}


def _addresses_of(statement: Statement) -> tuple[str | None, str | None]:
    """Return the e-mail address and the phone number that a statement names."""
    if isinstance(statement, OrderStatement):
        return statement.guest_email, statement.guest_phone
    if isinstance(statement, MemberStatement):
        return statement.given.get("email"), statement.given.get("phone")
    return None, None


def _find(wave: Wave, owners: dict[str, int | None]) -> None:
    addresses = [_addresses_of(fact.statement) for fact in wave.facts]
    wanted: dict[str, set[Any]] = {
        "id": {owner for owner in owners.values() if owner},
        "external_id": {_stated_id(fact.statement) for fact in wave.facts} - {None},
        "email": {email for email, _ in addresses if email},
        "phone": {phone for _, phone in addresses if phone},
    }
    asked = [one_of(column, values) for column, values in wanted.items() if values]
    members = read_rows(Member, wave.setup.program_id, any_of(*asked)) if asked else []
    people = People(members)
    for fact in wave.facts:
        fact.member = people.of(fact.statement, owners)
        _refuse_taken_address(fact, people)


def _stated_id(statement: Statement) -> str | None:
    if isinstance(statement, MemberStatement):
        return statement.id
    return getattr(statement, "member", None)


class People:
    """The members that a wave may be about, by everything they are known by."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.by_pk = {member.pk: member for member in members}
        self.by_id = {member.external_id: member for member in members}
        self.by_email = {member.email: member for member in members if member.email}
        self.by_phone = {member.phone: member for member in members if member.phone}

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

    def with_address(self, email: str | None, phone: str | None) -> list[Member]:
        """Return who has this e-mail address or this phone number."""
        found = [self.by_email.get(email or ""), self.by_phone.get(phone or "")]
        return [member for member in found if member]


def _refuse_taken_address(fact: Fact, people: People) -> None:
    statement = fact.statement
    if not isinstance(statement, MemberStatement):
        return
    given = statement.given
    for owner in people.with_address(given.get("email"), given.get("phone")):
        if owner.external_id != statement.id:
            taken = "email" if owner.email == given.get("email") else "phone"
            fact.error = AddressTaken(f"another member already has this {taken}", field=taken)


def enrol_members(wave: Wave) -> None:
    """Enrol new members, and change what known ones say of themselves."""
    facts = wave.of(MemberStatement)
    new = [fact for fact in facts if fact.member is None]
    if new:
        _insert_members(wave, new)
    for fact in facts:
        if not fact.error and not fact.is_created:
            update_member(fact, at=wave.at)
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
    )
    _apply(member, given, wave.at)
    return member


def update_member(fact: Fact, *, at: datetime) -> None:
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
        member.save(update_fields=changed)


def _apply(member: Member, given: dict[str, Any], at: datetime) -> list[str]:
    """Set the given fields; return the names of those that changed."""
    wanted: dict[str, Any] = {name: given[name] or "" for name in PLAIN_FIELDS if name in given}
    wanted |= {name: given[name] or None for name in ("email", "phone") if name in given}
    for name in ("attributes", "consents"):
        if name in given:
            wanted[name] = _merged(getattr(member, name), given[name] or {})
    if given.get("joined_at"):
        wanted["joined_at"] = given["joined_at"]
    if "birthday" in given and given["birthday"] != member.birthday:
        known_since = at if given["birthday"] else None
        wanted |= {"birthday": given["birthday"], "birthday_known_since": known_since}
    changed = [name for name, value in wanted.items() if getattr(member, name) != value]
    for name in changed:
        setattr(member, name, wanted[name])
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
        if fact.is_created and fact.member:
            fact.follow_ups.append(signup_of(fact.member))
    for fact, claim in _waiting_for(wave, interesting):
        fact.follow_ups.append(claim)


def signup_of(member: Member) -> EventStatement:
    """Return the fact that a member has enrolled."""
    return EventStatement(
        id=_signup_id(member.external_id),
        type="signup",
        member=member.external_id,
        occurred_at=member.joined_at,
        properties={},
    )


def _signup_id(member_id: str) -> str:
    """Return the id of a member's signup, which is not longer than any other id."""
    if len(SIGNUP) + len(member_id) > LONGEST_ID:
        member_id = sha256(member_id.encode()).hexdigest()
    return f"{SIGNUP}{member_id}"


def _waiting_for(wave: Wave, facts: Sequence[Fact]) -> Iterable[tuple[Fact, Claim]]:
    """Yield the orders and events that waited for these members, oldest first."""
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
    for order in orders.order_by("placed_at", "id"):
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
    for event in events.order_by("occurred_at", "id"):
        fact = by_id[event.member_ref]
        yield fact, Claim("event", event.external_id, _id_of(fact))


def _id_of(fact: Fact) -> str:
    return fact.member.external_id if fact.member else ""


def claimable_since(program: Program, at: datetime) -> datetime:
    """Return the moment since when a guest's order can be claimed at `at`."""
    return subtract_period(at, parse_period(program.guest_claim), program.zone)
