"""Claims and their keys, as asked for and as answered."""

from storefront.api.shapes.fields import Said, Shape, Statement, Text, Time, Whole


class ClaimStatement(Statement):
    ttl = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=3600,
        help_text="Seconds of real time, 300 unless stated.",
    )
    audience = Text(
        required=False,
        allow_null=True,
        help_text="Who is to believe it, `storefront` unless stated.",
    )


class ClaimAnswer(Shape):
    claim = Said(help_text="A JSON Web Token of the type `claims+jwt`.")
    expires_at = Time(help_text="By the server's clock, also in a sandbox.")


class ClaimsKeyFace(Shape):
    kid = Said(help_text="The name of the key, as in the header of a claim.")
    signs_from = Time()
    ends_at = Time(allow_null=True, help_text="From then on nothing it signed is good.")


class ClaimsKeyAnswer(ClaimsKeyFace):
    secret = Said(help_text="For HMAC: these characters, as they are.")


class ClaimsKeyFaces(Shape):
    """The keys that claims may be checked with, without their secrets."""

    keys = ClaimsKeyFace(many=True, help_text="The newest first.")


class ClaimsKeys(Shape):
    """What a checker of claims needs to know."""

    issuer = Said(help_text="What `iss` has to be.")
    audience = Said(help_text="What `aud` has to be.")
    algorithm = Said(help_text="The only one to accept.")
    type = Said(help_text="What `typ` in the header has to be.")
    keys = ClaimsKeyAnswer(many=True, help_text="The newest first.")


class RotationStatement(Statement):
    overlap = Whole(
        required=False,
        allow_null=True,
        max_value=2_592_000,
        help_text="Seconds until the new key signs, 86400 unless stated; 0 at once.",
    )


CLAIM = {"ttl": 300, "audience": "chat-bot"}
PARTS = ("eyJhbGciOiJIUzI1NiIsImtpZCI6IjRmMmEifQ", "eyJpc3MiOiJoYXJib3VyLWNvZmZlZSJ9", "9Xk…")
MADE = {"claim": ".".join(PARTS), "expires_at": "2026-05-01T10:05:00Z"}
KEY = {
    "kid": "4f2a90c1d37be865",
    "signs_from": "2026-01-05T10:00:00Z",
    "ends_at": None,
}
NEXT = {
    "kid": "c08d1e5577a2f904",
    "signs_from": "2026-05-02T10:00:00Z",
    "ends_at": None,
}
HANDED_OUT = dict([*KEY.items(), ("secret", "b1946ac92492d2347c6235b4d2611184e8f2…")])
KEYS = {
    "issuer": "harbour-coffee",
    "audience": "chat-bot",
    "algorithm": "HS256",
    "type": "claims+jwt",
    "keys": [HANDED_OUT],
}
ROTATION = {"overlap": 86_400}
ROTATED = {"keys": [NEXT, KEY | {"ends_at": "2026-05-02T11:00:00Z"}]}
