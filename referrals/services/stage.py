"""Where facts meet referrals: who must be locked with them, and what they bring about.

An order of somebody whom nobody referred costs one query. `find_referrals` comes before
wallets are locked, `qualify_referrals` after the facts are recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import NotFound
from core.locks import lock_names
from core.transactions import LookAgain
from loyalty.models import Member, Order
from loyalty.rules.statements import MemberStatement, OrderStatement
from loyalty.services.facts import Claim, Fact, Wave
from referrals.models import Referral, ReferralCode
from referrals.queries.evidence import OF_ONE
from referrals.queries.friends import News
from referrals.queries.live import OVER_STATES, Friend, Seen, advocates_of, seen_of, waiting_for
from referrals.queries.programs import ReferralSetup, referral_setup_of
from referrals.rules.attribution import Source
from referrals.rules.codes import LONGEST, compared
from referrals.rules.qualification import FriendOrder
from referrals.rules.refusals import REFUSALS
from referrals.rules.states import OVER, Reason, State
from referrals.services.claiming import Claiming, advocate_of, make_claim
from referrals.services.digests import digests_of_member
from referrals.services.identities import remember_changes, remember_members
from referrals.services.paying import attach_voucher, settle_payouts
from referrals.services.settling import Settling, Why, settle_states, take_step, write_referrals

# What is said of a code that nobody has, or nobody who still takes part.
UNKNOWN_CODE = "unknown_code"


@dataclass(slots=True)
class Found:
    """Which referrals a wave's facts may move, and which codes they name.

    `advocates` are the members whose wallets have to be locked as well; one who is gone
    has none. `over` are those that were turned down for good, by friend. `enrolled` has,
    by number, the member that a claim was waiting for: by enrolling, or by an address that
    they tell only now. `codes` has by fact (its `id`) the code that it names, `refused`
    why the code that it names brings nothing.
    """

    setup: ReferralSetup | None = None
    referrals: dict[int, int | None] = field(default_factory=dict)
    over: dict[int, Seen] = field(default_factory=dict)
    enrolled: dict[int, Member] = field(default_factory=dict)
    codes: dict[int, ReferralCode] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    advocates: set[int] = field(default_factory=set)


def find_referrals(wave: Wave) -> Found:
    """Return what referrals a wave is about: to be asked before its wallets are locked.

    No query in a program without referrals, one for orders of members, and more only
    where somebody enrols or names a code.
    """
    setup = referral_setup_of(wave.program)
    found = Found(setup if setup.has_any and not wave.is_preview else None)
    if found.setup is None:
        return found
    friends = {fact.member.pk for fact in wave.facts if fact.member and _may_move(fact, setup)}
    if friends:
        for one in seen_of(friends):
            if not one.is_movable:
                found.over[one.friend] = one
                continue
            found.referrals[one.id] = one.advocate if one.advocate_is_open else None
            found.advocates.update({one.advocate} if one.advocate_is_open else ())
    _find_waiting(wave, found)
    _find_codes(wave, found)
    return found


def _may_move(fact: Fact, setup: ReferralSetup) -> bool:
    """Say whether a fact can move a referral, or asks for it by a code that it names.

    Orders can, and events that some program hears.
    """
    if fact.error:
        return False
    statement = fact.statement
    if isinstance(statement, MemberStatement):
        return not fact.is_created and bool(statement.given.get("referral_code"))
    kind = getattr(statement, "type", None)
    return kind is None or kind in setup.heard


def _find_waiting(wave: Wave, found: Found) -> None:
    """Find the claims that were made of those who are known by something new."""
    enrolled = [fact for fact in wave.of(MemberStatement) if fact.is_created]
    for fact in (*enrolled, *_moved(wave)):
        member = fact.member
        if member is None:
            continue
        digests = digests_of_member(member)
        lock_names(member.program_id, map(bytes.hex, digests.values()))
        known_by = list(digests.values())
        friend = Friend(member.program_id, ref=member.external_id, digests=known_by)
        for number in waiting_for(friend):
            found.enrolled[number] = member
    if found.enrolled:
        for one in advocates_of(found.enrolled):
            found.advocates.update({one.advocate} if one.advocate_is_open else ())


def _find_codes(wave: Wave, found: Found) -> None:
    typed = [(fact, compared(text)[:LONGEST]) for fact, text in _typed(wave) if text]
    if not typed:
        return
    rows = ReferralCode.objects.filter(
        program=wave.setup.program_id, code__in={text for _, text in typed}
    )
    known = {code.code: code for code in rows.select_related("member")}
    for fact, text in typed:
        code = known.get(text)
        try:
            advocate = advocate_of(code) if code else None
        except NotFound:
            # Its owner takes part no more: it is as if there were no such code.
            advocate = None
        if code is None or advocate is None:
            found.refused[id(fact)] = UNKNOWN_CODE
        elif isinstance(fact.statement, MemberStatement) and not fact.is_created:
            found.refused[id(fact)] = Reason.EXISTING_CUSTOMER.value
        else:
            found.advocates.add(advocate.pk)
            found.codes[id(fact)] = code


def _typed(wave: Wave) -> Iterable[tuple[Fact, str]]:
    """Yield the codes that are typed at enrolment and at the checkout, guests' included."""
    waiting: dict[str, Fact] = {}
    for fact in wave.facts:
        statement = fact.statement
        if fact.error:
            continue
        if isinstance(statement, OrderStatement):
            yield fact, statement.body.get("referral_code") or ""
        elif isinstance(statement, MemberStatement):
            yield fact, statement.given.get("referral_code") or ""
        elif isinstance(statement, Claim) and statement.kind == "order":
            waiting[statement.id] = fact
    if waiting:
        rows = Order.objects.filter(program=wave.setup.program_id, external_id__in=waiting)
        for external_id, code in rows.values_list("external_id", "body__referral_code"):
            yield waiting[external_id], code or ""


