"""States in JSONata: what each field computes, and the failures that name their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.aws.stepfunctions import in_process
from sfn_release.simulator import ExecutionOutcome, TaskCall, TaskFailure
from support.executions import chain_of, detail, elapsed, execute, machine, types

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:price"
QUERY_ERROR = "States.QueryEvaluationError"
READER = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}


def jsonata(**states: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSONata machine."""
    return {"QueryLanguage": "JSONata", **machine(**states)}


def mapped(*, distributed: bool = False, **fields: Any) -> dict[str, Any]:
    """Return a Map over one Pass."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if distributed else {}
    processor = {**machine(P={"Type": "Pass"}), "ProcessorConfig": config or {"Mode": "INLINE"}}
    return {"Type": "Map", "ItemProcessor": processor, **fields}


def echo(call: TaskCall) -> Any:
    """Answer a task with its request."""
    return call.payload


def test_output_and_assign_both_read_the_values_from_before() -> None:
    """A variable that a state assigns is new in the next state only."""
    outcome = execute(
        jsonata(
            A={"Type": "Pass", "Assign": {"x": 1, "y": "{% $states.input.n %}"}},
            B={
                "Type": "Pass",
                "Assign": {"x": "{% $y %}", "y": "{% $x %}"},
                "Output": {"x": "{% $x %}", "y": "{% $y %}"},
            },
            C={"Type": "Pass", "Output": ["{% $states.input %}", "{% [$x, $y] %}"]},
        ),
        {"n": 2},
    )
    assert outcome.output == [{"x": 1, "y": 2}, [2, 1]]
    assert detail(outcome.events[4], "assignedVariables") == {"x": "2", "y": "1"}


def test_only_a_whole_text_in_braces_is_an_expression() -> None:
    """Everything else in a template stays as it is, at any depth."""
    template = {
        "kept": [" {% 1 %}", "{% 1 %} ", "a {% 1 %} b", "$states.input", None, 0.5, True, {}, []],
        "computed": [{"a": "{%1%}", "b": ["{% {'c': $states.input.n} %}"]}],
        "{% 'key' %}": 1,
    }
    outcome = execute(jsonata(P={"Type": "Pass", "Output": template}), {"n": 2})
    assert outcome.output == {
        "kept": template["kept"],
        "computed": [{"a": 1, "b": [{"c": 2}]}],
        "{% 'key' %}": 1,
    }


def test_states_has_the_result_and_the_context() -> None:
    """A task's Output reads input, result and context; Pass has no result."""
    output = {
        "price": "{% $states.result.price * $states.input.quantity %}",
        "state": "{% $states.context.State.Name %}",
        "retries": "{% $states.context.State.RetryCount %}",
        "execution": "{% $states.context.Execution.Input.quantity %}",
    }
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": {"id": "{% $states.input.id %}", "fixed": 1},
        "Output": output,
    }
    asked: list[Any] = []

    def answer(call: TaskCall) -> Any:
        asked.append(call.payload)
        return {"price": 2.5}

    outcome = execute(jsonata(Ask=task), {"id": "a", "quantity": 4}, answer)
    assert asked == [{"id": "a", "fixed": 1}]
    assert outcome.output == {"price": 10, "state": "Ask", "retries": 0, "execution": 4}
    without = execute(jsonata(P={"Type": "Pass", "Output": "{% $exists($states.result) %}"}))
    assert without.output is False


def test_a_task_without_arguments_gets_the_input_and_outputs_its_result() -> None:
    """Both fields have a default."""
    outcome = execute(jsonata(Ask={"Type": "Task", "Resource": LAMBDA}), {"id": 1}, echo)
    assert outcome.output == {"id": 1}


def test_a_choice_takes_the_rule_whose_condition_is_true() -> None:
    """A rule's own Assign and Output apply; without a rule, those of the state."""
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $states.input.n > 10 %}", "Next": "Big", "Output": "{% 'big' %}"},
            {
                "Condition": "{% $states.input.n > 5 %}",
                "Next": "Big",
                "Assign": {"size": "{% $states.input.n %}"},
            },
        ],
        "Default": "Big",
        "Assign": {"size": "none"},
        "Output": "small",
    }
    end = {"Type": "Pass", "Output": ["{% $states.input %}", "{% $string($size) %}"]}
    definition = jsonata(A={"Type": "Pass", "Assign": {"size": "?"}}, C=choice, Big=end)
    found = [execute(definition, {"n": n}).output for n in (20, 7, 1)]
    assert found == [["big", "?"], [{"n": 7}, "7"], ["small", "none"]]


