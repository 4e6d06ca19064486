"""Whose facts these are, before anything is locked: for splitting a batch."""

import re
from collections.abc import Iterable, Sequence, Set

from django.db.models import Q

from engine.batch import Keys, Known, keys_of
from loyalty.models import Member, Order, Program, Redemption, Voucher, VoucherUse
from loyalty.queries.members import survivors_of
from loyalty.rules.statements import MemberStatement, OrderStatement, RefundStatement
from loyalty.services.facts import Statement
from referrals.queries.turns import advocates_of_codes, advocates_of_friends

REDEMPTION = re.compile(r"red_([1-9][0-9]{0,17})")


def owners_of(program: Program, statements: Sequence[Statement]) -> Known:
    """Return whom orders and addresses lead to that are named without their member.

    Two facts of one member must not travel in one wave, even if one of them says
    "order 7" and the other "ada@example.org". An order that waits leads to those
    who may claim it.
    """
    known: Known = {}
    said = [keys_of(statement) for statement in statements]
    named = set[str]().union(*said)
    _add_orders(known, program, list(_orders_of_somebody(statements)))
    _add_survivors(known, program, named)
    _add_purses(known, program, named)
    _add_advocates(known, program, statements, said)
    named = named.union(*known.values())
    _add_people(known, program, _those(named, "address:"))
    return known


def _those(keys: Set[str], kind: str) -> list[str]:
    """Return what is named of a kind, such as "member:"."""
    return [key.removeprefix(kind) for key in keys if key.startswith(kind)]


def _add_survivors(known: Known, program: Program, named: Set[str]) -> None:
    """Note which of the ids that are named are somebody else's now."""
    ids = _those(named, "member:")
    closed = Member.objects.filter(
        program=program, external_id__in=ids, status=Member.Status.CLOSED
    )
    merged = {member.pk: member.external_id for member in closed}
    for number, survivor in survivors_of(closed).items():
        known.setdefault(f"member:{merged[number]}", set()).add(
            f"member:{survivor.external_id}"
        )


def _add_advocates(
    known: Known, program: Program, statements: Sequence[Statement], said: Sequence[Keys]
) -> None:
    """Note who is paid for whose orders, and whose the codes are that are typed."""
    friends = _those(set[str]().union(*said, *known.values()), "member:")
    for friend, advocate in advocates_of_friends(program, friends):
        known.setdefault(f"member:{friend}", set()).add(f"member:{advocate}")
    owners = advocates_of_codes(program, {_typed(one) for one in statements} - {""})
    for statement, keys in zip(statements, said, strict=True) if owners else ():
        owner = owners.get(_typed(statement))
        for key in keys if owner else ():
            known.setdefault(key, set()).add(f"member:{owner}")


def _typed(statement: Statement) -> str:
    """Return the referral code that is typed at the checkout or at enrolment, or nothing."""
    if isinstance(statement, OrderStatement):
        return str(statement.body.get("referral_code") or "")
    if isinstance(statement, MemberStatement):
        return statement.given.get("referral_code") or ""
    return ""


def _add_purses(known: Known, program: Program, named: Set[str]) -> None:
    """Note whose the redemptions and vouchers are that orders name, and where they were used.

    Whoever owns them may capture them or give them up, and an order that is cancelled
    gives back the vouchers that it used, whether it names them or not.
    """
    redemptions = _those(named, "redemption:")
    numbers = [int(red[1]) for name in redemptions if (red := REDEMPTION.fullmatch(name))]
    codes = _those(named, "voucher:")
    if numbers:
        rows = Redemption.objects.filter(program=program, pk__in=numbers)
        for number, owner in rows.values_list("pk", "member__external_id"):
            known.setdefault(f"redemption:red_{number}", set()).add(f"member:{owner}")
    if codes:
        vouchers = Voucher.objects.filter(program=program, code__in=codes)
        for code, owner in vouchers.values_list("code", "redemption__member__external_id"):
            if owner:
                known.setdefault(f"voucher:{code}", set()).add(f"member:{owner}")
        uses = VoucherUse.objects.filter(program=program, voucher__code__in=codes)
        for order_id, code in uses.values_list("order_ref", "voucher__code"):
            known.setdefault(f"order:{order_id}", set()).add(f"voucher:{code}")


def _orders_of_somebody(statements: Sequence[Statement]) -> Iterable[str]:
    """Yield the ids of orders that are named without their member, or may be claimed."""
    somebody_enrols = any(isinstance(one, MemberStatement) for one in statements)
    for statement in statements:
        if isinstance(statement, RefundStatement):
            yield statement.order
        elif isinstance(statement, OrderStatement) and (
            statement.member is None or somebody_enrols
        ):
            yield statement.id


def _add_orders(known: Known, program: Program, order_ids: Sequence[str]) -> None:
    if not order_ids:
        return
    orders = Order.objects.filter(program=program, external_id__in=order_ids)
    refs = ("member__external_id", "member_ref", "guest_email", "guest_phone")
    for order_id, *members, email, phone in orders.values_list("external_id", *refs):
        keys = {f"member:{member}" for member in members if member}
        keys |= {f"address:{address}" for address in (email, phone) if address}
        known[f"order:{order_id}"] = keys


def _add_people(known: Known, program: Program, addresses: Sequence[str]) -> None:
    if not addresses:
        return
    theirs = Q(email__in=addresses) | Q(phone__in=addresses)
    people = Member.objects.filter(theirs, program=program)
    for member, *found in people.values_list("external_id", "email", "phone"):
        for address in found:
            known.setdefault(f"address:{address}", set()).add(f"member:{member}")
