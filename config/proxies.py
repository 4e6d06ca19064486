"""Whose address a request comes from, where trusted proxies stand in between."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from marshmallow import ValidationError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# A list longer than this was not made by proxies.
MOST_HOPS = 20


def parse_networks(text: str) -> list[Network]:
    """Return the networks of a list such as 10.0.0.0/8,::1.

    :raises ValidationError: if one is none, or stands for everybody
    """
    return [_network(each.strip()) for each in text.split(",") if each.strip()]


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValidationError(f"It must be a list such as 10.0.0.0/8,::1: {error}.") from None
    if not network.prefixlen:
        raise ValidationError(f"{text} is everybody: anyone could claim any address.")
    return network


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from.

    `peer` is who has the connection, `forwarded` what X-Forwarded-For says. Each proxy
    adds whom it has heard from at the end, so it is read from there, and only for as long
    as it was written by somebody trusted; whatever stands before, anybody may have put
    there.
    """
    address = _address(peer)
    if address is None or not _is_trusted(address, trusted):
        return peer
    for text in reversed(forwarded.split(",")[-MOST_HOPS:]):
        stated = _address(text)
        if stated is None:
            break
        address = stated
        if not _is_trusted(stated, trusted):
            break
    return str(address)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    """Return an address, also one with a port; an IPv4 address however it is written."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
