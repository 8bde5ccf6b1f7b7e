"""Mocked results, compared with the models of AWS's services."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.checks.services.result_validation import result_fault


def model(resource: str) -> tuple[Service, str, bool]:
    """Return the service, the shape and the spelling of ``sdk:service:action`` or an optimized."""
    *sdk, id, action = resource.split(":")
    service = sdk_service(id) if sdk else optimized_service(id)
    assert service is not None
    shape = service.output_of(action)
    assert shape is not None
    return service, shape, bool(sdk)


def fault(resource: str, result: Any, *, strict: bool = True) -> str | None:
    """Return the fault of a result of an action."""
    service, shape, sdk = model(resource)
    return result_fault(service, shape, result, sdk=sdk, strict=strict)


@pytest.mark.parametrize(
    ("resource", "result"),
    [
        ("events:putEvents", {}),
        ("events:putEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {}]}),
        ("events:putEvents", {"Other": {"entries": 1}}),
        ("events:putEvents", {"Entries": None}),
        ("states:startExecution", {"ExecutionArn": "a", "StartDate": "2025-01-01T00:00:00Z"}),
        ("dynamodb:getItem", {"Item": {"a": {"M": {"b": {"L": [{"S": "x"}, {"BOOL": True}]}}}}}),
        ("sdk:dynamodb:getItem", {"Item": {"a": {"Bool": True}}}),
        ("sdk:lambda:getFunction", {"Configuration": {"MemorySize": 128}}),
        ("lambda:invoke", {"Payload": "{}", "StatusCode": 200}),
    ],
)
def test_results_that_a_service_can_return_have_no_fault(resource: str, result: Any) -> None:
    """Members that the model doesn't have are ignored, null is any member's value."""
    assert fault(resource, result) is None


@pytest.mark.parametrize(
    ("resource", "result", "expected"),
    [
        ("events:putEvents", {"Entries": {}}, "Field 'Entries' must be an array"),
        ("events:putEvents", {"Entries": ["a"]}, "Field 'Entries' must be an object"),
        (
            "events:putEvents",
            {"FailedEntryCount": True},
            "Field 'FailedEntryCount' must be a number",
        ),
        ("lambda:invoke", {"Payload": {"a": 1}}, "Field 'Payload' must be a string"),
        ("dynamodb:getItem", {"Item": []}, "Field 'Item' must be an object"),
        ("dynamodb:getItem", {"Item": {"a": {"BOOL": "true"}}}, "Field 'BOOL' must be a boolean"),
        ("dynamodb:getItem", {"Item": {"a": {"L": [{"S": 1}]}}}, "Field 'S' must be a string"),
        (
            "sdk:sfn:describeExecution",
            {"ExecutionArn": "a", "StateMachineArn": "a", "Status": "DONE", "StartDate": ""},
            "Field 'Status' is not an expected value",
        ),
        (
            "sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 127}},
            "Field 'MemorySize' is less than the minimum value",
        ),
        (
            "states:startExecution",
            {"ExecutionArn": "", "StartDate": ""},
            "Field 'ExecutionArn' is less than the minimum length",
        ),
        (
            "states:startExecution",
            {"ExecutionArn": "a" * 257, "StartDate": ""},
            "Field 'ExecutionArn' exceeds the maximum length",
        ),
    ],
)
def test_a_fault_names_the_member(resource: str, result: Any, expected: str) -> None:
    """Types, sizes and enumerations count in a lenient comparison too."""
    assert fault(resource, result) == expected
    assert fault(resource, result, strict=False) == expected


def test_a_strict_comparison_misses_required_members() -> None:
    """A member in other capitals is another member."""
    written = {"executionArn": "a", "startDate": "b"}
    assert fault("states:startExecution", written) == "Required field 'ExecutionArn' is missing"
    assert fault("states:startExecution", written, strict=False) is None
