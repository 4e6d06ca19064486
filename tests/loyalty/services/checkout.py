"""What a checkout does with a redemption, each time as a request of its own."""

from loyalty.services.redemptions import (
    capture_redemption,
    reverse_redemption,
    void_redemption,
)
from tests.factories import requested


def capture(redemption, points=None, *, key="", at=None):
    return capture_redemption(
        redemption=redemption, points=points, requested=requested(redemption.member, key, at=at)
    )


def void(redemption, *, key="", at=None):
    return void_redemption(
        redemption=redemption, requested=requested(redemption.member, key, at=at)
    )


def reverse(redemption, points=None, *, key="", at=None):
    return reverse_redemption(
        redemption=redemption, points=points, requested=requested(redemption.member, key, at=at)
    )
