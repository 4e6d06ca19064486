"""In which order a fact's rows are written."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_member, make_program, state_order

INSERT = re.compile(r'INSERT INTO "(\w+)"')

pytestmark = pytest.mark.django_db


def test_no_row_is_written_before_those_that_it_refers_to():
    # Where one is, SQLite looks through whole tables at every insert that follows.
    program = make_program()
    make_member(program)

    with CaptureQueriesContext(connection) as queries:
        state_order(program)

    tables = [table for query in queries for table in INSERT.findall(query["sql"])]
    models = {model._meta.db_table: model for model in apps.get_models()}
    early = [
        (table, field.name)
        for place, table in enumerate(tables)
        for field in models[table]._meta.concrete_fields
        if field.is_relation and field.related_model._meta.db_table in tables[place + 1 :]
    ]
    assert {"loyalty_decision", "loyalty_order", "loyalty_entry", "loyalty_lot"} <= set(tables)
    assert early == []