def qualify_referrals(wave: Wave, found: Found) -> dict[int, dict[str, Any]]:
    """Let the facts of a wave have their effect on referrals, and pay what comes of it.

    Returns by fact (its `id`) what its answer tells of the friend's referral. What is
    paid is in the wave's book, and partly written.

    :raises LookAgain: if a referral has got another advocate since it was found
    """
    if found.setup is None:
        return {}
    _remember(wave)
    if not (found.referrals or found.enrolled or found.codes):
        return _told(wave, found, [], {})
    settling = Settling(wave.program, found.setup, wave.book, wave.at, news=_news(wave))
    settling.members |= {f.member.pk: f.member for f in wave.facts if f.member}
    numbers = sorted({*found.referrals, *found.enrolled})
    locked = _locked(numbers)
    _refuse_changed(found, locked)
    settling.load(locked)
    _sign_up(settling, locked, found.enrolled)
    # Before any of them qualifies: a code that is typed at the checkout comes first.
    claimed = _claim(settling, wave, found)
    locked = _locked(numbers) if claimed else locked
    settle_states(settling, locked, cause=_cause(wave))
    settle_payouts(settling, locked)
    return _told(wave, found, [*locked, *claimed.values()], claimed)


def _locked(numbers: Sequence[int]) -> list[Referral]:
    rows = Referral.objects.select_for_update().filter(pk__in=numbers)
    return list(rows.order_by("pk")) if numbers else []


def _refuse_changed(found: Found, locked: Iterable[Referral]) -> None:
    for referral in locked:
        known = found.referrals.get(referral.pk)
        if known is not None and known != referral.advocate_id:
            raise LookAgain


def _news(wave: Wave) -> News:
    news = News()
    for fact in wave.live():
        if fact.member is None:
            continue
        if fact.order is not None and fact.order.body is not None:
            order = FriendOrder(
                fact.order.external_id, fact.occurred_at, fact.order.subtotal, fact.order.counts
            )
            news.orders[fact.member.pk][order.id] = order
        elif fact.event is not None:
            event = (fact.occurred_at, f"event:{fact.event.external_id}", fact.event.type)
            news.events[fact.member.pk].append(event)
    return news


def _cause(wave: Wave) -> str:
    """Return what a step says that it came from: the fact, where there is only one."""
    named = [":".join(f.source) for f in wave.live() if f.order or f.event]
    return named[0][:290] if len(named) == 1 else "facts"


