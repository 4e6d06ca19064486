"""Referrals in words: how they stand, what speaks against them, whom they are about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.staff import DASH
from loyalty.admin.reward_words import gives_in_words, mark
from loyalty.admin.showing import link
from loyalty.models import MemberEvent, Order, Program
from referrals.models import Payout, Referral, ReferralStep
from referrals.rules.states import Reason, State

HIDDEN = "\N{BULLET}" * 3

REASONS: Mapping[str, str] = {
    "same_email": "The friend's e-mail address is the advocate's",
    "same_phone": "The friend's phone is the advocate's",
    "same_device": "The friend uses the advocate's device",
    "same_payment": "The friend pays with the advocate's means",
    "same_address": "The friend lives where the advocate does",
    "same_ip": "The friend came from the advocate's IP address",
    "same_network": "The friend came from the advocate's network",
    "shared_device": "Another friend used this device",
    "shared_payment": "Another friend paid with these means",
    "shared_address": "Another friend lives there",
    "similar_name": "Their names, or the names of their addresses, are alike",
    "disposable_email": "The e-mail address is one to throw away",
    "known_before": "A member is known by the same",
    "ring": "The friend brought who brought the advocate",
    "dense_group": "Many friends of this advocate share a device, a card or an address",
    "ip_velocity": "Many claims from this IP address within a day",
    "network_velocity": "Many claims from this network within a day",
    "advocate_velocity": "Many claims by this advocate within a day",
    "just_above_minimum": "The order was made just large enough",
}
# What a shopper is told, by the stable word.
SHOPPER: Mapping[str, str] = {
    Reason.EXISTING_CUSTOMER: "the friend was a customer before",
    Reason.SELF_REFERRAL: "nobody can refer themselves",
    Reason.ALREADY_REFERRED: "somebody else referred this friend",
    Reason.BELOW_MINIMUM: "the order is below the minimum",
    Reason.EXPIRED: "it was too late",
    Reason.CAP_REACHED: "as many friends as may be were rewarded",
    Reason.NOT_FIRST_ORDER: "it was not the friend's first order",
    Reason.PROGRAM_ENDED: "the program has ended",
    Reason.REJECTED: "the claim was turned down",
}
KIND_WORDS: Mapping[str, str] = {
    "email": "E-mail",
    "phone": "Phone",
    "device": "Device",
    "payment": "Means of payment",
    "address": "Address",
    "ip": "IP address",
    "network": "Network",
}
CAUSES: Mapping[str, str] = {
    "time": "Time",
    "facts": "What the friend did",
    "review": "Looked at by staff",
    "fraud": "What speaks against it",
    "merge": "Members became one",
    "click": "A click",
    "address": "A code, for an address",
    "enrolment": "A code at enrolment",
    "checkout": "A code at the checkout",
    "staff": "Staff",
    "withdrawn": "Staff took back a slip",
}
TONES: Mapping[str, str] = {
    State.REWARDED: "fulfilled",
    State.QUALIFIED: "fulfilled",
    State.FLAGGED: "open",
    State.CLAIMED: "open",
    State.SIGNED_UP: "open",
}
WHERE_FROM = {"order": Order, "event": MemberEvent}


def state_mark(state: str) -> SafeString:
    """Return a state as a small mark in the colour of what it means."""
    return mark(TONES.get(state, "none"), State(state).replace("_", " ").capitalize())


def masked_email(email: str | None) -> str:
    """Return an address so that it can be told from others, and not written to."""
    name, at, domain = (email or "").rpartition("@")
    return f"{name[:1]}{HIDDEN}{at}{domain}" if at else DASH


def masked_phone(phone: str | None) -> str:
    return f"{HIDDEN}{phone[-2:]}" if phone else DASH


def told_shoppers(reason: str) -> str:
    """Return the word that a shopper's pages have for a reason, and what it means."""
    return f"{reason}: {SHOPPER[reason]}" if reason in SHOPPER else reason or DASH


def friend_of(referral: Referral) -> SafeString | str:
    """Return the friend as a link; who has not enrolled yet by the id that was stated."""
    if referral.friend_id is not None:
        return link(referral.friend)
    return referral.friend_ref or "not enrolled yet"


def weighed(referral: Referral, weights: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what speaks against a referral in words, each with what it weighs."""
    return [(REASONS.get(word, word), weights.get(word, 0)) for word in referral.reasons]


def given(payout: Payout) -> str:
    """Return what a payout gave, or was to give."""
    if payout.points:
        return f"{payout.points:,} {payout.gives.get('point_type') or 'points'}"
    return gives_in_words(payout.gives, payout.program)


def causes_of(steps: Iterable[ReferralStep], program: Program) -> dict[str, object]:
    """Return what caused steps, as links to orders and events where there are any."""
    words: dict[str, object] = {}
    ids: dict[str, set[str]] = {"order": set(), "event": set()}
    for step in steps:
        kind, colon, number = step.cause.partition(":")
        words[step.cause] = CAUSES.get(step.cause, f"{kind} {number}" if colon else kind)
        if kind in ids and colon:
            ids[kind].add(number)
    for kind, wanted in ids.items():
        if wanted:
            model = WHERE_FROM[kind]
            rows: Any = model._default_manager.filter(program=program, external_id__in=wanted)
            for row in rows.only("external_id"):
                words[f"{kind}:{row.external_id}"] = link(row, f"{kind} {row.external_id}")
    return words


def listed(links: Sequence[object], count: int) -> SafeString:
    """Return links one after the other, and how many more there are."""
    text = format_html_join(", ", "{}", ((each,) for each in links))
    return (
        format_html("{} and {} more", text, count - len(links)) if count > len(links) else text
    )
