"""Requests that Step Functions makes itself: HTTPS APIs, API Gateway, EKS, Bedrock."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

import sfn_release as sfn
from sfn_release.asl.integrations import REQUIRED
from sfn_release.checks.service_requests import _REQUESTS
from support.places import ROOT

API = {"ApiEndpoint": "https://example.com", "Method": "GET"}
HTTP = {**API, "InvocationConfig": {"ConnectionArn": "${Connection}"}}


def told(action: str, given: Any, language: str = "JSONPath") -> set[tuple[str, str]]:
    """Return the rule, and the path below the parameters, of each error."""
    field = "Parameters" if language == "JSONPath" else "Arguments"
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{action}", field: given, "End": True}
    definition = {"StartAt": "A", "States": {"A": state}, "QueryLanguage": language}
    found = sfn.check_definition(definition, services=True)
    place = f"$.States.A.{field}"
    return {
        (finding.rule, finding.path.removeprefix(place).lstrip("."))
        for finding in found
        if finding.severity == "error"
    }


EKS = dict.fromkeys(
    ("ClusterName", "CertificateAuthority", "Endpoint", "Method", "Path"), "{% $x %}"
)
UNKNOWN = [
    ("http:invoke", {**HTTP, "Foo": 1}, "Foo"),
    ("http:invoke", {**HTTP, "Header.$": "$.h"}, "Header.$"),
    (
        "http:invoke",
        {**API, "Authentication": {"ConnectionArn": "a", "Arn": "b"}},
        "Authentication.Arn",
    ),
    ("http:invoke", {**HTTP, "Transform": {"Encoding": "NONE"}}, "Transform.Encoding"),
    (
        "http:invoke",
        {**HTTP, "Transform": {"RequestEncodingOptions": {"Array": "REPEAT"}}},
        "Transform.RequestEncodingOptions.Array",
    ),
    ("apigateway:invoke", {**API, "Pth": "/a"}, "Pth"),
    ("eks:call", {**EKS, "Verb": "GET"}, "Verb"),
    ("bedrock:invokeModel", {"ModelId": "m", "Body": {}, "Bdy": {}}, "Bdy"),
]


@pytest.mark.parametrize(("action", "given", "key"), UNKNOWN)
def test_a_parameter_that_a_request_does_not_have_is_an_error(
    action: str, given: dict[str, Any], key: str
) -> None:
    """An unknown parameter is an error at any depth."""
    (found,) = told(action, given)
    assert found[0] == "request-parameter"
    assert found[1].replace('["', ".").replace('"]', "").lstrip(".") == key


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("http:invoke", {**HTTP, "Headers": {"Accept": "text/csv"}, "QueryParameters": {"a": 1}}),
        (
            "http:invoke",
            {
                **HTTP,
                "RequestBody": {"any": "thing"},
                "Transform": {
                    "RequestBodyEncoding": "URL_ENCODED",
                    "RequestEncodingOptions": {"ArrayFormat": "COMMAS"},
                },
            },
        ),
        ("apigateway:invoke", {**API, "Stage": "prod", "Path": "/a", "AuthType": "IAM_ROLE"}),
        ("bedrock:invokeModel", {"ModelId": "m", "Input": {"S3Uri": "s3://b/k"}}),
    ],
)
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_what_a_request_has_is_accepted(action: str, given: dict[str, Any], language: str) -> None:
    """Valid requests have no findings in both query languages."""
    assert told(action, given, language) == set()


@pytest.mark.parametrize(
    ("action", "given", "place"),
    [
        ("apigateway:invoke", {**API, "AuthType": "IAM"}, "AuthType"),
        ("apigateway:invoke", {**API, "Method": "get"}, "Method"),
        (
            "http:invoke",
            {**HTTP, "Transform": {"RequestBodyEncoding": "FORM"}},
            "Transform.RequestBodyEncoding",
        ),
    ],
)
def test_a_word_that_a_parameter_can_not_be_is_an_error(
    action: str, given: dict[str, Any], place: str
) -> None:
    """A parameter with a fixed set of words is in capitals."""
    assert {("integration", place)} == told(action, given)


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("Authorization", "Headers.Authorization"),
        ("host", "Headers.host"),
        ("X-Amz-Date.$", 'Headers["X-Amz-Date.$"]'),
    ],
)
def test_a_header_that_step_functions_refuses_to_send_is_an_error(header: str, place: str) -> None:
    """Step Functions creates the state machine, and refuses the header at run time."""
    given = {**HTTP, "Headers": {header: "$.x", "Accept": "text/csv"}}
    assert {("request-header", place)} == told("http:invoke", given)


def test_headers_of_an_api_are_lists() -> None:
    """API Gateway accepts several values of a header; computed headers aren't checked."""
    good = {"Accept": ["text/csv"], "Other.$": "$.x", "Third": "${Third}"}
    assert told("apigateway:invoke", {**API, "Headers": good}) == set()
    found = told("apigateway:invoke", {**API, "Headers": {**good, "Fourth": "x"}})
    assert {("request-header", "Headers.Fourth")} == found
    computed = {**API, "Headers": {"Accept": "{% $x %}"}}
    assert told("apigateway:invoke", computed, "JSONata") == set()


def test_an_http_task_has_one_connection() -> None:
    """The connection's ARN is in one of two places."""
    assert {("integration", "InvocationConfig")} == told(
        "http:invoke", {**API, "InvocationConfig": {}}
    )
    arn = {"ConnectionArn.$": "$.c"}
    twice = {**API, "InvocationConfig": arn, "Authentication": arn}
    assert {("integration", "")} == told("http:invoke", twice)
    assert told("http:invoke", {**API, "InvocationConfig": arn}) == set()


def test_every_request_has_its_required_parameters_in_one_table() -> None:
    """Each required parameter exists in the request, and a text isn't an object."""
    for action, shape in _REQUESTS.items():
        assert {name for group in REQUIRED[action] for name in group} <= shape.keys()
    given = {**API, "Authentication": "arn"}
    assert {("integration", "Authentication")} == told("http:invoke", given)


def test_local_creates_what_fails_only_when_it_runs() -> None:
    """As in AWS, unknown parameters are refused, and other faults fail at run time."""
    states = {
        "A": {"Type": "Pass", "Parameters": {"a.$": "States.Hash($.a, 'MD4')"}, "Next": "B"},
        "B": {
            "Type": "Task",
            "Resource": "arn:aws:states:::http:invoke",
            "End": True,
            "Parameters": {**HTTP, "Headers": {"Host": "x"}},
        },
    }
    client = sfn.local(":memory:")
    role = "arn:aws:iam::111122223333:role/r"
    definition = json.dumps({"StartAt": "A", "States": states})
    assert client.create_state_machine(name="a", definition=definition, roleArn=role)
    states["B"]["Parameters"]["Hders"] = {}  # type: ignore[index]
    definition = json.dumps({"StartAt": "A", "States": states})
    with pytest.raises(ClientError, match="Hders"):
        client.create_state_machine(name="b", definition=definition, roleArn=role)


def test_the_documentation_lists_what_is_required() -> None:
    """The documentation of the rule lists each action of the table."""
    text = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    section = text.partition("\n## integration\n")[2].partition("\n## ")[0]
    for (service, action), groups in REQUIRED.items():
        assert f"`{service}:{action}`" in section or f"`{action}`" in section
        for name in (name for group in groups for name in group):
            assert f"`{name}`" in section
