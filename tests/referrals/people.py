"""A town of people who bring friends: honest ones and others, each with the truth attached.

The same seed gives the same town. What is fraud here is that the friend is the advocate,
or nobody. Honest people share much, too: a home its address, its tablet and sometimes a
card, an office its line to the internet. Cheats hide a part of what they share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from referrals.services.digests import Context
from tests.factories import NOON

FIRST_NAMES = (
    "Ada Alan Barbara Carl Dorothy Edsger Emmy Evelyn Frances Grace Hedy Ida John Karen "
    "Katherine Leonhard Lise Margaret Mary Niels Olga Paul Radia Rosalind Sofia Srinivasa "
    "Tim Ursula Vera Wolfgang"
).split()
LAST_NAMES = (
    "Abernathy Bauer Castellanos Dimitrov Eriksson Fitzgerald Grunwald Hopper Iyengar "
    "Jablonski Kowalski Lindqvist Montgomery Nakamura Okonkwo Papadakis Quintero Rosenberg "
    "Sorensen Takahashi Underwood Villanueva Whitfield Yamamoto Zimmermann"
).split()
PROVIDERS = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "proton.me", "web.de")
THROWN_AWAY = ("mailinator.com", "yopmail.com", "trashmail.com")

MINIMUM = 2000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whoever has an account."""

    id: str
    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """A friend whom an advocate brings, seen how, who then spends so many cents."""

    scene: str
    is_fraud: bool
    advocate: Somebody
    friend: Somebody
    context: Context
    at: datetime
    spends: int


class Town:
    """Draws people and what they do. No number is used twice: strangers share nothing."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.number = 0

    def somebody(self, *, last_name: str = "", email: str = "") -> Somebody:
        number = self._next()
        first, last = self._one(FIRST_NAMES), last_name or self._one(LAST_NAMES)
        plain = f"{first}.{last}.{self._word()}@{self._one(PROVIDERS)}".lower()
        return Somebody(f"p{number}", f"{first} {last}", email or plain, f"+4930{number:07}")

    def device(self) -> str:
        return f"device-{self._next()}"

    def card(self) -> str:
        return f"card-{self._next()}"

    def house(self) -> str:
        return f"house-{self._next()}"

    def line(self) -> str:
        """Return an address of the internet in a network of its own."""
        number = self._next()
        return f"10.{number // 250}.{number % 250}.{self.random.randint(1, 250)}"

    def own(self, **shared: str) -> Context:
        """Return how somebody is seen with things of their own, but for what is shared."""
        own = {
            "ip": self.line(),
            "device_id": self.device(),
            "payment_fingerprint": self.card(),
            "address_hash": self.house(),
        }
        return Context(**(own | shared))

    def spends(self) -> int:
        return self.random.randint(MINIMUM, 4 * MINIMUM)

    def moment(self, day: int) -> datetime:
        return NOON + day * DAY + timedelta(seconds=self.random.randrange(8 * 3600))

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _one(self, of: Sequence[str]) -> str:
        return self.random.choice(of)

    def _word(self) -> str:
        return "".join(self.random.choices("bcdfghklmnprstvw", k=4))


def make_town(*, seed: int, size: int = 2) -> list[Introduction]:
    """Return what happens in a town, in the order of time."""
    town = Town(seed)
    scenes = (
        (_friends, 12),
        (_household, 10),
        (_office, 1),
        (_popular, 1),
        (_alias_farm, 4),
        (_device_farm, 3),
        (_ring, 4),
    )
    told = [
        one
        for scene, often in scenes
        for _ in range(often * size)
        for one in scene(town, town.random.randrange(60))
    ]
    return sorted(told, key=lambda one: (one.at, one.friend.id))


def _friends(town: Town, day: int) -> Iterator[Introduction]:
    """Bring one to three, who share nothing with the advocate."""
    ada = town.somebody()
    for place in range(town.random.randint(1, 3)):
        friend, at = town.somebody(), town.moment(day + place)
        yield Introduction("friends", False, ada, friend, town.own(), at, town.spends())


def _household(town: Town, day: int) -> Iterator[Introduction]:
    """Bring those at home; whoever does was brought by somebody from elsewhere, or not."""
    name = town._one(LAST_NAMES)
    home = {"ip": town.line(), "address_hash": town.house()}
    tablet, joint_card = town.device(), town.card()
    ada = town.somebody(last_name=name)

    def at_home() -> Context:
        shared = dict(home)
        if town.chance(25):
            shared["device_id"] = tablet
        if town.chance(15):
            shared["payment_fingerprint"] = joint_card
        return town.own(**shared)

    def brought(advocate: Somebody, friend: Somebody, after: int) -> Introduction:
        at = town.moment(day + after)
        return Introduction("household", False, advocate, friend, at_home(), at, town.spends())

    if town.chance(50):
        yield brought(town.somebody(), ada, 0)
    for place in range(town.random.randint(1, 3)):
        friend = town.somebody(last_name=name if town.chance(70) else "")
        yield brought(ada, friend, place + 1)


def _office(town: Town, day: int) -> Iterator[Introduction]:
    """Tell it in the office: within a day all come by one line, brought by each other."""
    line = town.line()
    there = [town.somebody()]
    for at in sorted(town.moment(day) for _ in range(town.random.randint(12, 25))):
        friend = town.somebody()
        advocate = town.random.choice(there)
        context = town.own(ip=line)
        yield Introduction("office", False, advocate, friend, context, at, town.spends())
        there.append(friend)


def _popular(town: Town, day: int) -> Iterator[Introduction]:
    """Bring thirty within a day, by a link that many read."""
    ada = town.somebody()
    for _ in range(30):
        friend, at = town.somebody(), town.moment(day)
        yield Introduction("popular", False, ada, friend, town.own(), at, town.spends())


def _alias_farm(town: Town, day: int) -> Iterator[Introduction]:
    """Be one's own friends, by one mailbox written in many ways, and by others."""
    base = f"{town._one(LAST_NAMES)}{town._word()}".lower()
    provider = "gmail.com" if town.chance(60) else town._one(PROVIDERS)
    eve = town.somebody(email=f"{base}@{provider}")
    mine = {"device_id": town.device(), "payment_fingerprint": town.card(), "ip": town.line()}
    house = town.house()
    for place in range(town.random.randint(4, 10)):
        shown = {key: value for key, value in mine.items() if town.chance(50)}
        if town.chance(40):
            shown["address_hash"] = house
        friend = town.somebody(email=_alias(town, base, provider, place))
        at, spends = town.moment(day + place // 3), _just_enough(town)
        yield Introduction("alias farm", True, eve, friend, town.own(**shown), at, spends)


def _alias(town: Town, base: str, provider: str, place: int) -> str:
    way = town.random.randrange(10)
    if way < 3:
        return f"{base}+{town._word()}@{provider}"
    if way < 5 and provider == "gmail.com":
        at = place % (len(base) - 1) + 1
        return f"{base[:at]}.{base[at:]}@googlemail.com"
    if way < 6:
        # Full width: other signs that mean the same letters.
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in base)
        return f"{wide}@{provider}"
    if way < 7:
        return f"{base.upper()}@{provider.upper()}"
    if way < 9:
        return f"{base}{place + 1}@{provider}"
    return f"{town._word()}{place}@{town._one(THROWN_AWAY)}"


