"""What no source settles: each question, with the answer that sfn-release and its service assume.

A question either runs a definition, and its answer is what the execution came to, or it calls the
API (`apis`). If AWS answers otherwise, the assumption is wrong: correct it here and in the program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from . import apis
from .lab import Definition, Lab

Source = Literal["documented", "recorded", "reported", "emulator", "guess"]
"""Where an assumption comes from.

documented: AWS's documentation says so. recorded: published recordings of AWS show it, or a case
like it. reported: a user measured it on AWS. emulator: AWS's Step Functions Local does so. guess:
no source says it, so it's what the local service of sfn-release answers.
"""


@dataclass(frozen=True)
class Question:
    """A question to AWS. *ask* returns the answer, *transitions* is what that costs at most.

    *source* says how much the assumed answer is worth.
    """

    id: str
    text: str
    assumed: Any
    ask: Callable[[Lab], Any]
    transitions: int = 0
    source: Source = "guess"


def _pass(**fields: Any) -> Definition:
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", **fields, "End": True}}}


def _jsonata(**fields: Any) -> Definition:
    return {**_pass(**fields), "QueryLanguage": "JSONata"}


def _runs(
    id: str,
    text: str,
    definition: Definition,
    data: Any,
    assumed: Any,
    *,
    source: Source = "guess",
    words: bool = False,
) -> Question:
    """Return a question about an execution; with *words*, its cause is part of the answer."""

    def ask(lab: Lab) -> Any:
        found = lab.outcome(definition, data)
        return found if words else {key: found[key] for key in found if key != "cause"}

    transitions = 2 + len(definition["States"])
    return Question(id, text, assumed, ask, transitions, source)


def _succeeds(output: Any) -> dict[str, Any]:
    return {"status": "SUCCEEDED", "output": output}


def _runtime(problem: str) -> dict[str, Any]:
    """Return the answer of an execution whose state A fails, with the words of its cause."""
    where = "An error occurred while executing the state 'A' (entered at the event id #2)."
    return {**_fails("States.Runtime"), "cause": f"{where} {problem}"}


def _fails(error: str) -> dict[str, Any]:
    return {"status": "FAILED", "error": error}


_ITEMS = {"items": [1, 2, 3]}
_SESSIONS = {"items": [{"id": 1, "s": None}, {"id": 2, "s": "x"}, {"id": 3}]}


def _wait(**fields: Any) -> Definition:
    return {"StartAt": "A", "States": {"A": {"Type": "Wait", **fields, "End": True}}}


def _parallel(*branches: Definition, catch: str) -> Definition:
    """Return a Parallel state whose branches are these, and which catches an error."""
    state = {
        "Type": "Parallel",
        "Branches": [*branches],
        "Catch": [{"ErrorEquals": [catch], "Next": "Caught"}],
        "End": True,
    }
    caught = {"Type": "Pass", "Result": "caught", "End": True}
    return {"StartAt": "A", "States": {"A": state, "Caught": caught}}


def _branch(name: str, **fields: Any) -> Definition:
    return {"StartAt": name, "States": {name: {"Type": "Pass", **fields, "End": True}}}


_FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "ErrorPath": "$.none", "Cause": "c"}}}
_CHOICE = {
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.none", "IsNull": True, "Next": "B"}],
            "Default": "B",
        },
        "B": {"Type": "Pass", "End": True},
    },
}


def _map(**fields: Any) -> Definition:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "ItemProcessor": inner, "End": True, **fields}
    return {"StartAt": "A", "States": {"A": state}}


QUESTIONS: tuple[Question, ...] = (
    # Paths and payload templates
    _runs(
        "index-past-the-end",
        "a payload template takes an index past the end of an array",
        _pass(Parameters={"r.$": "$.items[5]"}),
        _ITEMS,
        _succeeds({"r": None}),
        source="reported",
    ),
    _runs(
        "negative-index-past-the-end",
        "a payload template takes a negative index before the start of an array",
        _pass(Parameters={"r.$": "$.items[-5]"}),
        _ITEMS,
        _succeeds({"r": None}),
    ),
    _runs(
        "slice-past-the-end",
        "a payload template takes a slice that has no item",
        _pass(Parameters={"r.$": "$.items[5:7]"}),
        _ITEMS,
        _succeeds({"r": []}),
    ),
    _runs(
        "missing-field",
        "a payload template takes a field that doesn't exist",
        _pass(Parameters={"r.$": "$.none"}),
        _ITEMS,
        _fails("States.Runtime"),
        source="recorded",
    ),
    _runs(
        "missing-field-deep-scan",
        "a payload template takes a field that exists nowhere",
        _pass(Parameters={"r.$": "$..none"}),
        _ITEMS,
        _succeeds({"r": []}),
    ),
    _runs(
        "list-length",
        "a payload template has $.list.length()",
        _pass(Parameters={"r.$": "$.items.length()"}),
        _ITEMS,
        _succeeds({"r": 3}),
    ),
    _runs(
        "negated-null",
        "a filter !@.s is true for an explicit null",
        _pass(Parameters={"r.$": "$.items[?(!@.s)].id"}),
        _SESSIONS,
        _succeeds({"r": [1, 3]}),
        source="emulator",
    ),
    _runs(
        "compared-null",
        "a filter @.s == null is true for a field that doesn't exist",
        _pass(Parameters={"r.$": "$.items[?(@.s == null)].id"}),
        _SESSIONS,
        _succeeds({"r": [1]}),
    ),
    _runs(
        "missing-path-in-intrinsic",
        "an intrinsic function gets a path that doesn't exist",
        _pass(Parameters={"r.$": "States.Format('{}', $.none)"}),
        {},
        _fails("States.Runtime"),
        source="reported",
    ),
    _runs(
        "format-null",
        "States.Format writes null and a list",
        _pass(Parameters={"r.$": "States.Format('{} {}', $.n, $.l)"}),
        {"n": None, "l": [1, "a"]},
        _succeeds({"r": "null [1, a]"}),
    ),
    _runs(
        "math-add-fraction",
        "States.MathAdd adds a fraction",
        _pass(Parameters={"r.$": "States.MathAdd($.a, 1)"}),
        {"a": 1.5},
        _succeeds({"r": 3}),
        source="documented",
    ),
    _runs(
        "choice-missing-variable",
        "a Choice rule with IsNull reads a variable that doesn't exist",
        _CHOICE,
        {},
        _fails("States.Runtime"),
    ),
    # Waits
    _runs(
        "negative-seconds",
        "the words for a negative SecondsPath",
        _wait(SecondsPath="$.s"),
        {"s": -1},
        _runtime("The SecondsPath parameter references a negative value: $.s == -1"),
        words=True,
    ),
    _runs(
        "text-seconds",
        "the words for a SecondsPath that is a text",
        _wait(SecondsPath="$.s"),
        {"s": "3"},
        _runtime("The SecondsPath parameter cannot be parsed as a long value: $.s == 3"),
        words=True,
    ),
    _runs(
        "past-timestamp",
        "a TimestampPath in the past ends the wait at once",
        _wait(TimestampPath="$.t"),
        {"t": "2020-01-01T00:00:00Z"},
        _succeeds({"t": "2020-01-01T00:00:00Z"}),
    ),
    # Errors
    _runs(
        "states-all-and-data-limit",
        "States.ALL catches States.DataLimitExceeded of a Parallel state's output",
        _parallel(
            *(_branch(name, Result="x" * 140_000) for name in ("B", "C")), catch="States.ALL"
        ),
        {},
        _fails("States.DataLimitExceeded"),
        source="documented",
    ),
    _runs(
        "states-all-and-runtime",
        "States.ALL catches a States.Runtime inside a branch",
        _parallel(_branch("B", InputPath="$.nowhere"), catch="States.ALL"),
        {},
        _fails("States.Runtime"),
        source="documented",
    ),
    _runs(
        "fail-without-its-path",
        "the ErrorPath of a Fail state doesn't exist",
        _FAIL,
        {},
        _fails("States.Runtime"),
        source="recorded",
    ),
    # Maps
    _runs(
        "negative-concurrency",
        "MaxConcurrencyPath is negative",
        _map(ItemsPath="$.items", MaxConcurrencyPath="$.n"),
        {**_ITEMS, "n": -1},
        _fails("States.Runtime"),
    ),
    _runs(
        "map-over-an-object",
        "the items of a Map state are an object",
        _map(ItemsPath="$.items"),
        {"items": {"a": 1}},
        _succeeds([{"Key": "a", "Value": 1}]),
    ),
    # JSONata
    _runs(
        "jsonata-undefined-output",
        "Output is an expression without a value",
        _jsonata(Output="{% $states.input.none %}"),
        {},
        _fails("States.QueryEvaluationError"),
        source="documented",
    ),
    _runs(
        "jsonata-undefined-member",
        "a member of Output is an expression without a value",
        _jsonata(Output={"r": "{% $states.input.none %}"}),
        {},
        _fails("States.QueryEvaluationError"),
        source="documented",
    ),
    _runs(
        "jsonata-index-past-the-end",
        "an index past the end of an array",
        _jsonata(Output="{% $states.input.items[5] %}"),
        _ITEMS,
        _fails("States.QueryEvaluationError"),
        source="documented",
    ),
    _runs(
        "jsonata-singleton",
        "a filter that finds one item returns it without a list",
        _jsonata(Output="{% $states.input.items[$ > 2] %}"),
        _ITEMS,
        _succeeds(3),
        source="documented",
    ),
    _runs(
        "jsonata-division-by-zero",
        "1 divided by 0",
        _jsonata(Output="{% 1 / 0 %}"),
        {},
        _fails("States.QueryEvaluationError"),
    ),
    # The API
    Question(
        "a-b-a-revision",
        "the content A, B, A has three revisions, and A has a new version number",
        {"revisions": 3, "versions": [1, 2, 3]},
        apis.a_b_a,
    ),
    Question("tracing-revision", "tracing alone makes a revision", True, apis.tracing_revision),
    Question(
        "omitted-settings",
        "UpdateStateMachine without tracing, logging and encryption leaves them as they are",
        {"tracing": True, "logging": "OFF", "encryption": "AWS_OWNED_KEY"},
        apis.omitted_settings,
    ),
    Question(
        "equal-content",
        "an update with equal content and publish returns the same version, and no new revision",
        {"same_version": True, "same_revision": True},
        apis.equal_content,
        source="recorded",
    ),
    Question(
        "white-space",
        "other white space in a definition makes a revision",
        False,
        apis.white_space,
        source="recorded",
    ),
    Question(
        "stale-publish",
        "PublishStateMachineVersion of an old revision",
        "ConflictException",
        apis.stale_publish,
        source="recorded",
    ),
    Question(
        "deleted-version",
        "publishing the revision of a deleted version again gives a new number",
        [1, 2],
        apis.deleted_version,
        source="recorded",
    ),
    Question(
        "aliased-version",
        "deleting a version that an alias routes to; and a version that doesn't exist",
        {"aliased": "ConflictException", "absent": "ok"},
        apis.aliased_version,
        source="recorded",
    ),
    Question(
        "alias-again",
        "an alias is created again, equal, and with another description",
        {"equal": "ok", "other": "ConflictException"},
        apis.alias_again,
        source="recorded",
    ),
    Question(
        "alias-weights",
        "routes whose weights don't sum to 100",
        "ValidationException",
        apis.alias_weights,
        source="recorded",
    ),
    Question(
        "created-with-other-tags",
        "CreateStateMachine again with other tags returns the machine and ignores the tags",
        {"answer": "ok", "tag": "first"},
        apis.other_tags,
        source="documented",
    ),
    Question(
        "description-without-publish",
        "a versionDescription without publish",
        "ValidationException",
        apis.description_without_publish,
        source="recorded",
    ),
    Question(
        "execution-names",
        "an execution's name again: while it runs with equal and other input, and after its end",
        {
            "running, equal": "ok",
            "running, other": "ExecutionAlreadyExists",
            "ended, equal": "ExecutionAlreadyExists",
            "ended, other": "ExecutionAlreadyExists",
        },
        apis.execution_names,
        6,
        source="recorded",
    ),
    Question(
        "express-failure",
        "StartSyncExecution of a workflow that fails answers with FAILED, and is no error",
        {"status": "FAILED", "error": "Why"},
        apis.express_failure,
        1,
        source="documented",
    ),
    Question(
        "unqualified-version",
        "an unqualified execution carries no version, even if one has its revision",
        None,
        apis.unqualified_version,
        2,
        source="documented",
    ),
    Question(
        "emr-client-token",
        "EMR Serverless needs no ClientToken in a definition",
        "OK",
        apis.emr_client_token,
        source="reported",
    ),
    Question(
        "unfilled-placeholder",
        "a definition whose Seconds is the text ${Pause} is refused",
        "FAIL",
        apis.unfilled_placeholder,
    ),
)
