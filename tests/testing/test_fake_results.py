"""Plausible results of services, made from botocore's models."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.asl.integrations import CALLBACK, OPTIMIZED
from sfn_release.checks.services.botocore_models import sdk_ids, sdk_service
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.testing.mocked_results.dynamodb_items import dynamodb_item
from sfn_release.testing.mocked_results.fake_results import fake_result
from sfn_release.testing.mocked_results.result_models import result_model
from sfn_release.testing.mocked_results.result_shapes import shape_problems
from sfn_release.testing.mocked_results.shape_problem import MockedResultError

ARN = "arn:aws:states:::"
SMALL = 60_000  # bytes of JSON, well below what a state's data may have
SERVICES = ("dynamodb", "s3", "sqs", "sns", "lambda", "sfn", "ecs", "glue", "athena", "sagemaker")
"""Often called, with recursive, large and old-fashioned models among them."""


def test_a_value_that_is_one_of_several_has_one_member() -> None:
    """DynamoDB's values have a type each."""
    assert fake_result("dynamodb:getItem") == {"Item": {"key": {"S": "s"}}}


def test_usual_members_are_filled() -> None:
    """By their types, always the same."""
    assert fake_result("sns:publish", SequenceNumber=None) == {
        "MessageId": "00000000-0000-0000-0000-000000000001"
    }
    assert fake_result("lambda:invoke") == {
        "ExecutedVersion": "$LATEST",
        "Payload": {},
        "StatusCode": 200,
    }
    assert fake_result("events:putEvents")["FailedEntryCount"] == 0
    assert fake_result("states:startExecution")["StartDate"] == 1767225600000
    assert fake_result("aws-sdk:sfn:startExecution")["StartDate"] == "2026-01-01T00:00:00Z"


def test_members_are_replaced() -> None:
    """Keyword arguments win, and None leaves a member out."""
    item = dynamodb_item({"order_id": "7"})
    assert fake_result("dynamodb:getItem", Item=item) == {"Item": {"order_id": {"S": "7"}}}
    assert fake_result("dynamodb:getItem", Item=None) == {}
    assert fake_result("lambda:invoke", Payload=[1])["Payload"] == [1]


def test_a_whole_resource_works_too() -> None:
    """As it is written in a definition."""
    arn = "arn:aws:states:::aws-sdk:s3:getObject"
    assert fake_result(arn) == fake_result("aws-sdk:s3:getObject")
    assert fake_result(arn.replace("aws:states", "aws-cn:states")) == fake_result(arn)


@pytest.mark.parametrize(
    ("resource", "path", "expected"),
    [
        ("glue:startJobRun.sync", ("JobRunState",), "SUCCEEDED"),
        ("athena:startQueryExecution.sync", ("QueryExecution", "Status", "State"), "SUCCEEDED"),
        ("ecs:runTask.sync", ("LastStatus",), "STOPPED"),
        ("ecs:runTask.sync", ("Containers", 0, "ExitCode"), 0),
        ("states:startExecution.sync", ("Output",), "{}"),
        ("states:startExecution.sync:2", ("Output",), {}),
        ("batch:submitJob.sync", ("Status",), "SUCCEEDED"),
    ],
)
def test_jobs_have_succeeded(resource: str, path: tuple[str | int, ...], expected: Any) -> None:
    """A result of a ``.sync`` task is there because the job has succeeded."""
    found: Any = fake_result(resource)
    for key in path:
        found = found[key]
    assert found == expected


@pytest.mark.parametrize(
    ("resource", "nearest"),
    [
        ("dynamodb:getItm", "dynamodb:getItem"),
        ("aws-sdk:s3:getObjct", "aws-sdk:s3:getObject"),
        ("aws-sdk:dynamo:getItem", "aws-sdk:dynamodb:getItem"),
    ],
)
def test_an_unknown_action_names_the_nearest(resource: str, nearest: str) -> None:
    """Of the service, or the nearest service."""
    with pytest.raises(NotFoundError, match="There is no integration") as raised:
        fake_result(resource)
    assert raised.value.fix == f'Did you mean "{nearest}"?'


