"""releases-toml.md and tests-toml.md: every key of the two files, from their schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs_reference.markdown import fenced, page, table
from sfn_release.project.key_texts import RELEASES_TEXTS
from sfn_release.project.releases_schema import schema_of_releases
from sfn_release.project.schema import DOCUMENT
from sfn_release.project.toml_document import Expected
from sfn_release.testing.declared.tests_file_schema import schema_of_tests
from sfn_release.testing.declared.tests_key_texts import TESTS_TEXTS
from sfn_release.testing.declared.tests_schema import FORMS, TEST, TESTS_FILE

EXAMPLES = Path(__file__).parent / "examples"
SAMPLE = Path(__file__).parents[2] / "workflows"
_KINDS = {
    str: "string",
    bool: "true or false",
    int: "whole number",
    float: "number",
    list: "array",
    dict: "table",
    object: "any value",
}

_MOST_VALUES = 20  # a table's cell has no room for more


@dataclass(frozen=True)
class Key:
    """A key at its *place*, what it *expects*, its *text*, and its JSON *schema*."""

    place: str
    expects: Expected
    text: str
    schema: Mapping[str, Any]

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The key in a table: its own name, its type, its text and an example."""
        kind = _KINDS[self.expects.type]
        if self.expects.table is not None and self.expects.type is not object:
            kind = f"{kind} or table"
        facts = [self.text, self.expects.rule.unsaid, self.expects.key_rule.unsaid]
        if len(self.schema.get("enum", ())) in range(1, _MOST_VALUES):
            values = ", ".join(f"`{value}`" for value in self.schema["enum"])
            facts.append(f"One of {values}.")
        if "default" in self.schema:
            facts.append(f"Default: `{_toml(self.schema['default'])}`.")
        example = f"`{self.expects.example}`" if self.expects.example else ""
        own = self.place.rpartition(".")[2]
        return (f"`{'NAME' if own == '*' else own}`", kind, " ".join(filter(None, facts)), example)


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _schemas(schema: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every part of a JSON Schema with its title, which is the place of a key."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("title"), str):
            yield schema["title"], schema
        for part in schema.values():
            yield from _schemas(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _schemas(part)


def releases_toml_page() -> str:
    """Return the page of releases.toml. Raises KeyError for a key without a text."""
    keys = tuple(_keys(DOCUMENT, "", RELEASES_TEXTS, dict(_schemas(schema_of_releases()))))
    return page(
        "releases.toml",
        "This file says which workflows the repository releases, and in which environments they"
        " run."
        " You need a `name`, and a `region` for each environment on AWS. Everything else is"
        " optional. If a key is unknown or has the wrong type, the error names the file, the line"
        " and the nearest known key.",
        "[Set up accounts and roles](../how-to/accounts.md) shows the keys of an environment at"
        " work.",
        "## A complete example",
        fenced((EXAMPLES / "releases.toml").read_text(encoding="utf-8"), "toml"),
        *_tables(keys),
    )


def tests_toml_page() -> str:
    """Return the page of a ``*.tests.toml``. Raises KeyError for a key without a text."""
    expected = Expected(
        TESTS_FILE.type,
        keys={**TESTS_FILE.keys, "test": Expected(list, example="[[test]]", items=TEST)},
    )
    keys = tuple(_keys(expected, "", TESTS_TEXTS, dict(_schemas(schema_of_tests()))))
    return page(
        "Tests files",
        "A file `orders.tests.toml` beside the module of a workflow has its tests."
        " [Test your workflows](../how-to/testing.md#test-without-python) explains them."
        " A key that doesn't exist is an error, which names the line and the nearest known key.",
        fenced(_first_test(), "toml"),
        "TOML has no null. So every JSON value can also be written as JSON text, with `_json`"
        " at the"
        " end of its key, or be in a file beside the tests, with `_file`: `input_json`,"
        " `output_file`, `calls_json`.",
        *_tables(keys),
    )


def _first_test() -> str:
    """Return the first test of the sample project."""
    text = (SAMPLE / "orders.tests.toml").read_text(encoding="utf-8")
    beginning = text.index("[[test]]")
    return text[beginning : text.index("[[test]]", beginning + 1)]


def _keys(
    expected: Expected, above: str, texts: Mapping[str, str], schemas: Mapping[str, Any]
) -> Iterator[Key]:
    """Yield the keys of a table, and of the tables in it, each before the keys below it."""
    forms = [(expected, above), (expected.table, above), (expected.items, f"{above}[]")]
    for form, where in forms:
        if form is None:
            continue
        known = {key: child for key, child in form.keys.items() if not key.endswith(FORMS)}
        if form.others is not None and f"{where}.*" in texts:
            known["*"] = form.others
        for key, child in known.items():
            place = f"{where}.{key}".lstrip(".")
            yield Key(place, child, texts[place], schemas.get(place, {}))
            yield from _keys(child, place, texts, schemas)


def _tables(keys: tuple[Key, ...]) -> Iterator[str]:
    """Yield a heading and a table for each table of the file that has keys."""
    texts = {key.place: key.text for key in keys}
    for above in dict.fromkeys(key.place.rpartition(".")[0] for key in keys):
        rows = [key.row for key in keys if key.place.rpartition(".")[0] == above]
        shown = above.replace("*", "NAME").removesuffix("[]")
        yield f"## {shown}" if shown else "## The file"
        yield texts.get(above) or texts.get(above.removesuffix("[]"), "")
        yield table(("key", "type", "means", "example"), rows)
