"""What the door remembers. One file per noun; import from here."""

from storefront.models.claims import ClaimsKey
from storefront.models.idempotency import IdempotencyKey
from storefront.models.keys import ApiKey

__all__ = ["ApiKey", "ClaimsKey", "IdempotencyKey"]
