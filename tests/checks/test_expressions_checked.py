"""The findings about paths, intrinsic functions, JSONata and variables."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.asl.jsonata import JsonataError, JsonataExpression, parse

LAMBDA = "arn:aws:states:::lambda:invoke"
END = {"Type": "Pass", "End": True}
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def only(**fields: Any) -> dict[str, Any]:
    """Return a definition of the state "A" alone, a Pass unless another Type is given."""
    return {"StartAt": "A", "States": {"A": {**END, **fields}}}


def jsonata(**fields: Any) -> dict[str, Any]:
    """Return the same in JSONata."""
    return only(QueryLanguage="JSONata", **fields)


def task(**fields: Any) -> dict[str, Any]:
    """Return a definition of one Task in JSONata."""
    fields.setdefault("Arguments", {"FunctionName": "f"})
    return jsonata(Type="Task", Resource=LAMBDA, **fields)


def chain(*states: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Return a definition of states "A", "B" ... that follow each other."""
    names = "ABCDEF"[: len(states)]
    linked = {
        name: {**state, **({"Next": names[at + 1]} if at + 1 < len(states) else {"End": True})}
        for at, (name, state) in enumerate(zip(names, states, strict=True))
    }
    return {"StartAt": "A", "States": linked, **root}


def mapped(inner: dict[str, Any], config: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a Map without a transition."""
    processor = {"ProcessorConfig": config, "StartAt": "I", "States": {"I": inner}}
    return {"Type": "Map", "ItemProcessor": processor, **fields}


ASSIGNS = {"Type": "Pass", "Assign": {"total.$": "$.sum"}}
READS = {"Type": "Pass", "Parameters": {"t.$": "$total"}, "End": True}
ASSIGN = "$.States.A.Assign"
INLINE = {"Mode": "INLINE"}
INNER_T = '$.States.B.ItemProcessor.States.I.Parameters["t.$"]'

ERRORS: list[tuple[str, Any, set[tuple[str, str]]]] = [
    ("an unclosed bracket", only(InputPath="$.a["), {("expression", "$.States.A.InputPath")}),
    ("a path without a name", only(OutputPath="$."), {("expression", "$.States.A.OutputPath")}),
    (
        "an unknown intrinsic",
        only(Parameters={"a.$": "States.Arrray(1)"}),
        {("expression", '$.States.A.Parameters["a.$"]')},
    ),
    (
        "a double quote that is escaped",
        only(Parameters={"a.$": r"States.StringToJson('{\"b\":1}')"}),
        {("expression", '$.States.A.Parameters["a.$"]')},
    ),
    (
        "a key with .$ and without",
        only(Parameters={"b": {"a": 1, "a.$": "$.a"}}),
        {("duplicate-key", '$.States.A.Parameters.b["a.$"]')},
    ),
    ("an unclosed expression", jsonata(Output="{% 1 %"), {("jsonata", "$.States.A.Output")}),
    ("an unopened expression", jsonata(Output=["1 %}"]), {("jsonata", "$.States.A.Output[0]")}),
    ("half an expression", jsonata(Output="{%}"), {("jsonata", "$.States.A.Output")}),
    ("no JSONata", jsonata(Output="{% 1 + * 2 %}"), {("jsonata", "$.States.A.Output")}),
    ("a name of nothing", jsonata(Output="{% id %}"), {("jsonata-context", "$.States.A.Output")}),
    ("no context", jsonata(Output="{% $$ %}"), {("jsonata-context", "$.States.A.Output")}),
    (
        "an unknown member of $states",
        jsonata(Output="{% $states.inputs %}"),
        {("states-member", "$.States.A.Output")},
    ),
    (
        "a result before the state has run",
        task(Arguments={"FunctionName": "{% $states.result %}"}),
        {("states-member", "$.States.A.Arguments.FunctionName")},
    ),
    (
        "an error outside of a catcher",
        task(Output="{% $states.errorOutput %}"),
        {("states-member", "$.States.A.Output")},
    ),
    (
        "a reserved variable",
        only(Assign={"states": 1}),
        {("variable-name", f"{ASSIGN}.states")},
    ),
    (
        "a path as a variable",
        only(Assign={"a.b": 1}),
        {("variable-name", f'{ASSIGN}["a.b"]')},
    ),
    (
        "a long variable",
        jsonata(Assign={"v" * 81: 1}),
        {("variable-name", "$.States.A.Assign." + "v" * 81)},
    ),
    (
        "an outer variable in a distributed Map",
        chain(ASSIGNS, mapped(READS, DISTRIBUTED)),
        {("distributed-variable", INNER_T)},
    ),
    (
        "an outer variable assigned inside",
        chain(ASSIGNS, mapped({**END, "Assign": {"total": 1}}, INLINE)),
        {("variable-scope", "$.States.B.ItemProcessor.States.I.Assign.total")},
    ),
]


@pytest.mark.parametrize(
    ("definition", "expected"), [case[1:] for case in ERRORS], ids=[case[0] for case in ERRORS]
)
def test_each_fault_of_an_expression_is_one_error(
    definition: Any, expected: set[tuple[str, str]]
) -> None:
    """An expression with one fault has one error, at its place."""
    findings = sfn.check_definition(definition)
    assert expected == {
        (finding.rule, finding.path) for finding in findings if finding.severity == "error"
    }


GOOD = {
    "the escapes of an intrinsic": only(
        Parameters={"a.$": r"States.Format('It\'s \{{}\} \\', $.b)"}
    ),
    "white space around a path": only(Parameters={"a.$": "$$.Execution.Name "}),
    "a filter with a bare word": only(InputPath="$[?(@.language==es)].text"),
    "a text beside the signs": jsonata(Output=" {% id %} "),
    "no space inside": jsonata(Output="{%10%}"),
    "a new line inside": jsonata(Output="{% \n10 %}"),
    "names below a path": jsonata(Output="{% $states.input.(a + b)[c > 1]{d: e} %}"),
    "a function's own parameters": jsonata(Output="{% $map([1], function($v) { $v + 1 }) %}"),
    "a variable of its own": jsonata(Output="{% ($y := 1; $y) %}"),
    "its result and its error": task(
        Output="{% $states.result %}",
        Assign={"r": "{% $states.result.Payload %}"},
        Catch=[{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "A"}],
    ),
    "an outer variable in an inline Map": chain(ASSIGNS, mapped(READS, INLINE)),
    "a name of its own in a distributed Map": chain(
        ASSIGNS, mapped({**END, "Assign": {"total": 1}}, DISTRIBUTED, MaxConcurrency=1)
    ),
    "an outer variable assigned later": chain(
        mapped({**END, "Assign": {"total": 1}}, INLINE), ASSIGNS
    ),
}


@pytest.mark.parametrize("definition", GOOD.values(), ids=GOOD.keys())
def test_what_aws_reads_is_no_error(definition: Any) -> None:
    """An expression that Step Functions accepts has no error."""
    assert [
        finding for finding in sfn.check_definition(definition) if finding.severity == "error"
    ] == []


@pytest.mark.parametrize(
    ("definition", "place", "fix"),
    [
        (
            chain(ASSIGNS, {"Type": "Pass", "Parameters": {"t.$": "$.a[$totl]"}}),
            None,
            "",
        ),
        (
            chain(ASSIGNS, {"Type": "Pass", "Parameters": {"t.$": "States.Array($totl)"}}),
            '$.States.B.Parameters["t.$"]',
            'Did you mean "$total"?',
        ),
        (
            jsonata(Output="{% $uppercas('a') %}"),
            "$.States.A.Output",
            'Did you mean "$uppercase"?',
        ),
        (
            chain(mapped({**ASSIGNS, "End": True}, INLINE), {"Type": "Choice", **END}),
            None,
            "",
        ),
        (
            chain(
                mapped({**ASSIGNS, "End": True}, INLINE),
                {"Type": "Pass", "InputPath": "$total.cents"},
            ),
            "$.States.B.InputPath",
            "",
        ),
    ],
)
def test_a_variable_that_nothing_assigns_is_told(
    definition: Any, place: str | None, fix: str
) -> None:
    """AWS accepts it and fails at run time; inner variables end with their scope."""
    found = [
        finding
        for finding in sfn.check_definition(definition)
        if finding.rule == "undefined-variable"
    ]
    assert ([(place, fix)] if place else []) == [(finding.path, finding.fix) for finding in found]


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        (only(Parameters={"l": [{"id": "$.id"}]}), "$.States.A.Parameters.l[0].id"),
        (only(Parameters={"id": "States.UUID()"}), "$.States.A.Parameters.id"),
        (only(Parameters={"id": "{% $states.input.id %}"}), "$.States.A.Parameters.id"),
        (only(Result={"id.$": "$.id"}), '$.States.A.Result["id.$"]'),
        (only(Result={"f": "$.a"}), "$.States.A.Result.f"),
        (only(Result=[{"f": "{% $states.input %}"}]), "$.States.A.Result[0].f"),
        (only(Result="$$.Execution.Id"), "$.States.A.Result"),
        (jsonata(Output=[{"id.$": "$.id"}]), '$.States.A.Output[0]["id.$"]'),
    ],
)
def test_what_is_sent_as_a_text_is_told(definition: Any, place: str) -> None:
    """A path, call or expression in a field that evaluates none is a warning."""
    found = [
        finding for finding in sfn.check_definition(definition) if finding.rule == "literal-path"
    ]
    assert [place] == [finding.path for finding in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$states.input.a[$x > 0]", JsonataExpression(frozenset("x"), frozenset({"input"}))),
        ("$count($states)", JsonataExpression(members=frozenset({""}))),
        ("$f(phone)", JsonataExpression(frozenset("f"), contexts=("phone",))),
        ("$a@$b.c#$d.($b & $d)", JsonataExpression(frozenset("a"))),
        ("$x ~> |a|{'b': c}|", JsonataExpression(frozenset("x"))),
        ("*", JsonataExpression(contexts=("*",))),
        ("(" * 3000 + "1" + ")" * 3000, JsonataExpression()),
    ],
)
def test_an_expression_tells_what_it_reads(text: str, expected: JsonataExpression) -> None:
    """Free variables, $states' members and unknown names are reported, without bound names."""
    assert expected == parse(text)


PIECES = ("$", "$x", "$states", ".a", "(", ")", "[", "{", "}", ":", "?", "/", '"', "~>", "|", "^(")


@given(st.lists(st.sampled_from((*PIECES, ":=", ";", "function", "@", "#", "1", " ", "`"))))
def test_any_text_is_read_or_refused(pieces: list[str]) -> None:
    """If the parser crashes on invalid JSONata, you get an error with a reason."""
    with contextlib.suppress(JsonataError):
        assert isinstance(parse("".join(pieces)), JsonataExpression)


def test_reading_jsonata_leaves_the_process_as_it_is() -> None:
    """The JSONata package changes Python's recursion limit on import, and it is restored."""
    script = (
        "import sys\nfrom sfn_release.asl.jsonata import parse\nsys.setrecursionlimit(1234)\n"
        "parse('$x + 1')\nprint('jsonata' in sys.modules, sys.getrecursionlimit())\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "True 1234\n"


def test_a_place_to_write_to_in_the_context_object_is_one_finding() -> None:
    """Nothing can be written to the context object, under any name."""
    definition = only(ResultPath="$$.x")
    assert [finding.rule for finding in sfn.check_definition(definition)] == ["reference-path"]


@pytest.mark.parametrize(
    ("pointer", "good"), [("", True), ("/a/0", True), ("a", False), ("$.a", False)]
)
def test_an_items_pointer_is_a_json_pointer(pointer: str, good: bool) -> None:
    """An items pointer is empty or begins with a slash."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "JSON", "ItemsPointer": pointer},
    }
    found = sfn.check_definition(only(**mapped(dict(END), DISTRIBUTED, ItemReader=reader)))
    places = [finding.path for finding in found if finding.severity == "error"]
    assert [path.endswith("ReaderConfig.ItemsPointer") for path in places] == (
        [] if good else [True]
    )