def test_no_condition_and_no_default_is_no_choice() -> None:
    """The failure is that of JSONPath."""
    rules: list[dict[str, Any]] = [{"Condition": "{% false %}", "Next": "End"}]
    outcome = execute(jsonata(C={"Type": "Choice", "Choices": rules}, End={"Type": "Pass"}))
    rules = [{"Variable": "$", "IsNull": True, "Next": "End"}]
    other = execute(machine(C={"Type": "Choice", "Choices": rules}, End={"Type": "Pass"}))
    assert (outcome.error, outcome.cause) == (other.error, other.cause)
    assert outcome.status == "FAILED"


def test_a_wait_computes_its_end() -> None:
    """Seconds and Timestamp are expressions, or constants."""
    outcome = execute(
        jsonata(
            A={"Type": "Wait", "Seconds": "{% $states.input.pause * 2 %}"},
            B={"Type": "Wait", "Timestamp": "{% $states.input.until %}", "Output": 1},
            C={"Type": "Wait", "Seconds": 5},
        ),
        {"pause": 10, "until": "2026-01-01T00:01:00Z"},
    )
    assert (elapsed(outcome), outcome.output) == (65, 1)


def test_a_fail_computes_its_error_and_cause() -> None:
    """Both are expressions, and both may be missing."""
    fail = {
        "Type": "Fail",
        "Error": "{% $states.input.error %}",
        "Cause": "{% 'No ' & $states.input.id %}",
    }
    outcome = execute(jsonata(F=fail), {"error": "Refused", "id": "a"})
    assert (outcome.error, outcome.cause) == ("Refused", "No a")
    assert execute(jsonata(F={"Type": "Fail"})).error is None


