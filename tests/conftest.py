"""What every test shares."""

import os
from datetime import timedelta

from django.conf import settings as django_settings
from hypothesis import HealthCheck, settings

# What a property says was looked for with a hundred examples on SQLite: the second database
# is to show that it makes no difference.
is_second = os.environ["DATABASE_URL"].startswith("postgres")
# Machines are shared and noisy: a slow example is not a wrong one.
settings.register_profile(
    "house",
    max_examples=40 if is_second else 100,
    deadline=timedelta(seconds=10),
    suppress_health_check=[HealthCheck.too_slow],
)
# For a night: pytest --hypothesis-profile thorough
settings.register_profile("thorough", settings.get_profile("house"), max_examples=2_000)
settings.load_profile("house")


def pytest_configure():
    # Each test client has a handler of its own, which would look through all static files.
    django_settings.WHITENOISE_AUTOREFRESH = True
