"""The eight states as the language writes them, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.authoring.state_writer import write_state
from sfn_release.errors import DefinitionError


def written(state: sfn.State) -> dict[str, Any]:
    """Return *state* as the language writes it."""
    return write_state(state, _Names())


class _Names:
    def id_of(self, state: sfn.State | str) -> str:
        """Return the id."""
        return state if isinstance(state, str) else state.id or "unnamed"


done = sfn.Succeed("Done")
WORKFLOW = sfn.Workflow.of(sfn.Pass("Inner"))
INNER = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            sfn.Pass(
                "P",
                comment="c",
                input_path="$.in",
                output_path="$.out",
                parameters={"a.$": "$.b"},
                result={"x": 1},
                result_path="$.r",
                next=done,
            ),
            {
                "Type": "Pass",
                "Comment": "c",
                "InputPath": "$.in",
                "Parameters": {"a.$": "$.b"},
                "Result": {"x": 1},
                "ResultPath": "$.r",
                "OutputPath": "$.out",
                "Next": "Done",
            },
        ),
        (
            sfn.Task(
                "T",
                resource="arn:aws:states:::lambda:invoke",
                credentials={"RoleArn": "arn:aws:iam::1:role/r"},
                parameters={"FunctionName": "f"},
                timeout_seconds=10,
                heartbeat_seconds_path="$.beat",
                result_selector={"v.$": "$.Payload"},
                result_path="$.task",
                retry=[
                    sfn.Retry(
                        [sfn.States.Timeout, "Mine"],
                        interval_seconds=2,
                        max_attempts=0,
                        backoff_rate=1.5,
                        max_delay_seconds=9,
                        jitter_strategy="FULL",
                    )
                ],
                catch=[sfn.Catch(sfn.States.ALL, done, result_path=None, comment="all")],
                end=True,
            ),
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Credentials": {"RoleArn": "arn:aws:iam::1:role/r"},
                "Parameters": {"FunctionName": "f"},
                "TimeoutSeconds": 10,
                "HeartbeatSecondsPath": "$.beat",
                "ResultSelector": {"v.$": "$.Payload"},
                "ResultPath": "$.task",
                "Retry": [
                    {
                        "ErrorEquals": ["States.Timeout", "Mine"],
                        "IntervalSeconds": 2,
                        "MaxAttempts": 0,
                        "BackoffRate": 1.5,
                        "MaxDelaySeconds": 9,
                        "JitterStrategy": "FULL",
                    }
                ],
                "Catch": [
                    {
                        "Comment": "all",
                        "ErrorEquals": ["States.ALL"],
                        "ResultPath": None,
                        "Next": "Done",
                    }
                ],
                "End": True,
            },
        ),
        (
            sfn.Choice(
                "C",
                input_path="$.in",
                choices=[sfn.Var("$.a").is_null().next_then(done, comment="nothing")],
                default="Elsewhere",
            ),
            {
                "Type": "Choice",
                "InputPath": "$.in",
                "Choices": [
                    {"Comment": "nothing", "Variable": "$.a", "IsNull": True, "Next": "Done"}
                ],
                "Default": "Elsewhere",
            },
        ),
        (
            sfn.Wait("W", seconds=0, end=True),
            {"Type": "Wait", "Seconds": 0, "End": True},
        ),
        (
            sfn.Wait("W", timestamp_path="$.when", next="Done"),
            {"Type": "Wait", "TimestampPath": "$.when", "Next": "Done"},
        ),
        (
            sfn.Succeed("S", input_path=None, output_path="$.a"),
            {"Type": "Succeed", "InputPath": None, "OutputPath": "$.a"},
        ),
        (
            sfn.Fail("F", error="E", cause_path="States.Format('{}', $.why)"),
            {"Type": "Fail", "Error": "E", "CausePath": "States.Format('{}', $.why)"},
        ),
        (
            sfn.Parallel("L", branches=[WORKFLOW, INNER], result_path="$.all", end=True),
            {"Type": "Parallel", "Branches": [INNER, INNER], "ResultPath": "$.all", "End": True},
        ),
        (
            sfn.Map(
                "M",
                items_path="$.items",
                item_selector={"i.$": "$$.Map.Item.Index"},
                item_processor=WORKFLOW,
                processor_config={"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                max_concurrency=0,
                tolerated_failure_percentage=12.5,
                tolerated_failure_count_path="$.count",
                label="items",
                item_reader={"Resource": "arn:aws:states:::s3:getObject"},
                end=True,
            ),
            {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject"},
                "ItemSelector": {"i.$": "$$.Map.Item.Index"},
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    **INNER,
                },
                "Label": "items",
                "MaxConcurrency": 0,
                "ToleratedFailureCountPath": "$.count",
                "ToleratedFailurePercentage": 12.5,
                "End": True,
            },
        ),
        (
            sfn.Map("M", iterator=WORKFLOW, parameters={"a": 1}, end=True),
            {"Type": "Map", "Parameters": {"a": 1}, "Iterator": INNER, "End": True},
        ),
        (
            sfn.Raw("R", {"Type": "Task", "Resource": "arn:x", "Arguments": "{% 1 %}"}, end=True),
            {"Type": "Task", "Resource": "arn:x", "Arguments": "{% 1 %}", "End": True},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, sfn.State) else "",
)
def test_every_field_is_written_under_its_name(state: sfn.State, expected: dict[str, Any]) -> None:
    """Each attribute is written under its field's name, in an order for readers."""
    actual = written(state)
    assert expected == actual
    assert list(expected) == list(actual)