def _device_farm(town: Town, day: int) -> Iterator[Introduction]:
    """Invent people on a few telephones with a few cards, some of them wiped in between."""
    eve = town.somebody()
    devices, cards = [town.device() for _ in range(2)], [town.card() for _ in range(2)]
    houses = [town.house() for _ in range(2)]
    network = town.line().rpartition(".")[0]
    for place in range(town.random.randint(6, 14)):
        shown = {"ip": f"{network}.{town.random.randint(1, 3)}"}
        if town.chance(75):
            shown["device_id"] = town._one(devices)
        if town.chance(60):
            shown["payment_fingerprint"] = town._one(cards)
        if town.chance(70):
            shown["address_hash"] = town._one(houses)
        email = f"{town._word()}@{town._one(THROWN_AWAY)}" if town.chance(20) else ""
        friend, at = town.somebody(email=email), town.moment(day + place // 5)
        spends = _just_enough(town)
        yield Introduction("device farm", True, eve, friend, town.own(**shown), at, spends)


def _ring(town: Town, day: int) -> Iterator[Introduction]:
    """Bring one another in a circle, which the first one closes by a second account."""
    members = [town.somebody() for _ in range(town.random.randint(2, 4))]
    shared = {"device_id": town.device(), "ip": town.line()}

    def brought(advocate: Somebody, friend: Somebody, after: int) -> Introduction:
        shown = {key: value for key, value in shared.items() if town.chance(40)}
        at = town.moment(day + after)
        context = town.own(**shown)
        return Introduction("ring", True, advocate, friend, context, at, _just_enough(town))

    for place in range(len(members) - 1):
        yield brought(members[place], members[place + 1], place)
    local, _, domain = members[0].email.partition("@")
    second = town.somebody(email=f"{local}+2@{domain}")
    yield brought(members[-1], second, len(members))


def _just_enough(town: Town) -> int:
    """Return what a cheat spends: most often no more than what is asked for."""
    return MINIMUM + town.random.randrange(40) if town.chance(60) else town.spends()
