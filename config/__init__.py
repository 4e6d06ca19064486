"""How the processes start. No business words here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