@pytest.mark.parametrize(
    "result", [None, {}, [], "", 0, False, "$.not.a.path", "$", {"a.$": "literal"}, 1.5]
)
def test_every_json_value_is_a_result(result: Any) -> None:
    """Any result is written unchanged: null, empty, or a text that looks like a path."""
    assert {"Type": "Pass", "Result": result} == written(sfn.Pass("P", result=result))


def test_none_is_null_and_not_given_is_absent() -> None:
    """`None` and "not given" differ in every field."""
    assert written(sfn.Pass("P")) == {"Type": "Pass"}
    nulls = sfn.Pass("P", input_path=None, result_path=None, output_path=None)
    expected = {"Type": "Pass", "InputPath": None, "ResultPath": None, "OutputPath": None}
    assert expected == written(nulls)
    nulls.result_path = sfn.NOT_GIVEN
    assert "ResultPath" not in written(nulls)


def test_not_given_is_false_and_says_its_name() -> None:
    """You can test for the sentinel, and a debugger shows its name."""
    assert not sfn.NOT_GIVEN
    assert repr(sfn.NOT_GIVEN) == "NOT_GIVEN"


def test_unknown_fields_pass_through() -> None:
    """`extra` holds fields that this library doesn't know yet, in states, rules and catchers."""
    task = sfn.Task(
        "T",
        resource="arn:x",
        extra={"QueryLanguage": "JSONata", "Arguments": "{% $states.input %}"},
        retry=[sfn.Retry("E", extra={"New": 1})],
        catch=[sfn.Catch("E", "Done", extra={"Output": "{% 1 %}"})],
        end=True,
    )
    body = written(task)
    assert body["Arguments"] == "{% $states.input %}"
    assert body["Retry"] == [{"ErrorEquals": ["E"], "New": 1}]
    assert body["Catch"] == [{"ErrorEquals": ["E"], "Output": "{% 1 %}", "Next": "Done"}]
    rule = sfn.Var("$.a").is_string().next_then("Done", extra={"Assign": {"x": 1}})
    assert written(sfn.Choice("C", choices=[rule]))["Choices"] == [
        {"Variable": "$.a", "IsString": True, "Assign": {"x": 1}, "Next": "Done"}
    ]


def test_what_was_written_is_nobody_s_to_change() -> None:
    """The definition shares no object with the states that it came from."""
    result = {"a": [1]}
    state = sfn.Pass("P", result=result)
    written(state)["Result"]["a"].append(2)
    assert result == {"a": [1]}


