"""Member tokens, as asked for and as answered."""

from storefront.api.shapes.fields import Said, Shape, Statement, Time, Whole


class TokenStatement(Statement):
    ttl = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=86_400,
        help_text="Seconds of real time, 900 unless stated.",
    )


class TokenAnswer(Shape):
    token = Said(help_text="A JSON Web Token; give it to the member's browser.")
    expires_at = Time(help_text="By the server's clock, also in a sandbox.")


TOKEN = {"ttl": 900}
PARTS = ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJhdWQiOiJwZXJlbm5pYWw6bWUifQ", "4Zq…")
MADE = {
    "token": ".".join(PARTS),
    "expires_at": "2026-05-01T10:15:00Z",
}