def _sign_up(
    settling: Settling, referrals: Sequence[Referral], enrolled: Mapping[int, Member]
) -> None:
    """Tie claims to the members that they were waiting for: the oldest of a program."""
    if not enrolled:
        return
    live = Referral.objects.filter(friend__in=enrolled.values()).exclude(state__in=OVER_STATES)
    taken = set(live.values_list("referral_program_id", "friend_id"))
    for referral in referrals:
        friend = enrolled.get(referral.pk)
        if friend is None or referral.friend_id is not None:
            continue
        place = (referral.referral_program_id, friend.pk)
        if friend.pk == referral.advocate_id or place in taken:
            is_self = friend.pk == referral.advocate_id
            reason = Reason.SELF_REFERRAL if is_self else Reason.ALREADY_REFERRED
            take_step(settling, referral, State.REJECTED, Why("enrolment", reason.value))
            continue
        taken.add(place)
        referral.friend, referral.friend_ref = friend, ""
        if friend.joined_at < referral.claimed_at:
            why = Why("enrolment", Reason.EXISTING_CUSTOMER.value)
            take_step(settling, referral, State.REJECTED, why)
            continue
        referral.signed_up_at = friend.joined_at
        if referral.state == State.FLAGGED:
            referral.resumes = State.SIGNED_UP.value
        attach_voucher(referral, friend)
    write_referrals(settling, referrals)


def _claim(settling: Settling, wave: Wave, found: Found) -> dict[int, Referral]:
    """Make the claims of codes that were typed at enrolment and at the checkout."""
    claimed = {}
    for fact in wave.facts:
        code = found.codes.get(id(fact))
        if code is None or fact.member is None or not _is_open_to(fact):
            continue
        try:
            claimed[id(fact)] = make_claim(settling, _claiming(fact, fact.member, code))
        except tuple(REFUSALS.values()) as error:
            # An order is as good with a code that brings nothing as without one.
            found.refused[id(fact)] = error.code
    return claimed


def _is_open_to(fact: Fact) -> bool:
    if fact.error or not fact.is_applied:
        return False
    return fact.order is None or fact.order.counts


def _claiming(fact: Fact, friend: Member, code: ReferralCode) -> Claiming:
    order = fact.order
    moment = friend.joined_at if order is None else fact.occurred_at
    return Claiming(
        code,
        Source.ENROLMENT if order is None else Source.CHECKOUT,
        touched_at=moment,
        claimed_at=moment,
        friend=friend,
        email=friend.email or "",
        digests=digests_of_member(friend),
        checkout=order.external_id if order else "",
    )


def _remember(wave: Wave) -> None:
    """Know those who have just enrolled by what they are known by, and who has changed it."""
    new = [f.member for f in wave.of(MemberStatement) if f.member and f.is_created]
    remember_members(wave.setup.program_id, new, wave.at)
    if changed := [fact.member for fact in _moved(wave) if fact.member]:
        remember_changes(wave.setup.program_id, changed, wave.at)


def _moved(wave: Wave) -> list[Fact]:
    """Return the facts by which members have another e-mail address or phone."""
    return [
        fact
        for fact in wave.of(MemberStatement)
        if isinstance(fact.statement, MemberStatement)
        and fact.is_applied
        and not fact.is_created
        and not fact.statement.given.keys().isdisjoint(OF_ONE)
    ]


def _told(
    wave: Wave,
    found: Found,
    referrals: Sequence[Referral],
    claimed: Mapping[int, Referral],
) -> dict[int, dict[str, Any]]:
    """Return what answers tell: the friend's live referral, or else how the last one ended.

    Of a friend without any, why the code that was named brings nothing.
    """
    told_of: dict[int | None, tuple[int, str]] = {
        friend: (one.id, one.state) for friend, one in found.over.items()
    }
    # The live ones come last, and take the place of others.
    for each in sorted(referrals, key=lambda each: (each.state not in OVER, each.pk)):
        told_of[each.friend_id] = each.pk, each.state
    told = {}
    for fact in wave.facts:
        referral = claimed.get(id(fact))
        if fact.error:
            continue
        if referral is not None:
            told[id(fact)] = _named(referral.pk, referral.state) | _why_not(referral.reason)
        elif fact.member is not None and fact.member.pk in told_of:
            told[id(fact)] = _named(*told_of[fact.member.pk])
        elif reason := found.refused.get(id(fact)):
            told[id(fact)] = {"id": None, "state": State.REJECTED.value} | _why_not(reason)
    return told


def _why_not(reason: str) -> dict[str, str]:
    """Return why a code that was just named brought nothing, if it did not."""
    return {"reason": reason} if reason else {}


def _named(number: int, state: str) -> dict[str, Any]:
    return {"id": f"ref_{number}", "state": state}