def test_a_misspelt_attribute_is_an_error() -> None:
    """`state.reslt = 1` would be lost silently; it is refused."""
    state: Any = sfn.Pass("P")
    with pytest.raises(AttributeError):
        state.reslt = 1


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T12:00:00+02:00"),
    ],
)
def test_an_instant_is_a_datetime_or_a_text(instant: datetime | str, expected: str) -> None:
    """A datetime is written in UTC, and a text is written unchanged."""
    assert expected == written(sfn.Wait("W", timestamp=instant))["Timestamp"]
    rule = sfn.Var("$.t").timestamp_less_than(instant)
    assert {"Variable": "$.t", "TimestampLessThan": expected} == rule.to_asl()


def test_a_datetime_without_a_zone_is_refused() -> None:
    """A datetime without a zone would make the build depend on the machine."""
    with pytest.raises(DefinitionError, match="time zone"):
        written(sfn.Wait("W", timestamp=datetime(2026, 1, 31)))  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sfn.Task("T", retry=[{"ErrorEquals": ["E"]}]), "Expected sfn.Retry(...)"),  # type: ignore[list-item]
        (lambda: sfn.Task("T", catch=["E"]), "Expected sfn.Catch(...)"),  # type: ignore[list-item]
        (lambda: sfn.Choice("C", choices=[sfn.Var("$").is_null()]), "Expected a rule of a Choice"),  # type: ignore[list-item]
        (lambda: sfn.Parallel("P", branches=[5]), "A branch can't be 5"),  # type: ignore[list-item]
        (lambda: sfn.Parallel("P", branches=[[sfn.Pass()]]), "A branch can't be"),  # type: ignore[list-item]
        (lambda: sfn.Parallel("P", branches=[id]), "without arguments"),  # type: ignore[list-item]
    ],
)
def test_a_wrong_part_is_told_by_its_place(make: Callable[[], sfn.State], message: str) -> None:
    """A value of a wrong type is an error with its place, even without a type checker."""
    with pytest.raises(DefinitionError, match=message):
        written(make())


def test_optimized_integrations_have_their_arn() -> None:
    """The integration pattern is the end of the ARN."""
    publish = sfn.task.optimized("sns:publish", {"TopicArn": "t"}, id="Tell", result_path=None)
    expected = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": "t"},
        "ResultPath": None,
    }
    assert expected == written(publish)
    asked = sfn.task.optimized("sqs:sendMessage", pattern="waitForTaskToken")
    assert asked.resource == "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def test_a_lambda_task_gives_the_function_s_answer() -> None:
    """By default, input and output are the function's own, and Lambda's errors are retried."""
    body = written(sfn.task.lambda_invoke("charge", id="Charge"))
    assert body["Resource"] == "arn:aws:states:::lambda:invoke"
    assert body["Parameters"] == {"FunctionName": "charge", "Payload.$": "$"}
    assert body["OutputPath"] == "$.Payload"
    assert "Lambda.TooManyRequestsException" in body["Retry"][0]["ErrorEquals"]


def test_a_lambda_task_with_a_place_for_its_answer_gives_all_of_it() -> None:
    """With a result path, the whole output is kept; an empty retry means none."""
    body = written(
        sfn.task.lambda_invoke("charge", payload={"id.$": "$.id"}, result_path="$.r", retry=[])
    )
    assert body["Parameters"] == {"FunctionName": "charge", "Payload": {"id.$": "$.id"}}
    assert "OutputPath" not in body
    assert "Retry" not in body


def test_a_field_is_written_even_if_no_order_lists_it() -> None:
    """A new field of a class is written without an entry in the order."""

    @dataclass(slots=True, eq=False, repr=False)
    class Urgent(sfn.Task):
        priority: int = field(default=1, kw_only=True)

    urgent = Urgent("A", resource="arn:aws:lambda:x", comment="now")
    assert [*written(urgent)] == ["Type", "Comment", "Resource", "Priority"]
