"""What lies between the server and a view, and what passes it by."""

import logging

import pytest
from django.test import Client

from config.middleware import NOTHING

pytestmark = pytest.mark.django_db

POLICY = "Content-Security-Policy"


@pytest.fixture
def quiet(caplog):
    caplog.set_level(logging.WARNING, logger="django_structlog.middlewares.request")


def test_an_answer_that_is_no_page_may_load_nothing():
    assert Client().get("/api/v1/program")[POLICY] == NOTHING


def test_a_page_may_load_what_is_ours():
    answer = Client().get("/api/v1/docs")

    assert answer["Content-Type"].startswith("text/html")
    assert "default-src 'self'" in answer[POLICY]


def test_the_api_asks_for_no_session_and_the_admin_does():
    api = Client().get("/api/v1/program").wsgi_request
    admin = Client().get("/admin/login/").wsgi_request

    assert (hasattr(api, "session"), hasattr(admin, "session")) == (False, True)


@pytest.mark.usefixtures("quiet")
def test_a_request_has_its_id_also_where_the_log_does_not_keep_it():
    answers = [Client().get("/api/v1/program") for _ in range(2)]

    assert len({answer["X-Request-Id"] for answer in answers} - {""}) == 2


@pytest.mark.usefixtures("quiet")
def test_a_request_keeps_the_id_that_it_was_given():
    answer = Client().get("/api/v1/program", headers={"X-Request-Id": "from-the-shop"})

    assert answer["X-Request-Id"] == "from-the-shop"


def test_a_refusal_is_logged_where_success_is_not(caplog):
    caplog.set_level(logging.WARNING, logger="django_structlog.middlewares.request")

    Client().get("/health/live")
    Client().get("/api/v1/program")

    requests = [line for line in caplog.records if "django_structlog" in line.name]
    assert [line.levelname for line in requests] == ["WARNING"]
