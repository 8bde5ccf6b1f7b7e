"""The changes of workflows in words, each with its kind and class."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.release_changes import WorkflowSet, release_changes
from sfn_release.comparison.semantic_changes import semantic_changes

LAMBDA = "arn:aws:states:::lambda:invoke"
TASK: dict[str, Any] = {
    "Type": "Task",
    "Resource": LAMBDA,
    "Parameters": {"FunctionName": "charge"},
    "ResultPath": "$.charged",
    "End": True,
}
PASS: dict[str, Any] = {"Type": "Pass", "End": True}
FAIL: dict[str, Any] = {"Type": "Fail", "Error": "Refused"}


def machine(*bodies: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a definition of the states A, B, C ... that starts at A."""
    return {"StartAt": "A", "States": dict(zip("ABCDE", bodies, strict=False)), **more}


def told(old: Any, new: Any, **schemas: Any) -> list[str]:
    """Return the changes between definitions: kind, class and text."""
    found = semantic_changes(Declaration("o", old), Declaration("o", new), **schemas)
    return [f"{change.kind} {change.change_class}: {change.text}" for change in found]


def task(**more: Any) -> dict[str, Any]:
    """Return a machine with one Task."""
    return machine({**TASK, **more})


def retry(*errors: str, **more: Any) -> dict[str, Any]:
    """Return a retrier."""
    return {"ErrorEquals": [*errors], **more}


def map_of(**more: Any) -> dict[str, Any]:
    """Return a machine with one Map."""
    return machine({"Type": "Map", "ItemProcessor": machine(PASS), "End": True, **more})


def choice(
    *rules: dict[str, Any], then: tuple[dict[str, Any], ...] = (PASS, TASK), **more: Any
) -> dict[str, Any]:
    """Return a machine with a Choice and the states B and C."""
    return machine({"Type": "Choice", "Choices": [*rules], **more}, *then)


SMALL = {"Variable": "$.n", "NumericLessThan": 5, "Next": "B"}
LARGE = {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "C"}
GUARD = {"Variable": "$.n", "IsPresent": True, "Next": "B"}

