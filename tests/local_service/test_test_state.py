"""TestState: one state by itself, mocks, what they must look like, and what a test shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.simulator import TaskCall, TaskFailure
from support.machines import ROLE, refusal

INVOKE = "arn:aws:states:::lambda:invoke"
PUT_EVENTS = "arn:aws:states:::events:putEvents"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:a"
INNER = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}
MAP = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": INNER, "End": True}
DISTRIBUTED = {
    **MAP,
    "ItemProcessor": {
        **INNER,
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    },
}
PARALLEL = {"Type": "Parallel", "Branches": [INNER], "End": True}
CALL = {"FunctionName": "f", "Payload.$": "$"}
TASK = {"Type": "Task", "Resource": INVOKE, "Parameters": CALL, "End": True}
RETRY = {"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 3.0}
CATCH = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Rescue"}
EXCEEDED = "States.ExceedToleratedFailureThreshold"
BUSY = {"errorOutput": {"error": "Busy", "cause": "too much"}}


def ask(state: Any, input: Any = None, *, client: Any = None, **request: Any) -> Any:
    """Test *state* on *input*; return the answer with its JSON texts parsed."""
    client = client or sfn.local()
    if input is not None:
        request["input"] = json.dumps(input)
    for name in ("variables", "context"):
        if name in request:
            request[name] = json.dumps(request[name])
    if "result" in request:
        request["mock"] = {"result": json.dumps(request.pop("result")), **request.get("mock", {})}
    answer = client.test_state(definition=json.dumps(state), **request)
    answer.pop("ResponseMetadata")
    data = answer.get("inspectionData", {})
    for holder in (answer, data):
        for name, value in holder.items():
            if (isinstance(value, str) and name in ("output", "input", "result", "variables")) or (
                name.startswith("after")
            ):
                holder[name] = json.loads(value)
    return answer


def refused(state: Any, input: Any = None, **request: Any) -> tuple[str, str]:
    """Return the code and message with which the test of *state* is refused."""
    if input is not None:
        request["input"] = json.dumps(input)
    if "result" in request:
        request["mock"] = {"result": json.dumps(request.pop("result")), **request.get("mock", {})}
    return refusal(sfn.local().test_state, definition=json.dumps(state), **request)


def test_the_answer_of_a_state_without_anything() -> None:
    """An input that is left out is an empty object."""
    assert ask({"Type": "Pass", "End": True}) == {"output": {}, "status": "SUCCEEDED"}


def test_a_pass_shows_each_field() -> None:
    """DEBUG shows the data after every field, also when they do nothing."""
    state = {
        "Type": "Pass",
        "InputPath": "$.a",
        "Parameters": {"b.$": "$.x"},
        "ResultPath": "$.r",
        "OutputPath": "$.r.b",
        "Next": "Other",
    }
    assert ask(state, {"a": {"x": 1}}, inspectionLevel="DEBUG") == {
        "output": 1,
        "status": "SUCCEEDED",
        "nextState": "Other",
        "inspectionData": {
            "input": {"a": {"x": 1}},
            "afterInputPath": {"x": 1},
            "afterParameters": {"b": 1},
            "afterResultSelector": {"b": 1},
            "afterResultPath": {"a": {"x": 1}, "r": {"b": 1}},
        },
    }


def test_a_state_that_is_named_in_its_machine_shows_less() -> None:
    """It shows what its fields do, and for a state without work not even that."""
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Parameters": {"b": 1}, "Next": "B"},
            "B": {"Type": "Pass", "Next": "C"},
            "C": {"Type": "Succeed"},
        },
    }
    shown = {
        name: ask(machine, {"a": 1}, stateName=name, inspectionLevel="DEBUG")["inspectionData"]
        for name in machine["States"]
    }
    assert shown == {
        "A": {"input": {"a": 1}, "afterParameters": {"b": 1}},
        "B": {"input": {"a": 1}},
        "C": {"input": {"a": 1}},
    }


def test_variables_come_in_and_go_out() -> None:
    """The variables of the request are in scope; those that the state assigns are shown too."""
    state = {"Type": "Pass", "Parameters": {"v.$": "$x"}, "Assign": {"y": 2}, "End": True}
    answer = ask(state, variables={"x": 1}, inspectionLevel="DEBUG")
    assert answer["output"] == {"v": 1}
    assert answer["inspectionData"]["variables"] == {"x": 1, "y": 2}


def test_a_choice_goes_to_its_rule_or_its_default() -> None:
    """The states that it names need not exist."""
    state = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}],
        "Default": "Other",
    }
    assert ask(state, {"n": 1})["nextState"] == "One"
    assert ask(state, {"n": 2})["nextState"] == "Other"


def test_the_end_of_a_state_without_a_way_is_a_failure() -> None:
    """A failing state is an answer with status FAILED."""
    state = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}]}
    answer = ask(state, {"n": 2}, inspectionLevel="DEBUG")
    assert answer["status"] == "FAILED"
    assert "output" not in answer
    assert answer["inspectionData"] == {"input": {"n": 2}, "afterInputPath": {"n": 2}}


def test_data_is_shown_up_to_the_failure() -> None:
    """A field that fails is the last one that a test shows nothing of."""
    state = {"Type": "Pass", "InputPath": "$.a", "Parameters": {"b.$": "$.no"}, "End": True}
    answer = ask(state, {"a": {}}, inspectionLevel="TRACE")
    assert answer["status"] == "FAILED"
    assert answer["inspectionData"] == {"input": {"a": {}}, "afterInputPath": {}}


def test_a_wait_takes_no_time() -> None:
    """Time is virtual; a wait beyond five minutes times out, as on AWS."""
    assert ask({"Type": "Wait", "Seconds": 299, "Next": "B"}) == {
        "output": {},
        "nextState": "B",
        "status": "SUCCEEDED",
    }
    assert ask({"Type": "Wait", "Seconds": 301, "Next": "B"}) == {
        "error": "States.Timeout",
        "status": "FAILED",
    }


def test_a_task_without_a_mock_is_called() -> None:
    """The answers of the service's tasks apply, and a failure too."""

    def answers(call: TaskCall) -> Any:
        if call.payload == "fail":
            raise TaskFailure("Busy", "too much")
        return {"got": call.payload}

    client = sfn.local(mocks=answers)
    state = {"Type": "Task", "Resource": FUNCTION, "ResultPath": "$.r", "End": True}
    answer = ask(state, {"a": 1}, client=client, roleArn=ROLE, inspectionLevel="DEBUG")
    assert answer["output"] == {"a": 1, "r": {"got": {"a": 1}}}
    assert answer["inspectionData"]["result"] == {"got": {"a": 1}}
    assert answer["inspectionData"]["afterParameters"] == {"a": 1}
    failed = ask({**state, "Retry": [RETRY]}, "fail", client=client, roleArn=ROLE)
    assert failed == {"status": "RETRIABLE", "error": "Busy", "cause": "too much"}


