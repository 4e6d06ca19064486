"""Whose address a request comes from: what a trusted proxy has seen, and nothing else."""

import pytest
from django.test import Client

from config.proxies import client_of, parse_networks

PROXIES = parse_networks("10.0.0.0/8, ::1, 192.0.2.7")
VISITOR = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody in between, or somebody whom nobody trusts: the connection tells.
        (VISITOR, "", VISITOR),
        (VISITOR, "198.51.100.1", VISITOR),
        (VISITOR, "10.0.0.1", VISITOR),
        ("", "198.51.100.1", ""),
        # A trusted proxy tells whom it has heard from, a chain of them as well.
        ("10.0.0.2", VISITOR, VISITOR),
        ("10.0.0.2", f"{VISITOR}, 10.1.1.1,192.0.2.7", VISITOR),
        ("::1", "2001:db8::7", "2001:db8::7"),
        # What the visitor has put there stands before it.
        ("10.0.0.2", f"198.51.100.1, {VISITOR}", VISITOR),
        ("10.0.0.2", f"10.9.9.9, {VISITOR}, 10.1.1.1", VISITOR),
        ("10.0.0.2", f"nonsense, {VISITOR}", VISITOR),
        # Nothing, or no address, where one should be: no further than is known.
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", f"{VISITOR}, unknown", "10.0.0.2"),
        ("10.0.0.2", f"{VISITOR}, <script>, 10.1.1.1", "10.1.1.1"),
        ("10.0.0.2", "10.3.3.3, 10.1.1.1", "10.3.3.3"),
        # Some proxies write ports, or IPv4 as IPv6.
        ("10.0.0.2", f"{VISITOR}:51234", VISITOR),
        ("10.0.0.2", "[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:10.0.0.2", f"::ffff:{VISITOR}", VISITOR),
    ],
)
def test_the_client_is_the_last_whom_somebody_trusted_has_seen(peer, forwarded, client):
    assert client_of(peer, forwarded, PROXIES) == client


def test_nobody_is_trusted_unless_it_is_said(settings):
    assert settings.TRUSTED_PROXIES == []
    assert client_of("10.0.0.2", VISITOR, []) == "10.0.0.2"


def test_a_list_of_any_length_is_read_to_its_first_stranger():
    forged = ", ".join(["10.1.1.1"] * 100_000)

    assert client_of("10.0.0.2", forged, PROXIES) == "10.1.1.1"


@pytest.mark.django_db
def test_a_stranger_behind_the_proxy_is_locked_out_and_not_the_proxy(settings):
    """Five wrong passwords from one address lock that one, for the name that was tried."""
    settings.TRUSTED_PROXIES = PROXIES

    def attempt(forwarded):
        client = Client(headers={"X-Forwarded-For": forwarded})
        said = {"username": "kim", "password": "wrong"}
        return client.post("/admin/login/", said, REMOTE_ADDR="10.0.0.2").status_code

    tried = [attempt("198.51.100.9") for _ in range(5)]

    assert tried[-1] == 429
    assert attempt(VISITOR) == 200
