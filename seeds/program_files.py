"""The ready-made program files."""

from pathlib import Path

from engine.program_file import ProgramFile, read_program

PROGRAMS = Path(__file__).parent / "programs"


def program_file(name: str) -> ProgramFile:
    path = PROGRAMS / f"{name}.yaml"
    return read_program(path.read_bytes(), name=path.name)