def test_a_task_without_an_answer_says_which_mock_to_write() -> None:
    """As in an execution."""
    answer = ask({**TASK, "Resource": FUNCTION}, roleArn=ROLE)
    assert answer["status"] == "FAILED"
    assert answer["error"].startswith("SfnRelease.")
    assert FUNCTION in answer["cause"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 2})),
        (1, ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 6})),
        (2, ("CAUGHT_ERROR", {"retryIndex": 0, "catchIndex": 0})),
    ],
)
def test_a_retrier_applies_until_its_attempts_are_used(count: int, expected: Any) -> None:
    """Then a catcher does."""
    answer = ask(
        {**TASK, "Retry": [RETRY], "Catch": [CATCH]},
        {"a": 1},
        mock=BUSY,
        stateConfiguration={"retrierRetryCount": count},
        inspectionLevel="DEBUG",
    )
    assert (answer["status"], answer["inspectionData"]["errorDetails"]) == expected
    assert (answer["error"], answer["cause"]) == ("Busy", "too much")


def test_the_longest_delay_bounds_the_backoff() -> None:
    """And jitter is left out, so a test can expect the seconds."""
    retrier = {**RETRY, "MaxAttempts": 9, "MaxDelaySeconds": 10, "JitterStrategy": "FULL"}
    answer = ask(
        {**TASK, "Retry": [{"ErrorEquals": ["Other"]}, retrier]},
        mock=BUSY,
        stateConfiguration={"retrierRetryCount": 7},
        inspectionLevel="DEBUG",
    )
    assert answer["inspectionData"]["errorDetails"] == {
        "retryIndex": 1,
        "retryBackoffIntervalSeconds": 10,
    }


