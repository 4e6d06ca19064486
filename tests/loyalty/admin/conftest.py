"""Somebody who is logged in, and what helps to look at pages."""

from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse


@pytest.fixture
def kim(db):
    return User.objects.create_superuser("kim", "kim@shop.example")


@pytest.fixture
def staff(kim, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client = Client()
    client.force_login(kim)
    return client


def page(row):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def listing(model, **query):
    meta = model._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return address + "?" + "&".join(f"{key}={quote(str(query[key]))}" for key in query)


def text_of(response):
    """Return a page as one line, so that a sentence is found however it is broken."""
    return " ".join(response.content.decode().split())
