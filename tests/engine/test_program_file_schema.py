"""The published JSON Schema and the reference: in step with what is read."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.program_file import ProgramFileError, file_schema, read_program, schema_text
from engine.program_file.forms import ListOf
from engine.program_file.mappings import ByCode, Fields, OneOf
from engine.program_file.program_keys import Name
from engine.program_file.sections import FILE, NOT_YET
from engine.program_file.text import Float, Listing, Table, read_nodes
from loyalty.rules.fields import lines_fields, when_fields

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").rglob("*.yaml"))
HEAD = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin}
point_types: {points: null}
"""


def complaints(text):
    """Return what the schema finds wrong with a text."""
    data = data_of(read_nodes(text, name="f.yaml"))
    return list(Draft202012Validator(file_schema()).iter_errors(data))


def data_of(node):
    """Return a node as an editor's YAML reader would, floats included."""
    if isinstance(node, Table):
        return {key: data_of(item) for key, (_, item) in node.entries.items()}
    if isinstance(node, Listing):
        return [data_of(item) for item in node.items]
    return float(node.value.text) if isinstance(node.value, Float) else node.value


def keys_of(form):
    """Yield every key that a form may hold, however deep."""
    if isinstance(form, Fields):
        for key, spec in form.keys.items():
            yield key
            yield from keys_of(spec.form)
    elif isinstance(form, ByCode):
        yield from keys_of(form.thing)
    elif isinstance(form, OneOf):
        for fields in form.mappings.values():
            yield from keys_of(fields)
    elif isinstance(form, ListOf):
        yield from keys_of(form.item)
    elif isinstance(form, Name):
        yield from keys_of(form.both)


def test_the_published_schema_is_the_one_in_force():
    published = (ROOT / "docs" / "program-file.schema.json").read_text()

    assert published == schema_text(), (
        "Write it anew: manage.py dump_program --schema > docs/program-file.schema.json"
    )


def test_the_schema_is_a_valid_schema():
    Draft202012Validator.check_schema(file_schema())


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_seed_is_valid_by_the_schema(path):
    assert complaints(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace("version: 1", "version: 2"),
        HEAD.replace("slug: shop, ", ""),
        HEAD.replace("name: Shop", "name: Shop, nam: x"),
        HEAD.replace("points: null", ""),
        HEAD.replace("points: null", "points: {value: 0.01}"),
        HEAD.replace("points: null", "points: {hold: {day: 14}}"),
        HEAD + "earning_rules: {r: {}}\n",
        HEAD + "earning_rules: {r: {award: {points: 1}, multiply: 2}}\n",
        HEAD + "earning_rules: {r: {award: {points: 1, per: 1.00}}}\n",
        HEAD + "earning_rules: {r: {award: {points: 1}, limits: [{per: day}]}}\n",
        HEAD + "punch_cards: {}\n",
    ],
)
def test_what_is_refused_for_its_form_is_refused_by_the_schema_too(text):
    with pytest.raises(ProgramFileError):
        read_program(text)

    assert complaints(text) != []


def test_null_is_valid_by_the_schema_where_there_is_a_default():
    text = HEAD.replace("name: Shop", "name: Shop, locale: null, origins: null")
    text += (
        "earning_rules: {r: {award: {points: 1}, multiply: null, hold: null, limits: null}}\n"
    )

    assert read_program(text)
    assert complaints(text) == []


def test_the_reference_names_every_key():
    reference = (ROOT / "docs" / "program-file.md").read_text()

    named = set(re.findall(r"`(\w+)`", reference)) | {"one", "other"}

    assert set(keys_of(FILE)) - named == set()


def test_the_reference_names_everything_that_conditions_may_name():
    reference = (ROOT / "docs" / "program-file.md").read_text()
    names = {**when_fields("order"), **when_fields("review"), **lines_fields()}

    for name in names:
        root, _, rest = name.partition(".")
        [row] = [line for line in reference.splitlines() if line.startswith(f"| `{root}.`")]
        assert f"`{rest.replace('*', '…')}`" in row


def test_the_reference_names_every_section_that_is_refused():
    reference = (ROOT / "docs" / "program-file.md").read_text()

    assert [name for name in NOT_YET if f"`{name}`" not in reference] == []


def test_the_first_example_of_the_reference_can_be_loaded():
    reference = (ROOT / "docs" / "program-file.md").read_text()
    example = re.search(r"```yaml\n(version: 1\n.*?)```", reference, re.DOTALL)

    assert read_program(example[1]).slug == "harbour-coffee"
