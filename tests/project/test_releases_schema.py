"""The JSON Schemas of releases.toml and *.tests.toml agree with the readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import jsonschema
import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.checks.rule_table import BY_NAME
from sfn_release.errors import ConfigError
from sfn_release.project.backends import AWS, BACKENDS, BUILT_IN
from sfn_release.project.checks_table import silences_of
from sfn_release.project.key_texts import RELEASES_TEXTS
from sfn_release.project.project import parse_project
from sfn_release.project.releases_schema import schema_of_releases
from sfn_release.project.schema import DOCUMENT
from sfn_release.project.task_settings import KEYS as EMBEDDED_KEYS
from sfn_release.project.toml_document import Expected, TomlDocument
from sfn_release.project.toml_text import toml
from sfn_release.testing.declared.tests_file_schema import schema_of_tests
from sfn_release.testing.declared.tests_key_texts import TESTS_TEXTS
from sfn_release.testing.declared.tests_schema import TEST, TESTS_FILE

NAMES = {
    # a name that users choose → a good one
    "environments": "prod",
    "environments.*.handlers": "ChargeFunction",
    "environments.*.handlers.*.environment": "ORDERS_TABLE",
    "workflows": "orders",
}
_TESTS = replace(
    TESTS_FILE, keys={**TESTS_FILE.keys, "test": replace(TESTS_FILE.keys["test"], items=TEST)}
)


@dataclass(frozen=True)
class Place:
    """A value in a document: its place in the schema, its path, and the reader's schema of it."""

    name: str
    path: tuple[str | int, ...]
    expected: Expected
    document: Mapping[str, Any]

    def with_value(self, value: Any) -> dict[str, Any]:
        """Return the document with another value here."""
        changed: Any = deepcopy(self.document)
        inside = changed
        for part in self.path[:-1]:
            inside = inside[part]
        inside[self.path[-1]] = value
        return dict(changed)


def example_of(expected: Expected) -> Any:
    """Return the value in the example of a key; None if it has none."""
    line = expected.example
    if not line or re.fullmatch(r"\[{1,2}[a-z.]+\]{1,2}", line):  # the head of a table
        return None
    try:
        return tomli.loads(f"x = {line}")["x"]
    except tomli.TOMLDecodeError:
        [value] = tomli.loads(line).values()
        return value


def put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return a document with a value at a path; tables and arrays on the way are made."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [put((document or [None])[0], (*rest,), value)]
    table = dict(document) if isinstance(document, dict) else {}
    return table | {first: put(table.get(first), (*rest,), value)}


def kept(document: Any, path: tuple[str | int, ...], expected: Expected) -> Any:
    """Return the value that a document has at a path; an empty table or a number without any."""
    for part in path:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return {} if expected.type is dict else 1
    return document


def places(
    expected: Expected, document: Any, name: str = "", path: tuple[str | int, ...] = ()
) -> Iterator[Place]:
    """Yield the places of all keys below a value, each in a document that has all it needs."""
    for form in (expected, expected.table):
        if form is None:
            continue
        whole = example_of(form)
        here = document if not isinstance(whole, dict) or not path else put(document, path, whole)
        before = f"{name}." if name else ""
        members = {key: (key, value) for key, value in form.keys.items()}
        if form.others is not None and f"{before}*" in {*RELEASES_TEXTS, *TESTS_TEXTS}:
            members["*"] = (NAMES.get(name, "Name"), form.others)
        for key, (word, value) in members.items():
            at = (*path, word)
            sample = example_of(value)
            if isinstance(sample, dict) and word in sample and word in form.keys:
                inside = put(here, path, sample)
            else:
                inside = put(here, at, kept(here, at, value) if sample is None else sample)
            yield Place(f"{before}{key}", at, value, inside)
            yield from places(value, inside, f"{before}{key}", at)
        if form.items is not None:
            at = (*path, 0)
            sample = example_of(form.items)
            sample = sample[0] if isinstance(sample, list) else sample
            inside = put(here, at, kept(here, at, form.items) if sample is None else sample)
            yield Place(f"{name}[]", at, form.items, inside)
            yield from places(form.items, inside, f"{name}[]", at)


def on_local(place: Place) -> Place:
    """Return a place in the environment `local`, if it's of a key that no other one has."""
    words = [word for word in place.path if isinstance(word, str)]
    if words[0] != "environments" or not {*words[2:3]} & {*EMBEDDED_KEYS}:
        return place
    document: Any = deepcopy(place.document)
    tables = document["environments"]
    tables["local"] = tables.pop("prod")
    return replace(place, path=(words[0], "local", *place.path[2:]), document=document)


