"""What an orchestrator is told."""

import pytest
from django.db.migrations.recorder import MigrationRecorder


def test_a_process_that_answers_is_alive(client):
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_with_everything_there_it_is_ready(client):
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
    }


@pytest.mark.django_db
def test_before_its_migrations_it_is_not_ready_and_says_why(client):
    MigrationRecorder.Migration.objects.filter(app="loyalty").delete()

    answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json() == {
        "status": "failed",
        "database": "ok",
        "migrations": "failed",
        "broker": "ok",
    }


def test_it_is_asked_not_told(client):
    assert client.post("/health/live").status_code == 405
