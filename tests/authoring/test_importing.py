"""Definitions written as Python modules: idiomatic, and serialized to the very same digest."""

from __future__ import annotations

import ast
import csv
import json
import keyword
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.authoring.importing import ImportedStateMachine, python_syntax, write_module
from sfn_release.authoring.importing.identifiers import identifier
from sfn_release.authoring.importing.python_syntax import quoted
from sfn_release.canonical import digest
from sfn_release.errors import DefinitionError
from support.places import CORPUS
from support.written_modules import digest_of, executed, written

EVERY = 8  # the step between the definitions of the corpus that are tried


def test_a_condition_may_be_true_itself() -> None:
    """A Choice with a boolean literal is written as a Choice, not as a Raw state."""
    rules = [
        {"Condition": False, "Comment": "off", "Next": "B"},
        {"Condition": True, "Output": {"a": 1}, "Next": "B"},
    ]
    states = {"A": {"Type": "Choice", "Choices": rules}, "B": {"Type": "Succeed"}}
    definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": states}
    text = written(definition)
    assert "Raw" not in text
    assert "sfn.ChoiceRule(True, " in text
    assert digest(definition) == digest_of(text)


def test_a_boolean_is_no_condition_in_jsonpath() -> None:
    """A rule in JSONPath compares a Variable, so a boolean isn't a rule."""
    choice = sfn.Choice("A", choices=[sfn.ChoiceRule(True, "A")])
    with pytest.raises(DefinitionError, match="Condition is only supported in JSONata"):
        sfn.Workflow.of(choice).serialize()


ORDER: dict[str, Any] = {
    "Comment": "Charges an order",
    "StartAt": "Is it an order?",
    "States": {
        "Is it an order?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.total", "NumericGreaterThan": 0, "Next": "Charge"},
                {"Not": {"Variable": "$.id", "IsPresent": True}, "Next": "No order"},
            ],
            "Default": "Charge",
        },
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No order"}],
            "Next": "Store",
        },
        "Store": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Parameters": {
                "Bucket": "orders",
                "Key.$": "States.Format('{}.json', $.id)",
                "Body": {"execution.$": "$$.Execution.Id", "total.$": "$.total"},
            },
            "ResultPath": None,
            "End": True,
        },
        "No order": {"Type": "Fail", "Error": "NoOrder"},
    },
}
MODULE = '''"""The workflow orders, imported from orders.asl.json."""

import sfn_release as sfn
from sfn_release import Context, fn, path

no_order = sfn.Fail("No order", error="NoOrder")

charge = sfn.task.lambda_invoke(
    "charge",
    id="Charge",
    retry=[sfn.Retry(sfn.States.Timeout, max_attempts=2)],
    catch=[sfn.Catch(sfn.States.ALL, no_order)],
)

is_it_an_order = sfn.Choice(
    "Is it an order?",
    choices=[
        sfn.Var("$.total").numeric_greater_than(0).next_then(charge),
        sfn.not_(sfn.Var("$.id").is_present()).next_then(no_order),
    ],
    default=charge,
)

store = sfn.task.sdk(
    "s3:putObject",
    {
        "Bucket": "orders",
        "Key": fn.format("{}.json", path("$.id")),
        "Body": {"execution": Context.Execution.Id, "total": path("$.total")},
    },
    id="Store",
    result_path=None,
)

workflow = sfn.Workflow(comment="Charges an order")
workflow.start_from(is_it_an_order)
workflow.continue_from(charge).next_then(store).end()

state_machine = sfn.StateMachine("orders", workflow)
'''


def test_a_module_reads_as_somebody_would_have_written_it() -> None:
    """A module has named states, makers, typed rules, path values and chains."""
    assert written(ORDER) == MODULE
    assert digest_of(MODULE) == digest(ORDER)


def test_jsonata_is_written_as_expressions() -> None:
    """Paths into the data are attributes, and other expressions are q(...)."""
    states = {
        "Wait": {"Type": "Wait", "Seconds": "{% $states.input.pause %}", "Next": "Shape"},
        "Shape": {
            "Type": "Pass",
            "Assign": {"total": "{% $sum($states.input.lines.price) %}"},
            "Output": {"total": "{% $total %}", "class": "{%$states.input.class%}", "n": [1]},
            "End": True,
        },
    }
    text = written({"QueryLanguage": "JSONata", "StartAt": "Wait", "States": states})
    assert 'sfn.Wait("Wait", seconds=q.input.pause)' in text
    assert 'assign={"total": q("$sum($states.input.lines.price)")}' in text
    assert 'output={"total": q.var("total"), "class": q("{%$states.input.class%}")' in text
    assert 'sfn.Workflow(query_language="JSONata")' in text


