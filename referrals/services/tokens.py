"""Click tokens: what a visitor carries from the link to the claim, signed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.core import signing

from core.errors import invalid

SALT = "perennial.click"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class ClickTouch:
    """That a visitor came by a code (its number) at a time of the program's clock."""

    code: int
    at: datetime
    channel: str


def sign_click(program_id: int, touch: ClickTouch) -> str:
    """Return the token of a click; it is good in its own program alone."""
    micros = round(touch.at.timestamp() * 1_000_000)
    return signing.dumps([program_id, touch.code, micros, touch.channel], salt=SALT)


def read_click(program_id: int, token: str) -> ClickTouch:
    """Return what a token of this program says.

    :raises InvalidInput: if it is not one of ours, or another program's
    """
    if len(token) > LONGEST:
        raise _unknown()
    try:
        owner, code, micros, channel = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _unknown() from error
    if owner != program_id:
        raise _unknown()
    seconds, rest = divmod(micros, 1_000_000)
    at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    return ClickTouch(code, at, channel)


def _unknown() -> Exception:
    return invalid("/click_token", "unknown_token", "this is no click token of this program")
