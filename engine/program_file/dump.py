"""Write a program as its file: what `read_program` reads back, with nothing lost."""

import re
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from engine.program_file.sections import (
    SECTIONS,
    VERSION,
    program_as_it_stands,
    section_as_it_stands,
)
from loyalty.models import Program

# Words that mean nothing but themselves in YAML 1.2.
_PLAIN = re.compile(r"[^\W\d_]([\w./ -]*\w)?|[0-9]+ [a-z]+")
_NOT_PLAIN = frozenset({"null", "true", "false"})

# A line break before a section: nothing else begins without an indent.
_SECTION = re.compile(r"\n(?=\w)")

# Things and their keys stand on lines of their own; what is below, on the key's.
_BLOCK_DEPTH = 3

# Wide enough that no text is ever folded.
_WIDTH = 100_000


def as_data(program: Program) -> dict[str, Any]:
    """Return the whole program as its file holds it, defaults left out."""
    sections = {name: section_as_it_stands(name, program) for name in SECTIONS}
    head = {"version": VERSION, "program": program_as_it_stands(program)}
    return head | {name: things for name, things in sections.items() if things}


def dump_program(program: Program) -> str:
    """Return the whole program as YAML. Loading it changes nothing."""
    return as_yaml(as_data(program))


def as_yaml(data: dict[str, Any]) -> str:
    """Return the data of a program file as people would write it."""
    yaml = YAML()
    yaml.width = _WIDTH
    text = StringIO()
    yaml.dump(_written(data, 0), text)
    return _SECTION.sub("\n\n", text.getvalue())


def _written(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        mapping = CommentedMap({_word(key): _written(value[key], depth + 1) for key in value})
        if depth >= _BLOCK_DEPTH or not value:
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        items = CommentedSeq(_written(item, depth + 1) for item in value)
        if depth >= _BLOCK_DEPTH or not all(isinstance(item, dict) for item in value):
            items.fa.set_flow_style()
        return items
    return _word(value) if isinstance(value, str) else value


def _word(text: str) -> str:
    """Return a text in quotes, unless it cannot be taken for anything else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_PLAIN:
        return text
    in_single = '"' in text and "'" not in text and text.isprintable()
    quoted: str = (SingleQuotedScalarString if in_single else DoubleQuotedScalarString)(text)
    return quoted
