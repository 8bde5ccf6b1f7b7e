"""Reads a ``*.tests.toml``: the tests beside a workflow's module.

    [[test]]
    name = "a declined card ends the order"
    input = { order_id = "7", items = [], total = 40 }
    mocks.Charge = { payload = { status = "DECLINED" } }

    [test.expect]
    error = "CardDeclined"

A faulty test is an error of its own: the other tests of the file are read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.project import existing_files
from sfn_release.project.toml_document import TomlDocument
from sfn_release.project.toml_lines import Key
from sfn_release.project.toml_text import toml
from sfn_release.simulator.mock_answers import ANSWER_KEYS, KINDS
from sfn_release.testing.answers import answers_of
from sfn_release.testing.declared.declared_test import (
    STARTED,
    DeclaredTest,
    Expectation,
    ExpectedCalls,
)
from sfn_release.testing.declared.state_lines import state_lines
from sfn_release.testing.declared.tests_schema import FORMS, MINIMUM, TEST, TESTS_FILE
from sfn_release.text import did_you_mean, nearest

SUFFIX = ".tests.toml"
_NAME_IT = 'Add  workflow = "NAME"  to the test, or at the top of the file.'


@dataclass(frozen=True)
class TestsFile:
    """The tests of a *file*, by its path below the project, and the *errors* of faulty tests."""

    __test__ = False  # pytest collects classes whose names begin like this one's

    file: str
    tests: tuple[DeclaredTest, ...] = ()
    errors: tuple[ConfigError, ...] = ()


def file_of_tests(source: str) -> str:
    """Return the path of the file of tests that belongs to the module *source*.

    >>> file_of_tests("workflows/orders.py"), file_of_tests("workflows/hello.asl.json")
    ('workflows/orders.tests.toml', 'workflows/hello.tests.toml')
    """
    path = PurePosixPath(source)
    return path.with_name(path.name.split(".")[0] + SUFFIX).as_posix()


def read_tests_file(
    root: Path, file: str, workflows: Sequence[str], known: Sequence[str]
) -> TestsFile:
    """Read the tests in *file* below *root*. *workflows* are declared by the module beside it.

    *known* are all workflows of the project, which a test may name. A file that can't be read has
    one error and no tests.
    """
    try:
        text = (root / file).read_text(encoding="utf-8").removeprefix("\ufeff")
        document = TomlDocument(file, text, MINIMUM)
        data = document.load()
        document.check(data, (), TESTS_FILE)
    except OSError as error:
        return TestsFile(file, errors=(ConfigError(f"{file} can't be read: {error.strerror}."),))
    except UnicodeDecodeError as error:
        problem = f"{file} is not UTF-8: {error.reason} at byte {error.start}."
        return TestsFile(file, errors=(ConfigError(problem, fix="Save it as UTF-8."),))
    except ConfigError as error:
        return TestsFile(file, errors=(_about_null(error, text),))
    tests = data.get("test", [])
    if not tests:
        empty = ConfigError(f"{file} has no test.", fix=MINIMUM)
        return TestsFile(file, errors=(empty,))
    default, strict = data.get("workflow"), data.get("strict", False)
    reader = _Reader(root, document, workflows, known, default, strict)
    found, errors = [], []
    for index in range(len(tests)):
        try:
            found.append(reader.test(tests[index], index))
        except ConfigError as error:
            errors.append(error)
    return TestsFile(file, tuple(found), tuple(errors))


def _about_null(error: ConfigError, text: str) -> ConfigError:
    """Return an error of a document with advice about JSON's null, if its line has one."""
    place = re.match(r".*?:(\d+): not valid TOML", error.message)
    line = text.split("\n")[int(place[1]) - 1] if place else ""
    if re.search(r"\bnull\b", line) is None:
        return error
    fix = "TOML has no null. Write the value as JSON, in a key with _json:  input_json = '…'"
    return ConfigError(error.message, fix=fix)