def test_a_catcher_sees_the_error_output() -> None:
    """Without Output, the error output is the output; Retry comes first."""
    calls: list[int] = []

    def fail(call: TaskCall) -> Any:
        calls.append(call.attempt)
        raise TaskFailure("Broken", "by design")

    def task(**catcher: Any) -> dict[str, Any]:
        return {
            "Type": "Task",
            "Resource": LAMBDA,
            "Retry": [{"ErrorEquals": ["Broken"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End", **catcher}],
        }

    end = {"Type": "Pass", "Output": ["{% $states.input %}", "{% $error %}"]}
    caught = task(
        Output="{% $states.errorOutput.Cause & ' of ' & $states.input.id %}",
        Assign={"error": "{% $states.errorOutput.Error %}"},
    )
    outcome = execute(jsonata(Ask=caught, End=end), {"id": "a"}, fail)
    assert (outcome.output, calls) == (["by design of a", "Broken"], [0, 1])
    plain = execute(jsonata(Ask=task(), End={"Type": "Pass"}), {"id": "a"}, fail)
    assert plain.output == {"Error": "Broken", "Cause": "by design"}


def test_a_map_computes_its_items_and_selects_from_the_context() -> None:
    """ItemSelector reads the item, the outer input and variables."""
    selector = {
        "id": "{% $states.context.Map.Item.Value.id %}",
        "index": "{% $states.context.Map.Item.Index %}",
        "of": "{% $states.input.name & $suffix %}",
    }
    outcome = execute(
        jsonata(
            A={"Type": "Pass", "Assign": {"suffix": "!"}},
            M=mapped(
                Items="{% $states.input.orders[total > 5] %}",
                ItemSelector=selector,
                MaxConcurrency="{% $states.input.limit %}",
                Output={"count": "{% $count($states.result) %}", "all": "{% $states.result %}"},
            ),
        ),
        {"name": "n", "limit": 1, "orders": [{"id": i, "total": i} for i in (3, 6, 9)]},
    )
    first, second = ({"id": i, "index": at, "of": "n!"} for at, i in enumerate((6, 9)))
    assert outcome.output == {"count": 2, "all": [first, second]}


def test_a_map_takes_its_input_a_list_or_computed_items() -> None:
    """Items may be a list with expressions in it, and by default are the input."""
    listed = execute(jsonata(M=mapped(Items=[1, "{% $states.input.n %}"])), {"n": 2})
    assert listed.output == [1, 2]
    assert execute(jsonata(M=mapped()), [3, 4]).output == [3, 4]
    assert execute(jsonata(M=mapped(Items="{% [] %}"))).output == []


def test_a_distributed_map_iterates_over_the_members_of_an_object() -> None:
    """Each member is an item with its key; an inline Map refuses an object."""
    items = {"a": 1, "b": "{% $states.input.n %}"}
    outcome = execute(jsonata(M=mapped(distributed=True, Items=items)), {"n": 2})
    assert outcome.output == [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]
    inline = execute(jsonata(M=mapped(Items="{% {'a': 1} %}")))
    assert str(inline.cause).endswith(
        "The JSONata expression '{'a': 1}' specified for the field 'Items' returned an unexpected"
        " result type. Expected 'array', but was 'object' for value: {\"a\":1}"
    )


def test_a_parallel_computes_the_input_of_its_branches() -> None:
    """Arguments are the input of each branch, and the result is the list of outputs."""
    branches = [
        machine(P={"Type": "Pass", "Output": "{% $states.input.n + $x %}"}),
        machine(Q={"Type": "Pass", "Assign": {"x": 100}, "Output": "{% $x %}"}),
    ]
    parallel = {
        "Type": "Parallel",
        "Branches": branches,
        "Arguments": {"n": "{% $states.input.a * 10 %}"},
        "Output": "{% [$states.result, $states.input.a, $x] %}",
    }
    outcome = execute(
        jsonata(A={"Type": "Pass", "Assign": {"x": 1}}, B=parallel, C={"Type": "Pass"}), {"a": 2}
    )
    assert outcome.output == [21, 1, 2, 1]


def test_languages_share_data_and_variables() -> None:
    """A JSONPath machine may have JSONata states; variables are the same in both."""
    outcome = execute(
        machine(
            A={"Type": "Pass", "Assign": {"x.$": "$.n"}},
            B={
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Assign": {"y": "{% $x + 1 %}"},
                "Output": {"x": "{% $x %}"},
            },
            C={"Type": "Pass", "Parameters": {"x.$": "$.x", "y.$": "$y"}},
        ),
        {"n": 1},
    )
    assert outcome.output == {"x": 1, "y": 2}


FAILING = "{% $states.input.missing %}"


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ({"Type": "Pass", "Output": FAILING}, "Output"),
        ({"Type": "Pass", "Output": {"a": {"b": FAILING}}}, "Output/a/b"),
        ({"Type": "Pass", "Output": {"v": [FAILING, 1]}}, "Output/v[0]"),
        ({"Type": "Pass", "Output": {"a": {"b": [[1, FAILING]]}}}, "Output/a/b[0][1]"),
        ({"Type": "Pass", "Assign": {"x": {"y": FAILING}}}, "Assign/x/y"),
        ({"Type": "Succeed", "Output": FAILING}, "Output"),
        ({"Type": "Fail", "Error": FAILING}, "Error"),
        ({"Type": "Fail", "Error": "E", "Cause": FAILING}, "Cause"),
        ({"Type": "Wait", "Seconds": FAILING}, "Seconds"),
        ({"Type": "Wait", "Timestamp": FAILING}, "Timestamp"),
        ({"Type": "Task", "Arguments": {"Group": FAILING}}, "Arguments/Group"),
        ({"Type": "Task", "TimeoutSeconds": FAILING}, "TimeoutSeconds"),
        ({"Type": "Task", "HeartbeatSeconds": FAILING}, "HeartbeatSeconds"),
        ({"Type": "Task", "Credentials": {"RoleArn": FAILING}}, "Credentials/RoleArn"),
        ({"Type": "Task", "Output": {"v": FAILING}}, "Output/v"),
        ({"Type": "Parallel", "Arguments": FAILING}, "Arguments"),
        (mapped(Items=FAILING), "Items"),
        (mapped(Items=[1, FAILING]), "Items[1]"),
        (mapped(MaxConcurrency=FAILING), "MaxConcurrency"),
        (mapped(ItemSelector={"a": FAILING}, Items=[1]), "ItemSelector/a"),
        (
            mapped(distributed=True, Items=[1], ToleratedFailureCount=FAILING),
            "ToleratedFailureCount",
        ),
        (
            mapped(distributed=True, Items=[1], ToleratedFailurePercentage=FAILING),
            "ToleratedFailurePercentage",
        ),
        (
            mapped(distributed=True, Items=[1], ItemBatcher={"MaxItemsPerBatch": FAILING}),
            "ItemBatcher/MaxItemsPerBatch",
        ),
        (
            mapped(
                distributed=True,
                Items=[1],
                ItemBatcher={"MaxItemsPerBatch": 1, "BatchInput": {"a": FAILING}},
            ),
            "ItemBatcher/BatchInput/a",
        ),
        (
            mapped(distributed=True, ItemReader={**READER, "Arguments": {"Key": FAILING}}),
            "ItemReader/Arguments/Key",
        ),
        (
            {"Type": "Choice", "Choices": [{"Condition": FAILING, "Next": "S"}]},
            "Choices[0]/Condition",
        ),
        (
            {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% false %}", "Next": "S"},
                    {"Condition": "{% true %}", "Next": "S", "Output": {"v": FAILING}},
                ],
            },
            "Choices[1]/Output/v",
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Condition": "{% true %}", "Next": "S", "Assign": {"x": FAILING}}],
            },
            "Choices[0]/Assign/x",
        ),
    ],
)
def test_an_undefined_result_names_its_field(state: dict[str, Any], place: str) -> None:
    """The state fails, and the history has the field as the location."""
    if state["Type"] == "Task":
        state = {"Resource": LAMBDA, **state}
    if state["Type"] == "Parallel":
        state = {"Branches": [machine(P={"Type": "Pass"})], **state}
    outcome = execute(jsonata(S=state), {}, echo)
    words = (
        f"The JSONata expression '$states.input.missing' specified for the field '{place}'"
        " returned nothing (undefined)."
    )
    failed = (
        f"An error occurred while executing the state 'S' (entered at the event id #2). {words}"
    )
    assert (outcome.error, outcome.cause) == (QUERY_ERROR, failed)
    (event,) = (event for event in outcome.events if event.type == "EvaluationFailed")
    shown = [detail(event, member) for member in ("error", "cause", "location", "state")]
    assert shown == [QUERY_ERROR, failed, place, "S"]