RELEASES = {
    "project": {"name": "shop", "allowed_signers": "signers"},
    "environments": {"prod": {"region": "eu-west-1", "requires": ["staging"]}},
}
TESTS = {"test": [{"name": "it works"}]}
RELEASES_PLACES = {place.name: on_local(place) for place in places(DOCUMENT, RELEASES)}
TESTS_PLACES = {place.name: place for place in places(_TESTS, TESTS)}
RELEASES_VALID = jsonschema.Draft7Validator(schema_of_releases())
TESTS_VALID = jsonschema.Draft7Validator(schema_of_tests())


def as_json(value: Any) -> Any:
    """Return a value of TOML as editors see it: dates are strings."""
    match value:
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case date():
            return value.isoformat()
        case _:
            return value


def read(document: dict[str, Any], expected: Expected) -> str:
    """Return the reader's error for a document, "" if it accepts it."""
    try:
        reader = TomlDocument("a.toml", "")
        reader.check(document, (), expected)
        for name, table in document.get("environments", {}).items():
            built_in = BUILT_IN.get(name)
            if built_in and table.get("backend", built_in.name) != built_in.name:
                return f"{name} always has the backend {built_in.name}"
            backend = built_in or BACKENDS[table.get("backend", AWS.name)]
            reader.obey(("environments", name), table, backend.rules)
        silences_of(reader, document.get("checks", {}) if expected is DOCUMENT else {})
    except ConfigError as error:
        return f"{error.message} {error.why}"
    return lacking(document, expected)


def lacking(value: Any, expected: Expected) -> str:
    """Return a key that the reader needs in a table, "" if the tables have all."""
    if isinstance(value, list) and expected.items is not None:
        return next(filter(None, (lacking(item, expected.items) for item in value)), "")
    if not isinstance(value, dict):
        return ""
    missing = [key for key in expected.needs if key not in value]
    inside = (
        lacking(item, expected.keys[key]) for key, item in value.items() if key in expected.keys
    )
    return missing[0] if missing else next(filter(None, inside), "")


def test_every_key_has_a_text_and_every_text_a_key() -> None:
    """A new key needs an entry in the table of texts."""
    releases, tests = schema_of_releases(), schema_of_tests()  # KeyError: a key without a text
    assert {*RELEASES_PLACES} | {""} == RELEASES_TEXTS.keys()
    assert {*TESTS_PLACES} | {""} == TESTS_TEXTS.keys()
    for schema in (releases, tests):
        jsonschema.Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("name", [*RELEASES_PLACES])
def test_examples_of_releases_are_valid(name: str) -> None:
    """The example of every key passes the reader and the schema."""
    document = dict(RELEASES_PLACES[name].document)
    assert read(document, DOCUMENT) == ""
    assert [error.message for error in RELEASES_VALID.iter_errors(document)] == []


@pytest.mark.parametrize("name", [*TESTS_PLACES])
def test_examples_of_tests_are_valid(name: str) -> None:
    """Likewise for files of tests."""
    document = as_json(TESTS_PLACES[name].document)
    assert read(document, _TESTS) == ""
    assert [error.message for error in TESTS_VALID.iter_errors(document)] == []


_ODD = st.sampled_from(
    [
        *("", " ", "a b", "\x07", "é", "ünit", "x" * 81, "x" * 300, "/abs", "..", "a/../b", "a\\b"),
        *("-x", "a..b", "a.lock", "@", "*", "v{version}", "{workflow}", "${Name}", "${", "0s"),
        *(
            "5m",
            "1h30m",
            "31d",
            "2x",
            "100x",
            "http://h",
            "https://u@h",
            "http://h?q",
            "AWS::Region",
        ),
        *("arn:aws:iam::111111111111:role/x", "refs/heads/x", "refs/x", "refs/tags", "0" * 12),
        *("0" * 40, "aws:x", "local", "prod", "all-at-once", "canary", "ALL", "1abc", "A_b"),
        *("a.b:c", "s3://b/k", ".git/x"),
    ]
)
_TEXTS = st.one_of(_ODD, st.text(max_size=12), st.from_regex(r"[ -~]{0,8}", fullmatch=True))
_SCALARS = st.one_of(
    _TEXTS,
    st.integers(-1, 12_000),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.floats(0.5, 99.5).filter(lambda number: not number.is_integer()),
)
_VALUES = st.one_of(
    _SCALARS,
    st.just(datetime(2026, 1, 1)),  # noqa: DTZ001 - as TOML has it
    st.lists(_SCALARS, max_size=2),
    st.dictionaries(_TEXTS, _SCALARS, max_size=2),
    st.dictionaries(
        st.sampled_from(["env", "ssm", "stack", "output", "type", "tfstate", "evn", "role_arn"]),
        _TEXTS,
        max_size=3,
    ),
)


