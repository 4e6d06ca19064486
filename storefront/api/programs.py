"""A program: its face, its clock, and the whole of it as a file."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.program_file import (
    apply_program,
    as_data,
    dump_program,
    plan_changes,
    plan_ladders,
    plan_policies,
    read_program,
)
from engine.travel import NotASandbox, move_clock
from loyalty.models import PointType, Program
from loyalty.queries.programs import newest_rule_set
from loyalty.rules.statements.values import parse_moment
from storefront.api.auth import ProgramRequest
from storefront.api.parsers import JSONFileParser, YAMLParser
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_yes, read_fields
from storefront.api.shapes import programs as shapes
from storefront.api.shapes import query
from tiers.queries.telling import ladder_faces

YAML = "application/yaml"
JSON = "application/json"

# What anybody may know of an earning rule.
SHOWN = ("award", "multiply", "valid")


class FaceView(ProgramView):
    """What anybody may know of a program."""

    tag = "Program"
    noun = "program"
    in_browsers = True
    is_one_object = True

    @extend_schema(
        responses=shapes.ProgramFace,
        examples=[OpenApiExample("A coffee shop", shapes.FACE, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the face of the program: its name, its points, the ways to earn them."""
        return Response(face_body(request.program, at=request.program.now()))


class ClockView(ProgramView):
    """The clock of a sandbox."""

    tag = "Program"
    noun = "clock"
    scopes = frozenset({"program"})
    is_one_object = True

    @extend_schema(
        responses=shapes.ClockAnswer,
        examples=[OpenApiExample("March", shapes.CLOCK, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Read the clock of a sandbox.

        403 `not_a_sandbox` elsewhere.
        """
        if not request.program.sandbox:
            raise NotASandbox(f"{request.program.slug} lives in real time.")
        return Response({"now": request.program.now()})

    @extend_schema(
        request=shapes.ClockStatement,
        responses=OpenApiResponse(shapes.ClockMoved, "The clock, and what has run."),
        examples=[
            OpenApiExample("To March", shapes.CLOCK, request_only=True),
            OpenApiExample("Moved", shapes.MOVED, response_only=True),
        ],
    )
    def put(self, request: ProgramRequest) -> Response:
        """Move the clock of a sandbox; everything that is due by then is done.

        Forward only, once facts were stated (409 `clock_backwards`), and at most 10
        years at once (400 `out_of_range`). The same time again runs nothing. 403
        `not_a_sandbox` elsewhere.
        """
        to = read_fields(request.data, {"now": parse_moment}, needs=("now",))["now"]
        ran = move_clock(program=request.program, to=to)
        return Response({"now": to, "ran": ran})


class FileView(ProgramView):
    """The whole program as one file."""

    tag = "Program"
    noun = "program_file"
    scopes = frozenset({"program"})
    is_one_object = True
    parser_classes = [YAMLParser, JSONFileParser]
    parameters = {"plan": parse_yes}

    @extend_schema(
        responses={
            (200, YAML): OpenApiResponse(OpenApiTypes.OBJECT, "As YAML, or JSON by `Accept`."),
            (200, JSON): OpenApiResponse(OpenApiTypes.OBJECT),
        },
        examples=[
            OpenApiExample("A shop", shapes.FILE, response_only=True, media_type=JSON),
            OpenApiExample("A shop", shapes.FILE, response_only=True, media_type=YAML),
        ],
    )
    def get(self, request: ProgramRequest) -> HttpResponseBase:
        """Get the whole program as its file."""
        if JSON in request.META.get("HTTP_ACCEPT", ""):
            response: HttpResponseBase = Response(as_data(request.program))
        else:
            response = HttpResponse(dump_program(request.program), content_type=YAML)
        response["Vary"] = "Accept"
        return response

    @extend_schema(
        parameters=query.PLAN,
        request={YAML: OpenApiTypes.OBJECT, JSON: OpenApiTypes.OBJECT},
        responses=OpenApiResponse(shapes.FileChanges, "What it changes, or would change."),
        examples=[
            OpenApiExample("A shop", shapes.FILE, request_only=True, media_type=JSON),
            OpenApiExample("A shop", shapes.FILE, request_only=True, media_type=YAML),
            OpenApiExample("Twice the points", shapes.CHANGES, response_only=True),
        ],
    )
    def put(self, request: ProgramRequest) -> Response:
        """Make the program what a file says, and answer what that changes.

        With `plan=true` nothing is changed. What the file does not mention is
        archived. Whatever is wrong is named with its line. 409 `slug_mismatch`:
        it is another program's file.
        """
        file = read_program(cast(bytes, request.data) or b"")
        at = request.program.now()
        if request.query.get("plan"):
            changes = plan_changes(file, program=request.program)
            more = {
                "prolonged": [each.as_dict() for each in plan_policies(file, at=at)],
                "moved": [each.as_dict() for each in plan_ladders(file, at=at)],
            }
            told = {"changes": [change.as_dict() for change in changes]}
            return Response(told | {name: each for name, each in more.items() if each})
        changes = apply_program(file, at=at, program=request.program)
        return Response({"changes": [change.as_dict() for change in changes]})


def face_body(program: Program, *, at: datetime) -> dict[str, Any]:
    """Return the face of a program at `at` as the contract has it."""
    published = newest_rule_set(program)
    content = published.content if published else {"rules": {}}
    return {
        "slug": program.slug,
        "name": program.name,
        "currency": program.currency,
        "timezone": program.timezone,
        "locale": program.locale,
        "sandbox": program.sandbox,
        "point_types": {
            point_type.code: point_type_body(point_type)
            for point_type in PointType.objects.live().filter(program=program)
        },
        "ladders": ladder_faces(program, at),
        "ways_to_earn": [
            {
                "code": code,
                "name": rule.get("name") or code,
                "on": rule.get("on", "order"),
                "point_type": rule.get("point_type") or content.get("default_point_type"),
                **{key: rule[key] for key in SHOWN if key in rule},
            }
            for code, rule in content["rules"].items()
        ],
    }


def point_type_body(point_type: PointType) -> dict[str, Any]:
    return {
        "name": {"one": point_type.name_one, "other": point_type.name_other},
        "kind": point_type.kind,
        "value": f"{point_type.value.normalize():f}",
        "decimals": point_type.decimals,
    }
