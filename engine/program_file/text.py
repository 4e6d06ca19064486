"""Read YAML 1.2 or JSON into nodes that know their line, whatever it holds.

The nodes are put together from the parser's events, one at a time, so that
nothing recursive ever sees the text: what is too deep, too large, or blown up
by aliases is refused while it arrives.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from core.readable import find_unreadable, named
from engine.program_file.errors import START, FileProblem, Place, ProgramFileError

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 50
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 50
MAX_DIGITS: Final = 40

# YAML 1.2.2, 10.3.2: the core schema.
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


@dataclass(frozen=True, slots=True)
class Float:
    """A number that a computer would round; kept as it was written."""

    text: str


@dataclass(slots=True)
class Scalar:
    """A text, number, flag or nothing. `text` is how it was written."""

    value: str | int | bool | Float | None
    text: str
    place: Place
    size: int = 1


@dataclass(slots=True)
class Listing:
    """A list of nodes."""

    place: Place
    items: "list[Node]" = field(default_factory=list)
    size: int = 1


@dataclass(slots=True)
class Table:
    """A mapping. Keys are always texts: `1` and `"1"` are one key."""

    place: Place
    entries: "dict[str, tuple[Place, Node]]" = field(default_factory=dict)
    key: Scalar | None = None
    size: int = 1


Node = Scalar | Listing | Table


def read_nodes(text: str | bytes, *, name: str) -> Node:
    """Return the one document that `text` holds.

    :raises ProgramFileError: if it is not YAML or JSON, or not within bounds
    """
    return _Composer(name).compose(_decoded(text, name))


def node_of(value: Any) -> Node:
    """Return plain data, such as a stored form, as nodes without places."""
    nowhere = Place(0, 0)
    if isinstance(value, Mapping):
        entries = {str(key): (nowhere, node_of(item)) for key, item in value.items()}
        return Table(nowhere, entries)
    if isinstance(value, list | tuple):
        return Listing(nowhere, [node_of(item) for item in value])
    if isinstance(value, float):
        return Scalar(Float(str(value)), str(value), nowhere)
    return Scalar(value, str(value), nowhere)


def is_null(node: Node) -> bool:
    """Return whether a node is null, which means the default."""
    return isinstance(node, Scalar) and node.value is None


def _decoded(source: str | bytes, name: str) -> str:
    if len(source) > MAX_BYTES:
        _refuse(name, START, "too_long", f"a program file has at most {MAX_BYTES} bytes")
    text = source if isinstance(source, str) else _from_utf_8(source, name)
    text = text.removeprefix("\ufeff")
    if strange := find_unreadable(text):
        before = text[: strange.start()]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        detail = f"{named(strange)} cannot be part of a program file"
        _refuse(name, place, "unreadable", detail)
    return text


def _from_utf_8(source: bytes, name: str) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        place = Place(source[: error.start].count(b"\n") + 1, 1)
        _refuse(name, place, "not_utf_8", "expected a text in UTF-8")


def _refuse(name: str, place: Place, code: str, detail: str) -> NoReturn:
    raise ProgramFileError(name, [FileProblem("", code, detail, place)])


class _Composer:
    """Puts nodes together from events, and counts as it goes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Table | Listing] = []
        self._anchors: dict[str, Node] = {}
        self._names: list[str | None] = []
        self._root: Node | None = None
        self._nodes = 0
        self._aliases = 0

    def compose(self, text: str) -> Node:
        for event in self._events(text):
            self._take(event)
        if self._root is None:
            self._stop(START, "empty", "the file is empty; expected `version: 1` first")
        return self._root

    def _events(self, text: str) -> Iterator[Event]:
        parser = YAML(typ="safe", pure=True)
        try:
            yield from parser.parse(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = " ".join(part for part in (error.context, error.problem) if part)
            self._stop(_place(mark), "not_yaml", f"this is neither YAML nor JSON: {reason}")
        except (YAMLError, ValueError, OverflowError) as error:
            self._stop(
                self._last_place(), "not_yaml", f"this is neither YAML nor JSON: {error}"
            )

    def _take(self, event: Event) -> None:
        place = _place(event.start_mark)
        if isinstance(event, NodeEvent):
            self._take_node(event, place)
        elif isinstance(event, CollectionEndEvent):
            self._close()
        elif isinstance(event, DocumentStartEvent):
            self._check_document(event, place)

    def _check_document(self, event: DocumentStartEvent, place: Place) -> None:
        if self._root is not None:
            self._stop(place, "two_documents", "a program file is one YAML document")
        if event.version not in (None, (1, 2)):
            self._stop(place, "yaml_version", "a program file is YAML 1.2")

    def _take_node(self, event: NodeEvent, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(place, "too_large", f"more than {MAX_NODES} values")
        if getattr(event, "tag", None) is not None:
            self._stop(place, "tag", "tags such as !!str are not read; leave it out")
        if isinstance(event, AliasEvent):
            self._add(self._referred(event, place))
        elif isinstance(event, ScalarEvent):
            self._finish(self._scalar(event, place), event.anchor)
        else:
            self._start(event, place)

    def _start(self, event: NodeEvent, place: Place) -> None:
        if len(self._open) == MAX_DEPTH:
            self._stop(place, "too_deep", f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, MappingStartEvent):
            opened: Table | Listing = Table(place)
        elif isinstance(event, SequenceStartEvent):
            opened = Listing(place)
        self._names.append(event.anchor)
        self._open.append(opened)

    def _close(self) -> None:
        self._finish(self._open.pop(), self._names.pop())

    def _finish(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        self._add(node)

    def _referred(self, event: AliasEvent, place: Place) -> Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._stop(place, "too_many_aliases", f"more than {MAX_ALIASES} aliases")
        node = self._anchors.get(event.anchor)
        if node is None:
            self._stop(place, "unknown_alias", f"*{event.anchor} stands for nothing yet")
        return node

    def _add(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Listing):
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._key(parent, node)
        else:
            parent.entries[parent.key.text] = (parent.key.place, node)
            parent.key = None
        parent.size += node.size
        if parent.size > MAX_NODES:
            self._stop(node.place, "too_large", f"more than {MAX_NODES} values, with aliases")

    def _key(self, table: Table, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._stop(node.place, "wrong_type", "expected a word as key")
        if node.text in table.entries:
            line = table.entries[node.text][0].line
            detail = f"{node.text!r} was already given on line {line}"
            self._stop(node.place, "duplicate_key", detail)
        return node

    def _scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = self._joined(event.value, place)
        if event.style is not None:
            return Scalar(text, text, place)
        if _WHOLE.fullmatch(text) and len(text) > MAX_DIGITS:
            self._stop(place, "out_of_range", f"a number of more than {MAX_DIGITS} digits")
        return Scalar(_resolved(text), text, place)

    def _joined(self, text: str, place: Place) -> str:
        """Return a text whose escaped surrogates, as JSON writes them, are joined."""
        try:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._stop(place, "unreadable", "half of a surrogate pair is not a character")
        if strange := find_unreadable(text):
            self._stop(place, "unreadable", f"{named(strange)} cannot be part of a text")
        return text

    def _last_place(self) -> Place:
        return self._open[-1].place if self._open else START

    def _stop(self, place: Place, code: str, detail: str) -> NoReturn:
        _refuse(self._name, place, code, detail)


def _resolved(text: str) -> str | int | bool | Float | None:
    """Return what a plain scalar means in the core schema."""
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _WHOLE.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return Float(text) if _FLOAT.fullmatch(text) else text


def _place(mark: StringMark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else START
