"""Addresses in the one form by which people are told apart, however they are written."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import MappingProxyType

_NO_DIGITS = re.compile(r"\D+")
_LETTERS = re.compile(r"[^\W\d_]+")

# Names that are alike in 85 of a hundred signs; shorter ones are alike by chance.
ALIKE, SHORTEST_NAME = 85, 5


@dataclass(frozen=True, slots=True)
class Provider:
    """How a mail provider reads what stands before the @.

    `domain` is the one that its other domains stand for, `ignores` has signs that make
    no difference, and after `tag` comes what everybody may add.
    """

    domain: str
    ignores: str = ""
    tag: str = "+"


GMAIL = Provider("gmail.com", ignores=".")
MICROSOFT = Provider("outlook.com")
APPLE = Provider("icloud.com")
PROTON = Provider("proton.me", ignores=".-_")
YANDEX = Provider("yandex.ru", ignores=".-")
FASTMAIL = Provider("fastmail.com")

# As the providers' own help pages describe their aliases.
PROVIDERS = MappingProxyType(
    {
        "gmail.com": GMAIL,
        "googlemail.com": GMAIL,
        "outlook.com": MICROSOFT,
        "icloud.com": APPLE,
        "me.com": APPLE,
        "mac.com": APPLE,
        "proton.me": PROTON,
        "protonmail.com": PROTON,
        "pm.me": PROTON,
        "yandex.ru": YANDEX,
        "yandex.com": YANDEX,
        "ya.ru": YANDEX,
        "fastmail.com": FASTMAIL,
        "fastmail.fm": FASTMAIL,
        "yahoo.com": Provider("yahoo.com", tag="-"),
        "ymail.com": Provider("ymail.com", tag="-"),
    }
)


def normal_email(address: str) -> str:
    """Return the address that mail to this one ends up at; "" if it is none.

    Beside case and Unicode's ways of writing the same sign, what stands after a plus is
    dropped everywhere: a provider with other tags has no mailbox with a plus in its name.
    """
    local, _, domain = _plain(address).rpartition("@")
    domain = _ascii(domain.strip().rstrip("."))
    if not local or not domain:
        return ""
    host, provider = _provider(domain)
    if host:
        # whatever@somebody.fastmail.com is somebody's.
        return f"{host}@{provider.domain}"
    bare = local.partition("+")[0].partition(provider.tag)[0]
    bare = bare.translate(dict.fromkeys(map(ord, provider.ignores)))
    return f"{bare or local}@{provider.domain}"


def domain_of(address: str) -> str:
    """Return the domain of an e-mail address, as it was written but for its case."""
    return _ascii(_plain(address).rpartition("@")[2].strip().rstrip("."))


def _provider(domain: str) -> tuple[str, Provider]:
    """Return the provider of a domain, and whose subdomain of it this is, if anybody's."""
    host, _, parent = domain.partition(".")
    if PROVIDERS.get(parent) is FASTMAIL:
        return host, FASTMAIL
    return "", PROVIDERS.get(domain) or Provider(domain)


def normal_phone(number: str) -> str:
    """Return the digits of a phone number in E.164; "" if there are none."""
    return _NO_DIGITS.sub("", unicodedata.normalize("NFKC", number))


def normal_ip(text: str) -> str:
    """Return an address as one household has it; "" if it is none.

    A household has an IPv4 address, or a network of 2^64 IPv6 addresses.
    """
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else ""


def network_of(text: str) -> str:
    """Return the network that a site or an office has: 256 addresses, or a /48."""
    address = _address(text)
    if address is None:
        return ""
    length = 24 if isinstance(address, IPv4Address) else 48
    return str(ip_network((address, length), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def normal_token(text: str) -> str:
    """Return a fingerprint or a hash of the storefront's as it is compared."""
    return _plain(text)


def are_alike(one: str, other: str) -> bool:
    """Say whether two names are nearly the same, in whichever order their parts stand."""
    first, second = _parts(one), _parts(other)
    if min(len(first), len(second)) < SHORTEST_NAME:
        return False
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    matching = sum(block.size for block in blocks)
    return 200 * matching >= ALIKE * (len(first) + len(second))


def are_numbered(one: str, other: str) -> bool:
    """Say whether two e-mail addresses differ in numbers alone: ada1@…, ada2@…."""
    first, second = normal_email(one), normal_email(other)
    if not first or first == second or domain_of(first) != domain_of(second):
        return False
    stems = [_parts(address.rpartition("@")[0]) for address in (first, second)]
    return stems[0] == stems[1] and len(stems[0]) >= SHORTEST_NAME


def _parts(text: str) -> str:
    """Return the letters of a text without their accents, its words in alphabetical order."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(sorted(_LETTERS.findall(letters)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _ascii(domain: str) -> str:
    """Return a domain as it is looked up; as it is written if it cannot be."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
