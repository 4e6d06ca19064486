"""The guide to the API can be pasted, from top to bottom."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.storefront.conftest import adjust
from tests.storefront.rewarding import make_shop

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
# Stops at the first request that is refused, and says what the answer was.
STRICT = 'set -eo pipefail\ncurl() { command curl --fail-with-body -sS "$@"; echo; }\n'


def commands():
    """Return the guide's shell blocks that ask for something."""
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return "".join(block for block in blocks if "curl" in block)


# What readers have in their own program file.
REWARDS = """\
rewards:
  coffee: {cost: {points: 10}, gives: {free_product: ESPRESSO}, voucher: {prefix: HC}}
"""


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_every_line_of_the_guide_is_answered_as_it_says(live_server, tmp_path):
    door = make_shop(rewards=REWARDS)
    door.put("/members/somebody", {})
    gift = adjust(door, "somebody", 5)
    decision = door.post("/events", {"id": "e", "type": "review", "member": "somebody"}).json()
    # Whoever pastes these two takes the ids from answers of their own.
    text = commands().replace("ent_1/", f"{gift['id']}/")
    text = text.replace("dec_1 ", f"{decision['decision']} ")

    told = subprocess.run(
        ["bash", "-c", STRICT + text],
        cwd=tmp_path,
        env={"API": f"{live_server.url}/api/v1", "KEY": door.token, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout[-1000:] + told.stderr
    assert told.stdout.count('"id":"c-42"') >= 3
