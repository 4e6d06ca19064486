"""The quickstart can be pasted into a shell, up to where files are edited."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import real_now
from loyalty.models import Voucher
from seeds.replay import open_program
from seeds.shops import SHOPS
from storefront.models import ApiKey
from storefront.models.keys import SCOPES
from storefront.services.keys import create_api_key
from tests.factories import balance_of
from tests.proof import prove
from tests.seeds.living import member_of

QUICKSTART = Path(__file__).parents[2] / "docs" / "quickstart.md"
# Stops at the first request that is refused, and says what the answer was.
STRICT = 'set -eo pipefail\ncurl() { command curl --fail-with-body -sS "$@"; echo; }\n'


def requests():
    """Return the quickstart's shell blocks that ask for something."""
    blocks = re.findall(r"^```sh\n(.*?)^```", QUICKSTART.read_text(), re.MULTILINE | re.DOTALL)
    return "".join(block for block in blocks if "curl " in block)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_every_request_of_the_quickstart_is_answered(live_server):
    opening = datetime(2011, 3, 1, tzinfo=UTC)
    program = open_program(SHOPS["gift_shop"].program_file(), at=opening)
    secret = ApiKey.Kind.SECRET
    _, token = create_api_key(
        program=program, kind=secret, scopes=SCOPES, name="Quickstart", at=real_now()
    )

    told = subprocess.run(
        ["bash", "-c", STRICT + requests()],
        env={"API": f"{live_server.url}/api/v1", "KEY": token, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout[-1000:] + told.stderr
    program.refresh_from_db()
    # 25, half of 25 pounds, and 35 of 40 pounds; all of it released by June. 500 were
    # given, and spent for a voucher that is used up.
    assert program.now() == datetime(2011, 6, 1, tzinfo=UTC)
    assert balance_of(member_of(program, "ada")).available == 25 + 12 + 35
    assert Voucher.objects.get(program=program).used == 1
    prove(program)
