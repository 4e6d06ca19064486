"""How long and how involved a piece of code may be."""

import subprocess
import sys

from tests.house.source import ROOT, files, functions, modules

FILE_LINES = 400
SETTINGS_LINES = 300
FUNCTION_LINES = 50
PARAMETERS = 6


def test_no_file_is_longer_than_400_lines():
    too_long = {
        name: lines
        for name, path in files(".py", ".js", ".css", ".html")
        if "/migrations/" not in name and "/vendor/" not in name
        if (lines := len(path.read_text().splitlines())) > FILE_LINES
    }

    assert too_long == {}


def test_settings_stay_under_300_lines():
    text = (ROOT / "config/settings.py").read_text()

    assert len(text.splitlines()) < SETTINGS_LINES


def test_no_function_is_longer_than_50_lines():
    too_long = {
        f"{module.path}:{function.lineno} {function.name}": lines
        for module in modules()
        for function in functions(module.tree)
        if (lines := function.end_lineno - function.lineno + 1) > FUNCTION_LINES
    }

    assert too_long == {}


def test_no_function_takes_more_than_6_parameters():
    too_many = {
        f"{module.path}:{function.lineno} {function.name}": len(names)
        for module in modules()
        for function in functions(module.tree)
        if len(names := parameters(function)) > PARAMETERS and not module.is_test
    }

    assert too_many == {}


def test_no_function_is_more_involved_than_8():
    # Ruff's count of branches is the one that `make lint` and editors show.
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "C901", "."]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.stdout + told.stderr == ""


def test_a_decision_is_told_in_less_than_400_words():
    pages = (ROOT / "docs/decisions").glob("*.md")
    too_long = {
        page.name: words for page in pages if (words := len(page.read_text().split())) >= 400
    }

    assert too_long == {}


def parameters(function):
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [one.arg for one in named if one.arg not in ("self", "cls")]
