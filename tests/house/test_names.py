"""What files may be called, and what may not be left lying in them."""

import re
import tomllib

from tests.house.source import ROOT, files, modules

SAYS_NOTHING = {"utils", "util", "common", "helpers", "helper", "misc", "signals", "managers"}
APPS = {
    "config", "core", "loyalty", "tiers", "referrals", "gamification", "campaigns",
    "engine", "insights", "storefront", "seeds", "tests",
}  # fmt: skip
TEXT = (
    ".py", ".md", ".toml", ".yaml", ".yml", ".json", ".html", ".js", ".css", ".svg", ".txt",
    ".lock", "Makefile", "Procfile", "Dockerfile", "run", "setup", "serve", "lint",
)  # fmt: skip


def test_every_file_has_a_name_that_says_its_role():
    nameless = [
        module.path
        for module in modules()
        if SAYS_NOTHING & set(re.split(r"[/_.]", module.path.removesuffix(".py")))
    ]

    assert nameless == []


def test_every_top_level_package_is_on_the_floor_plan():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages <= APPS


def test_every_app_is_under_the_import_contracts():
    apps = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert set(linter["root_packages"]) == apps


# The brackets keep the patterns below from finding themselves.


def test_nothing_is_left_to_be_done_in_a_comment():
    unfinished = lines_with(re.compile(r"\b(TO[D]O|FIX[M]E)\b"))

    assert unfinished == []


def test_no_file_names_the_machine_it_was_written_on():
    homes = re.compile(rf"/(?:home|Users)/[a-z]\w+/|/roo[t]/|{re.escape(str(ROOT))}/")

    assert lines_with(homes) == []


def test_no_file_names_a_package_registry():
    hosts = re.compile(r"pyp[i]\.|pythonhoste[d]|npmj[s]\.|index-ur[l]|find-link[s]")

    assert lines_with(hosts) == []


def test_lock_files_name_packages_and_hashes_only():
    odd = [
        f"{name}: {line}"
        for name, path in files(".lock")
        for line in path.read_text().splitlines()
        if "://" in line or " @ " in line
    ]

    assert odd == []


def test_what_serves_is_what_was_tested():
    serving, testing = pins("requirements.lock"), pins("requirements-dev.lock")

    assert serving
    assert serving <= testing


def lines_with(pattern):
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, path in files(*TEXT)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def pins(name):
    lines = (ROOT / name).read_text().splitlines()
    return {line.split(" ")[0] for line in lines if "==" in line}
