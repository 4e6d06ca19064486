"""The typed names that a condition may use."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.syntax import shortened

_WORDS = ["True", "False", "None"]


class FieldType(StrEnum):
    """What a name holds. Money is an INT of minor units."""

    BOOL = "yes or no"
    INT = "a whole number"
    DECIMAL = "a number"
    TEXT = "a text"
    LIST_OF_TEXT = "a list of texts"
    ANY = "any value"


@dataclass(frozen=True)
class Schema:
    """The dotted names that a condition may use, and what each holds.

    A name that ends in `.*`, such as `order.attributes.*`, is open: any one
    name may stand in place of the star. `values` has, for texts that are one of a few,
    which these are. `closed` are stems, such as `member.tier`, of which others have names
    that this schema has not.
    """

    fields: Mapping[str, FieldType]
    values: Mapping[str, Collection[str]] = field(default_factory=dict)
    closed: Collection[str] = ()

    def type_of(self, name: str) -> FieldType | None:
        """Return what `name` holds, or None if it is not offered."""
        stem, _, last = name.rpartition(".")
        if not last.isidentifier():
            return None
        return self.fields.get(name) or self.fields.get(f"{stem}.*")

    def help_with_value(self, name: str, value: str) -> str | None:
        """Return a sentence for someone who wrote `value`, if `name` is never that."""
        values = self.values.get(name)
        if values is None or value in values:
            return None
        never = f"{shortened(name)} is never {shortened(repr(value))}"
        if nearest := difflib.get_close_matches(value, values, n=1):
            return f"{never}; did you mean {nearest[0]!r}?"
        return f"{never}; it is one of {shortened(', '.join(values))}"

    def help_with(self, name: str) -> str:
        """Return a sentence for someone who wrote `name`, which is not offered."""
        for stem in [each[:-2] for each in self.fields if each.endswith(".*")]:
            if name == stem:
                return f"{stem} needs a name after it, such as {stem}.color"
            if name.startswith(f"{stem}."):
                return f"one plain name follows {stem}, such as {stem}.color"
        for stem in self.closed:
            if f"{name}.".startswith(f"{stem}."):
                return self._help_with_closed(stem, name)
        last = name.rpartition(".")[2]
        known = [each for each in self.fields if not each.endswith(".*")] + _WORDS
        known += [f"{stem}.{last}" for stem in self._stems_like(name.rpartition(".")[0])]
        unknown = f"{shortened(name)} is not known"
        if nearest := difflib.get_close_matches(name, known, n=1):
            return f"{unknown}; did you mean {shortened(nearest[0])}?"
        roots = sorted({f"{each.partition('.')[0]}." for each in self.fields})
        return f"{unknown}; a name begins with {' or '.join(roots)}"

    def _help_with_closed(self, stem: str, name: str) -> str:
        known = [each for each in self.fields if each.startswith(f"{stem}.")]
        if nearest := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
            return f"{shortened(name)} is not known; did you mean {shortened(nearest[0])}?"
        listed = shortened(", ".join(known)) or "nothing"
        return f"{shortened(name)} is not known; of {stem} there is {listed}"

    def _stems_like(self, written: str) -> list[str]:
        """Return the open names that someone may have meant who wrote this before the last."""
        stems = [each[:-2] for each in self.fields if each.endswith(".*")]
        return difflib.get_close_matches(written, stems, cutoff=0.8)