def test_a_caught_error_goes_to_the_catcher_s_state() -> None:
    """Its ResultPath and Assign apply."""
    catcher = {**CATCH, "Assign": {"why.$": "$.Cause"}}
    state = {**TASK, "Catch": [{"ErrorEquals": ["Other"], "Next": "No"}, catcher]}
    answer = ask(state, {"a": 1}, mock=BUSY, inspectionLevel="DEBUG")
    assert answer["output"] == {"a": 1, "error": {"Error": "Busy", "Cause": "too much"}}
    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "Rescue")
    assert answer["inspectionData"]["variables"] == {"why": "too much"}
    assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_no_handler_covers_a_runtime_error() -> None:
    """As in an execution."""
    error = {"errorOutput": {"error": "States.Runtime"}}
    answer = ask({**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [CATCH]}, mock=error)
    assert answer == {"status": "FAILED", "error": "States.Runtime"}


def test_a_mocked_result_passes_through_the_state() -> None:
    """Its own text is kept where the state doesn't change it."""
    answer = sfn.local().test_state(
        definition=json.dumps(TASK), mock={"result": '{"Payload":   "x"}'}
    )
    assert answer["output"] == '{"Payload":   "x"}'
    state = {**TASK, "ResultSelector": {"p.$": "$.Payload"}, "ResultPath": "$.r"}
    answer = ask(state, {"a": 1}, result={"Payload": "x"}, inspectionLevel="DEBUG")
    assert answer["inspectionData"] == {
        "input": {"a": 1},
        "afterInputPath": {"a": 1},
        "afterParameters": {"FunctionName": "f", "Payload": {"a": 1}},
        "result": {"Payload": "x"},
        "afterResultSelector": {"p": "x"},
        "afterResultPath": {"a": 1, "r": {"p": "x"}},
    }


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        (FUNCTION, {}),
        (ACTIVITY, {}),
        (
            "arn:aws:states:::apigateway:invoke",
            {"ApiEndpoint": "a.execute-api.us-east-1.amazonaws.com", "Method": "GET"},
        ),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}},
        ),
    ],
)
def test_results_without_a_model_are_free(resource: str, parameters: Any) -> None:
    """A function, an activity, a callback and a request of our own return anything."""
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    assert ask(task, result=[1])["output"] == [1]


