"""What a rule set holds, and what changes between two states of a program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Forms = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """One difference: at a dotted path, from one value to another.

    `action` is create, update or archive. None stands for "not there", and for
    the default of a key that is left out.
    """

    action: str
    path: str
    from_: Any
    to: Any

    def as_dict(self) -> dict[str, Any]:
        return {"action": self.action, "path": self.path, "from": self.from_, "to": self.to}


def rule_set_content(
    *, currency: str, timezone: str, point_types: Forms, rules: Forms
) -> dict[str, Any]:
    """Return what a rule set freezes: the rules, and all that they depend on.

    Both come in their order and in the program file's form. Which point type
    stands for rules that name none is written down, since a database may forget
    what came first.
    """
    spendable = (
        code
        for code, form in point_types.items()
        if form.get("kind", "spendable") == "spendable"
    )
    first = next(spendable, None)
    default = {"default_point_type": first} if first is not None else {}
    return default | {
        "currency": currency,
        "timezone": timezone,
        "point_types": {
            code: {"hold": form.get("hold") or "none", "expiry": form.get("expiry") or "never"}
            for code, form in point_types.items()
        },
        "rules": {code: dict(form) for code, form in rules.items()},
    }


def changes_of_things(
    path: str, before: Forms, after: Forms, *, ordered: bool = True
) -> Iterator[Change]:
    """Yield what turns some things into others: what leaves is archived, never deleted.

    Where their order counts, another order of those that stay is a change.
    """
    for code, form in after.items():
        if code in before:
            yield from changes_of_thing(f"{path}.{code}", before[code], form)
        else:
            yield Change("create", f"{path}.{code}", None, dict(form))
    for code in before:
        if code not in after:
            yield Change("archive", f"{path}.{code}", dict(before[code]), None)
    stood = [code for code in before if code in after]
    stands = [code for code in after if code in before]
    if ordered and stood != stands:
        yield Change("update", path, stood, stands)


def changes_of_thing(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    """Yield the keys of one thing that differ."""
    for key in dict.fromkeys([*after, *before]):
        if before.get(key) != after.get(key):
            yield Change("update", f"{path}.{key}", before.get(key), after.get(key))
