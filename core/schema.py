"""The typed names that a condition may use."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
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
    name may stand in place of the star.
    """

    fields: Mapping[str, FieldType]

    def type_of(self, name: str) -> FieldType | None:
        """Return what `name` holds, or None if it is not offered."""
        stem, _, last = name.rpartition(".")
        if not last.isidentifier():
            return None
        return self.fields.get(name) or self.fields.get(f"{stem}.*")

    def help_with(self, name: str) -> str:
        """Return a sentence for someone who wrote `name`, which is not offered."""
        for stem in [each[:-2] for each in self.fields if each.endswith(".*")]:
            if name == stem:
                return f"{stem} needs a name after it, such as {stem}.color"
            if name.startswith(f"{stem}."):
                return f"one plain name follows {stem}, such as {stem}.color"
        last = name.rpartition(".")[2]
        known = [each for each in self.fields if not each.endswith(".*")] + _WORDS
        known += [f"{stem}.{last}" for stem in self._stems_like(name.rpartition(".")[0])]
        unknown = f"{shortened(name)} is not known"
        if nearest := difflib.get_close_matches(name, known, n=1):
            return f"{unknown}; did you mean {shortened(nearest[0])}?"
        roots = sorted({f"{each.partition('.')[0]}." for each in self.fields})
        return f"{unknown}; a name begins with {' or '.join(roots)}"

    def _stems_like(self, written: str) -> list[str]:
        """Return the open names that someone may have meant who wrote this before the last."""
        stems = [each[:-2] for each in self.fields if each.endswith(".*")]
        return difflib.get_close_matches(written, stems, cutoff=0.8)
