"""Read a program file: every mistake named with its line, or a file that can be applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DomainError, InvalidInput, Problem
from engine.program_file.errors import Place, ProgramFileError
from engine.program_file.forms import attempt
from engine.program_file.sections import FILE, NOT_YET
from engine.program_file.spot import Reading, Spot, located, place_of
from engine.program_file.text import Node, Table, is_null, read_nodes
from loyalty.rules.publication import rule_set_content
from loyalty.rules.ruleset import compile_rule_set


@dataclass(frozen=True)
class ProgramFile:
    """A program file that was read and found good.

    `data` is in the normal form: what says the same is equal. `places` tells
    where in the text each JSON pointer leads.
    """

    name: str
    data: Mapping[str, Any]
    places: Mapping[str, Place]

    @property
    def slug(self) -> str:
        slug: str = self.data["program"]["slug"]
        return slug

    def section(self, name: str) -> dict[str, Any]:
        things: dict[str, Any] = self.data.get(name, {})
        return things

    def complaint(self, error: DomainError) -> str:
        """Return an error, met when applying this file, with its place in it."""
        place = place_of(self.places, error.extra.get("pointer", ""))
        return f"{self.name}:{place.line}:{place.column}: {error.detail}"


def read_program(text: str | bytes, *, name: str = "program.yaml") -> ProgramFile:
    """Return the program that a text in YAML or JSON says; `name` is for messages.

    :raises ProgramFileError: with the line of everything that is wrong with it
    """
    reading = Reading()
    root = _without_later_sections(read_nodes(text, name=name), reading)
    data = attempt(FILE, Spot(root, "", reading))
    if not reading.problems:
        reading.problems += located(_problems_with_rules(data), reading.places)
    if reading.problems:
        raise ProgramFileError(name, reading.found())
    return ProgramFile(name, data, reading.places)


def _without_later_sections(root: Node, reading: Reading) -> Node:
    """Refuse sections that are not built yet by name; the rest is read all the same."""
    if not isinstance(root, Table):
        return root
    for name in NOT_YET:
        place, node = root.entries.pop(name, (None, None))
        if node is not None and not is_null(node):
            detail = f"{name} are not supported by this version; leave the section out"
            reading.note(f"/{name}", "not_supported", detail, place)
    return root


def _problems_with_rules(data: Mapping[str, Any]) -> list[Problem]:
    """Return what only compiling shows: conditions, references, keys at odds."""
    program = data["program"]
    content = rule_set_content(
        currency=program["currency"],
        timezone=program["timezone"],
        point_types=data["point_types"],
        rules=data.get("earning_rules", {}),
    )
    try:
        compile_rule_set(content)
    except InvalidInput as error:
        return [Problem(_in_file(p.pointer), p.code, p.detail) for p in error.problems]
    return []


def _in_file(pointer: str) -> str:
    """Return the file's pointer for one into a rule set's content."""
    if pointer == "/rules" or pointer.startswith("/rules/"):
        return f"/earning_rules{pointer.removeprefix('/rules')}"
    return pointer if pointer.startswith("/point_types") else f"/program{pointer}"