FIELDS: dict[str, tuple[Any, Any, list[str]]] = {
    "a comment": (
        machine(PASS),
        machine({**PASS, "Comment": "x"}),
        ['comment safe: state "A": Comment "x" added'],
    ),
    "a comment of the definition": (
        machine(PASS),
        machine(PASS, Comment="x"),
        ['comment safe: Comment "x" added'],
    ),
    "a longer timeout": (
        task(TimeoutSeconds=30),
        task(TimeoutSeconds=60),
        ['timeout safe: state "A": TimeoutSeconds 30 → 60'],
    ),
    "a shorter timeout": (
        task(TimeoutSeconds=30),
        task(TimeoutSeconds=20),
        ['timeout results: state "A": TimeoutSeconds 30 → 20'],
    ),
    "no timeout any more": (
        task(TimeoutSeconds=30),
        task(),
        ['timeout safe: state "A": TimeoutSeconds 30 removed'],
    ),
    "a new timeout": (
        machine(PASS),
        machine(PASS, TimeoutSeconds=3),
        ["timeout results: TimeoutSeconds 3 added"],
    ),
    "a computed timeout": (
        task(TimeoutSeconds=30),
        task(TimeoutSecondsPath="$.t"),
        [
            'timeout safe: state "A": TimeoutSeconds 30 removed',
            'timeout results: state "A": TimeoutSecondsPath "$.t" added',
            'input breaking: the input must have $.t, which "A" reads',
        ],
    ),
    "a heartbeat": (
        task(HeartbeatSeconds=5),
        task(HeartbeatSeconds=4),
        ['heartbeat results: state "A": HeartbeatSeconds 5 → 4'],
    ),
    "a new retry": (
        task(),
        task(Retry=[retry("Busy", MaxAttempts=1)]),
        ['retry safe: state "A": retries Busy, at most 1 time'],
    ),
    "fewer attempts": (
        task(Retry=[retry("Busy")]),
        task(Retry=[retry("Busy", MaxAttempts=1)]),
        ['retry results: state "A": retries Busy: MaxAttempts (none) → 1'],
    ),
    "no retry any more": (
        task(Retry=[retry("Busy")]),
        task(),
        ['retry results: state "A": no longer retries Busy'],
    ),
    "a wider retry": (
        task(Retry=[retry("Busy")]),
        task(Retry=[retry("States.ALL")]),
        ['retry safe: state "A": retries Busy: States.ALL added, Busy removed'],
    ),
    "retriers that shadow each other": (
        task(Retry=[retry("Busy", MaxAttempts=1), retry("States.ALL", MaxAttempts=5)]),
        task(Retry=[retry("Busy", "Slow", MaxAttempts=1), retry("States.ALL", MaxAttempts=5)]),
        ['retry results: state "A": retries Busy: Slow added'],
    ),
    "two retriers become one": (
        task(Retry=[retry("X"), retry("Y")]),
        task(Retry=[retry("X", "Y")]),
        [
            'retry results: state "A": retries X: Y added; no longer retries Y',
        ],
    ),
    "one error of a long list": (
        task(Retry=[retry("A", "B", "C", "D", MaxAttempts=2)]),
        task(Retry=[retry("A", "B", "C", "D", "E", MaxAttempts=3)]),
        ['retry safe: state "A": retries A, B and 2 more: E added, MaxAttempts 2 → 3'],
    ),
    "errors that move to a new retrier": (
        task(Retry=[retry("A", "B", MaxAttempts=2)]),
        task(Retry=[retry("B", MaxAttempts=4), retry("A", "B", MaxAttempts=3)]),
        [
            'retry safe: state "A": retries B, at most 4 times; retries A, B: MaxAttempts 2 → 3',
        ],
    ),
    "the order of a list": (
        task(Retry=[retry("A", "B", "C")]),
        task(Retry=[retry("C", "B", "A")]),
        ['retry safe: state "A": retries A, B, C: its errors in another order'],
    ),
    "only the pace": (
        task(Retry=[retry("Busy", IntervalSeconds=1)]),
        task(Retry=[retry("Busy", IntervalSeconds=9)]),
        ['retry safe: state "A": retries Busy: IntervalSeconds 1 → 9'],
    ),
    "a catch": (
        machine(TASK, PASS),
        machine({**TASK, "Catch": [{"ErrorEquals": ["Busy"], "Next": "B"}]}, PASS),
        [
            'catch results: state "A": catches Busy and goes to "B"',
            "output breaking: the output may not have $.charged",
        ],
    ),
    "another target of a catch": (
        machine({**TASK, "Catch": [{"ErrorEquals": ["Busy"], "Next": "B"}]}, PASS, TASK),
        machine({**TASK, "Catch": [{"ErrorEquals": ["Busy"], "Next": "C"}]}, PASS, TASK),
        ['catch results: state "A": catches Busy: Next "B" → "C"'],
    ),
    "another error": (
        machine(FAIL),
        machine({**FAIL, "Error": "Denied"}),
        ['error breaking: state "A": Error "Refused" → "Denied"'],
    ),
    "another cause": (
        machine(FAIL),
        machine({**FAIL, "Cause": "x"}),
        ['cause results: state "A": Cause "x" added'],
    ),
    "another Fail state": (
        machine({**FAIL, "Cause": "x"}),
        machine({"Type": "Fail", "Error": "Other", "Cause": "y", "Comment": "z"}),
        [
            'error breaking: state "A": Error "Refused" → "Other"',
            'cause results: state "A": Cause "x" → "y"',
            'comment safe: state "A": Comment "z" added',
        ],
    ),
    "a wait": (
        machine({"Type": "Wait", "Seconds": 3, "End": True}),
        machine({"Type": "Wait", "Seconds": 5, "End": True}),
        ['wait results: state "A": Seconds 3 → 5'],
    ),
    "concurrency": (
        map_of(),
        map_of(MaxConcurrency=3),
        ['map safe: state "A": MaxConcurrency 3 added'],
    ),
    "tolerated failures": (
        map_of(),
        map_of(ToleratedFailureCount=3),
        ['map results: state "A": ToleratedFailureCount 3 added'],
    ),
    "an inner state": (
        map_of(),
        map_of(ItemProcessor=machine({**PASS, "Result": 1})),
        ['data results: state "A › A": Result 1 added'],
    ),
    "an old field of a Map": (
        machine({"Type": "Map", "Iterator": machine(PASS), "End": True}),
        map_of(),
        ['map safe: state "A": has ItemProcessor, had Iterator'],
    ),
    "the mode of a Map": (
        map_of(),
        map_of(ItemProcessor={**machine(PASS), "ProcessorConfig": {"Mode": "INLINE"}}),
        ['map safe: state "A": ProcessorConfig {"Mode": "INLINE"} added'],
    ),
    "a rule": (
        choice(SMALL, Default="C"),
        choice(SMALL, LARGE, Default="C"),
        ['choice results: state "A": rule added: $.n > 5 → "C"'],
    ),
    "no rule": (
        choice(SMALL, LARGE),
        choice(LARGE),
        ['choice results: state "A": rule removed: $.n < 5 → "B"'],
    ),
    "the order of rules": (
        choice(SMALL, LARGE),
        choice(LARGE, SMALL),
        ['choice results: state "A": its rules have another order'],
    ),
    "a condition": (
        choice(SMALL),
        choice({**SMALL, "NumericLessThan": 7}),
        ['choice results: state "A": condition of the rule to "B": $.n < 5 → $.n < 7'],
    ),
    "a target": (
        choice(SMALL),
        choice({**SMALL, "Next": "C"}),
        ['choice results: state "A": $.n < 5 → "C", was "B"'],
    ),
    "the default": (
        choice(SMALL),
        choice(SMALL, Default="C"),
        ['choice results: state "A": default is "C", was none'],
    ),
    "a guarded member": (
        choice(GUARD),
        choice(GUARD, SMALL),
        ['choice results: state "A": rule added: $.n < 5 → "B"'],
    ),
    "the next state": (
        machine({"Type": "Pass", "Next": "B"}, PASS, PASS),
        machine({"Type": "Pass", "Next": "C"}, PASS, PASS),
        ['transition results: state "A": next is "C", was "B"'],
    ),
    "the query language": (
        machine(PASS),
        machine({**PASS, "QueryLanguage": "JSONata"}),
        ['query-language results: state "A": QueryLanguage "JSONata" added'],
    ),
    "true is not 1": (
        machine({**PASS, "Result": {"a": [True]}}),
        machine({**PASS, "Result": {"a": [1]}}),
        ['data results: state "A": Result.a[0] true → 1'],
    ),
    "something unknown": (
        machine(PASS),
        machine({**PASS, "New": 1}),
        ['field results: state "A": New 1 added'],
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_each_field_has_a_kind_and_a_class(case: str) -> None:
    """The text says it in the words of the language."""
    old, new, expected = FIELDS[case]
    assert told(old, new) == expected
    assert told(new, new) == []


def template(**parameters: Any) -> dict[str, Any]:
    """Return a Pass that makes an object."""
    return {**PASS, "Parameters": parameters}


def jsonata(output: Any) -> dict[str, Any]:
    """Return a JSONata Pass."""
    return {**PASS, "QueryLanguage": "JSONata", "Output": output}


LEADING = {**TASK, "Next": "B"}
del LEADING["End"]
REPLACING = {key: value for key, value in LEADING.items() if key != "ResultPath"}

CONTRACTS: dict[str, tuple[Any, Any, list[str]]] = {
    "an output member is gone": (
        machine(template(a=1, b=2)),
        machine(template(a=1)),
        ["the output may not have $.b"],
    ),
    "deep in the output": (
        machine(template(a={"b": 1, "c": 2})),
        machine(template(a={"b": 1})),
        ["the output may not have $.a.c"],
    ),
    "on one way only": (
        choice(GUARD, Default="C", then=(template(a=1), template(a=2))),
        choice(GUARD, Default="C", then=(template(a=1), template(b=2))),
        ["the output may not have $.a"],
    ),
    "the input isn't passed on": (
        machine(PASS),
        machine(template(a=1)),
        ["the output may not have the members of the input"],
    ),
    "a result no longer put in": (
        machine(TASK),
        machine({**TASK, "ResultPath": None}),
        [],  # the input may have the member
    ),
    "the answer of a task is unknown": (
        machine(template(a=1)),
        machine({**TASK, "ResultPath": "$"}),
        [],
    ),
    "in JSONata": (
        machine(jsonata({"a": 1, "b": "{% $states.input.b %}"})),
        machine(jsonata({"a": "{% $states.input.c %}"})),
        ['the input must have $.c, which "A" reads', "the output may not have $.b"],
    ),
    "a member of the input": (
        machine(template(a=1)),
        machine({**PASS, "Parameters": {"a.$": "$.x.y"}}),
        ['the input must have $.x.y, which "A" reads'],
    ),
    "set by a state before": (
        machine(LEADING, {**PASS, "Parameters": {"a.$": "$.charged.x"}}),
        machine(LEADING, {**PASS, "Parameters": {"a.$": "$.charged.y"}}),
        [],
    ),
    "after the answer of a task": (
        machine(REPLACING, PASS),
        machine(REPLACING, {**PASS, "InputPath": "$.x"}),
        [],
    ),
    "in a branch": (
        machine({"Type": "Parallel", "Branches": [machine(PASS)], "End": True}),
        machine({"Type": "Parallel", "End": True, "Branches": [
            machine({**PASS, "InputPath": "$.x"})
        ]}),
        ['the input must have $.x, which "A › branch 1 › A" reads'],
    ),
    "an error of another state": (
        machine({"Type": "Pass", "Next": "B"}, FAIL),
        machine({"Type": "Pass", "Next": "C"}, PASS, {"Type": "Fail", "Error": "Other"}),
        ['executions no longer fail with "Refused", but with "Other"'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRACTS)
def test_callers_are_warned(case: str) -> None:
    """Only of what data surely shows."""
    old, new, expected = CONTRACTS[case]
    found = semantic_changes(Declaration("o", old), Declaration("o", new))
    assert [change.text for change in found if change.change_class == "breaking"] == expected
    assert found != ()


def test_the_input_schema_knows_what_callers_give() -> None:
    """A member that the schema requires is there already."""
    old, new = machine(PASS), machine({**PASS, "InputPath": "$.x"})
    schema = {"required": ["x"]}
    assert "input" not in {line.split()[0] for line in told(old, new, old_schema=schema,
                                                            new_schema=schema)}  # fmt: skip
    lines = told(old, new, new_schema=schema)
    assert lines[0] == "input-schema breaking: the input schema accepts less: $.x is required"
    assert any(line.startswith("input breaking") for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, True, "safe"),
        ({"type": "object"}, None, "safe"),
        ({"type": "integer"}, {"type": "number", "title": "x"}, "safe"),
        ({"enum": [1, 2]}, {"enum": [1, 2, 3]}, "safe"),
        ({"maximum": 3}, {"maximum": 4}, "safe"),
        ({"minimum": 3}, {}, "safe"),
        ({"required": ["a", "b"]}, {"required": ["a"]}, "safe"),
        (
            {"additionalProperties": False},
            {"additionalProperties": False, "properties": {"a": {"type": "string"}}},
            "safe",
        ),
        (None, {"type": "object"}, "breaking"),
        ({"type": ["string", "null"]}, {"type": "string"}, "breaking"),
        ({"enum": [1, 2]}, {"const": 1}, "breaking"),
        ({"minLength": 1}, {"minLength": 2}, "breaking"),
        ({}, {"properties": {"a": {"type": "string"}}}, "results"),
        ({"additionalProperties": {}}, {"properties": {"a": {"type": "string"}}}, "breaking"),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "safe"),
        ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}]}, "breaking"),
        ({"type": "string"}, {"oneOf": [{"type": "string"}]}, "results"),
        ({"anyOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}, {"const": 1}]}, "safe"),
        ({"anyOf": [{"type": "null"}, {"const": 1}]}, {"anyOf": [{"type": "null"}]}, "breaking"),
        ({"anyOf": [{"pattern": "a"}]}, {"anyOf": [{"pattern": "b"}]}, "results"),
        ({"properties": {}}, {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "breaking"),
        ({"type": "array"}, {"type": "array", "uniqueItems": False}, "safe"),
        ({"enum": ["a", "b"]}, {"type": "string"}, "safe"),
        ({"enum": ["a", 1, None]}, {"type": "string"}, "breaking"),
        ({"enum": [1, 2.0, True]}, {"type": ["integer", "boolean"]}, "safe"),
        ({"enum": [1.5]}, {"type": "integer"}, "breaking"),
        ({"enum": [[], {}]}, {"type": ["array", "object"]}, "safe"),
        ({"items": {"type": "number"}}, {"items": {"type": "integer"}}, "breaking"),
        ({}, {"additionalProperties": False}, "breaking"),
        ({"$defs": {"a": {}}}, {"$defs": {"a": {"type": "string"}}}, "breaking"),
        ({"pattern": "a"}, {"pattern": "b"}, "results"),
        ({"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, "results"),
    ],
)
def test_an_input_schema_is_compared_by_the_inputs_it_accepts(
    old: Any, new: Any, expected: str
) -> None:
    """Where that can't be told, it isn't called safe."""
    (line,) = told(machine(PASS), machine(PASS), old_schema=old, new_schema=new)
    assert line.startswith(f"input-schema {expected}: ")


def test_an_error_that_is_caught_around_breaks_nobody() -> None:
    """A Catch of the Parallel handles both names."""

    def parallel(error: str) -> dict[str, Any]:
        return machine(
            {
                "Type": "Parallel",
                "Branches": [machine({**FAIL, "Error": error})],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
                "End": True,
            },
            PASS,
        )

    (line,) = told(parallel("One"), parallel("Two"))
    assert line == 'error results: state "A › branch 1 › A": Error "One" → "Two"'


def test_settings_have_classes() -> None:
    """Type, role and keys ask something of people; logs, traces and tags don't."""
    old = Declaration("o", machine(PASS), role="one", tags={"a": "1", "b": "2"})
    new = Declaration(
        "o",
        machine(PASS),
        type="EXPRESS",
        role="two",
        tags={"a": "2", "b": "3"},
        logging={"level": "OFF"},
        tracing={"enabled": False},
        encryption={"type": "AWS_OWNED_KEY"},
    )
    found = {change.kind: change for change in semantic_changes(old, new)}
    assert {kind: change.change_class for kind, change in found.items()} == {
        "type": "breaking",
        "role": "permissions",
        "encryption": "permissions",
        "logging": "safe",
        "tracing": "safe",
        "tags": "safe",
    }
    assert found["tags"].text == "tags changed in 2 places"
    assert len(found["tags"].details) == 2


def test_what_the_role_needs_is_compared() -> None:
    """A permission is a change of its own, with the state that needs it."""
    other = {**TASK, "Parameters": {"FunctionName": "refund"}}
    lines = [line for line in told(machine(TASK), machine(other)) if "the role" in line]
    assert len(lines) == 2
    assert all(line.startswith("permissions permissions: the role ") for line in lines)
    assert "lambda:InvokeFunction" in lines[0]


def test_a_rename_follows_through_transitions_and_edits() -> None:
    """Only the rename and the edit are changes; a state that reads its name isn't safe."""
    first = {"Type": "Pass", "Next": "B"}
    states = {"A": first, "B": {**TASK, "TimeoutSeconds": 3}}
    renamed = {"A": {**first, "Next": "X"}, "X": {**TASK, "TimeoutSeconds": 4}}
    assert told({"StartAt": "A", "States": states}, {"StartAt": "A", "States": renamed}) == [
        'renamed safe: state "B" renamed to "X"',
        'timeout safe: state "X": TimeoutSeconds 3 → 4',
    ]
    reads = {**PASS, "Parameters": {"name.$": "$$.State.Name"}}
    assert told(machine(reads), {"StartAt": "Z", "States": {"Z": reads}}) == [
        'renamed results: state "A" renamed to "Z"'
    ]


def test_a_renamed_workflow_is_found_by_its_states() -> None:
    """Other workflows are added and removed."""
    old = {name: Declaration(name, body) for name, body in {
        "orders": machine(TASK, {**TASK, "ResultPath": "$.b"}, PASS), "gone": machine(FAIL),
    }.items()}  # fmt: skip
    new = {name: Declaration(name, body) for name, body in {
        "sales": machine(TASK, {**TASK, "ResultPath": "$.b"}, {**PASS, "Comment": "x"}),
        "new": machine(PASS),
    }.items()}  # fmt: skip
    found = release_changes(WorkflowSet(old), WorkflowSet(new))
    assert {
        name: [f"{change.kind} {change.change_class}" for change in changes]
        for name, changes in found.items()
    } == {
        "gone": ["removed breaking"],
        "new": ["added safe"],
        "sales": ["renamed breaking", "comment safe"],
    }
    assert found["sales"][0].was == "orders"


@pytest.mark.parametrize(
    ("first_names", "was", "now", "expected"),
    [
        ({"sales": "orders"}, "orders", "sales", "renamed safe"),
        ({"sales": "orders"}, "sales", "orders", "renamed safe"),
        ({"deals": "orders", "sales": "orders"}, "sales", "deals", "renamed safe"),
        ({}, "orders", "sales", "renamed breaking"),
    ],
)
def test_a_workflow_that_keeps_its_machine_breaks_no_callers(
    first_names: dict[str, str], was: str, now: str, expected: str
) -> None:
    """In both directions, and from one later name to the next, whatever its states are."""
    body = machine(TASK, {**TASK, "ResultPath": "$.b"}, PASS)
    old, new = {was: Declaration(was, body)}, {now: Declaration(now, body)}
    found = release_changes(WorkflowSet(old), WorkflowSet(new), first_names=first_names)
    ((name, changes),) = found.items()
    assert (name, f"{changes[0].kind} {changes[0].change_class}") == (now, expected)