@pytest.mark.parametrize("resource", ["", "nonsense", "a:b:c:d:e:f", "arn:aws:states:::x"])
def test_nonsense_is_no_action(resource: str) -> None:
    """It's an error that shows how actions are named."""
    with pytest.raises((NotFoundError, UsageError)):
        fake_result(resource)


@pytest.mark.parametrize(
    "resource", ["sqs:sendMessage.waitForTaskToken", "arn:aws:lambda:eu-west-1:1:function:charge"]
)
def test_a_free_result_is_yours(resource: str) -> None:
    """There is no model to make it from."""
    with pytest.raises(UsageError, match="can be anything"):
        fake_result(resource)


def test_members_are_held_to_the_model() -> None:
    """An unknown name, and a value of another type."""
    with pytest.raises(MockedResultError, match=r'no member Itm here\. Did you mean "Item"'):
        fake_result("dynamodb:getItem", Itm={})
    with pytest.raises(MockedResultError, match=r"Item\.id: expected an object"):
        fake_result("dynamodb:getItem", Item={"id": 7})


def optimized() -> list[str]:
    """Return every optimized integration that has a model of its result."""
    return [
        f"{service}:{action}{wait}"
        for service, actions in OPTIMIZED.items()
        for action, waits in actions.items()
        for wait in waits
        if wait != CALLBACK and result_model(f"{ARN}{service}:{action}{wait}") is not None
    ]


@pytest.mark.parametrize("resource", optimized())
def test_every_optimized_integration(resource: str) -> None:
    """Its result fits its own model."""
    result = fake_result(resource)
    assert shape_problems(ARN + resource, result) == []
    assert len(json.dumps(result)) < SMALL


@pytest.mark.parametrize("id", SERVICES)
def test_every_action_of_a_service(id: str) -> None:
    """Its result fits its own model, and is small."""
    service = sdk_service(id)
    assert service is not None
    for action in service.actions:
        if not service.streams(action):
            assert len(json.dumps(fake_result(f"aws-sdk:{id}:{action}"))) < SMALL


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_action_of_any_service(data: st.DataObject) -> None:
    """Of all that botocore has: the results are the same each time."""
    id = data.draw(st.sampled_from(sorted(sdk_ids())))
    service = sdk_service(id)
    assert service is not None
    action = data.draw(st.sampled_from(sorted(service.actions)))
    if not service.streams(action):
        assert fake_result(f"aws-sdk:{id}:{action}") == fake_result(f"aws-sdk:{id}:{action}")


def test_items_are_written_as_python_values() -> None:
    """Each value gets DynamoDB's type."""
    values = {
        "text": "7",
        "whole": 3,
        "exact": Decimal("1.50"),
        "flag": True,
        "none": None,
        "data": b"\x00",
        "list": ["a", 1],
        "map": {"inner": False},
        "texts": {"b", "a"},
        "numbers": {2, 1},
    }
    item = dynamodb_item(values)
    assert item == {
        "text": {"S": "7"},
        "whole": {"N": "3"},
        "exact": {"N": "1.50"},
        "flag": {"BOOL": True},
        "none": {"NULL": True},
        "data": {"B": "AA=="},
        "list": {"L": [{"S": "a"}, {"N": "1"}]},
        "map": {"M": {"inner": {"BOOL": False}}},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
    }
    assert shape_problems(f"{ARN}dynamodb:getItem", {"Item": item}) == []
    spelled = dynamodb_item(values, sdk=True)
    assert spelled["none"] == {"Nul": True}
    assert shape_problems(f"{ARN}aws-sdk:dynamodb:getItem", {"Item": spelled}) == []


@pytest.mark.parametrize("value", [set(), {"a", 1}, object(), {True}])
def test_a_value_without_a_type_is_an_error(value: Any) -> None:
    """DynamoDB has no such value."""
    with pytest.raises(TypeError, match="DynamoDB has"):
        dynamodb_item({"value": value})
