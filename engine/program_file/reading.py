"""Read a program file: every mistake named with its line, or a file that can be applied."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.errors import DomainError, InvalidInput, Problem
from core.syntax import ExpressionError, ExpressionProblem, shortened
from core.zones import parse_zone
from engine.program_file.errors import FileProblem, Place, ProgramFileError
from engine.program_file.forms import attempt
from engine.program_file.sections import FILE, NOT_YET
from engine.program_file.spot import Reading, Spot, place_of
from engine.program_file.text import Node, Table, is_null, read_nodes
from loyalty.rules.publication import rule_set_content
from loyalty.rules.rewards import compile_rewards, faces_of
from loyalty.rules.ruleset import compile_rule_set
from referrals.rules.programs import compile_referral_programs
from tiers.rules.access import compile_access
from tiers.rules.ladders import compile_ladders

# Where pointers begin that are the file's own.
SECTIONED = ("/point_types", "/rewards", "/ladders", "/access", "/referral_programs")

LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")


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
        problems = _problems_with_rules(data)
        lines = _lines_of(text) if problems else []
        reading.problems += [_located(each, reading.places, lines) for each in problems]
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
    tiers = {code: [*form["tiers"]] for code, form in data.get("ladders", {}).items()}
    return [
        *_problems_of(lambda: compile_rule_set(content, tiers=tiers)),
        *_problems_of(
            lambda: compile_rewards(
                data.get("rewards", {}),
                zone=parse_zone(program["timezone"]),
                currency=program["currency"],
                point_types=faces_of(data["point_types"]),
                tiers=tiers,
            )
        ),
        *_problems_of(lambda: _compile_tiers(data)),
        *_problems_of(
            lambda: compile_referral_programs(
                data.get("referral_programs", {}),
                currency=program["currency"],
                point_types=faces_of(data["point_types"]),
            )
        ),
    ]


def _compile_tiers(data: Mapping[str, Any]) -> None:
    """Compile the ladders, and what names their tiers.

    :raises InvalidInput: if one of them cannot be used
    """
    program = data["program"]
    ladders = compile_ladders(
        data.get("ladders", {}),
        currency=program["currency"],
        point_types=faces_of(data["point_types"]),
    )
    zone = parse_zone(program["timezone"])
    compile_access(data.get("access", {}), ladders=ladders, zone=zone)


def _problems_of(compiling: Callable[[], object]) -> list[Problem]:
    try:
        compiling()
    except InvalidInput as error:
        return error.problems
    return []


def _lines_of(text: str | bytes) -> list[str]:
    decoded = text if isinstance(text, str) else text.decode()
    return LINE_BREAK.split(decoded.removeprefix("\ufeff"))


def _located(
    problem: Problem, places: Mapping[str, Place], lines: Sequence[str]
) -> FileProblem:
    """Return a problem with the rules or rewards as one of the file that they stand in."""
    pointer = _in_file(problem.pointer)
    place, detail = place_of(places, pointer), problem.detail
    if isinstance(problem, ExpressionProblem):
        place, detail = _place_within(problem.error, place, lines)
    return FileProblem(pointer, problem.code, detail, place)


def _place_within(
    error: ExpressionError, place: Place, lines: Sequence[str]
) -> tuple[Place, str]:
    """Return the place in the file of a mistake in a condition, and what it is.

    Where the condition is folded or escaped, its own characters tell the place.
    """
    written = "".join(lines[place.line - 1 : place.line])[place.column - 1 :]
    quote = 1 if written[:1] in ("'", '"') else 0
    if written[quote:].startswith(error.before + error.after[:1]):
        return Place(place.line, place.column + quote + len(error.before)), error.detail
    near = f"from {shortened(error.after)!r} on" if error.after else "at its end"
    return place, f"{error.detail} (in the condition, {near})"


def _in_file(pointer: str) -> str:
    """Return the file's pointer for one into a rule set's content or the rewards."""
    if pointer == "/rules" or pointer.startswith("/rules/"):
        return f"/earning_rules{pointer.removeprefix('/rules')}"
    return pointer if pointer.startswith(SECTIONED) else f"/program{pointer}"