def test_a_path_is_the_value_of_its_field() -> None:
    """JSONPath has two fields where Python has one attribute."""
    states = {
        "Wait": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Fail"},
        "Fail": {
            "Type": "Fail",
            "ErrorPath": "$.error",
            "CausePath": "States.Format('No {}', $.id)",
        },
    }
    definition = {"StartAt": "Wait", "States": states}
    text = written(definition)
    assert 'sfn.Wait("Wait", seconds=path("$.pause"))' in text
    assert 'error=path("$.error"), cause=fn.format("No {}", path("$.id"))' in text
    assert digest_of(text) == digest(definition)


def test_graphs_inside_states_are_workflows() -> None:
    """A plain chain is written on one line, and other graphs have names."""
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    loop = {
        "StartAt": "L",
        "Comment": "again",
        "States": {
            "L": {"Type": "Choice", "Choices": [], "Default": "M"},
            "M": {"Type": "Pass", "Next": "L"},
        },
    }
    item = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **branch}
    definition = {
        "StartAt": "P",
        "States": {
            "P": {"Type": "Parallel", "Branches": [branch, loop], "Next": "E"},
            "E": {
                "Type": "Map",
                "ItemProcessor": item,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
                    "Parameters": {"Bucket": "b", "Key.$": "$.key"},
                },
                "End": True,
            },
        },
    }
    text = written(definition)
    assert "branches=[sfn.Workflow.of(a), p_branch]" in text
    assert "p_branch.continue_from(m).next_then(l)" in text
    assert 'processor_config=sfn.ProcessorConfig.distributed("EXPRESS")' in text
    assert 'item_reader=sfn.ItemReader.csv("b", path("$.key"))' in text
    assert digest_of(text) == digest(definition)


def test_what_a_state_machine_has_comes_along() -> None:
    """The type, role, logging, tracing and tags are imported."""
    text = written(
        ORDER,
        type="EXPRESS",
        role="arn:aws:iam::1:role/r",
        logging={"level": "ALL"},
        tracing=True,
        tags={"team": "a"},
    )
    machine = executed(text)["state_machine"]
    declared = machine.declare()
    assert (declared.type, declared.role) == ("EXPRESS", "arn:aws:iam::1:role/r")
    assert (declared.logging, declared.tracing) == ({"level": "ALL"}, {"enabled": True})
    assert declared.tags == {"team": "a"}


def test_a_text_of_several_lines_stays_readable() -> None:
    """A long text is written line by line."""
    query = "{% (\n" + "".join(f"  $a{n} := $states.input.a{n};\n" for n in range(5)) + ") %}"
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": query, "End": True}},
    }
    text = written(definition)
    assert '        "  $a3 := $states.input.a3;\\n"\n' in text
    assert digest_of(text) == digest(definition)


HOSTILE = [
    *('"""', "'''", "\\", "\\'", '\\"', "\n", "\r\n", "\x00", "\u202e", "\u2028", "\ud800"[:0]),
    *("__import__('os').system('x')", "{x}", "%s", "#", '" + exit() + "', "end", "class", "import"),
    *("workflow", "state_machine", "sfn", "print", "注文", "ß", "1st", "_", "A" * 80, "a b", "a_b"),
]