def rules_unsaid(place: Place) -> bool:
    """Return whether a part of the rules at a place, or of the values in it, is unsaid."""
    inside = [place.expected, place.expected.table, place.expected.items, place.expected.others]
    return any(
        form.rule.unsaid or form.key_rule.unsaid or (form.table and form.table.rule.unsaid)
        for form in inside
        if form is not None
    )


def hold(place: Place, value: Any, expected: Expected, validator: Any) -> None:
    """Check that a schema accepts all that the reader accepts, and refuses what it can."""
    document = place.with_value(value)
    problem = read(document, expected)
    valid = validator.is_valid(as_json(document))
    if not problem:
        assert valid, [error.message for error in validator.iter_errors(as_json(document))]
    elif valid:
        assert unsayable(place, value), (place.name, value, problem)


def unsayable(place: Place, value: Any) -> bool:
    """Return whether only the reader can refuse a value.

    A date is a string to JSON Schema. Control characters beyond ASCII's, and the letters of other
    scripts, have no portable pattern.
    """
    if isinstance(value, date):
        return True
    right_type = isinstance(value, place.expected.type | dict)
    text = json.dumps(as_json(value), ensure_ascii=False)
    return right_type and (rules_unsaid(place) or not text.isascii())


@settings(max_examples=600)
@given(st.sampled_from(sorted(RELEASES_PLACES)), _VALUES)
def test_the_schema_of_releases_agrees_with_the_reader(name: str, value: Any) -> None:
    """Any value at any key: accepted by the reader means valid, refused means invalid."""
    hold(RELEASES_PLACES[name], value, DOCUMENT, RELEASES_VALID)


@settings(max_examples=300)
@given(st.sampled_from(sorted(TESTS_PLACES)), _VALUES)
def test_the_schema_of_tests_agrees_with_the_reader(name: str, value: Any) -> None:
    """Likewise for files of tests."""
    hold(TESTS_PLACES[name], value, _TESTS, TESTS_VALID)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("project.remote", "team."),
        ("project.remote", "a.b/c."),
        ("project.remote", "a.lock"),
        ("project.remote", "a./.b"),
    ],
)
def test_names_of_remotes_agree(place: str, value: str) -> None:
    """A dot may end the name of a remote, though not the name of a branch."""
    hold(RELEASES_PLACES[place], value, DOCUMENT, RELEASES_VALID)


def test_a_built_in_environment_keeps_its_backend() -> None:
    """The editor says it as the reader does."""
    for backend in BACKENDS:
        table = {"backend": backend, "region": "eu-west-1"}
        document = {"project": {"name": "shop"}, "environments": {"local": table}}
        assert RELEASES_VALID.is_valid(document) == (backend == "local")
        assert bool(read(document, DOCUMENT)) == (backend != "local")


@settings(max_examples=150)
@given(st.sampled_from(sorted(RELEASES_PLACES)), st.from_regex(r"[a-z_]{1,9}", fullmatch=True))
def test_unknown_keys_are_refused_by_both(name: str, key: str) -> None:
    """In each table that has a fixed set of keys."""
    place = RELEASES_PLACES[name]
    if place.expected.type is dict and place.expected.others is None:
        value = {key: 1}
        hold(place, value, DOCUMENT, RELEASES_VALID)


def some(required: Mapping[str, Any] | None = None, **optional: Any) -> Any:
    """Return a strategy for tables: each key has one of its values, or is left out."""
    always = {key: st.sampled_from(values) for key, values in (required or {}).items()}
    maybe = {
        key: value if isinstance(value, st.SearchStrategy) else st.sampled_from(value)
        for key, value in optional.items()
    }
    return st.fixed_dictionaries(always, optional=maybe)


_ENVIRONMENT: Mapping[str, Any] = {
    "region": ["eu-west-1"],
    "requires": [[], ["staging"]],
    "soak": ["2h"],
    "alias": ["", "live"],
    "signed": [True, False],
    "profile": ["p"],
    "buckets": [{"orders": "data"}],
    "role_arn": ["arn:aws:iam::111111111111:role/x", "admin", "${Role}"],
    "strategy": st.one_of(
        st.just("all-at-once"),
        some(
            {"type": ["all-at-once", "canary", "linear"]},
            percent=[10],
            interval=["5m"],
            alarms=[[], ["shop-failed"]],
            max_failures=[0],
        ),
    ),
}
_LOOKUPS = [
    *("plain", {"env": "A"}, {"ssm": "/a"}, {"stack": "a", "output": "b"}, {"export": "a"}),
    *({"tfstate": "a", "output": "b"}, {"tfstate": "s3://bucket/key", "output": "b"}),
    {"fast": 0.5, "stack": "not a source"},
]


