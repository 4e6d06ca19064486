"""What a change of a ladder comes to, member by member and all together. No database."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from core.zones import reading
from tiers.rules.ladders import NO_TIER, CompiledLadder, EntryReward, Tier
from tiers.rules.measures import Measure
from tiers.rules.standing import About, Move, Standing, Version, standing_at

MOST_EXAMPLES = 10

# From one tier to another; None is none.
Path = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Example:
    """A member whom the change moves, and the value that counts then."""

    member_id: int
    before: str | None
    after: str | None
    value: int


@dataclass(frozen=True, slots=True)
class Named:
    """What is said of a tier before and after: a benefit, or the multiplier."""

    name: str
    before: Any
    after: Any


@dataclass(slots=True)
class LadderTrial:
    """What a change does to members on the day from which it counts.

    `versions` are those of the ladder before (none where it is new) and after. All
    counts are of the members who were looked at; `estimated` says what a count comes
    to for all of them. `paths` counts members by their tier before and after, also
    those who stay; `below` those who keep a tier, for its time, that they would no
    longer reach; `given` and `taken_back` the entry rewards, by tier.
    """

    before: Sequence[Version]
    after: Sequence[Version]
    at: datetime
    zone: ZoneInfo
    members: int = 0
    looked_at: int = 0
    paths: Counter[Path] = field(default_factory=Counter)
    below: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    taken_back: Counter[str] = field(default_factory=Counter)
    _examples: dict[Path, list[Example]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return reading(self.at, self.zone).date()

    @property
    def was(self) -> CompiledLadder | None:
        """The ladder in force on the day without the change; None if there is none."""
        return _in_force(self.before, self.day) if self.before else None

    @property
    def will_be(self) -> CompiledLadder:
        return _in_force(self.after, self.day)

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.members

    @property
    def moved(self) -> int:
        return sum(count for path, count in self.paths.items() if path[0] != path[1])

    def rises_and_falls(self) -> tuple[int, int]:
        """Return how many rise and how many fall, of those who were looked at."""
        places = self.will_be.places
        was = self.was.places if self.was else {}
        rises = falls = 0
        for (before, after), members in self.paths.items():
            if before == after:
                continue
            # A tier that is there no more was left, wherever it stood.
            known = places if before is None or before in places else was
            up = known.get(after or "", NO_TIER) > known.get(before or "", NO_TIER)
            rises, falls = rises + members * up, falls + members * (not up)
        return rises, falls

    def estimated(self, count: int) -> int:
        """Return what a count of those who were looked at comes to for all members."""
        return round(count * self.members / self.looked_at) if self.looked_at else 0

    def look_at(self, member_id: int, was: About, about: About, given: Sequence[str]) -> None:
        """Work out one member, of whom as much is known without the change and with it.

        `given` are the tiers whose entry rewards they have.
        """
        stood = standing_at(self.before, was, self.at, self.zone) if self.before else None
        stands = standing_at(self.after, about, self.at, self.zone)
        begins = self.will_be.code_at(self.will_be.lowest)
        path = (stood.tier if stood else begins, stands.tier)
        self.looked_at += 1
        self.paths[path] += 1
        if path[0] != path[1]:
            self._note_example(member_id, path, about)
        elif self._falls_short(self.will_be, stands, about) and not (
            self.was and stood and self._falls_short(self.was, stood, was)
        ):
            self.below[stands.tier or ""] += 1
        self._count_rewards(stood, stands, given)

    def _note_example(self, member_id: int, path: Path, about: About) -> None:
        examples = self._examples.setdefault(path, [])
        if len(examples) < MOST_EXAMPLES:
            value = value_of(self.will_be, about, self.day)
            examples.append(Example(member_id, *path, value))

    def _falls_short(self, ladder: CompiledLadder, standing: Standing, about: About) -> bool:
        """Say whether a tier ends some day, and its holder's value does not reach it now."""
        if standing.earned_until is None or standing.tier != standing.earned:
            return False
        place = ladder.places.get(standing.earned or "", NO_TIER)
        return ladder.fit(value_of(ladder, about, self.day)) < place

    def _count_rewards(
        self, stood: Standing | None, stands: Standing, given: Sequence[str]
    ) -> None:
        """Count what entering gives, and what is taken back of entries that are undone."""
        known = set(given)
        undone, new = _apart(stood.moves if stood else (), stands.moves)
        for tier in _entered(self.will_be, new):
            assert tier.entry is not None, "only tiers that give something are asked"
            if tier.entry.each_time or tier.code not in known:
                self.given[tier.code] += 1
                known.add(tier.code)
        if self.was is not None:
            left = {tier.code for tier in _entered(self.was, undone)}
            stay = {tier.code for tier in _entered(self.will_be, stands.moves)}
            self.taken_back.update(left.intersection(given) - stay)

    def examples(self) -> list[Example]:
        """Return some whom the change moves, of every kind of move some."""
        kinds = sorted(self._examples.items(), key=lambda each: -self.paths[each[0]])
        rounds = zip_longest(*(examples for _, examples in kinds))
        mixed = [each for one_round in rounds for each in one_round if each is not None]
        return mixed[:MOST_EXAMPLES]

    def points_given(self) -> dict[str, int]:
        """Return how many points entry rewards come to, by point type."""
        sums: Counter[str] = Counter()
        for _, entry, members in self.rewards():
            if entry.gives.kind == "points":
                sums[entry.gives.point_type] += entry.gives.points * members
        return dict(sums)

    def rewards(self) -> Iterator[tuple[Tier, EntryReward, int]]:
        """Give the tiers with entry rewards, and to how many of all members they go."""
        for tier in self.will_be.tiers:
            if tier.entry is not None and self.given[tier.code]:
                yield tier, tier.entry, self.estimated(self.given[tier.code])

    def differences(self) -> list[tuple[Named, int]]:
        """Return what members gain and lose, each with how many of all members do."""
        found: Counter[tuple[str, str, str]] = Counter()
        values: dict[tuple[str, str, str], Named] = {}
        for (before, after), members in self.paths.items():
            old = self.was.tier(before) if self.was else None
            for named in _differing(old, self.will_be.tier(after)):
                key = (named.name, repr(named.before), repr(named.after))
                found[key] += members
                values[key] = named
        return [(values[key], self.estimated(found[key])) for key in sorted(found)]