def test_a_catcher_s_own_output_is_named_by_its_position() -> None:
    """AWS counts the catchers from 0."""
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": "{% 1 + 'a' %}",
        "Catch": [
            {"ErrorEquals": ["Other"], "Next": "S"},
            {"ErrorEquals": [QUERY_ERROR], "Next": "S", "Output": FAILING},
        ],
    }
    outcome = execute(jsonata(S=task))
    assert "specified for the field 'Catch[1]/Output' returned nothing" in str(outcome.cause)
    events = [event for event in outcome.events if event.type == "EvaluationFailed"]
    assert [detail(event, "location") for event in events] == ["Arguments", "Catch[1]/Output"]


def test_a_failed_expression_is_caught_and_retried_like_any_error() -> None:
    """Retry evaluates again, and the error output has AWS's words."""
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Output": "{% $states.result.a < 'a' %}",
        "Retry": [{"ErrorEquals": [QUERY_ERROR], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
    }
    outcome = execute(jsonata(Ask=task, End={"Type": "Pass"}), {"a": 1}, echo)
    assert outcome.output["Error"] == QUERY_ERROR
    assert outcome.output["Cause"].endswith(
        "The JSONata expression '$states.result.a < 'a'' specified for the field 'Output' threw an"
        ' error during evaluation. T2009: The values 1 and "a" either side of operator "<" must be'
        " of the same data type"
    )
    assert types(outcome).count("LambdaFunctionScheduled") == 2
    assert types(outcome).count("EvaluationFailed") == 2


def ruled(condition: Any) -> dict[str, Any]:
    """Return a Choice with one rule."""
    return {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "S"}]}


