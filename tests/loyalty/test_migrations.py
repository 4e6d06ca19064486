"""Rows that are there before a migration are right after it."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("loyalty", "0002_append_only")]
AFTER = [("loyalty", "0003_rewards_and_lives")]
# Half past eleven in the evening of 28 February in New York, and 1 March in Berlin.
JOINED = datetime(2025, 3, 1, 4, 30, tzinfo=UTC)


@pytest.fixture
def newest():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


def test_members_who_are_there_already_are_found_by_their_days(newest):
    old = migrate(BEFORE)
    program = old.get_model("loyalty", "Program").objects.create(
        slug="shop", name="Shop", currency="EUR", timezone="Europe/Berlin", created_at=JOINED
    )
    for number, (zone, birthday) in enumerate(
        [("", date(1992, 2, 29)), ("America/New_York", None), ("", None)]
    ):
        old.get_model("loyalty", "Member").objects.create(
            program=program,
            external_id=f"m-{number}",
            timezone=zone,
            birthday=birthday,
            joined_at=JOINED,
            created_at=JOINED,
        )

    members = migrate(AFTER).get_model("loyalty", "Member").objects.order_by("id")

    assert list(members.values_list("born_on", "joined_on")) == [
        (229, 301),
        (None, 228),
        (None, 301),
    ]
    assert not members.filter(celebrated_until=None).exists()


def test_the_migration_can_be_undone(newest):
    migrate(BEFORE)

    names = [
        column.name
        for column in connection.introspection.get_table_description(
            connection.cursor(), "loyalty_member"
        )
    ]
    assert "born_on" not in names
