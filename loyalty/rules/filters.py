"""Which lines a rule is about, found quickly however many rules there are."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from core.expressions import Expression

Scope = dict[str, Mapping[str, Any]]

# Names whose values are texts that come again with every order.
REMEMBERED = frozenset({"line.sku", "line.category", "line.name"})
MOST_REMEMBERED = 2_000


class Lines:
    """The lines of one order, as conditions see them.

    `scope` is what they see beside the line.
    """

    def __init__(self, lines: Sequence[Mapping[str, Any]], scope: Scope) -> None:
        self.places = range(len(lines))
        self._lines = lines
        self._scope = scope
        self._scopes: list[Scope] | None = None
        self._columns: dict[str, list[Any]] = {}

    def scopes(self) -> list[Scope]:
        if self._scopes is None:
            self._scopes = [{**self._scope, "line": line} for line in self._lines]
        return self._scopes

    def column(self, field: str) -> list[Any]:
        """Return what every line has in one field."""
        found = self._columns.get(field)
        if found is None:
            found = self._columns[field] = [line[field] for line in self._lines]
        return found


class LineFilter:
    """A condition on lines.

    One that asks for a single text, such as the SKU, always says the same of the
    same text. It remembers what it said, since asking takes five times as long.
    """

    __slots__ = ("_answers", "_field", "condition")

    def __init__(self, condition: Expression) -> None:
        self.condition = condition
        self._answers: dict[Any, bool] = {}
        self._field: str | None = None
        if len(condition.names) == 1 and condition.names <= REMEMBERED:
            (name,) = condition.names
            self._field = name.partition(".")[2]

    def matching(self, lines: Lines) -> tuple[int, ...]:
        """Return the indexes of the lines for which the condition holds."""
        if self._field is None:
            condition = self.condition
            answers: list[bool | None] = [condition(scope) for scope in lines.scopes()]
        else:
            column = lines.column(self._field)
            answers = [*map(self._answers.get, column)]
            if None in answers:
                answers = [*self._ask(column, lines)]
        return tuple(compress(lines.places, answers)) if True in answers else ()

    def _ask(self, column: Sequence[Any], lines: Lines) -> list[bool]:
        if len(self._answers) >= MOST_REMEMBERED:
            self._answers.clear()
        answers = [self.condition(scope) for scope in lines.scopes()]
        self._answers.update(zip(column, answers, strict=True))
        return answers