@pytest.mark.parametrize(
    ("state", "source", "place", "expected", "found"),
    [
        (ruled("{% 1 %}"), "1", "Choices[0]/Condition", "boolean", ("number", "1")),
        (ruled("yes"), "yes", "Choices[0]/Condition", "boolean", ("string", '"yes"')),
        ({"Type": "Wait", "Seconds": "{% '5' %}"}, "'5'", "Seconds", "number", ("string", '"5"')),
        ({"Type": "Wait", "Timestamp": "{% 5 %}"}, "5", "Timestamp", "string", ("number", "5")),
        ({"Type": "Fail", "Error": "{% null %}"}, "null", "Error", "string", ("null", "null")),
        (mapped(Items="{% true %}"), "true", "Items", "array", ("boolean", "true")),
        (mapped(), "$states.input", "Items", "array", ("object", "{}")),
        (
            mapped(MaxConcurrency="{% {'a': [1]} %}", Items=[1]),
            *("{'a': [1]}", "MaxConcurrency", "number", ("object", '{"a":[1]}')),
        ),
    ],
)
def test_a_result_of_a_wrong_type_is_shown(
    state: dict[str, Any], source: str, place: str, expected: str, found: tuple[str, str]
) -> None:
    """The cause names the expected and the actual type, with the value."""
    outcome = execute(jsonata(S=state))
    assert outcome.error == QUERY_ERROR
    assert str(outcome.cause).endswith(
        f"The JSONata expression '{source}' specified for the field '{place}' returned an"
        f" unexpected result type. Expected '{expected}', but was '{found[0]}' for value:"
        f" {found[1]}"
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"Type": "Wait", "Seconds": "{% 1.5 %}"}, "cannot be parsed as a long value: 1.5"),
        ({"Type": "Wait", "Seconds": "{% -1 %}"}, "references a negative value: -1"),
        ({"Type": "Wait", "Seconds": "{% 1e9 %}"}, "references too large a value: 1000000000"),
        (
            {"Type": "Wait", "Timestamp": "{% '2016-12-05' %}"},
            "extended offset date-time format string: 2016-12-05",
        ),
        (
            mapped(MaxConcurrency="{% -1 %}", Items=[1]),
            "Expected non-negative integer for MaxConcurrency, got '-1' instead.",
        ),
        (
            mapped(distributed=True, Items=[1], ToleratedFailurePercentage="{% 101 %}"),
            "ToleratedFailurePercentage must be between 0 and 100.",
        ),
        (
            mapped(distributed=True, Items=[1], ToleratedFailureCount="{% -1 %}"),
            "ToleratedFailureCount cannot be negative.",
        ),
    ],
)
def test_a_number_or_text_that_a_field_cannot_have_fails(state: Any, words: str) -> None:
    """The failure is one of evaluation too, so a catcher may handle it."""
    outcome = execute(jsonata(S=state))
    assert outcome.error == QUERY_ERROR
    assert str(outcome.cause).endswith(words)


def test_invalid_jsonata_fails_the_state_that_has_it() -> None:
    """An unchecked definition ends as a failed execution with JSONata's code."""
    outcome = execute(jsonata(S={"Type": "Pass", "Output": {"a": "{% 1 + %}"}}))
    assert str(outcome.cause).endswith(
        "'1 +' specified for the field 'Output/a' threw an error during evaluation."
        " S0207: Unexpected end of expression"
    )


def failed_at(outcome: ExecutionOutcome) -> list[tuple[int, int, str]]:
    """Return the events from EvaluationFailed on."""
    events = chain_of(outcome)
    return events[types(outcome).index("EvaluationFailed") :]


def test_a_failed_evaluation_is_linked_as_aws_links_it() -> None:
    """To the event before the state's entry; when a value is refused, to the entry."""
    first = {"Type": "Pass"}
    computed = execute(jsonata(A=first, S={"Type": "Pass", "Output": FAILING}))
    assert failed_at(computed) == [(5, 3, "EvaluationFailed"), (6, 5, "ExecutionFailed")]
    items = execute(jsonata(A=first, S=mapped(Items="{% 1 %}")))
    assert failed_at(items) == [
        (5, 3, "EvaluationFailed"),
        (6, 5, "MapStateFailed"),
        (7, 6, "ExecutionFailed"),
    ]
    selector = execute(jsonata(S=mapped(ItemSelector={"a": FAILING}, Items=[1, 2])))
    assert failed_at(selector) == [
        (4, 3, "EvaluationFailed"),
        (5, 4, "MapStateFailed"),
        (6, 5, "ExecutionFailed"),
    ]
    refused = execute(jsonata(A=first, S={"Type": "Wait", "Timestamp": "{% 'x' %}"}))
    assert failed_at(refused) == [(5, 4, "EvaluationFailed"), (6, 5, "ExecutionFailed")]
    output = execute(
        jsonata(S={"Type": "Task", "Resource": LAMBDA, "Output": FAILING}), answer=echo
    )
    assert failed_at(output) == [(6, 5, "EvaluationFailed"), (7, 6, "ExecutionFailed")]


def test_a_runaway_expression_fails_its_state() -> None:
    """The execution ends, and another state could catch the error."""
    loop = "{% ($f := function($x) { $f($x + 1) }; $f(1)) %}"
    outcome = execute(jsonata(S={"Type": "Pass", "Output": loop}))
    assert outcome.error == QUERY_ERROR
    assert str(outcome.cause).endswith(
        "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop"
    )


def test_time_and_chance_are_the_execution_s() -> None:
    """$now follows the virtual clock, and the same execution draws the same values again."""
    output = {"now": "{% $now() %}", "id": "{% $uuid() %}", "n": "{% $random() %}"}
    definition = jsonata(A={"Type": "Wait", "Seconds": 90}, B={"Type": "Pass", "Output": output})
    first, second = execute(definition).output, execute(definition).output
    assert first == second
    assert first["now"] == "2026-01-01T00:01:30.000Z"


