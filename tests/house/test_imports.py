"""Imports go down, stand at the top, and never run in circles."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

from tests.house.source import ROOT, functions, modules


def test_imports_keep_the_contracts():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout


def test_imports_never_run_in_circles():
    packages = [path.parent.name for path in ROOT.glob("*/__init__.py")]
    graph = grimp.build_graph(*packages, cache_dir=None)

    TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    ).prepare()


def test_imports_stand_at_the_top_of_the_file():
    local = {
        f"{module.path}:{node.lineno}"
        for module in modules()
        for function in functions(module.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert local == set()
