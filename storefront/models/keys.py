"""API keys: how a storefront proves who it is."""

from django.db import models

from loyalty.models import Program

SCOPES = (
    "members",
    "orders",
    "events",
    "rewards",
    "tiers",
    "referrals",
    "insights",
    "program",
    "admin",
)


class ApiKey(models.Model):
    """One storefront's way in to one program. Only a hash of its secret is kept."""

    class Kind(models.TextChoices):
        SECRET = "secret", "Secret (server to server)"
        PUBLISHABLE = "publishable", "Publishable (browser)"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="api_keys")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    public_id = models.CharField(
        max_length=24, unique=True, help_text="The part of the key that may be shown."
    )
    secret_hash = models.BinaryField(max_length=32, help_text="SHA-256 of the secret part.")
    scopes = models.JSONField(default=list, help_text="What it may touch.")
    name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(help_text="Server time.")
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="Server time, to the hour."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="Server time.")

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name or self.public_id