def test_a_job_s_result_is_that_of_the_action_it_polls() -> None:
    """``.sync`` is compared with DescribeExecution, not with StartExecution."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"},
        "End": True,
    }
    code, message = refused(state, result={"ExecutionArn": "a", "StartDate": "b"})
    assert (code, message) == (
        "ValidationException",
        "Mock result schema validation error: Required field 'StateMachineArn' is missing",
    )


def test_an_activity_and_jobs_need_a_mock() -> None:
    """So do Map and Parallel."""
    job = {
        **TASK,
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {"TaskDefinition": "t"},
    }
    for state in ({"Type": "Task", "Resource": ACTIVITY, "End": True}, job, MAP, PARALLEL):
        code, message = refused(state, roleArn=ROLE)
        assert code == "InvalidDefinition"
        assert message.startswith("TestState API does not support")


def test_a_map_shows_its_items() -> None:
    """ItemsPath, ItemSelector and the settings of a Map, without running an iteration."""
    state = {
        **MAP,
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.all"},
        "MaxConcurrency": 3,
        "ResultPath": "$.r",
    }
    input = {"items": ["a", "b"], "all": True}
    answer = ask(state, input, result=[1, 2], inspectionLevel="DEBUG")
    assert answer["output"] == {**input, "r": [1, 2]}
    assert answer["inspectionData"] == {
        "input": input,
        "afterInputPath": input,
        "afterItemsPath": ["a", "b"],
        "afterItemSelector": [{"i": 0, "v": "a", "all": True}, {"i": 1, "v": "b", "all": True}],
        "maxConcurrency": 3,
        "afterResultSelector": [1, 2],
        "afterResultPath": {**input, "r": [1, 2]},
    }


def test_a_map_shows_its_batches() -> None:
    """Each item of a batch is a JSON text."""
    state = {**DISTRIBUTED, "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"b.$": "$.b"}}}
    answer = ask(state, {"items": [1, "x", 3], "b": 0}, result=[1, 2], inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterItemBatcher"] == [
        {"BatchInput": {"b": 0}, "Items": ["1", '"x"']},
        {"BatchInput": {"b": 0}, "Items": ["3"]},
    ]


def test_a_map_reads_the_data_of_the_request() -> None:
    """As the object is: here as lines of JSON."""
    state = {
        **DISTRIBUTED,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        "ItemSelector": {"v.$": "$$.Map.Item.Value.n"},
    }
    del state["ItemsPath"]
    answer = ask(
        state,
        result=["x", "y"],
        stateConfiguration={"mapItemReaderData": '{"n": 1}\n{"n": 2}\n'},
        inspectionLevel="DEBUG",
    )
    assert answer["inspectionData"]["afterItemSelector"] == [{"v": 1}, {"v": 2}]
    code, message = refused(state, result=[])
    assert (code, message) == (
        "ValidationException",
        "ItemReader data must be specified when testing a Map state with ItemReader specified.",
    )


@pytest.mark.parametrize(
    ("tolerance", "failed", "error"),
    [
        ({"ToleratedFailureCount": 1}, 1, "Busy"),
        ({"ToleratedFailureCount": 1}, 2, EXCEEDED),
        ({"ToleratedFailurePercentage": 50}, 2, "Busy"),
        ({"ToleratedFailurePercentage": 50}, 3, EXCEEDED),
        ({"ToleratedFailureCountPath": "$.most"}, 1, EXCEEDED),
        ({}, 0, "Busy"),
        ({}, 1, EXCEEDED),
    ],
)
def test_too_many_failed_iterations_fail_the_map(tolerance: Any, failed: int, error: str) -> None:
    """Retry and Catch get that error; without any, a mocked error stays the state's."""
    state = {**DISTRIBUTED, **tolerance}
    request = {"mock": BUSY, "stateConfiguration": {"mapIterationFailureCount": failed}}
    input = {"items": [1, 2, 3, 4], "most": 0}
    caught = ask({**state, "Catch": [CATCH]}, input, **request)
    assert (caught["status"], caught["error"]) == ("CAUGHT_ERROR", error)
    assert ask(state, input, **request)["error"] == "Busy"


def test_failed_iterations_fail_a_map_with_a_result() -> None:
    """The threshold is checked before."""
    request = {"result": [1], "stateConfiguration": {"mapIterationFailureCount": 1}}
    answer = ask(DISTRIBUTED, {"items": [1, 2]}, **request)
    assert (answer["status"], answer["error"]) == ("FAILED", EXCEEDED)


def test_the_tolerance_is_shown() -> None:
    """A count is whole, a percentage isn't."""
    state = {**DISTRIBUTED, "ToleratedFailureCount": 2, "ToleratedFailurePercentage": 7.5}
    data = ask(state, {"items": []}, result=[], inspectionLevel="DEBUG")["inspectionData"]
    assert (data["toleratedFailureCount"], data["toleratedFailurePercentage"]) == (2, 7.5)


