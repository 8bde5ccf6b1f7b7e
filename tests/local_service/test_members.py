"""Every operation and member of AWS's model is honoured, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from sfn_release.local_service import open_service, service
from sfn_release.local_service.api import api_model
from sfn_release.local_service.api.api_errors import ApiError
from sfn_release.local_service.api.supported_members import supported_members
from sfn_release.simulator import Later, TaskCall
from support.machines import MACHINES, ROLE, definition

TEXT = definition()
ACTIVITY = MACHINES.replace("stateMachine", "activity") + ":a"
WORK = json.dumps(
    {"StartAt": "W", "States": {"W": {"Type": "Task", "Resource": ACTIVITY, "End": True}}}
)
EXECUTION = MACHINES.replace("stateMachine", "execution") + ":m:e"
LOGS = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:0:log-group:g:*"}}
KEY = {
    "type": "CUSTOMER_MANAGED_KMS_KEY",
    "kmsKeyId": "alias/key",
    "kmsDataKeyReusePeriodSeconds": 60,
}
CONFIGURATION: dict[str, Any] = {
    "loggingConfiguration": {"level": "ALL", "includeExecutionData": True, "destinations": [LOGS]},
    "tracingConfiguration": {"enabled": True},
    "encryptionConfiguration": KEY,
}
TAGS = [{"key": "k", "value": "v"}]
PAGE = {"maxResults": 1}
REVISION = "11111111-2222-3333-4444-555555555555"
ROUTING = [{"stateMachineVersionArn": f"{MACHINES}:m:1", "weight": 100}]

TESTED_ELSEWHERE = {"TestState", "DescribeMapRun", "ListMapRuns", "UpdateMapRun"}
"""Operations with tests of their own for each member."""

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (
        "CreateActivity",
        {
            "name": "a",
            "tags": TAGS,
            "encryptionConfiguration": CONFIGURATION["encryptionConfiguration"],
        },
    ),
    ("DescribeActivity", {"activityArn": ACTIVITY}),
    ("ListActivities", PAGE),
    (
        "CreateStateMachine",
        {
            "name": "m",
            "definition": TEXT,
            "roleArn": ROLE,
            "type": "STANDARD",
            "tags": TAGS,
            "publish": True,
            "versionDescription": "first",
            **CONFIGURATION,
        },
    ),
    ("CreateStateMachine", {"name": "x", "definition": TEXT, "roleArn": ROLE, "type": "EXPRESS"}),
    ("DescribeStateMachine", {"stateMachineArn": f"{MACHINES}:m", "includedData": "ALL_DATA"}),
    ("ListStateMachines", PAGE),
    (
        "CreateStateMachineAlias",
        {"name": "live", "description": "d", "routingConfiguration": ROUTING},
    ),
    ("ListStateMachineAliases", {"stateMachineArn": f"{MACHINES}:m", **PAGE}),
    ("DescribeStateMachineAlias", {"stateMachineAliasArn": f"{MACHINES}:m:live"}),
    (
        "UpdateStateMachineAlias",
        {
            "stateMachineAliasArn": f"{MACHINES}:m:live",
            "description": "e",
            "routingConfiguration": ROUTING,
        },
    ),
    (
        "StartExecution",
        {"stateMachineArn": f"{MACHINES}:m", "name": "e", "input": "1", "traceHeader": "Root=1"},
    ),
    (
        "StartSyncExecution",
        {
            "stateMachineArn": f"{MACHINES}:x",
            "name": "s",
            "input": "1",
            "traceHeader": "R",
            "includedData": "METADATA_ONLY",
        },
    ),
    ("DescribeExecution", {"executionArn": EXECUTION, "includedData": "METADATA_ONLY"}),
    (
        "DescribeStateMachineForExecution",
        {"executionArn": EXECUTION, "includedData": "METADATA_ONLY"},
    ),
    (
        "GetExecutionHistory",
        {"executionArn": EXECUTION, "reverseOrder": True, "includeExecutionData": False, **PAGE},
    ),
    (
        "ListExecutions",
        {
            "stateMachineArn": f"{MACHINES}:m",
            "statusFilter": "SUCCEEDED",
            "redriveFilter": "NOT_REDRIVEN",
            **PAGE,
        },
    ),
    ("StopExecution", {"executionArn": EXECUTION, "error": "e", "cause": "c"}),
    ("RedriveExecution", {"executionArn": EXECUTION, "clientToken": "t"}),
    (
        "UpdateStateMachine",
        {
            "stateMachineArn": f"{MACHINES}:m",
            "definition": TEXT,
            "roleArn": ROLE,
            "publish": True,
            "versionDescription": "v",
            **CONFIGURATION,
            "loggingConfiguration": {**CONFIGURATION["loggingConfiguration"], "level": "FATAL"},
        },
    ),
    (
        "PublishStateMachineVersion",
        {"stateMachineArn": f"{MACHINES}:m", "revisionId": REVISION, "description": "d"},
    ),
    ("ListStateMachineVersions", {"stateMachineArn": f"{MACHINES}:m", **PAGE}),
    ("TagResource", {"resourceArn": f"{MACHINES}:m", "tags": TAGS}),
    ("ListTagsForResource", {"resourceArn": f"{MACHINES}:m"}),
    ("UntagResource", {"resourceArn": f"{MACHINES}:m", "tagKeys": ["k"]}),
    (
        "ValidateStateMachineDefinition",
        {"definition": "{}", "type": "EXPRESS", "severity": "ERROR", "maxResults": 1},
    ),
    ("SendTaskSuccess", {"taskToken": "t", "output": "1"}),
    ("SendTaskFailure", {"taskToken": "t", "error": "e", "cause": "c"}),
    ("SendTaskHeartbeat", {"taskToken": "t"}),
    ("CreateStateMachine", {"name": "w", "definition": WORK, "roleArn": ROLE}),
    ("StartExecution", {"stateMachineArn": f"{MACHINES}:w"}),
    ("GetActivityTask", {"activityArn": ACTIVITY, "workerName": "w"}),
    ("DeleteStateMachineAlias", {"stateMachineAliasArn": f"{MACHINES}:m:live"}),
    ("DeleteStateMachineVersion", {"stateMachineVersionArn": f"{MACHINES}:m:1"}),
    ("DeleteStateMachine", {"stateMachineArn": f"{MACHINES}:m"}),
    ("DeleteActivity", {"activityArn": ACTIVITY}),
]
"""A request of each operation in a row that succeeds, with every member that isn't EXCLUSIVE."""

