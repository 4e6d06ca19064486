"""Say where everything is, and give what it takes to try it."""

import json
import secrets
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from core.clock import real_now
from loyalty.models import Program, Wallet
from storefront.models import ApiKey
from storefront.models.keys import SCOPES
from storefront.services.keys import authenticate_token, create_api_key

STAFF = "staff"
# The program that `make run` seeds; any other will do as well.
SHOWN_FIRST = "gift-shop"
ORDER = {
    "status": "paid",
    "lines": [{"id": "1", "sku": "85123A", "quantity": 2, "unit_price": 1275}],
}
REFUND = {"id": "hello-refund", "lines": [{"id": "1", "quantity": 1}]}


@dataclass
class Credentials:
    """What was made for the first look, kept so that a second one is the same."""

    password: str = ""
    program: str = ""
    token: str = ""
    member: str = ""


class Command(BaseCommand):
    help = "Print the address, a staff login, an API key and three requests to paste."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        path: Path = settings.DATA_DIR / "welcome.json"
        credentials = read_credentials(path)
        base = f"http://127.0.0.1:{port}"
        made = make_staff(credentials)
        programs = Program.objects.order_by("pk")
        program = programs.filter(slug=SHOWN_FIRST).first() or programs.first()
        if program:
            make_key(program, credentials)
            credentials.member = credentials.member or richest_member(program)
        write_credentials(path, credentials)
        self.stdout.write(f"\nPerennial serves on {base}/")
        self.stdout.write(f"  Staff    {base}/admin/   {STAFF} / {made}")
        self.stdout.write(f"  API      {base}/api/v1/docs")
        for line in first_requests(program, credentials, base):
            self.stdout.write(line)


def read_credentials(path: Path) -> Credentials:
    return Credentials(**json.loads(path.read_text())) if path.exists() else Credentials()


def write_credentials(path: Path, credentials: Credentials) -> None:
    """Keep the credentials where only their owner can read them."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(credentials)))


def make_staff(credentials: Credentials) -> str:
    """Make the staff user unless there is one; return its password, for a person."""
    users = get_user_model().objects
    staff = users.filter(username=STAFF).first()
    if staff is None:
        credentials.password = credentials.password or secrets.token_urlsafe(9)
        users.create_superuser(STAFF, password=credentials.password)
    elif not credentials.password or not staff.check_password(credentials.password):
        return "the password that you have chosen"
    return credentials.password


def make_key(program: Program, credentials: Credentials) -> None:
    """Make a key of the program unless the one that is kept still opens it."""
    key = authenticate_token(token=credentials.token, at=real_now())
    if key is not None and key.program_id == program.pk:
        return
    credentials.program = program.slug
    credentials.token = create_api_key(
        program=program,
        kind=ApiKey.Kind.SECRET,
        scopes=SCOPES,
        name="First look",
        at=real_now(),
    )[1]


def first_requests(
    program: Program | None, credentials: Credentials, base: str
) -> Iterator[str]:
    """Yield the key and the lines to paste, or what to do to get some."""
    if program is None:
        yield "\nThere is no program yet: load one with `manage.py load_program FILE`,"
        yield "or seed one with `manage.py seed gift_shop`."
        return
    yield f"  API key  {credentials.token}   ({program.name}, all scopes)"
    member = credentials.member
    if not member:
        yield f"\n{program.name} has no members yet. Enrol one:"
        yield curl(credentials, "PUT", f"{base}/api/v1/members/c-42", {"name": "Ada"})
        return
    order = f"{base}/api/v1/orders/hello"
    yield f"\nAsk for the wallet of member {member}:"
    yield curl(credentials, "GET", f"{base}/api/v1/members/{quote(member, safe='')}/wallets")
    yield "State an order:"
    yield curl(credentials, "PUT", order, {"member": member, **ORDER})
    yield "Refund half of it:"
    yield curl(credentials, "POST", f"{order}/refunds", REFUND)


def richest_member(program: Program) -> str:
    """Return the id of the member who has most to show, "" if there is nobody."""
    wallets = Wallet.objects.filter(program=program).select_related("member")
    wallet = wallets.order_by("-available", "-pending", "pk").first()
    return wallet.member.external_id if wallet else ""


def curl(credentials: Credentials, method: str, url: str, body: Any = None) -> str:
    """Return a request as a line for a shell."""
    words = [
        "curl",
        "-s",
        "-X",
        method,
        url,
        "-H",
        f"Authorization: Bearer {credentials.token}",
    ]
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    return f"  {shlex.join(words)}"
