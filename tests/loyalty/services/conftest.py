"""Whatever a test of the services does, the ledger agrees with itself afterwards."""

import pytest

from loyalty.models import Program
from tests.proof import prove


@pytest.fixture(autouse=True)
def _ledger_agrees(db):
    yield
    for program in Program.objects.all():
        prove(program)
