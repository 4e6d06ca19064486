"""Ids in addresses: the storefront's own, and ours."""

import re
from collections.abc import Sequence

from django.urls.converters import StringConverter, register_converter

from core.errors import NotFound, invalid
from core.reading import one_of, read_rows
from engine.upkeep import bring_up_to_date
from loyalty.models import (
    Decision,
    Entry,
    Member,
    Merge,
    Order,
    PointType,
    Program,
    Redemption,
    Reward,
    Voucher,
)
from loyalty.queries.balances import look_up_member
from loyalty.queries.members import survivor_of
from loyalty.queries.vouchers import find_voucher as issued_voucher
from loyalty.rules.statements.reading import Fault
from loyalty.rules.statements.values import MAX_NUMBER, parse_id
from loyalty.rules.wallets import WalletState
from referrals.models import Referral

NUMBER = re.compile(r"[1-9][0-9]{0,18}")


class ExternalId(StringConverter):
    """A storefront's id: anything but a slash at either end.

    A server hands over addresses decoded, so a slash in an id looks like one
    between names. An id may have slashes inside; only where its end is also the
    name of something below it (`…/refunds`), it is taken for that name.
    """

    regex = r"[^/]+(?:/+[^/]+)*"


register_converter(ExternalId, "external_id")


def find_member(program: Program, external_id: str) -> Member:
    """Return whom the storefront's id means: the survivor, if it was merged.

    What the member has to celebrate by now is stated first: whoever is about to look
    at wallets, or to move points, need not know of it.

    :raises NotFound: if the program has no such member
    """
    member = survivor_of(find_as_enrolled(program, external_id))
    bring_up_to_date(program, [member], at=program.now())
    return member


def find_with_wallets(
    program: Program, external_id: str
) -> tuple[Member, Sequence[WalletState] | None]:
    """Return whom `find_member` finds, and its wallets if one look was enough.

    :raises NotFound: if the program has no such member
    """
    try:
        enrolled, states = look_up_member(program, parse_id(external_id))
    except Fault:
        enrolled, states = None, []
    member = survivor_of(_unless_gone(enrolled))
    celebrated = bring_up_to_date(program, [member], at=program.now())
    # Then what was looked up is another's, or of before.
    return member, None if celebrated or member is not enrolled else states


def find_as_enrolled(program: Program, external_id: str) -> Member:
    """Return the member that enrolled with the storefront's id, whoever it is now.

    :raises NotFound: if the program has no such member, or it was erased
    """
    try:
        found = read_rows(Member, program.pk, one_of("external_id", [parse_id(external_id)]))
    except Fault:
        found = []
    member = _unless_gone(found[0] if found else None)
    # What looks at the member's program finds the one that is loaded.
    member.program = program
    return member


def _unless_gone(member: Member | None) -> Member:
    if member is None or member.status == Member.Status.ERASED:
        raise NotFound("There is no such member in this program.")
    return member


def find_to_merge(program: Program, external_id: str) -> Member:
    """Return the member that enrolled with an id; what it has celebrated is its own.

    :raises NotFound: if the program has no such member, or it was erased
    """
    member = find_as_enrolled(program, external_id)
    bring_up_to_date(program, [member], at=program.now())
    return member


def find_merge(program: Program, external_id: str) -> Merge:
    """Return the last merge of a member into another; what the two celebrated as one was one's.

    :raises NotFound: if there is no such member, or it was never merged
    """
    merges = Merge.objects.filter(merged=find_as_enrolled(program, external_id))
    merge = merges.select_related("program", "merged", "into").order_by("-pk").first()
    if merge is None:
        raise NotFound("This member was never merged into another.")
    bring_up_to_date(program, [merge.into], at=program.now())
    return merge


def find_order(program: Program, external_id: str) -> Order:
    """Return an order by the storefront's id.

    :raises NotFound: if nothing was stated about it
    """
    try:
        orders = Order.objects.select_related("member")
        return orders.get(program=program, external_id=parse_id(external_id))
    except (Order.DoesNotExist, Fault):
        raise NotFound("There is no such order in this program.") from None


def find_entry(program: Program, public_id: str) -> Entry:
    """Return an entry by its public id.

    :raises NotFound: if the program has no such entry
    """
    try:
        entries = Entry.objects.select_related("wallet__member__program", "program")
        return entries.get(program=program, pk=number_of(public_id, "ent_"))
    except Entry.DoesNotExist:
        raise NotFound("There is no such entry in this program.") from None


def find_decision(program: Program, public_id: str) -> Decision:
    """Return a decision by its public id.

    :raises NotFound: if the program has no such decision
    """
    try:
        decisions = Decision.objects.select_related("member", "rule_set")
        return decisions.get(program=program, pk=number_of(public_id, "dec_"))
    except Decision.DoesNotExist:
        raise NotFound("There is no such decision in this program.") from None


def find_redemption(program: Program, public_id: str) -> Redemption:
    """Return a redemption by its public id, with all that is told of it.

    :raises NotFound: if the program has no such redemption
    """
    told = ("program", "member", "point_type", "reward", "voucher")
    try:
        redemptions = Redemption.objects.select_related(*told)
        return redemptions.get(program=program, pk=number_of(public_id, "red_"))
    except Redemption.DoesNotExist:
        raise NotFound("There is no such redemption in this program.") from None


def find_referral(program: Program, public_id: str) -> Referral:
    """Return a referral by its public id.

    :raises NotFound: if the program has no such referral
    """
    try:
        return Referral.objects.get(program=program, pk=number_of(public_id, "ref_"))
    except Referral.DoesNotExist:
        raise NotFound("There is no such referral in this program.") from None


def find_reward(program: Program, code: str) -> Reward:
    """Return a live reward by its code.

    :raises NotFound: if the program has none of that code
    """
    try:
        return Reward.objects.live().get(program=program, code=parse_id(code))
    except (Reward.DoesNotExist, Fault):
        raise NotFound("There is no such reward in this program.") from None


def find_voucher(program: Program, code: str) -> Voucher:
    """Return a voucher that was issued by its code, however that is typed.

    :raises NotFound: if the program has issued no such code
    """
    try:
        return issued_voucher(program, parse_id(code))
    except Fault:
        raise NotFound("There is no such voucher in this program.") from None


def find_point_type(program: Program, code: str) -> PointType:
    """Return a live point type that a body names.

    :raises InvalidInput: if the program has none of that code
    """
    live = PointType.objects.live().filter(program=program)
    point_type = live.filter(code=code).first()
    if point_type is None:
        known = ", ".join(live.values_list("code", flat=True))
        raise invalid("/point_type", "unknown_point_type", f"must be one of: {known}")
    return point_type


def number_of(public_id: str, prefix: str) -> int:
    """Return the number in one of our ids; 0, which is nobody's, if it has another form."""
    text = public_id.removeprefix(prefix)
    if text == public_id or not NUMBER.fullmatch(text) or int(text) > MAX_NUMBER:
        return 0
    return int(text)
