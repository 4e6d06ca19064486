"""Referrals: claiming friends, looking at what became of them, deciding about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.referring import settle_seen
from loyalty.queries.setup import setup_of
from loyalty.rules.statements.reading import Fault, Parser, ahead, raise_any, read_object
from loyalty.rules.statements.values import (
    parse_email,
    parse_id,
    parse_label,
    parse_phone,
    parse_text,
    parse_time,
)
from referrals.models import Payout, Referral, ReferralStep
from referrals.rules.refusals import REFUSALS
from referrals.rules.states import Reason, State
from referrals.services.claims import ClaimRequest, claim_friend
from referrals.services.digests import Context
from referrals.services.paying import friend_voucher
from referrals.services.reviews import Decided, approve_referrals, reject_referrals
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member, find_referral
from storefront.api.pagination import PAGE_PARAMETERS, page_of
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import lives, query
from storefront.api.shapes import referrals as shapes
from storefront.api.vouchers import voucher_body

CLAIMED = (State.CLAIMED, State.SIGNED_UP)
# Time alone leads to these.
LATER = (State.EXPIRED, State.REWARDED)
TOLD = ("referral_program", "advocate", "friend", "code")


def parse_ip(value: object) -> str:
    text = parse_text(value)
    try:
        return str(ip_address(text))
    except ValueError:
        detail = "expected an address such as 203.0.113.7 or 2001:db8::7"
        raise Fault.of("invalid_ip", detail) from None


def parse_state(value: object) -> str:
    if value not in shapes.STATES:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(shapes.STATES)}")
    return str(value)


FRIEND: Mapping[str, Parser] = {"id": parse_id, "email": parse_email, "phone": parse_phone}
CONTEXT: Mapping[str, Parser] = {
    "ip": parse_ip,
    "user_agent": partial(parse_text, most=1000),
    "device_id": parse_text,
    "payment_fingerprint": parse_text,
    "address_hash": parse_text,
}


def _parse_part(value: object, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if problems := read_object(value, parsers, fields):
        raise Fault(problems)
    return fields


CLAIM: Mapping[str, Parser] = {
    "code": partial(parse_label, most=60),
    "click_token": partial(parse_label, most=500),
    "friend": partial(_parse_part, parsers=FRIEND),
    "context": partial(_parse_part, parsers=CONTEXT),
    "occurred_at": parse_time,
}


class ReferralListView(ProgramView):
    """Referrals, newest first."""

    tag = "Referrals"
    noun = "referrals"
    scopes = frozenset({"referrals"})
    needs_key = True
    names_a_member = True
    parameters = {**PAGE_PARAMETERS, "advocate": parse_id, "state": parse_state}

    @extend_schema(
        parameters=[*query.REFERRALS, *query.PAGE],
        responses=shapes.ReferralList,
        examples=[OpenApiExample("One", shapes.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List referrals: of an advocate, or in a state."""
        at = request.program.now()
        rows = _told().filter(program=request.program)
        if advocate := request.query.get("advocate"):
            rows = rows.filter(advocate=find_member(request.program, advocate))
        if state := request.query.get("state"):
            rows = rows.filter(standing(state, at=at))
        page = page_of(request, rows)
        shown = _as_of_now(request, page.rows)
        if state:
            # What was due has been looked at again, and may have come to something else.
            shown = [row for row in shown if row.state_at(at) == state]
        return Response(page.body([referral_body(row, at=at) for row in shown]))

    @extend_schema(
        request=shapes.ReferralStatement,
        responses={201: OpenApiResponse(shapes.ClaimedAnswer, "Claimed, now or before.")},
        examples=[
            OpenApiExample("By a code", shapes.CLAIM, request_only=True),
            OpenApiExample("By a click", shapes.CLAIM_BY_CLICK, request_only=True),
            OpenApiExample("Claimed", shapes.CLAIMED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Note that a friend came by an advocate's code, and get the friend's reward.

        The friend need not be a member yet: an id, e-mail address or phone is enough, and
        who enrols with one of them later is that friend. The same friend by the same
        advocate again is the same referral. One that is `flagged` waits for a person
        to decide; `reasons` are for staff. 409 `existing_customer`, `self_referral`,
        `already_referred`, `expired`, `cap_reached`, `program_ended`, `rejected`.
        """
        stated = read_fields(request.data, CLAIM, needs=("friend",))
        at = request.program.now()
        raise_any(ahead(stated, ("occurred_at",), at))
        claimed = claim_friend(program=request.program, request=_claim(stated), at=at)
        if claimed.state == State.REJECTED and claimed.reason in REFUSALS:
            raise REFUSALS[claimed.reason]("This friend cannot be referred by this code.")
        return Response(referral_answer(request, str(claimed)), status=201)


class ReferralView(ProgramView):
    """One referral."""

    tag = "Referrals"
    noun = "referral"
    scopes = frozenset({"referrals"})
    is_one_object = True

    @extend_schema(
        responses=shapes.ClaimedAnswer,
        examples=[OpenApiExample("Claimed", shapes.CLAIMED, response_only=True)],
    )
    def get(self, request: ProgramRequest, referral_id: str) -> Response:
        """Get a referral, with every step that it took and the friend's code."""
        return Response(referral_answer(request, referral_id))


class ApprovalView(ProgramView):
    """Letting a flagged referral go on."""

    tag = "Referrals"
    noun = "referral_approval"
    scopes = frozenset({"referrals"})

    @extend_schema(
        request=lives.NothingSaid,
        responses=OpenApiResponse(shapes.ClaimedAnswer, "It goes on."),
        examples=[
            OpenApiExample("Nothing to say", {}, request_only=True),
            OpenApiExample("Approved", shapes.APPROVED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, referral_id: str) -> Response:
        """Let a flagged referral go on, from where it is by what has happened meanwhile.

        Approving what goes on already changes nothing. 409 `wrong_state` if it has ended.
        """
        referral = find_referral(request.program, referral_id)
        read_fields(request.data, {})
        approve_referrals(
            program=request.program,
            referrals=[referral.pk],
            decided=Decided(by=str(request.key)),
            at=request.program.now(),
        )
        return Response(referral_answer(request, referral_id))


class RejectionView(ProgramView):
    """Turning a referral down."""

    tag = "Referrals"
    noun = "referral_rejection"
    scopes = frozenset({"referrals"})

    @extend_schema(
        request=shapes.RejectionStatement,
        responses=OpenApiResponse(shapes.ClaimedAnswer, "Turned down."),
        examples=[
            OpenApiExample(
                "One household", {"reason": "the same household"}, request_only=True
            ),
            OpenApiExample("Rejected", shapes.REJECTED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, referral_id: str) -> Response:
        """Turn a referral down, and take back what was given for it.

        The reason is for staff; the shopper is told `rejected`. Again it changes
        nothing. 409 `wrong_state` if it has expired.
        """
        referral = find_referral(request.program, referral_id)
        reason = read_fields(request.data, {"reason": parse_label}, needs=("reason",))["reason"]
        reject_referrals(
            program=request.program,
            referrals=[referral.pk],
            decided=Decided(by=str(request.key), note=reason),
            at=request.program.now(),
        )
        return Response(referral_answer(request, referral_id))


def _claim(stated: Mapping[str, Any]) -> ClaimRequest:
    friend = stated["friend"]
    return ClaimRequest(
        code=stated.get("code", ""),
        click_token=stated.get("click_token", ""),
        friend_id=friend.get("id", ""),
        email=friend.get("email", ""),
        phone=friend.get("phone", ""),
        context=Context(**stated.get("context", {})),
        occurred_at=stated.get("occurred_at"),
    )


def _told() -> QuerySet[Referral]:
    return Referral.objects.select_related(*TOLD).prefetch_related("steps", "payouts")


def standing(state: str, *, at: datetime) -> Q:
    """Return the condition for referrals that stand like this, whatever job has run."""
    over = Q(state__in=[each.value for each in CLAIMED], expires_at__lte=at)
    due = Q(state=State.QUALIFIED.value, due_at__lte=at)
    if state in LATER:
        return Q(state=state) | (over if state == State.EXPIRED else due)
    return Q(state=state) & ~over & ~due


def referral_answer(request: ProgramRequest, referral_id: str) -> dict[str, Any]:
    """Return a referral as it stands now, with the friend's code."""
    setup, at = setup_of(request.program), request.program.now()
    found = find_referral(request.program, referral_id)
    [row] = _as_of_now(request, [_told().get(pk=found.pk)])
    # Looked for last: what was due a moment ago may have given it, or taken it back.
    voucher = friend_voucher(row)
    return referral_body(row, at=at) | {
        "friend_voucher": voucher_body(setup, voucher, at=at) if voucher else None
    }


def _as_of_now(request: ProgramRequest, rows: Sequence[Referral]) -> Sequence[Referral]:
    """Return referrals, in their order, after what is due of them was written down."""
    if not settle_seen(request.program, rows, at=request.program.now()):
        return rows
    known = _told().in_bulk([row.pk for row in rows])
    return [known[row.pk] for row in rows]


def referral_body(referral: Referral, *, at: datetime) -> dict[str, Any]:
    """Return a referral as the contract has it."""
    friend = referral.friend.external_id if referral.friend else referral.friend_ref
    state, steps = referral.state_at(at), [_step_body(step) for step in referral.steps.all()]
    reason = referral.reason
    if state != referral.state and referral.expires_at:
        # Nobody has noted yet that its time is up.
        reason = Reason.EXPIRED.value
        unwritten = ReferralStep(
            state=state,
            version=referral.version,
            at=referral.expires_at,
            cause="time",
            reason=reason,
        )
        steps.append(_step_body(unwritten))
    return {
        "id": str(referral),
        "program": referral.referral_program.code,
        "state": state,
        "reason": reason or None,
        "advocate": referral.advocate.external_id,
        "friend": friend or None,
        "code": referral.code.shown,
        "source": referral.source,
        "channel": referral.channel or None,
        "score": referral.score,
        "reasons": referral.reasons,
        "version": referral.version,
        "claimed_at": referral.claimed_at,
        "signed_up_at": referral.signed_up_at,
        "qualified_at": referral.qualified_at,
        "due_at": referral.due_at,
        "expires_at": referral.expires_at,
        "rewards": _rewards_of(referral),
        "steps": steps,
    }


def _rewards_of(referral: Referral) -> dict[str, str | None]:
    """Return what each side's reward came to, the last time that one was due."""
    newest = {each.side: each for each in sorted(referral.payouts.all(), key=_place)}
    return {
        side: newest[side].came_to if side in newest else None
        for side in ("advocate", "friend")
    }


def _place(payout: Payout) -> tuple[bool, int]:
    """Put what stands behind what was taken back: what was used may stand again."""
    return payout.taken_back_at is None, payout.pk


def _step_body(step: ReferralStep) -> dict[str, Any]:
    return {
        "state": step.state,
        "version": step.version,
        "at": step.at,
        "cause": step.cause,
        "reason": step.reason or None,
        "by": step.by or None,
        "note": step.note or None,
    }