def test_failed_iterations_have_no_result() -> None:
    """The mocked array has the others."""
    state = {**DISTRIBUTED, "ToleratedFailureCount": 1}
    failed = {"mapIterationFailureCount": 1}
    input = {"items": [1, 2]}
    assert ask(state, input, result=["x"], stateConfiguration=failed)["output"] == ["x"]
    assert refused(state, input, result=["x", "y"], stateConfiguration=failed) == (
        "ValidationException",
        "Input array does not equal the mocked result array's size.",
    )
    assert refused(state, input, result=[], stateConfiguration={"mapIterationFailureCount": 3}) == (
        "ValidationException",
        "Map iteration failure count must be less than or equal to the number of Map iterations.",
    )


def test_a_parallel_s_mock_has_an_element_for_each_branch() -> None:
    """Retry and Catch apply to a mocked error."""
    answer = ask({**PARALLEL, "ResultSelector": {"first.$": "$[0]"}}, result=[5])
    assert answer == {"output": {"first": 5}, "status": "SUCCEEDED"}
    caught = ask(
        {**PARALLEL, "Catch": [CATCH]},
        {"a": 1},
        mock=BUSY,
        stateConfiguration={"errorCausedByState": "Inner"},
    )
    assert (caught["status"], caught["nextState"]) == ("CAUGHT_ERROR", "Rescue")


def test_a_state_of_a_machine_is_tested_by_its_name() -> None:
    """Also one inside a Map: its handlers are those of the Map too, and its item is the first."""
    inner = {
        "Type": "Task",
        "Resource": FUNCTION,
        "Parameters": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"},
        "Retry": [{"ErrorEquals": ["Other"]}],
        "End": True,
    }
    machine = {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {"StartAt": "Call", "States": {"Call": inner}},
                "Catch": [CATCH],
                "Next": "Rescue",
            },
            "Rescue": {"Type": "Pass", "End": True},
        },
    }
    answer = ask(machine, {"a": 1}, stateName="Call", result=1, inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterParameters"] == {"i": 0, "v": {"a": 1}}
    caught = ask(machine, {"a": 1}, stateName="Call", mock=BUSY)
    assert (caught["status"], caught["nextState"]) == ("CAUGHT_ERROR", "Rescue")
    assert ask(machine, stateName="Rescue") == {"output": {}, "status": "SUCCEEDED"}
    assert refused(machine, stateName="No") == (
        "ValidationException",
        "State not found in definition",
    )


def test_the_context_object_is_the_given_one() -> None:
    """Nothing is added to it."""
    state = {**TASK, "ResultSelector": {"context.$": "$$"}}
    context = {"Execution": {"Input": [1]}, "State": {"RetryCount": 2}}
    assert ask(state, result={}, context=context)["output"] == {"context": context}


def test_the_context_object_is_made_up_otherwise() -> None:
    """It has the state's name and the number of retries."""
    machine = {"StartAt": "A", "States": {"A": {**TASK, "ResultSelector": {"s.$": "$$.State"}}}}
    answer = ask(machine, stateName="A", result={}, stateConfiguration={"retrierRetryCount": 4})
    assert answer["output"]["s"]["Name"] == "A"
    assert answer["output"]["s"]["RetryCount"] == 4


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        ({"Other": {}}, "Field 'Other' is not allowed"),
        ({"State": {"Other": 1}}, "Field 'Other' is not allowed"),
        ({"State": []}, "State must be a object"),
        ({"State": {"Name": 1}}, "State.Name must be a string"),
        ({"State": {"RetryCount": "1"}}, "State.RetryCount must be a integer"),
        ([], "It must be a JSON object."),
        ({"State": {"RetryCount": True}}, "State.RetryCount must be a integer"),
    ],
)
def test_a_context_object_has_the_fields_of_aws(context: Any, message: str) -> None:
    """In AWS's words."""
    request = {"result": {}, "context": json.dumps(context)}
    expected = ("ValidationException", f"Invalid Context object provided: {message}")
    assert refused(TASK, **request) == expected


VALIDATION = "ValidationException"
NO_END = (
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: One of the fields 'Next' and"
    " 'End' is required at /States/StateName'"
)


