"""The guides to the API can be pasted, from top to bottom."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storefront.conftest import SHOP, adjust
from tests.storefront.referring import FRIENDS
from tests.storefront.rewarding import enrol, make_shop
from tests.storefront.tiering import ACCESS, VIP, make_tiers, spend

DOCS = Path(__file__).parents[2] / "docs"
# Stops at the first request that is refused, and says what the answer was.
STRICT = 'set -eo pipefail\ncurl() { command curl --fail-with-body -sS "$@"; echo; }\n'


def commands(guide):
    """Return the guide's shell blocks, but for those that set what readers know."""
    text = (DOCS / guide).read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "".join(block for block in blocks if "export KEY" not in block)


def run(text, live_server, door, tmp_path):
    """Paste commands into a shell; return all that it says."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    told = subprocess.run(
        ["bash", "-c", STRICT + text],
        cwd=tmp_path,
        env={"API": f"{live_server.url}/api/v1", "KEY": door.token, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-1000:] + told.stderr
    return told.stdout


# What readers have in their own program file.
REWARDS = """\
rewards:
  coffee: {cost: {points: 10}, gives: {free_product: ESPRESSO}, voucher: {prefix: HC}}
"""


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_every_line_of_the_guide_is_answered_as_it_says(live_server, tmp_path):
    door = make_shop(SHOP + VIP + FRIENDS, REWARDS)
    door.put("/members/somebody", {})
    gift = adjust(door, "somebody", 5)
    decision = door.post("/events", {"id": "e", "type": "review", "member": "somebody"}).json()
    # Whoever pastes these two takes the ids from answers of their own.
    text = commands("api.md").replace("ent_1/", f"{gift['id']}/")
    text = text.replace("dec_1 ", f"{decision['decision']} ")

    told = run(text, live_server, door, tmp_path)

    assert told.count('"id":"c-42"') >= 3


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_bot_of_the_guide_to_tiers_lets_gold_members_in(live_server, tmp_path):
    door = make_tiers(VIP, ACCESS)
    enrol(door, points=0)
    spend("ada", 50000)

    told = run(commands("help-desk-and-chat.md"), live_server, door, tmp_path)

    assert '"hotline":"+49 30 1234"' in told
    assert '"because":"not_yet"' in told
    assert told.count("come in ada") == 1


def test_the_guide_to_tiers_shows_the_ladder_that_it_is_tried_with():
    text = (DOCS / "help-desk-and-chat.md").read_text()

    assert ACCESS in text
    ours = VIP.replace('        multiplier: "1.5"\n', "")
    assert ours.replace("        entry: {points: 200, point_type: points}\n", "") in text