def test_no_name_or_text_becomes_code() -> None:
    """Hostile names and texts stay literals, and the module makes only the expected calls."""
    states: dict[str, Any] = {
        name: {"Type": "Pass", "Comment": name, "Result": {name: name}, "Next": after}
        for name, after in zip(HOSTILE, [*HOSTILE[1:], "Last"], strict=True)
    }
    states["Last"] = {"Type": "Fail", "Cause": '""" + exit() #'}
    definition = {"Comment": '"""', "StartAt": HOSTILE[0], "States": states}
    source = ImportedStateMachine(
        'x"""\nexit()\n"""', definition, '"""\nimport os\n', role='"; exit()'
    )
    text = write_module(source)
    tree = ast.parse(text)
    called = {
        ast.unparse(node.func).split(".")[-1]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    verbs = {"start_from", "continue_from", "next_then"}
    assert called == {"Pass", "Fail", "Workflow", "StateMachine"} | verbs
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import sfn_release as sfn"]
    assert all(line.isprintable() for line in text.splitlines())
    assert digest_of(text) == digest(definition)


@given(st.text())
def test_a_literal_is_its_text(text: str) -> None:
    """A literal has only visible characters."""
    assert text == ast.literal_eval(quoted(text))
    assert quoted(text).isprintable()


@given(st.text())
def test_an_identifier_is_one(text: str) -> None:
    """An identifier is ASCII, isn't a keyword, and is the same every time."""
    name = identifier(text)
    assert name.isidentifier()
    assert name.isascii()
    assert not keyword.iskeyword(name)
    assert name == identifier(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "$", "$.a", "{% $x %}"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "a.$", "b.$", "Next"]), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = st.sampled_from(
    [
        *("Comment", "Next", "End", "Default", "Choices", "Catch", "Retry", "Branches", "Result"),
        *("Parameters", "Arguments", "Assign", "Output", "Resource", "QueryLanguage", "Seconds"),
        *("ItemProcessor", "ItemReader", "InputPath", "ErrorEquals", "Unknown"),
    ]
)
TYPES: st.SearchStrategy[Any] = st.sampled_from(
    ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map", "Odd", 3, None, [], {}]
)
BODIES = st.builds(
    lambda kind, fields: {"Type": kind, **fields},
    TYPES,
    st.dictionaries(FIELDS, VALUES, max_size=5),
)


@given(
    st.dictionaries(st.sampled_from(["A", "B", "C"]), BODIES, max_size=3),
    st.dictionaries(st.sampled_from(["StartAt", "Comment", "QueryLanguage", "X"]), VALUES),
)
def test_however_wrong_a_definition_is_it_comes_back(
    states: dict[str, Any], fields: dict[str, Any]
) -> None:
    """A module has the whole definition, or there is one clear error."""
    definition = {**fields, "States": states}
    try:
        text = written(definition)
    except DefinitionError:
        assert not isinstance(fields.get("StartAt", ""), str)
        return
    assert digest_of(text) == digest(definition)


@pytest.mark.parametrize("depth", [250, 5000])
def test_what_python_cannot_read_is_not_written(depth: int) -> None:
    """A definition with more nested brackets than Python can parse is refused."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    states = {"Only": {"Type": "Pass", "Result": value, "End": True}}
    with pytest.raises(DefinitionError, match="nested too deeply") as caught:
        written({"StartAt": "Only", "States": states})
    assert depth > 1000 or "workflows/NAME.asl.json" in caught.value.fix


def test_what_is_nested_is_laid_out_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layout needs linear time: not every level is tried on one line."""
    made = 0

    def counted(text: str) -> str:
        nonlocal made
        made += 1
        return quoted(text)

    monkeypatch.setattr(python_syntax, "quoted", counted)
    value: Any = 1
    for _ in range(90):
        value = {"a": value, "b": ["x" * 9] * 20}
    written({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": value, "End": True}}})
    assert made < 4 * 90 * 22


def test_thousands_of_states_are_written() -> None:
    """Thousands of states are written as readable chains, quickly and without deep nesting."""
    states: dict[str, Any] = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(3000)}
    states["S3000"] = {"Type": "Succeed"}
    definition = {"StartAt": "S0", "States": states}
    text = written(definition)
    assert "workflow.continue_from(s15)" in text
    assert digest_of(text) == digest(definition)


@pytest.mark.parametrize("definition", [[], {}, {"States": 3}, {"StartAt": "A"}])
def test_what_is_no_definition_is_refused(definition: Any) -> None:
    """The error is the reader's."""
    with pytest.raises(DefinitionError, match="not a definition"):
        written(definition)


def test_the_corpus_comes_back() -> None:
    """Published definitions, valid or not, keep their digest."""
    index = CORPUS / "index.tsv"
    if not index.exists():
        pytest.skip("the corpus of public definitions is not here")
    with index.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[::EVERY]
    raw = 0
    for row in rows:
        definition = json.loads((CORPUS / row["path"]).read_bytes())
        try:
            sfn.Workflow.from_dict(definition)
        except DefinitionError:
            continue
        text = written(definition)
        assert digest(definition) == digest_of(text), row["path"]
        raw += text.count("sfn.Raw(") if row["label"] == "valid" else 0
    assert raw <= 1
