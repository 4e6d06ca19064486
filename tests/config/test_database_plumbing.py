"""What the tests stand on: files, threads, and cleaning up after a commit."""

from datetime import UTC, datetime

import pytest
from django.db import Error, IntegrityError

from loyalty.models import Program, RuleSet
from tests.concurrency import at_once

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def publish(slug):
    program = Program.objects.create(
        slug=slug,
        name="Plumbing",
        currency="EUR",
        timezone="Europe/Berlin",
        created_at=NOON,
    )
    return RuleSet.objects.create(program=program, version=1, content={}, published_at=NOON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["once", "again"])
def test_what_one_test_commits_the_next_does_not_find(time):
    publish("shop")

    assert RuleSet.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_guard_is_back_after_the_cleaning():
    rule_set = publish("shop")

    with pytest.raises(Error, match="append-only"):
        RuleSet.objects.filter(pk=rule_set.pk).update(version=2)


@pytest.mark.django_db(transaction=True)
def test_of_five_threads_that_want_one_slug_one_gets_it():
    came_to = at_once(5, publish, slug="shop")

    assert sum(isinstance(result, IntegrityError) for result in came_to) == 4
    assert sum(isinstance(result, RuleSet) for result in came_to) == 1
