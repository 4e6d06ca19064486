"""What every test shares."""

from datetime import timedelta

from hypothesis import HealthCheck, settings

# Machines are shared and noisy: a slow example is not a wrong one.
settings.register_profile(
    "house", deadline=timedelta(seconds=10), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
