"""What every test shares."""

from datetime import timedelta

from hypothesis import HealthCheck, settings

# Machines are shared and noisy: a slow example is not a wrong one.
settings.register_profile(
    "house", deadline=timedelta(seconds=10), suppress_health_check=[HealthCheck.too_slow]
)
# For a night: pytest --hypothesis-profile thorough
settings.register_profile("thorough", settings.get_profile("house"), max_examples=2_000)
settings.load_profile("house")
