"""Fields that hold a piece of the program file, written as the file writes it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

LONGEST = 4_000
DEEPEST = 12
EXAMPLE = "Not as the program file is written, such as {name: value} or [one, two]"

# The order in which people write keys. A database may have forgotten it.
_ORDER = (
    *("name", "on", "point_type", "award", "multiply", "lines", "when", "valid"),
    *("from", "until", "weekdays", "hours", "points", "times", "per", "per_item"),
    *("points_from", "bands", "whole_steps", "of", "window", "on_overflow", "after"),
    *("dates", "inactivity", "round_up_to", "days", "timeout", "on_timeout"),
)

# Words that mean nothing but themselves in YAML 1.2, and periods such as 14 days.
_PLAIN = re.compile(r"[A-Za-z]([\w ./-]*\w)?|[0-9]+ [a-z]+")
_NOT_PLAIN = frozenset({"null", "true", "false"})


class SnippetField(forms.CharField):
    """A value in the program file's form, such as `{days: 14}`. Empty is None."""

    widget = forms.Textarea(attrs={"rows": 2, "class": "code", "spellcheck": "false"})

    def __init__(self, *, rows: int = 2, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=LONGEST, **kwargs)
        self.widget.attrs |= {"rows": rows}

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else written(value)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        if len(text) > LONGEST:
            raise ValidationError(f"At most {LONGEST} characters.")
        return read_snippet(text)

    def validate(self, value: Any) -> None:
        """Leave what the value says to whoever compiles it."""

    def run_validators(self, value: Any) -> None:
        """Leave likewise: it is text no longer."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def read_snippet(text: str) -> Any:
    """Return what a piece of YAML says.

    :raises ValidationError: if it is not YAML, refers to itself, or nests too deep
    """
    depth = deepest = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, AliasEvent):
                raise ValidationError("Write it out; names such as *this are not for here.")
            depth += _step(type(event).__name__)
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                raise ValidationError("This nests too deep.")
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"{EXAMPLE}: {error.problem}{place}") from None
    except (YAMLError, ValueError) as error:
        raise ValidationError(f"{EXAMPLE}: {error}") from None


def _step(event: str) -> int:
    """Return by how much the nesting grows or shrinks with a parser's event."""
    if event in ("SequenceStartEvent", "MappingStartEvent"):
        return 1
    return -1 if event in ("SequenceEndEvent", "MappingEndEvent") else 0


def written(value: Any) -> str:
    """Return data on one line, as the program file writes it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        keys = sorted(value, key=_place)
        return "{" + ", ".join(f"{_word(key)}: {_part(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_part(each) for each in value) + "]"
    if isinstance(value, str):
        return _word(value)
    return json.dumps(value)


def _place(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _part(value: Any) -> str:
    return "null" if value is None else written(value)


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN:
        return text
    return json.dumps(text, ensure_ascii=False)
