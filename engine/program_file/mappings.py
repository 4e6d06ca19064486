"""The forms of mappings: known keys, things by their code, and one of several."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.program_file.forms import Code, Form, Schema, attempt
from engine.program_file.spot import Refused, Spot, nearest, quoted
from engine.program_file.text import Scalar, Table, is_null

CODE: Final = object()
"""A default: the code of the thing itself."""


@dataclass(frozen=True)
class Key:
    """One key of a mapping: its form, what holds when it is left out, and why it is there.

    The default is in the normal form. A key whose value is the default is left
    out of the normal form of its mapping.
    """

    form: Form
    about: str
    default: Any = None
    required: bool = False

    def schema(self) -> Schema:
        schema = self.form.schema() if self.required else nullable(self.form.schema())
        has_default = self.default not in (None, {}) and self.default is not CODE
        default = {"default": self.default} if has_default else {}
        return schema | {"description": self.about} | default


@dataclass(frozen=True)
class Fields:
    """A mapping with known keys, which come out in the order of this table.

    Of the keys in `one_of` exactly one is given.
    """

    keys: Mapping[str, Key]
    one_of: tuple[str, ...] = ()

    def read(self, spot: Spot) -> dict[str, Any]:
        table = _table(spot, f"a mapping with {', '.join(self.keys)}")
        self.refuse_unknown(spot, table)
        given = self._given(spot, table)
        self._check(spot, given)
        values = {key: attempt(self.keys[key].form, given[key]) for key in given}
        return {
            key: value
            for key, value in values.items()
            if value is not None and value != self._default(key, spot)
        }

    def refuse_unknown(self, spot: Spot, table: Table) -> bool:
        """Note each key that nobody knows, and return whether there is any."""
        unknown = [key for key in table.entries if key not in self.keys]
        for key in unknown:
            place, node = table.entries[key]
            near = nearest(key, self.keys) or f"; expected one of {', '.join(self.keys)}"
            detail = f"unknown key {key!r:.60}{near}"
            spot.reading.note(spot.below(key, node).pointer, "unknown_key", detail, place)
        return bool(unknown)

    def _given(self, spot: Spot, table: Table) -> dict[str, Spot]:
        found = {
            key: spot.below(key, table.entries[key][1])
            for key in self.keys
            if key in table.entries
        }
        return {key: below for key, below in found.items() if not is_null(below.node)}

    def _check(self, spot: Spot, given: Mapping[str, Spot]) -> None:
        for key, spec in self.keys.items():
            if spec.required and key not in given:
                detail = f"{key!r} is missing: {spec.about}"
                spot.reading.note(spot.pointer, "required", detail)
        if self.one_of and sum(key in given for key in self.one_of) != 1:
            words = " or ".join(self.one_of)
            spot.reading.note(spot.pointer, "one_of", f"expected either {words}")

    def _default(self, key: str, spot: Spot) -> Any:
        default = self.keys[key].default
        return spot.code if default is CODE else default

    def schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: spec.schema() for key, spec in self.keys.items()},
        }
        if required := [key for key, spec in self.keys.items() if spec.required]:
            schema["required"] = required
        if self.one_of:
            schema["oneOf"] = [_has(key) for key in self.one_of]
        return schema


@dataclass(frozen=True)
class ByCode:
    """Things by their code. A thing without any keys is written as null or {}."""

    thing: Fields
    called: str
    most: int = 1000
    least: int = 0

    def read(self, spot: Spot) -> dict[str, Any]:
        table = _table(spot, f"a mapping of {self.called} by code")
        if not self.least <= len(table.entries) <= self.most:
            detail = f"expected {self.least} to {self.most} {self.called}"
            raise Refused(detail, "out_of_range")
        read = {}
        for code, (place, node) in table.entries.items():
            key = spot.below(code, Scalar(code, code, place))
            attempt(Code(f"a code for one of the {self.called}"), key)
            thing = Table(node.place) if is_null(node) else node
            read[code] = attempt(self.thing, spot.below(code, thing))
        return read

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": Code().schema(),
            "additionalProperties": nullable(self.thing.schema()),
            "minProperties": self.least,
            "maxProperties": self.most,
        }


@dataclass(frozen=True)
class OneOf:
    """A word, or one of several mappings, told apart by the first key that is there."""

    mappings: Mapping[str, Fields]
    example: str
    words: tuple[str, ...] = ()

    def read(self, spot: Spot) -> Any:
        if isinstance(spot.node, Table):
            return self._read_mapping(spot, spot.node)
        scalar = spot.scalar(self._expected())
        if scalar.value not in self.words:
            told = nearest(scalar.text, self.words)
            raise Refused(f"expected {self._expected()}, not {quoted(scalar)}{told}")
        return scalar.text

    def _read_mapping(self, spot: Spot, table: Table) -> Any:
        every = Fields(
            {k: v for fields in self.mappings.values() for k, v in fields.keys.items()}
        )
        given = [key for key in table.entries if not is_null(table.entries[key][1])]
        chosen = next((key for key in self.mappings if key in given), None)
        if chosen is None:
            if every.refuse_unknown(spot, table):
                return None
            raise Refused(f"expected {self._expected()}", "one_of")
        elsewhere = every.keys.keys() - self.mappings[chosen].keys.keys()
        for key in elsewhere & set(given):
            pointer = spot.below(key, table.entries[key][1]).pointer
            spot.reading.note(pointer, "not_here", f"{key!r} does not go with {chosen!r}")
        entries = {key: at for key, at in table.entries.items() if key not in elsewhere}
        return self.mappings[chosen].read(spot._replace(node=Table(table.place, entries)))

    def _expected(self) -> str:
        return ", ".join([*self.words, f"or a mapping such as {self.example}"])

    def schema(self) -> Schema:
        mappings = []
        for key, fields in self.mappings.items():
            schema = fields.schema()
            mappings.append(schema | {"required": sorted({*schema.get("required", []), key})})
        words = [{"enum": list(self.words)}] if self.words else []
        return {"anyOf": [*words, *mappings]}


def nullable(schema: Schema) -> Schema:
    """Return a schema that takes null as well, which means the default."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def _has(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _table(spot: Spot, expected: str) -> Table:
    if isinstance(spot.node, Table):
        return spot.node
    kind = "a list" if not isinstance(spot.node, Scalar) else quoted(spot.node)
    raise Refused(f"expected {expected}, not {kind}")