REFUSED_HERE = {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat", "RedriveExecution"}
"""Operations without a task, or a failed execution, in this row."""

EXCLUSIVE = {
    ("ListExecutions", "mapRunArn"): "instead of stateMachineArn",
    ("ListExecutions", "nextToken"): "of the page before",
    ("ListActivities", "nextToken"): "of the page before",
    ("ListStateMachines", "nextToken"): "of the page before",
    ("ListStateMachineAliases", "nextToken"): "of the page before",
    ("ListStateMachineVersions", "nextToken"): "of the page before",
    ("GetExecutionHistory", "nextToken"): "of the page before",
}
"""Members that contradict the others of a request, or need an earlier answer."""

NEVER_ANSWERED = {
    ("DescribeExecution", "mapRunArn"): "a child of a map run only",
    ("DescribeExecution", "stateMachineAliasArn"): "an execution of an alias only",
    ("DescribeExecution", "stateMachineVersionArn"): "an execution of a version only",
    ("DescribeExecution", "error"): "a failed execution only",
    ("DescribeExecution", "cause"): "a failed execution only",
    ("DescribeExecution", "redriveDate"): "a redriven execution only",
    ("DescribeExecution", "input"): "left out of metadata",
    ("DescribeExecution", "output"): "left out of metadata",
    ("DescribeStateMachine", "label"): "a distributed Map only",
    ("DescribeStateMachine", "description"): "a version only",
    ("DescribeStateMachine", "revisionId"): "after an update only",
    ("DescribeStateMachine", "variableReferences"): "a machine with variables only",
    ("DescribeStateMachineForExecution", "label"): "a child of a map run only",
    ("DescribeStateMachineForExecution", "mapRunArn"): "a child of a map run only",
    ("DescribeStateMachineForExecution", "revisionId"): "after an update only",
    ("DescribeStateMachineForExecution", "variableReferences"): "a machine with variables only",
    ("StartSyncExecution", "error"): "a failed execution only",
    ("StartSyncExecution", "cause"): "a failed execution only",
    ("StartSyncExecution", "input"): "left out of metadata",
    ("StartSyncExecution", "output"): "left out of metadata",
    ("RedriveExecution", "redriveDate"): "the execution of this test has succeeded",
}
"""Members that the answers of this test don't have, with the reason."""


@cache
def model() -> Any:
    """Return AWS's model of Step Functions."""
    return ServiceModel(Loader().load_service_model("stepfunctions", "service-2"))


def structures(shape: Any) -> Iterator[Any]:
    """Yield every structure in a request."""
    match shape.type_name:
        case "structure":
            yield shape
            for member in shape.members.values():
                yield from structures(member)
        case "list":
            yield from structures(shape.member)
        case "map":
            yield from structures(shape.value)
        case _:
            return


def test_every_operation_is_there() -> None:
    """The service has the operations of AWS's model, and no others."""
    assert service.OPERATIONS.keys() == {*model().operation_names}


@pytest.mark.parametrize("operation", model().operation_names)
def test_every_member_is_in_the_table(operation: str) -> None:
    """A member that AWS adds is refused until the service honours it."""
    for shape in structures(model().operation_model(operation).input_shape):
        assert {*shape.members} == supported_members(shape.name), shape.name


def test_a_member_that_the_service_does_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names it. A member that AWS doesn't know either is ignored, as AWS does."""
    monkeypatch.setattr(
        api_model, "supported_members", lambda shape: supported_members(shape) - {"traceHeader"}
    )
    api_model.load.cache_clear()
    try:
        check = api_model.load()
        with pytest.raises(Exception, match="doesn't support 'traceHeader' yet"):
            check.request("StartExecution", b'{"stateMachineArn": "arn", "traceHeader": "x"}')
        assert check.request("StartExecution", b'{"stateMachineArn": "arn", "other": 1}')
    finally:
        api_model.load.cache_clear()


class Noted(dict[str, Any]):
    """A request that notes which of its members are read."""

    def __init__(self, members: Mapping[str, Any], path: str, read: set[str]) -> None:
        super().__init__()
        self.path, self.read = path, read
        for name, value in members.items():
            super().__setitem__(name, noted(value, f"{path}.{name}", read))

    def __getitem__(self, name: str) -> Any:
        """Note one member."""
        self.read.add(f"{self.path}.{name}")
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Note one member."""
        self.read.add(f"{self.path}.{name}")
        return super().get(name, default)

    def items(self) -> Any:
        """Note all members."""
        self.read |= {f"{self.path}.{name}" for name in self}
        return super().items()


def noted(value: Any, path: str, read: set[str]) -> Any:
    """Return a value whose members are noted when they're read."""
    match value:
        case dict():
            return Noted(value, path, read)
        case list():
            return [noted(item, path, read) for item in value]
        case _:
            return value


def paths(value: Any, path: str) -> Iterator[str]:
    """Yield the path of every member."""
    match value:
        case dict():
            for name, item in value.items():
                yield f"{path}.{name}"
                yield from paths(item, f"{path}.{name}")
        case list():
            for item in value:
                yield from paths(item, path)
        case _:
            return


class Unanswered:
    """Tasks that wait for ever."""

    def run(self, _: TaskCall) -> Any:
        """Answer later."""
        return Later()


def test_every_member_of_a_request_is_read_and_of_an_answer_written() -> None:
    """Nothing that a client sends is swallowed."""
    asked: dict[str, set[str]] = {}
    answered: dict[str, set[str]] = {}
    running = open_service(
        ":memory:", tasks_for=lambda _scope: Unanswered(), new_id=lambda: REVISION
    )
    with running:
        for operation, request in REQUESTS:
            asked.setdefault(operation, set()).update(request)
            checked = api_model.load().request(operation, json.dumps(request).encode())
            read: set[str] = set()
            request_ = noted(checked, operation, read)
            answer: dict[str, Any] = {}
            if operation in REFUSED_HERE:
                with pytest.raises(ApiError):
                    service.OPERATIONS[operation](running.context, request_)
            else:
                answer = service.OPERATIONS[operation](running.context, request_)
            assert {*paths(request, operation)} - read == set()
            answered.setdefault(operation, set()).update(answer)
    for operation in {*model().operation_names} - TESTED_ELSEWHERE:
        shape = model().operation_model(operation).input_shape
        left_out = {name for name in shape.members if (operation, name) in EXCLUSIVE}
        assert {*shape.members} == asked[operation] | left_out, operation
        output = model().operation_model(operation).output_shape
        found = answered[operation]
        never = {name for name in output.members if (operation, name) in NEVER_ANSWERED}
        assert {*output.members} - {"nextToken"} <= found | never, operation
        assert found <= {*output.members}, operation
