"""Vouchers: looking at a code, using it on an order, giving the use back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from loyalty.models import Voucher
from loyalty.queries.setup import Setup, setup_of
from loyalty.queries.vouchers import voucher_gives, voucher_state
from loyalty.rules.statements.reading import Fault, Parser
from loyalty.rules.statements.values import MAX_NUMBER, parse_id, parse_whole
from loyalty.services.vouchers import consume_voucher, release_voucher
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_voucher
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import query
from storefront.api.shapes import redemptions as shapes

USE: Mapping[str, Parser] = {"order": parse_id, "subtotal": parse_whole}


def parse_query_money(value: object) -> int:
    """Return minor units from an address."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_NUMBER):
        raise Fault.of("out_of_range", f"expected a whole number up to {MAX_NUMBER}")
    return int(text)


class VoucherView(ProgramView):
    """One voucher, by its code."""

    tag = "Rewards"
    noun = "voucher"
    scopes = frozenset({"rewards"})
    is_one_object = True
    parameters = {"subtotal": parse_query_money}

    @extend_schema(
        parameters=query.SUBTOTAL,
        responses=shapes.VoucherAnswer,
        examples=[OpenApiExample("Valid", shapes.VOUCHER, response_only=True)],
    )
    def get(self, request: ProgramRequest, voucher_code: str) -> Response:
        """Validate a voucher: what it is good for now, or why for nothing.

        With the order's subtotal also whether that is enough, and what it takes off.
        """
        voucher = find_voucher(request.program, voucher_code)
        subtotal = request.query.get("subtotal")
        return Response(voucher_answer(request, voucher, subtotal=subtotal))


class ConsumeView(ProgramView):
    """Using a voucher."""

    tag = "Rewards"
    noun = "voucher_use"
    scopes = frozenset({"rewards"})

    @extend_schema(
        request=shapes.UseStatement,
        responses=shapes.UseAnswer,
        examples=[
            OpenApiExample("On an order", shapes.USE, request_only=True),
            OpenApiExample("Used", shapes.USED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, voucher_code: str) -> Response:
        """Use a voucher on an order; for the same order again the answer is the same.

        The discount is at most the subtotal. 409 `voucher_used`, `voucher_expired`,
        `voucher_void`, `voucher_not_yet`, `minimum_order`.
        """
        voucher = find_voucher(request.program, voucher_code)
        stated = read_fields(request.data, USE, needs=("order",))
        use = consume_voucher(
            program=request.program,
            code=voucher.code,
            order=stated["order"],
            subtotal=stated.get("subtotal"),
            at=request.program.now(),
        )
        body = {"code": use.voucher.shown, "discount": use.discount}
        return Response(body | left_body(use.voucher))


class ReleaseView(ProgramView):
    """Giving the use of a voucher back."""

    tag = "Rewards"
    noun = "voucher_release"
    scopes = frozenset({"rewards"})

    @extend_schema(
        request=shapes.ReleaseStatement,
        responses=shapes.VoucherAnswer,
        examples=[
            OpenApiExample("Of an order", {"order": "1001"}, request_only=True),
            OpenApiExample("Valid again", shapes.VOUCHER, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, voucher_code: str) -> Response:
        """Give back the use of a voucher on an order; again it changes nothing."""
        voucher = find_voucher(request.program, voucher_code)
        order = read_fields(request.data, {"order": parse_id}).get("order")
        at = request.program.now()
        released = release_voucher(
            program=request.program, code=voucher.code, order=order, at=at
        )
        return Response(voucher_answer(request, released))


def left_body(voucher: Voucher) -> dict[str, Any]:
    redemption = voucher.redemption_id
    return {
        "uses_left": voucher.uses - voucher.used,
        "redemption": f"red_{redemption}" if redemption else None,
    }


def voucher_answer(
    request: ProgramRequest, voucher: Voucher, *, subtotal: int | None = None
) -> dict[str, Any]:
    """Return a voucher as it stands now."""
    setup = setup_of(request.program)
    return voucher_body(setup, voucher, at=request.program.now(), subtotal=subtotal)


def voucher_body(
    setup: Setup, voucher: Voucher, *, at: datetime, subtotal: int | None = None
) -> dict[str, Any]:
    """Return a voucher as the contract has it."""
    why_not = voucher_state(setup, voucher, at=at, subtotal=subtotal)
    # What was bought with points knows whose it is without another look.
    owner = voucher.redemption or voucher
    return {
        "code": voucher.shown,
        "valid": why_not is None,
        "why_not": why_not,
        "gives": voucher.gives,
        "discount": voucher_gives(setup, voucher).discount(subtotal),
        "uses": voucher.uses,
        "valid_from": voucher.valid_from or voucher.issued_at,
        "valid_until": voucher.valid_until,
        "member": owner.member.external_id if owner.member else None,
        "reward": owner.reward.code if owner.reward else None,
        **left_body(voucher),
    }
