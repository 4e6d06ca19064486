"""The program file as JSON Schema, with which editors complete and check it."""

import json

from engine.program_file.forms import Schema
from engine.program_file.sections import FILE


def file_schema() -> Schema:
    """Return the schema of the whole file (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Perennial program file",
        "description": "A whole loyalty program. null means the default, everywhere.",
        **FILE.schema(),
    }


def schema_text() -> str:
    """Return the schema as it is published in docs/program-file.schema.json."""
    return json.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n"
