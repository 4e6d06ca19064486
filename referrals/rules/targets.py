"""Where a referral link may lead: to a page of the shop's own sites, and nowhere else."""

from collections.abc import Sequence

LONGEST = 2000


def home_of(origins: Sequence[str]) -> str | None:
    """Return where a link leads that names no page: the first site, a secure one if any."""
    secure = (origin for origin in origins if origin.startswith("https:"))
    chosen = next(secure, next(iter(origins), None))
    return f"{chosen}/" if chosen else None


def is_within(origins: Sequence[str], target: str) -> bool:
    """Say whether an address is a page of one of these sites.

    It is compared letter by letter and not taken apart: browsers and libraries read a
    crooked address in different ways, and agree on one that begins with a site as it is
    listed, where a path, a query or nothing follows.
    """
    if len(target) > LONGEST or not target.isprintable() or "\\" in target:
        return False
    rests = [target.removeprefix(each) for each in origins if target.startswith(each)]
    return any(not rest or rest[0] in "/?#" for rest in rests)


def with_parameter(target: str, name: str, value: str) -> str:
    """Return an address with a parameter, instead of any of that name; "" is none.

    `value` is encoded already.
    """
    page, mark, fragment = target.partition("#")
    path, _, query = page.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    asked = "&".join([*kept, f"{name}={value}"] if value else kept)
    return f"{path}{'?' if asked else ''}{asked}{mark}{fragment}"