@dataclass(frozen=True)
class _Reader:
    """Reads the tests of one document."""

    root: Path
    document: TomlDocument
    workflows: Sequence[str]
    known: Sequence[str]
    default: str | None
    strict: bool
    names: dict[tuple[str, str], int] = field(default_factory=dict)

    def test(self, table: Any, index: int) -> DeclaredTest:
        """Return a test. Raises ConfigError with the line of the fault."""
        at = ("test", index)
        self.document.check(table, at, TEST)
        for key in (key for key in TEST.needs if key not in table):
            self.document.fail(at, f"`{key}` is missing in [[test]]", fix='name = "an empty order"')
        workflow = self._workflow(table, at)
        earlier = self.names.setdefault((workflow, table["name"]), index)
        if earlier != index:
            place = self.document.line(("test", earlier))
            self.document.fail(
                (*at, "name"),
                f"{workflow} has another test named {table['name']!r}, in line {place}",
                fix="Give each test its own name.",
            )
        value = self._value
        mocks = value(table, at, "mocks", {})
        self._check_mocks(mocks, at)
        expect = table.get("expect")
        expected = None if not expect else self._expectation(expect, (*at, "expect"))
        return DeclaredTest(
            name=table["name"],
            workflow=workflow,
            file=self.document.name,
            line=self.document.line(at),
            index=index,
            input=value(table, at, "input", {}),
            mocks=mocks,
            test_case=table.get("test_case"),
            start_at=table.get("start_at"),
            until=table.get("until"),
            variables=self._object(table, at, "variables"),
            started_at=self._time(table, at),
            expected=expected,
            strict=table.get("strict", self.strict),
            check_input=table.get("check_input", True),
            state_lines=state_lines(self.document, table, at, expected),
        )

    def _workflow(self, table: Mapping[str, Any], at: Key) -> str:
        """Return the workflow that a test names, or the only one of the module."""
        named = table.get("workflow", self.default)
        if named is None and len(self.workflows) == 1:
            return self.workflows[0]
        if named is None:
            why = (
                f"Its module has several: {', '.join(self.workflows)}."
                if self.workflows
                else "There is no module of this name beside it."
            )
            self.document.fail(at, "the test doesn't name its workflow", why=why, fix=_NAME_IT)
        if named not in self.known:
            self.document.fail(
                (*at, "workflow") if "workflow" in table else ("workflow",),
                f"there is no workflow {named!r}",
                why=f"There are: {', '.join(self.known) or 'none'}.",
                fix=did_you_mean(named, self.known),
            )
        return str(named)

    def _check_mocks(self, mocks: Any, at: Key) -> None:
        if not isinstance(mocks, Mapping):
            self.document.fail((*at, "mocks"), "mocks must be an object by the states' names")
        place = f"{self.document.name}:{self.document.line((*at, 'mocks'))}: mocks"
        for key, answer in mocks.items():
            for single in answer if isinstance(answer, list) else [answer]:
                _refuse_ambiguous(f'{place}: "{key}"', single)
        answers_of(mocks, file=place)

    def _time(self, table: Mapping[str, Any], at: Key) -> datetime:
        given = table.get("started_at", STARTED)
        if isinstance(given, str):
            try:
                given = datetime.fromisoformat(given)
            except ValueError:
                given = None
        if not isinstance(given, datetime):
            shown = "It needs a time too." if isinstance(given, date) else ""
            self.document.fail(
                (*at, "started_at"),
                "started_at must be a time",
                why=shown,
                fix="For example:  started_at = 2026-01-01T00:00:00Z",
            )
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)

    def _expectation(self, table: Mapping[str, Any], at: Key) -> Expectation:
        path, matches = table.get("path"), table.get("cause_matches")
        calls = {
            name: self._calls(name, found, at, partial=member == "calls_contain")
            for member in ("calls", "calls_contain")
            for name, found in self._object(table, at, member).items()
        }
        twice = (
            self._object(table, at, "calls").keys()
            & self._object(table, at, "calls_contain").keys()
        )
        if twice:
            self.document.fail(at, f"calls and calls_contain both have {min(twice)!r}")
        return Expectation(
            status=table.get("status"),
            output=self._optional(table, at, "output"),
            output_contains=self._optional(table, at, "output_contains"),
            error=table.get("error"),
            cause=table.get("cause"),
            cause_matches=None if matches is None else re.compile(matches),
            path=None if path is None else tuple(path),
            calls=tuple(calls.items()),
        )

    def _calls(self, state: str, found: Any, at: Key, *, partial: bool) -> ExpectedCalls:
        if isinstance(found, int) and not isinstance(found, bool):
            return ExpectedCalls(found)
        if not isinstance(found, list):
            self.document.fail(at, f"the calls of {state!r} must be a list or a number")
        return ExpectedCalls(len(found), tuple(found), partial)

    def _optional(self, table: Mapping[str, Any], at: Key, name: str) -> tuple[Any] | None:
        given = any(f"{name}{form}" in table for form in ("", *FORMS))
        return (self._value(table, at, name, None),) if given else None

    def _object(self, table: Mapping[str, Any], at: Key, name: str) -> Mapping[str, Any]:
        value = self._value(table, at, name, {})
        if not isinstance(value, dict):
            self.document.fail(at, f"{name} must be a JSON object")
        return value

    def _value(self, table: Mapping[str, Any], at: Key, name: str, default: Any) -> Any:
        """Return a JSON value: as TOML, as JSON text, or of a JSON file."""
        given = [f"{name}{form}" for form in ("", *FORMS) if f"{name}{form}" in table]
        if len(given) > 1:
            self.document.fail((*at, given[1]), f"{' and '.join(given)} exclude each other")
        if not given:
            return default
        key = given[0]
        if key == name:
            return table[name]
        if key.endswith("_json"):
            return self._parsed(table[key], (*at, key), key)
        return self._of_file(table[key], (*at, key))

    def _of_file(self, named: str, at: Key) -> Any:
        """Return the content of a JSON file, whose path is relative to the file of tests."""
        path = (self.root / self.document.name).parent / named
        inside = path.resolve().is_relative_to(self.root.resolve())
        if not inside or not existing_files.is_file(path):
            why = "" if inside else "It is outside of the project."
            self.document.fail(at, f"there is no file {named!r} beside the tests", why=why)
        try:
            return self._parsed(path.read_bytes(), at, named)
        except OSError as error:
            self.document.fail(at, f"{named} can't be read: {error.strerror}")

    def _parsed(self, text: str | bytes, at: Key, name: str) -> Any:
        try:
            return loads(text)
        except DefinitionError as error:
            self.document.fail(at, f"{name} isn't JSON: {error.message}", fix=error.fix)


def _refuse_ambiguous(place: str, answer: Any) -> None:
    """Raise ConfigError for an object that can be a result, or a misspelt answer.

    An object without the keys of an answer is the result itself.
    """
    if not isinstance(answer, Mapping) or not answer or "return" in answer:
        return
    unknown = [key for key in answer if key not in ANSWER_KEYS]
    meant = len(unknown) < len(answer) or all(nearest(key, KINDS) for key in unknown)
    if unknown and meant:
        raise ConfigError(
            f"{place}: unknown key {toml(unknown[0])}.",
            why="If the object is the task's result, write  { return = {...} }.",
            fix=did_you_mean(unknown[0], ANSWER_KEYS) or f"Known keys: {', '.join(ANSWER_KEYS)}.",
        )
