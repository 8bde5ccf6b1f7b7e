"""The parameters of Tasks, compared with botocore's models."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.checks.checker import check_definition
from sfn_release.checks.finding import Finding
from sfn_release.checks.service_calls import RULES
from sfn_release.checks.services.botocore_models import sdk_ids, sdk_service
from sfn_release.checks.services.java_names import SERVICES, sdk_parameter
from support.places import CORPUS

NAMES = {rule.name for rule in RULES}


def definition(resource: str, **fields: Any) -> dict[str, Any]:
    """Return a definition with one Task."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **fields, "End": True}
    return {"StartAt": "Call", "States": {"Call": task}}


def found(resource: str, **fields: Any) -> list[Finding]:
    """Return the models' findings about one Task."""
    findings = check_definition(definition(resource, **fields), services=True)
    return [finding for finding in findings if finding.rule in NAMES]


BUCKET = {"Bucket": "b", "Key": "k"}


@pytest.mark.parametrize(
    ("resource", "parameters", "rule", "said"),
    [
        ("aws-sdk:secretmanager:x", {}, "sdk-service", 'Did you mean "secretsmanager"?'),
        ("aws-sdk:events:putEvents", {}, "sdk-service", 'Did you mean "eventbridge"?'),
        ("aws-sdk:zzzzzzzzz:get", {}, "sdk-service", "update botocore"),
        ("aws-sdk:s3:getObjet", BUCKET, "sdk-action", 'Did you mean "getObject"?'),
        ("aws-sdk:s3:GetObject", BUCKET, "sdk-action", "is spelled getObject"),
        ("aws-sdk:s3:selectObjectContent", {}, "sdk-action", "AWS doesn't support the action"),
        ("aws-sdk:kinesis:subscribeToShard", {}, "sdk-action", "AWS doesn't support the action"),
        (
            "aws-sdk:bedrockruntime:converseStream",
            {"ModelId": "m"},
            "sdk-action",
            "it streams events",
        ),
        (
            "aws-sdk:s3:getObject",
            {**BUCKET, "VersonId": "1"},
            "sdk-parameter",
            'Did you mean "VersionId"?',
        ),
        (
            "aws-sdk:rds:deleteDBInstance",
            {"DBInstanceIdentifier": "x"},
            "sdk-parameter",
            "DBInstanceIdentifier is spelled DbInstanceIdentifier, as in the AWS SDK for Java.",
        ),
        (
            "aws-sdk:ec2:describeInstances",
            {"Filter": []},
            "sdk-parameter",
            'Did you mean "Filters"?',
        ),
        ("aws-sdk:s3:listBuckets", {"Prefix": 3}, "sdk-value", "Prefix must be a string."),
        ("aws-sdk:s3:getObject", {"Bucket": "b"}, "sdk-required", "s3:getObject needs Key."),
        ("aws-sdk:s3:getObject", None, "sdk-required", "s3:getObject needs Bucket."),
        (
            "aws-sdk:ec2:describeInstances",
            {"MaxResults": "five"},
            "sdk-value",
            "MaxResults must be a number.",
        ),
        (
            "aws-sdk:ec2:describeInstances",
            {"DryRun": 1},
            "sdk-value",
            "DryRun must be true or false.",
        ),
        (
            "aws-sdk:s3:putObject",
            {**BUCKET, "StorageClass": "GLACIR"},
            "sdk-enum",
            'Did you mean "GLACIER"?',
        ),
        (
            "lambda:invoke",
            {"FunctionNme": "f"},
            "optimized-parameter",
            'Did you mean "FunctionName"?',
        ),
        ("ecs:runTask", {"cluster": "c"}, "optimized-parameter", "is spelled Cluster"),
    ],
)
def test_a_call_that_the_model_does_not_have_is_told(
    resource: str, parameters: Any, rule: str, said: str
) -> None:
    """The fix has the correct name, and an addition that AWS may have made is only a warning."""
    fields = {} if parameters is None else {"Parameters": parameters}
    told = [finding for finding in found(resource, **fields) if finding.rule == rule]
    assert any(said in f"{finding.message} {finding.fix}" for finding in told), told


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("aws-sdk:s3:getObject", {"Parameters": {"Bucket.$": "$.b", "Key": "${Key}"}}),
        ("aws-sdk:s3:putObject", {"Parameters": {**BUCKET, "Body": {"any": ["json"]}}}),
        ("aws-sdk:s3:${Action}", {}),
        ("aws-sdk:sfn:startExecution", {"Parameters": {"StateMachineArn": "a", "Input": {"a": 1}}}),
        (
            "aws-sdk:dynamodb:putItem",
            {"Parameters": {"TableName": "t", "Item": {"Id": {"Nul": True}, "B": {"Bool": True}}}},
        ),
        ("lambda:invoke", {"Parameters": {"FunctionName": "f", "Payload.$": "$"}}),
        ("apigateway:invoke", {"Parameters": {"Whatever": 1}}),
    ],
)
def test_what_is_right_or_known_only_later_is_left_alone(
    resource: str, fields: dict[str, Any]
) -> None:
    """Paths, parameters of an environment, and objects in place of JSON text are accepted."""
    assert found(resource, **fields) == []


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        (
            "aws-sdk:cloudformation:deleteStackInstances",
            {"StackSetName": "s", "Regions": ["r"], "RetainStacks": "false"},
            {("sdk-text", "warning")},
        ),
        (
            "aws-sdk:ec2:runInstances",
            {"MinCount": "1", "MaxCount": " 1 "},
            {("sdk-text", "warning")},
        ),
        ("aws-sdk:ec2:runInstances", {"MinCount": "one", "MaxCount": 1}, {("sdk-value", "error")}),
        ("ecs:runTask", {"TaskDefinition": "t", "Count": "2"}, {("optimized-value", "warning")}),
        (
            "batch:submitJob",
            {
                "JobName": "n",
                "JobQueue": "q",
                "JobDefinition": "d",
                "RetryStrategy": {"attempts": 5},  # as in the developer guide
            },
            {("optimized-value", "warning")},
        ),
        (
            "batch:submitJob",
            {
                "JobName": "n",
                "JobQueue": "q",
                "JobDefinition": "d",
                "RetryStrategy": {"Atempts": 5},
            },
            {("optimized-parameter", "error")},
        ),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": None}, {("sdk-required", "error")}),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key.$": None}, {("sdk-required", "error")}),
        (
            "emr-serverless:startJobRun.sync",
            {"ApplicationId": "a", "ExecutionRoleArn": "r"},
            set(),
        ),
        ("emr-containers:startJobRun.sync", {"VirtualClusterId": "a"}, set()),
        (
            "aws-sdk:emrserverless:startJobRun",
            {"ApplicationId": "a", "ExecutionRoleArn": "r"},
            {("sdk-token", "warning")},
        ),
    ],
)
def test_an_error_is_told_from_a_doubt(
    resource: str, parameters: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """A text for a number or a missing token is a warning, because it may run."""
    told = found(resource, Parameters=parameters)
    assert expected == {(finding.rule, finding.severity) for finding in told}


def test_expressions_in_jsonata_are_left_alone() -> None:
    """Expressions are accepted for single values and for all arguments."""
    for arguments in (
        "{% $states.input %}",
        {"Bucket": "{% $b %}", "Key": "k", "PartNumber": "{% 1 %}"},
    ):
        fields = {"QueryLanguage": "JSONata", "Arguments": arguments}
        assert found("aws-sdk:s3:getObject", **fields) == []
    fields = {"QueryLanguage": "JSONata", "Arguments": {"Bucket": "b", "Key.$": "$.k"}}
    assert [finding.rule for finding in found("aws-sdk:s3:getObject", **fields)] == [
        "sdk-parameter",
        "sdk-required",
    ]


def test_a_finding_says_where() -> None:
    """A finding's path goes down to the item of a list."""
    (finding,) = found(
        "aws-sdk:ec2:describeInstances",
        Parameters={"Filters": [{"Name": "n"}, {"Nme": "n"}]},
    )
    assert finding.path == "$.States.Call.Parameters.Filters[1].Nme"
    assert (finding.state, finding.severity) == ("Call", "error")


@pytest.mark.parametrize("id", sorted(SERVICES))
def test_every_renamed_service_is_there(id: str) -> None:
    """The table has botocore's services whose names in Step Functions differ."""
    service = sdk_service(id)
    assert service is not None
    assert service.actions
    assert SERVICES[id].replace("-", "") not in sdk_ids() or SERVICES[id] == id


@pytest.mark.parametrize(
    ("member", "written"),
    [
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("ACL", "Acl"),
        ("BOOL", "Bool"),
        ("S", "S"),
        ("stateMachineArn", "StateMachineArn"),
        ("vpcSecurityGroupIDs", "VpcSecurityGroupIDs"),
        ("equals", "EqualsValue"),
        ("NULL", "Nul"),
    ],
)
def test_parameters_are_spelled_as_in_java(member: str, written: str) -> None:
    """A leading run of capitals is lowered, and names that Java reserves differ."""
    assert written == sdk_parameter(member)


def test_diagnostics_ask_the_models_and_serialize_does_not() -> None:
    """A build must not depend on the age of botocore."""
    workflow = sfn.Workflow.from_dict(definition("aws-sdk:s3:getObjet", Parameters=BUCKET))
    assert workflow.serialize()
    assert [finding.rule for finding in workflow.diagnostics()] == ["sdk-action"]
    assert workflow.diagnostics(services=False) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Filters", "Name", "Values", "Item", "M", "L", "S", "Key.$", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["aws-sdk:ec2:describeInstances", "aws-sdk:dynamodb:putItem"]))
def test_no_value_is_too_strange(value: Any, resource: str) -> None:
    """Any value has findings, and never an exception."""
    for finding in found(resource, Parameters=value):
        assert finding.message


def test_deep_values_of_shapes_that_hold_themselves_are_walked() -> None:
    """A DynamoDB attribute value may be nested as deeply as JSON can be parsed."""
    deep: Any = {"Wrong": 1}
    for _ in range(150):
        deep = {"M": {"x": deep}}
    parameters = {"TableName": "t", "Item": {"i": deep}}
    (finding,) = found("aws-sdk:dynamodb:putItem", Parameters=parameters)
    assert finding.rule == "sdk-parameter"


def test_no_call_that_aws_took_is_refused() -> None:
    """Recorded and published definitions have no false alarms."""
    index = CORPUS / "index.tsv"
    if not index.exists():
        pytest.skip("the corpus of public definitions is not here")
    with index.open(encoding="utf-8", newline="") as file:
        paths = [
            row["path"] for row in csv.DictReader(file, delimiter="\t") if row["label"] == "valid"
        ]
    wrong: dict[str, list[Finding]] = {}
    for path in paths:
        read = json.loads((CORPUS / path).read_bytes())
        told = [
            finding for finding in check_definition(read, services=True) if finding.rule in NAMES
        ]
        if errors := [finding for finding in told if finding.severity == "error"]:
            wrong[path] = errors
    assert wrong == {}
    assert len(paths) > 200
