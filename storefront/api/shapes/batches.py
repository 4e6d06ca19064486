"""Batches: many facts in one request, one JSON object a line."""

import json

from rest_framework import serializers

from storefront.api.shapes import earnings, members, orders
from storefront.api.shapes.fields import Anything, Shape


class BatchAnswer(Shape):
    """What became of each line, in order."""

    results = serializers.ListField(
        child=Anything(),
        help_text="`line` and `status`, then the answer of that kind of fact, or a problem.",
    )


LINES = "\n".join(
    json.dumps(line)
    for line in (
        {"kind": "member", "id": "c-42", **members.STATEMENT},
        {"kind": "order", "id": "1001", **orders.STATEMENT},
        {"kind": "event", "id": "rev-9", "type": "review", "member": "c-42"},
    )
)
ANSWER = {
    "results": [
        {"line": 1, "status": 201, "id": "c-42", "applied": True},
        {"line": 2, "status": 201, "id": "1001", "applied": True, "points": [earnings.EARNED]},
        {
            "line": 3,
            "status": 409,
            "code": "conflicting_fact",
            "detail": "event rev-9 was stated before with other content",
        },
    ]
}