def value_of(ladder: CompiledLadder, about: About, day: date) -> int:
    """Return the value that counts in a ladder on a day."""
    if ladder.metric == "balance":
        return about.totals.balances.get(ladder.point_type, 0)
    return Measure(ladder, about.totals, about.joined).running(day)


def _in_force(versions: Sequence[Version], day: date) -> CompiledLadder:
    begun = [version for version in versions if version.starts_on <= day]
    return (begun[-1] if begun else versions[0]).ladder


def _apart(old: Sequence[Move], new: Sequence[Move]) -> tuple[list[Move], list[Move]]:
    """Return the moves from where two stories part."""
    shared = 0
    for one, other in zip(old, new, strict=False):
        if (one.at, one.before, one.after) != (other.at, other.before, other.after):
            break
        shared += 1
    return list(old[shared:]), list(new[shared:])


def _entered(ladder: CompiledLadder, moves: Sequence[Move]) -> list[Tier]:
    """Return the tiers with an entry reward that these moves entered."""
    return [
        tier
        for move in moves
        for tier in ladder.passed(move.before, move.after)
        if tier.entry is not None
    ]


def _differing(old: Tier | None, new: Tier | None) -> Iterator[Named]:
    before: Mapping[str, Any] = old.benefits if old else {}
    after: Mapping[str, Any] = new.benefits if new else {}
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Named(name, before.get(name), after.get(name))
    earned, earns = (tier.multiplier if tier else 1 for tier in (old, new))
    if earned != earns:
        yield Named("multiplier", earned, earns)
