"""The parts of declared tests: expressions of names, differences, recording, JUnit XML."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tomli
from _pytest.mark.expression import Expression
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.junit import junit_xml
from sfn_release.errors import ConfigError, UsageError
from sfn_release.simulator import Mocks
from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult
from sfn_release.testing.declared.declared_test import DeclaredTest, Expectation
from sfn_release.testing.declared.name_expression import read_expression
from sfn_release.testing.declared.recording import recorded
from sfn_release.testing.declared.run_differences import json_differences, run_differences
from sfn_release.testing.declared.tests_file import file_of_tests, read_tests_file
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from support.executions import SEED
from support.values import JSON

WORDS = st.sampled_from(["paid", "Card", "bank", "a", "orders.x-1"])
TOKENS = st.lists(WORDS | st.sampled_from(["and", "or", "not", "(", ")"]), min_size=1, max_size=9)
NAMES = st.lists(st.sampled_from(["a PAID order", "card", "Bank", "orders.x-1"]), max_size=3)


@given(TOKENS, NAMES)
def test_an_expression_means_the_same_as_in_pytest(tokens: list[str], names: list[str]) -> None:
    """Or it's an error in both."""
    text = " ".join(tokens)
    try:
        theirs = Expression.compile(text)
    except SyntaxError:
        with pytest.raises(UsageError, match="at column"):
            read_expression(text)
        return
    lowered = [name.lower() for name in names]

    def matches(word: str, /, **_: object) -> bool:
        return any(word.lower() in name for name in lowered)

    expected = theirs.evaluate(matches)
    assert read_expression(text)(names) is expected


@pytest.mark.parametrize(
    "text", ["'", '"a', "a'", "a 'b", "()", "''", "not " * 200 + "a", "(" * 200]
)
def test_an_expression_that_cant_be_read_is_a_usage_error(text: str) -> None:
    """With the column."""
    with pytest.raises(UsageError, match="at column"):
        read_expression(text)


@given(JSON, JSON)
def test_equal_values_alone_have_no_differences(left: Any, right: Any) -> None:
    """True isn't 1, and 1.0 is 1."""
    assert not list(json_differences(left, left))
    same = json.dumps(_plain(left), sort_keys=True) == json.dumps(_plain(right), sort_keys=True)
    assert (not list(json_differences(left, right))) is same


def _plain(value: Any) -> Any:
    """Return a value whose whole numbers are integers."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


@given(st.dictionaries(st.text(max_size=3), JSON), st.dictionaries(st.text(max_size=3), JSON))
def test_a_partial_comparison_allows_more_members(
    expected: dict[str, Any], more: dict[str, Any]
) -> None:
    """In objects at any depth; an array is compared whole."""
    got = {"a": [{"b": more | expected}]}
    assert not list(json_differences({"a": [{"b": expected}]}, got, partial=True))
    longer = {"a": [{"b": more | expected}, 1]}
    found = list(json_differences({"a": [{"b": expected}]}, longer, partial=True))
    assert [at for at, _, _ in found] == ["$.a[1]"]


def run_of(definition: dict[str, Any], input: Any = None) -> Run:
    """Run a definition without tasks."""
    return run_definition(definition, input, tasks=Mocks(), context=SEED)


def passing() -> dict[str, Any]:
    """Return a definition whose output is its input."""
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Größe, 'x'",
        "States": {"Größe, 'x'": {"Type": "Pass", "End": True}},
    }


LAYOUTS = [
    '[[test]]\nname = "a"\n',
    '# first\n\n[[test]]  # header\nname = "a"  # name\n\n# last\n',
    '[[test]]\nname = "a"\n[test.mocks.X]\nreturn = """\n[[test]]\n"""',
    '[[test]]\nname = "a"\r\nexpect = {}\r\n# end\r\n',
    '\ufeff[[test]]\n[test.expect]\nstatus = "FAILED" # gone\n[test.expect.calls]\n\n',
    '[[test]]\nname = "a"\nexpect.status = "FAILED"\nmocks.X = {}\nexpect.error = "x"',
]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(output=JSON)
def test_recorded_expectations_pass(layout: str, output: Any) -> None:
    """Whatever the output and the layout are; and the next test keeps its own."""
    name = "" if 'name = "a"' in layout else "name = 'a'\n"
    text = layout.replace("[test.expect]", f"{name}[test.expect]", 1)
    text += '\n# Another.\n[[test]]\nname = "b"\n[test.expect]\nerror = "E"\n'
    run = run_of(passing(), output)
    made = recorded(text, [(DeclaredTest("a", "w", "w.tests.toml"), run)])
    tests = read(made)
    assert [test.name for test in tests] == ["a", "b"]
    assert tests[0].expected is not None
    assert tests[0].expected.status == "SUCCEEDED"
    assert tests[0].expected.path == ("Größe, 'x'",)
    assert not run_differences(tests[0].expected, run)
    assert tests[1].expected == Expectation(error="E")
    assert made.partition("# Another.")[2] == text.partition("# Another.")[2]
    assert recorded(made, [(tests[0], run)]).split() == made.split()
    assert [
        part for part in ("# first", "# header", "# name", "# last", "# end") if part in text
    ] == [part for part in ("# first", "# header", "# name", "# last", "# end") if part in made]


@pytest.mark.parametrize(("number", "key"), [(2**63 - 1, "output"), (2**63, "output_json")])
def test_numbers_that_toml_lacks_are_recorded_as_json(number: int, key: str) -> None:
    """Whole numbers of TOML have 64 bits."""
    made = recorded(
        LAYOUTS[0], [(DeclaredTest("a", "w", "w.tests.toml"), run_of(passing(), number))]
    )
    assert f"\n{key} = " in made


def test_a_file_of_an_input_is_inside_the_project(tmp_path: Path) -> None:
    """A file outside of it isn't read."""
    root = tmp_path / "project"
    root.mkdir()
    for folder in (root, tmp_path):
        (folder / "in.json").write_text("1")
    tests = '[[test]]\nname = "a"\ninput_file = "in.json"\n'
    (root / "w.tests.toml").write_text(f'{tests}[[test]]\nname = "b"\ninput_file = "../in.json"\n')
    found = read_tests_file(root, "w.tests.toml", ["w"], ["w"])
    assert [(test.name, test.input) for test in found.tests] == [("a", 1)]
    assert ["It is outside of the project." in error.why for error in found.errors] == [True]


