"""A whole program as one YAML file: read, plan, apply, dump."""

from engine.program_file.apply import apply_program
from engine.program_file.dump import as_data, dump_program
from engine.program_file.errors import FileProblem, ProgramFileError
from engine.program_file.ladder_plans import LadderPlan, plan_ladders
from engine.program_file.plan import SlugMismatch, plan_changes, plan_policies
from engine.program_file.reading import ProgramFile, read_program
from engine.program_file.schema import file_schema, schema_text
from loyalty.rules.publication import Change

__all__ = [
    "Change",
    "FileProblem",
    "LadderPlan",
    "ProgramFile",
    "ProgramFileError",
    "SlugMismatch",
    "apply_program",
    "as_data",
    "dump_program",
    "file_schema",
    "plan_changes",
    "plan_ladders",
    "plan_policies",
    "read_program",
    "schema_text",
]