def test_the_time_of_an_output_is_the_state_s_end() -> None:
    """$now is the time of the evaluation, and the context object has the time of the entry."""
    output = ["{% $now() %}", "{% $states.context.State.EnteredTime %}"]
    outcome = execute(jsonata(A={"Type": "Wait", "Seconds": 5, "Output": output}))
    assert outcome.output == ["2026-01-01T00:00:05.000Z", "2026-01-01T00:00:00.000Z"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_input_passes_through_unchanged(input: Any) -> None:
    """An input and its copy by an expression are the same, whatever the numbers are."""
    outcome = execute(jsonata(P={"Type": "Pass", "Output": ["{% $states.input %}"]}), [input])
    assert outcome.output == [[input]]


FIELDS = st.sampled_from(
    [
        *("{% $states.input %}", "{% 1 %}", "{% 'a' %}", "{% [1, {}] %}", "{% {} %}", "{% null %}"),
        *("{% $nope %}", "{% 1 + %}", "{% $error('x') %}", "text", "{% -1.5 %}", "{% $sum %}"),
    ]
)
STATES = st.one_of(
    st.fixed_dictionaries({"Type": st.just("Pass")}, optional={"Output": FIELDS | JSON}),
    st.fixed_dictionaries(
        {"Type": st.just("Task"), "Resource": st.just(LAMBDA)},
        optional={
            "Arguments": FIELDS | JSON,
            "Output": FIELDS,
            "TimeoutSeconds": FIELDS,
            "HeartbeatSeconds": FIELDS,
            "Credentials": st.fixed_dictionaries({}, optional={"RoleArn": FIELDS}),
            "Assign": st.dictionaries(st.text(max_size=3), FIELDS, max_size=2),
        },
    ),
    st.fixed_dictionaries({"Type": st.just("Wait")}, optional={"Seconds": FIELDS}),
    st.fixed_dictionaries({"Type": st.just("Wait")}, optional={"Timestamp": FIELDS}),
    st.fixed_dictionaries({"Type": st.just("Fail")}, optional={"Error": FIELDS, "Cause": FIELDS}),
    st.fixed_dictionaries(
        {"Type": st.just("Choice")},
        optional={
            "Choices": st.lists(
                st.fixed_dictionaries({"Condition": FIELDS | JSON, "Next": st.just("S")})
            )
        },
    ),
    st.builds(
        lambda fields, distributed: mapped(distributed=distributed, **fields),
        st.fixed_dictionaries(
            {},
            optional={
                "Items": FIELDS | JSON,
                "ItemSelector": FIELDS,
                "MaxConcurrency": FIELDS,
                "ToleratedFailureCount": FIELDS,
                "ItemBatcher": st.fixed_dictionaries(
                    {}, optional={"MaxItemsPerBatch": FIELDS, "BatchInput": FIELDS}
                ),
            },
        ),
        st.booleans(),
    ),
)


_CLIENT: Any = in_process(lambda *_: (200, {}, b""), region="us-east-1")
EVENTS = frozenset(_CLIENT.meta.service_model.shape_for("HistoryEventType").enum)


@given(STATES, STATES, JSON)
def test_any_fields_end_in_an_outcome_with_a_history_of_aws(
    state: dict[str, Any], other: dict[str, Any], input: Any
) -> None:
    """Whatever the fields hold, the execution ends. Its events are AWS's, each after another."""
    branches = [machine(A=state), machine(B=other)]
    parallel = {"Type": "Parallel", "Branches": branches}
    for definition in (jsonata(S=state), jsonata(S=parallel)):
        outcome = execute(definition, input, echo)
        assert outcome.status in ("SUCCEEDED", "FAILED")
        assert {*types(outcome)} <= EVENTS
        assert all(previous < id for id, previous, _ in chain_of(outcome))


def test_the_third_endless_expression_ends_the_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a Retry or a Map of thousands could repeat one, which takes seconds, for hours."""
    monkeypatch.setattr("sfn_release.asl.jsonata_engine._MAX_STEPS", 1000)
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": "{% ($again := function($x) { $again($x) }; $again(1)) %}",
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}],
    }
    outcome = execute(jsonata(Again=state))
    assert outcome.error == "States.Runtime"
    assert types(outcome).count("EvaluationFailed") == 3