def test_names_are_unique_on_one_line_too() -> None:
    """Tests in an inline list have the same line."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "w.tests.toml").write_text('test = [{name = "a"}, {name = "a"}]\n')
        found = read_tests_file(Path(folder), "w.tests.toml", ["w"], ["w"])
    assert [test.name for test in found.tests] == ["a"]
    assert ["another test named 'a', in line 1" in str(error) for error in found.errors] == [True]


@given(error=st.text(min_size=1), cause=st.text())
def test_recorded_failures_pass(error: str, cause: str) -> None:
    """Errors and causes of any text."""
    definition = {
        "StartAt": "F",
        "States": {"F": {"Type": "Fail", "Error": error, "Cause": cause}},
    }
    run = run_of(definition)
    (test,) = read(recorded('[[test]]\nname = "a"\n', [(DeclaredTest("a", "w", "f"), run)]))
    assert test.expected is not None
    assert (test.expected.error, test.expected.cause) == (run.error, run.cause)


def test_a_test_in_an_inline_table_isnt_recorded() -> None:
    """There is no place for its expectations."""
    text = 'test = [{ name = "a" }]\n'
    with pytest.raises(ConfigError, match="inline table"):
        recorded(text, [(DeclaredTest("a", "w", "f"), run_of(passing(), 1))])


def read(text: str) -> tuple[DeclaredTest, ...]:
    """Read a file of tests of the workflow w."""
    tomli.loads(text.removeprefix("\ufeff"))
    with TemporaryDirectory() as folder:
        (Path(folder) / "w.tests.toml").write_bytes(text.encode())
        found = read_tests_file(Path(folder), "w.tests.toml", ["w"], ["w"])
    assert found.errors == ()
    return found.tests


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_junit_xml_takes_any_text(texts: list[tuple[str, str]]) -> None:
    """Of names, errors and causes."""
    results = tuple(
        DeclaredResult(DeclaredTest(name, "w\0", "f"), error=ConfigError(f"x{text}"))
        for name, text in texts
    )
    root = ET.fromstring(junit_xml(DeclaredReport(results)).encode())  # noqa: S314 - our own
    assert root.attrib["tests"] == str(len(texts))
    assert root.attrib["errors"] == str(len(texts))
    assert len(root.findall("./testsuite[@name='w\\u0000']/testcase/error")) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        '[[test]]\nname = "a"\ninput_file = "../x.json"\n',
        '[[test]]\nname = "a"\ninput_file = "/etc/hostname"\n',
        '[[test]]\nname = "a"\ninput = {}\ninput_json = "{}"\n',
        '[[test]]\nname = "a"\nmocks_json = "[]"\n',
        '[[test]]\nname = "a"\nmocks.X = []\n',
        '[[test]]\nname = "a"\nstarted_at = "noon"\n',
        '[[test]]\nname = "a"\nstarted_at = 2026-01-01\n',
        '[[test]]\nname = "a"\nworkflow = 1\n',
        '[[test]]\nname = ""\n',
        '[[test]]\nname = "a"\nexpect.calls_json = "{\\"X\\": null}"\n',
        '[[test]]\nname = "a"\nexpect.calls.X = 1\nexpect.calls_contain.X = 1\n',
        '[[test]]\nname = "a"\nexpect.status = "DONE"\n',
        '[[test]]\nname = "a"\nmocks.X = { error = "E", casue = "c" }\n',
        'test = ["a"]\n',
    ],
)
def test_a_fault_has_its_line(text: str, tmp_path: Path) -> None:
    """And no test runs."""
    (tmp_path / "x.json").write_text("{}")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/w.tests.toml").write_text(text)
    found = read_tests_file(tmp_path / "p", "w.tests.toml", ["w"], ["w"])
    (error,) = found.errors
    assert error.message.startswith("w.tests.toml:")
    assert found.tests == ()


def test_the_file_of_tests_is_beside_the_source() -> None:
    """Whatever kind of source it is."""
    assert file_of_tests("workflows/a/orders.py") == "workflows/a/orders.tests.toml"
    assert file_of_tests("workflows/orders.asl.yaml") == "workflows/orders.tests.toml"


def test_a_mock_may_be_the_result_itself() -> None:
    """An object without the keys of an answer, a list of them, or any other value."""
    tests = read(
        '[[test]]\nname = "a"\nmocks.A = { paid = true }\nmocks.B = [1, { error = "E" }]\n'
        'mocks.C = { return = { error = 1 } }\nmocks_json = "{}"\n'.replace(
            'mocks_json = "{}"\n', ""
        )
    )
    assert tests[0].mocks["A"] == {"paid": True}