@pytest.mark.parametrize(
    ("state", "request_", "expected"),
    [
        (TASK, {}, (VALIDATION, "RoleArn must be specified when testing a Task state")),
        (
            {"Type": "Pass", "End": True},
            {"result": 1},
            (VALIDATION, "State type 'Pass' is not supported when a mock is specified"),
        ),
        (
            {"Type": "Wait", "Seconds": 1, "End": True},
            {"mock": BUSY},
            (VALIDATION, "State type 'Wait' is not supported when a mock is specified"),
        ),
        (
            TASK,
            {"mock": {"result": "{", "fieldValidationMode": "NONE"}},
            (VALIDATION, "Mocked result must be valid JSON"),
        ),
        (
            TASK,
            {"mock": {"result": "{}", **BUSY}},
            (
                VALIDATION,
                "A test mock should have only one of the following fields: [result, errorOutput].",
            ),
        ),
        (
            TASK,
            {"mock": {"errorOutput": {"cause": "c"}}},
            (VALIDATION, "An error was not specified in the mocked error output."),
        ),
        (
            TASK,
            {"result": {}, "revealSecrets": True},
            (VALIDATION, "TestState does not support RevealSecrets when a mock is specified."),
        ),
        (
            TASK,
            {"roleArn": ROLE, "context": "{}"},
            (VALIDATION, "TestState does not support Context when a mock is not specified."),
        ),
        (
            TASK,
            {"roleArn": ROLE, "stateConfiguration": {"retrierRetryCount": 1}},
            (
                VALIDATION,
                "TestState does not support RetrierRetryCount when a mock is not specified.",
            ),
        ),
        (
            TASK,
            {"result": {}, "stateConfiguration": {"mapIterationFailureCount": 0}},
            (VALIDATION, "MapIterationFailureCount is only supported for Map states."),
        ),
        (
            TASK,
            {"result": {}, "stateConfiguration": {"mapItemReaderData": "[]"}},
            (
                VALIDATION,
                "MapItemReaderData is only supported for Map states with an ItemReader.",
            ),
        ),
        (
            TASK,
            {"mock": BUSY, "stateConfiguration": {"errorCausedByState": "A"}},
            (VALIDATION, "ErrorCausedByState is only supported for Map or Parallel."),
        ),
        (
            PARALLEL,
            {"mock": BUSY, "stateConfiguration": {"errorCausedByState": "A"}},
            (VALIDATION, "State not found in definition"),
        ),
        (MAP, {"result": {}}, (VALIDATION, "Mocked result must be an array.")),
        (TASK, {"result": []}, (VALIDATION, "Mocked result must be a JSON object.")),
        (
            TASK,
            {"variables": "[]", "result": {}},
            (VALIDATION, "Invalid variables provided: It must be a JSON object."),
        ),
        (
            {"Type": "Pass"},
            {},
            (
                "InvalidDefinition",
                NO_END,
            ),
        ),
        ("no state", {}, None),
        ({"StartAt": "A", "States": {}}, {}, None),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    state: Any, request_: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    """With AWS's code, and AWS's words where they're known."""
    found = refused(state, **request_)
    if expected is None:
        assert found[0] == "InvalidDefinition"
    else:
        assert found == expected


def test_an_input_that_is_not_json_is_refused() -> None:
    """As a start with it is."""
    code, _ = refusal(sfn.local().test_state, definition='{"Type": "Succeed"}', input="{")
    assert code == "InvalidExecutionInput"


def test_http_tasks_show_request_and_response_at_trace() -> None:
    """Only without a mock, and at no other level."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "Method": "GET",
            "ApiEndpoint": "https://example.com/a",
            "Authentication": {
                "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/c/1"
            },
            "Headers": {"own": "h"},
            "QueryParameters": {"q": "1 2"},
            "RequestBody": {"m": 1},
        },
        "End": True,
    }
    result = {
        "StatusCode": 200,
        "StatusText": "OK",
        "Headers": {"content-type": ["text/plain"]},
        "ResponseBody": "fine",
    }
    client = sfn.local(mocks=lambda _: result)
    data = ask(state, client=client, roleArn=ROLE, inspectionLevel="TRACE")["inspectionData"]
    assert data["request"] == {
        "protocol": "https",
        "method": "GET",
        "url": "https://example.com/a?q=1+2",
        "headers": "[own: h, User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1,"
        " Range: bytes=0-262144]",
        "body": '{"m":1}',
    }
    assert data["response"] == {
        "protocol": "https",
        "statusCode": "200",
        "statusMessage": "OK",
        "headers": "[content-type: text/plain]",
        "body": "fine",
    }
    for level, mock in (("DEBUG", {}), ("TRACE", {"result": result})):
        request: dict[str, Any] = {"roleArn": ROLE, "inspectionLevel": level, **mock}
        assert "request" not in ask(state, client=client, **request)["inspectionData"]


JSONATA = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": INVOKE,
    "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.a %}"},
    "Output": "{% $states.result.Payload & $x %}",
    "End": True,
}


def test_a_jsonata_task_shows_its_arguments_and_its_result() -> None:
    """And nothing that JSONPath has."""
    state = {**JSONATA, "Assign": {"y": "{% $states.result.StatusCode %}"}}
    result = {"Payload": "p", "StatusCode": 200}
    answer = ask(state, {"a": 1}, variables={"x": "!"}, result=result, inspectionLevel="DEBUG")
    assert answer["output"] == "p!"
    assert answer["inspectionData"] == {
        "input": {"a": 1},
        "afterArguments": {"FunctionName": "f", "Payload": 1},
        "result": result,
        "variables": {"x": "!", "y": 200},
    }


def test_a_jsonata_catcher_gets_the_error() -> None:
    """Its Output and Assign apply; a catcher that fails fails the state."""
    catcher = {
        "ErrorEquals": ["Busy"],
        "Output": "{% $states.errorOutput.Error & $states.input.a %}",
        "Next": "Rescue",
    }
    answer = ask({**JSONATA, "Catch": [catcher]}, {"a": "!"}, mock=BUSY)
    assert (answer["status"], answer["output"]) == ("CAUGHT_ERROR", "Busy!")
    failing = {**catcher, "Output": "{% $no %}"}
    answer = ask({**JSONATA, "Catch": [failing]}, {"a": "!"}, mock=BUSY)
    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert answer["cause"] == (  # an execution's cause begins with the state's name and event
        "The JSONata expression '$no' specified for the field 'Catch[0]/Output' returned nothing"
        " (undefined)."
    )


def test_a_failing_expression_can_be_retried_and_caught() -> None:
    """As in an execution."""
    state = {**JSONATA, "Output": "{% $no %}", "Retry": [{"ErrorEquals": ["States.ALL"]}]}
    answer = ask(state, {"a": 1}, result={"Payload": "p"}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"]) == ("RETRIABLE", "States.QueryEvaluationError")
    assert answer["inspectionData"]["result"] == {"Payload": "p"}


def test_the_time_is_known_without_a_context_object() -> None:
    """An empty object leaves ``$now`` as it is."""
    state = {**JSONATA, "Output": "{% [$states.context, $length($now())] %}"}
    assert ask(state, {"a": 1}, result={}, context={})["output"] == [{}, 24]


def test_a_jsonata_map_shows_its_selected_items() -> None:
    """Its Items are not shown, as AWS documents."""
    state = {
        "Type": "Map",
        "QueryLanguage": "JSONata",
        "Items": "{% $states.input.items %}",
        "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}"},
        "MaxConcurrency": "{% 2 %}",
        "ItemProcessor": INNER,
        "End": True,
    }
    answer = ask(state, {"items": [1, 2]}, result=["a", "b"], inspectionLevel="DEBUG")
    assert answer["inspectionData"] == {
        "input": {"items": [1, 2]},
        "afterItemSelector": [{"v": 1}, {"v": 2}],
        "maxConcurrency": 2,
    }
