"""The source text that the rules of the house are checked on."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"var", "dist", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Module:
    """A Python file, read and parsed."""

    path: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")


def files(*endings: str) -> Iterator[tuple[str, Path]]:
    """Give every file of the project with one of `endings`, named from the root."""
    for directory, folders, names in os.walk(ROOT):
        folders[:] = [
            f for f in folders if f not in NOT_OURS and (f == ".ci" or not f.startswith("."))
        ]
        for name in sorted(names):
            path = Path(directory, name)
            if name.endswith(endings):
                yield path.relative_to(ROOT).as_posix(), path


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file but migrations, which are history."""
    return tuple(
        Module(name, text := path.read_text(), ast.parse(text, name))
        for name, path in files(".py")
        if "/migrations/" not in name
    )


def app_modules() -> list[Module]:
    """Return the modules that ship."""
    return [module for module in modules() if not module.is_test]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression, skipping calls in between; else ''."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def role(path: str) -> str:
    """Return what a file is for inside its app: `services` for loyalty/services/orders.py."""
    parts = path.removesuffix(".py").split("/")
    return parts[1] if len(parts) > 1 else ""
