"""Advocates: their codes and links, and what has come of them."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core.errors import NotFound, invalid
from loyalty.models import Member
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_flag, parse_label
from loyalty.services.statuses import MemberClosed
from referrals.models import ReferralCode
from referrals.queries.advocates import advocate_view
from referrals.queries.programs import ReferralSetup, referral_setup_of
from referrals.rules.codes import CodeNotAllowed
from referrals.services.codes import choose_code, code_of_advocate, rotate_code
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.links import link_of, picture_of
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import query
from storefront.api.shapes import referrals as shapes

CODE: Mapping[str, Parser] = {"code": partial(parse_label, most=40), "rotate": parse_flag}
REFERRAL_PROGRAM: Mapping[str, Parser] = {"program": partial(parse_label, most=60)}


class AdvocateView(ProgramView):
    """A member as an advocate."""

    tag = "Referrals"
    noun = "advocate"
    scopes = frozenset({"referrals"})
    is_one_object = True
    parameters = REFERRAL_PROGRAM

    @extend_schema(
        parameters=query.REFERRAL_PROGRAM,
        responses=shapes.AdvocateAnswer,
        examples=[OpenApiExample("Ada", shapes.ADVOCATE, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get a member's code and link, and how far friends have come by them.

        Whoever has no code yet is given one. 404 also where there are no referral
        programs, and for a member who has left.
        """
        return Response(own_advocate_body(request, find_member(request.program, member_id)))

    @extend_schema(
        parameters=query.REFERRAL_PROGRAM,
        request=shapes.CodeStatement,
        responses=OpenApiResponse(shapes.AdvocateAnswer, "With the new code."),
        examples=[
            OpenApiExample("Of their own", {"code": "ada-bakes"}, request_only=True),
            OpenApiExample("Just another", {"rotate": True}, request_only=True),
            OpenApiExample("Done", shapes.VANITY, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Choose a member's code, or make another one.

        Codes of before go on working. Case, spaces and dashes make no difference, and O
        is 0, I and L are 1. 400 `code_not_allowed`, 409 `code_taken`, `member_closed`.
        """
        member = find_member(request.program, member_id)
        code = _changed(request, member, read_fields(request.data, CODE))
        return Response(advocate_body(request, member, code))


def _changed(
    request: ProgramRequest, member: Member, stated: Mapping[str, Any]
) -> ReferralCode:
    wanted, at = request.query.get("program"), request.program.now()
    if ("code" in stated) == bool(stated.get("rotate")):
        raise invalid("", "one_of", "say either a code or rotate: true")
    if "code" not in stated:
        return rotate_code(member=member, referral_program=wanted, at=at)
    try:
        return choose_code(member=member, code=stated["code"], referral_program=wanted, at=at)
    except CodeNotAllowed as error:
        raise invalid("/code", error.code, error.detail) from error


def own_advocate_body(request: ProgramRequest, member: Member) -> dict[str, Any]:
    """Return a member as an advocate, with a code if there was none yet.

    :raises NotFound: if there is no such referral program, or the member has left
    """
    wanted = request.query.get("program")
    try:
        code = code_of_advocate(
            member=member, referral_program=wanted, at=request.program.now()
        )
    except MemberClosed as error:
        raise NotFound("This member takes part no more.") from error
    return advocate_body(request, member, code)


def advocate_body(
    request: ProgramRequest, member: Member, code: ReferralCode
) -> dict[str, Any]:
    """Return an advocate as the contract has it."""
    setup = referral_setup_of(request.program)
    name = setup.code_of(code.referral_program_id)
    if name is None:
        raise NotFound("This referral program has ended.")
    view = advocate_view(setup, member, name, request.program.now())
    stages = ("clicks", "claims", "signups", "qualified", "rewarded")
    return {
        "program": name,
        "code": code.shown,
        "link": link_of(request, code),
        "stats": {
            **{stage: getattr(view.funnel, stage) for stage in stages},
            "earned": view.earned,
        },
        "cap": view.cap,
        "gives": {side: given_to(setup, name, side) for side in ("advocate", "friend")},
        "share": _share(request, code),
    }


def given_to(setup: ReferralSetup, name: str, side: str) -> dict[str, Any] | None:
    """Return what a side is promised now, in the program file's form."""
    form = setup.forms[name].get(side) or {}
    return form.get("gives")


def _share(request: ProgramRequest, code: ReferralCode) -> dict[str, str]:
    """Return the link for each way to pass it on; the advocate finds the words."""
    channels = ("copy", "share", "email", "whatsapp")
    copied, shared, mailed, sent = (link_of(request, code, channel=c) for c in channels)
    return {
        "copy": copied,
        "web_share": shared,
        "mailto": f"mailto:?body={quote(mailed, safe='')}",
        "whatsapp": f"https://wa.me/?text={quote(sent, safe='')}",
        "qr": picture_of(request, code),
    }
