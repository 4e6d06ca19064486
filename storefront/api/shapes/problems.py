"""What an error looks like (RFC 9457)."""

from typing import Any

from storefront.api.errors import title_of
from storefront.api.shapes.fields import Said, Shape, Whole

REQUEST_ID = "0d4c6f5e-8f1d-4b0a-9a55-5f8a3c1f7f66"


class ProblemPlace(Shape):
    """One thing that is wrong with a request, and where."""

    pointer = Said(
        allow_blank=True,
        help_text="A JSON pointer into the body; for a parameter, its name.",
    )
    code = Said(help_text="Stable and machine-readable.")
    detail = Said(help_text="For a person.")
    line = Whole(required=False, help_text="In a program file or a batch.")
    column = Whole(required=False, help_text="In a program file.")


class Problem(Shape):
    """Why a request was refused. Some codes bring members of their own."""

    type = Said(help_text="A URN that ends with the code.")
    title = Said(help_text="The status in words.")
    status = Whole()
    detail = Said(help_text="What was wrong, for a person.")
    code = Said(help_text="Stable and machine-readable: this is what to decide by.")
    request_id = Said(help_text="As in the header X-Request-Id, and in our log.")
    errors = ProblemPlace(  # type: ignore[assignment]
        many=True, required=False, help_text="With 400: what, and where."
    )


def example(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    return {
        "type": f"urn:perennial:problem:{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": REQUEST_ID,
        **extra,
    }


EXAMPLES = {
    400: example(
        400,
        "unknown_field",
        "/vesion: there is no field 'vesion' here; did you mean 'version'?",
        errors=[
            {
                "pointer": "/vesion",
                "code": "unknown_field",
                "detail": "there is no field 'vesion' here; did you mean 'version'?",
            }
        ],
    ),
    401: example(401, "invalid_key", "This key is unknown or was revoked."),
    403: example(403, "insufficient_scope", "The key lacks the scope for this."),
    404: example(404, "not_found", "There is no such thing in this program."),
    409: example(
        409,
        "insufficient_points",
        "A rule or the state of things said no; nothing was changed.",
        short_by=20,
        available=100,
    ),
    411: example(411, "length_required", "Send the body with a Content-Length, not in chunks."),
    413: example(413, "body_too_large", "The body may have at most 1,000,000 bytes here."),
    415: example(415, "unsupported_media_type", 'Unsupported media type "text/plain".'),
    422: example(
        422, "idempotency_key_reused", "This Idempotency-Key was used for another request."
    ),
    500: example(500, "internal_error", "Something went wrong here. It has been noted."),
    503: example(503, "unavailable", "The database cannot be reached. Try again soon."),
}