def environment_tables(*backends: str) -> Any:
    """Return a strategy for tables of an environment."""
    parameters = st.sampled_from(_LOOKUPS).map(
        lambda value: {"Role": "arn:aws:iam::111111111111:role/x", "P": value}
    )
    kinds = {"backend": backends} if backends else {}
    return st.builds(
        lambda table, values: table | {"parameters": values},
        some({}, **_ENVIRONMENT, **kinds),
        parameters,
    )


_DOCUMENTS = st.fixed_dictionaries(
    {
        "project": some({"name": ["shop"]}, allowed_signers=["signers"], tests=["required"]),
        "environments": st.fixed_dictionaries(
            {"staging": st.just({"region": "eu-west-1"})},
            optional={
                "local": environment_tables(),
                "prod": environment_tables("aws"),
                "second": environment_tables("local"),
            },
        ),
    },
    optional={
        "checks": st.fixed_dictionaries(
            {
                "silence": st.lists(
                    some(
                        rule=["lambda-retry", " ", *sorted(BY_NAME)],
                        reason=["because", " ", ""],
                    ),
                    max_size=2,
                )
            }
        )
    },
)


@settings(max_examples=600)
@given(_DOCUMENTS)
def test_rules_for_several_keys_agree(document: dict[str, Any]) -> None:
    """Keys that are right by themselves: the schema accepts exactly what the reader accepts."""
    text = "\n".join(f"{key} = {toml(value)}" for key, value in document.items())
    assert tomli.loads(text) == document
    try:
        parse_project(text, path="releases.toml")
        problem = ""
    except ConfigError as error:
        problem = f"{error.message} {error.why}"
    found = [error.message for error in RELEASES_VALID.iter_errors(document)]
    assert bool(found) == bool(problem), (problem, found)


_SHIFT = {"type": "canary", "percent": 10, "interval": "5m"}


@pytest.mark.parametrize(
    ("name", "table", "valid"),
    [
        ("prod", {"strategy": _SHIFT}, True),
        ("prod", {"strategy": {"type": "canary", "percent": 10}}, False),
        ("prod", {"strategy": {"type": "linear", "interval": "5m"}}, False),
        ("prod", {"strategy": {"type": "all-at-once"}}, True),
        ("prod", {"strategy": {"type": "all-at-once", "percent": 10}}, False),
        ("prod", {"strategy": _SHIFT, "alias": ""}, False),
        ("prod", {"strategy": {"type": "all-at-once"}, "alias": ""}, True),
        ("prod", {"soak": "2h"}, False),
        ("prod", {"soak": "2h", "requires": []}, False),
        ("prod", {"soak": "2h", "requires": ["local"]}, True),
        ("prod", {"signed": True}, False),
        ("prod", {"signed": False}, True),
        ("prod", {"role_arn": "admin"}, False),
        ("local", {"signed": False}, True),
        ("local", {"strategy": _SHIFT}, True),
        ("local", {"strategy": {**_SHIFT, "alarms": ["a"]}}, False),
        ("local", {"parameters": {"P": {"ssm": "/a"}}}, False),
        ("local", {"parameters": {"P": {"tfstate": "S3://bucket/key", "output": "b"}}}, False),
        ("local", {"parameters": {"P": {"tfstate": "state.json", "output": "b"}}}, True),
    ],
)
def test_the_editor_knows_rules_for_several_keys(
    name: str, table: dict[str, Any], *, valid: bool
) -> None:
    """Each rule of the reader that JSON Schema can say, by an example."""
    region = {} if name == "local" else {"region": "eu-west-1"}
    document = {"project": {"name": "shop"}, "environments": {name: {**region, **table}}}
    assert RELEASES_VALID.is_valid(document) == valid


@pytest.mark.parametrize("signers", [True, False])
@pytest.mark.parametrize("rule", ["lambda-retry", "no-such-rule", "missing-field"])
def test_the_editor_knows_the_rules_that_can_be_silenced(rule: str, *, signers: bool) -> None:
    """And signed environments, if the project names its signers."""
    document = {
        "project": {"name": "shop"} | ({"allowed_signers": "signers"} if signers else {}),
        "environments": {"prod": {"region": "eu-west-1", "signed": True}},
        "checks": {"silence": [{"rule": rule, "reason": "because"}]},
    }
    assert RELEASES_VALID.is_valid(document) == (signers and rule == "lambda-retry")


def test_the_editor_shows_defaults() -> None:
    """A missing key has the default of the data that is made of the file."""
    schema = schema_of_releases()
    assert schema["properties"]["project"]["properties"]["tag"]["default"] == "v{version}"
    table = schema["definitions"]["environment"]["properties"]
    assert table["alias"]["default"] == "live"
    assert table["replay"]["properties"]["last"]["default"] == 100
