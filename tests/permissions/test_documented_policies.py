"""The policies that AWS documents for each integration, beside ours.

A row has what the page "IAM policies for …" of AWS's developer guide allows for static resources:
actions, and the resources of the statement. Ours must stay within the page, and have its actions.
Where the page allows more than the call needs, or less, the row says what and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "us-east-1", "123456789012")
OWN = PLACE.arn("states", "stateMachine:orders")
ROLE = "arn:aws:iam::123456789012:role/work"
Page = Mapping[str, tuple[str, ...]]


def arn(service: str, *resources: str) -> tuple[str, ...]:
    return tuple(PLACE.arn(service, resource) for resource in resources)


def on(resources: tuple[str, ...] | str, *actions: str) -> dict[str, tuple[str, ...]]:
    """Return a statement of a page: actions on resources."""
    return dict.fromkeys(actions, (resources,) if isinstance(resources, str) else resources)


def rule(name: str) -> dict[str, tuple[str, ...]]:
    """Return the statement for the EventBridge rule that reports the end of jobs."""
    target = arn("events", f"rule/{name}")
    return on(target, "events:PutTargets", "events:PutRule", "events:DescribeRule")


PASS = on(ROLE, "iam:PassRole")


@dataclass(frozen=True)
class Row:
    """One integration with its parameters, and the *page* for it.

    *too_much* are the page's actions that we leave out, *beyond* are our actions that the page
    lacks; each with the reason. *passed* is the service in the condition of ``iam:PassRole``.
    """

    resource: str
    parameters: Mapping[str, Any]
    page: Page
    passed: str = ""
    too_much: Mapping[str, str] = field(default_factory=dict)
    beyond: Mapping[str, str] = field(default_factory=dict)


JOB = "the one job is enough, IAM knows it"
DATA = "the text of the query decides about the data: reported as unknown"
S3_ATHENA = (
    *("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
    *("s3:ListMultipartUploadParts", "s3:AbortMultipartUpload", "s3:CreateBucket", "s3:PutObject"),
)
GLUE_READS = (
    *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition"),
    *("glue:GetPartitions", "glue:BatchGetPartition"),
)
GLUE_WRITES = (
    *("glue:CreateDatabase", "glue:GetDatabases", "glue:UpdateDatabase", "glue:DeleteDatabase"),
    *("glue:CreateTable", "glue:UpdateTable", "glue:DeleteTable", "glue:BatchDeleteTable"),
    *("glue:BatchCreatePartition", "glue:CreatePartition", "glue:UpdatePartition"),
    *("glue:DeletePartition", "glue:BatchDeletePartition"),
)
CATALOG = arn("glue", "catalog", "database/*", "table/*", "userDefinedFunction/*")
ATHENA_DATA = {
    **on("arn:aws:s3:::*", *S3_ATHENA),
    **on(CATALOG, *GLUE_READS, *GLUE_WRITES),
    **on("*", "lakeformation:GetDataAccess"),
}
ATHENA_TOO_MUCH = {
    **dict.fromkeys(GLUE_WRITES, DATA),
    "lakeformation:GetDataAccess": DATA,
    "s3:CreateBucket": "the bucket for results exists",
}
QUERY = {
    "QueryString": "SELECT 1",
    "WorkGroup": "reports",
    "QueryExecutionContext": {"Database": "shop"},
    "ResultConfiguration": {"OutputLocation": "s3://results/athena/"},
}
WORKGROUP = arn("athena", "workgroup/reports", "datacatalog/*")
CLUSTER = arn("elasticmapreduce", "cluster/j-1")
VIRTUAL = arn("emr-containers", "/virtualclusters/v1")
EMR_JOB = {"VirtualClusterId": "v1", "Name": "n", "ExecutionRoleArn": ROLE, "ReleaseLabel": "r"}
APPLICATION = arn("emr-serverless", "/applications/a1")
JOB_RUNS = arn("emr-serverless", "/applications/a1/jobruns/*")
PROJECT = arn("codebuild", "project/app")
LINKED = "iam:CreateServiceLinkedRole"
TAGGED = {"sagemaker:AddTags": "Step Functions tags the jobs that it waits for: MANAGED_BY_AWS"}
ONCE = "only for the first cluster or application of an account; an administrator makes the role"
TASK = {"Cluster": "main", "TaskDefinition": "work:3", "LaunchType": "FARGATE"}
TRAINING = arn("sagemaker", "training-job/train*")
TRANSFORM = arn("sagemaker", "transform-job/score*")
CHILD = PLACE.arn("states", "stateMachine:child")
CHILDREN = arn("states", "execution:child:*")
MEDIA = arn("mediaconvert", "queues/*", "jobTemplates/*", "presets/*")

ROWS = (
    Row(
        "apigateway:invoke",
        {
            "ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com",
            "Method": "GET",
            "Stage": "prod",
            "Path": "/orders",
            "AuthType": "IAM_ROLE",
        },
        on("arn:aws:execute-api:us-east-1:123456789012:*", "execute-api:Invoke"),
    ),
    Row(
        "apigateway:invoke",
        {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"},
        on("arn:aws:execute-api:us-east-1:123456789012:*", "execute-api:Invoke"),
        too_much={"execute-api:Invoke": "without AuthType IAM_ROLE, nothing asks IAM"},
    ),
    Row(
        "athena:startQueryExecution.sync",
        QUERY,
        {
            **on(
                WORKGROUP,
                *("athena:StartQueryExecution", "athena:StopQueryExecution"),
                *("athena:GetQueryExecution", "athena:GetDataCatalog"),
            ),
            **ATHENA_DATA,
        },
        too_much=ATHENA_TOO_MUCH,
    ),
    Row(
        "athena:startQueryExecution",
        QUERY,
        {**on(WORKGROUP, "athena:StartQueryExecution", "athena:GetDataCatalog"), **ATHENA_DATA},
        too_much=ATHENA_TOO_MUCH,
    ),
    Row(
        "batch:submitJob.sync",
        {"JobName": "n", "JobQueue": "queue", "JobDefinition": "work:1"},
        {
            **on("*", "batch:SubmitJob", "batch:DescribeJobs", "batch:TerminateJob"),
            **rule("StepFunctionsGetEventsForBatchJobsRule"),
        },
    ),
    Row(
        "batch:submitJob",
        {"JobName": "n", "JobQueue": "queue", "JobDefinition": "work:1"},
        on("*", "batch:SubmitJob"),
    ),
    Row(
        "bedrock:invokeModel",
        {"ModelId": "amazon.titan-text-express-v1", "Body": {}},
        on("arn:aws:bedrock:us-east-1::foundation-model/*", "bedrock:InvokeModel"),
    ),
    Row(
        "codebuild:startBuild.sync",
        {"ProjectName": "app"},
        {
            **on(
                PROJECT,
                *("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"),
            ),
            **rule("StepFunctionsGetEventForCodeBuildStartBuildRule"),
        },
    ),
    Row("codebuild:startBuild", {"ProjectName": "app"}, on(PROJECT, "codebuild:StartBuild")),
    Row(
        "codebuild:startBuildBatch.sync",
        {"ProjectName": "app"},
        {
            **on(
                PROJECT,
                *("codebuild:StartBuildBatch", "codebuild:StopBuildBatch"),
                "codebuild:BatchGetBuildBatches",
            ),
            **rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
        },
    ),
    Row(
        "databrew:startJobRun.sync",
        {"Name": "clean"},
        on(
            arn("databrew", "job/*"),
            *("databrew:StartJobRun", "databrew:ListJobRuns", "databrew:StopJobRun"),
        ),
    ),
    Row(
        "databrew:startJobRun",
        {"Name": "clean"},
        on(arn("databrew", "job/*"), "databrew:StartJobRun"),
    ),
    *(
        Row(
            f"dynamodb:{verb.lower()}Item",
            {"TableName": "orders", "Key": {}, "Item": {}},
            on(arn("dynamodb", "table/orders"), f"dynamodb:{verb}Item"),
        )
        for verb in ("Get", "Put", "Update", "Delete")
    ),
    Row(
        "ecs:runTask.sync",
        TASK,
        {
            **on(arn("ecs", "task-definition/work:3"), "ecs:RunTask"),
            **on("*", "ecs:StopTask", "ecs:DescribeTasks"),
            **rule("StepFunctionsGetEventsForECSTaskRule"),
        },
    ),
    Row("ecs:runTask", TASK, on(arn("ecs", "task-definition/work:3"), "ecs:RunTask")),
    Row(
        "ecs:runTask.waitForTaskToken",
        TASK,
        on(arn("ecs", "task-definition/work:3"), "ecs:RunTask"),
    ),
    Row(
        "eks:createCluster.sync",
        {"Name": "main", "RoleArn": ROLE, "ResourcesVpcConfig": {}},
        {
            **on("*", "eks:CreateCluster"),
            **on(arn("eks", "cluster/*"), "eks:DescribeCluster", "eks:DeleteCluster"),
            **PASS,
        },
        passed="eks.amazonaws.com",
    ),
    Row(
        "eks:createNodegroup.sync",
        {"ClusterName": "main", "NodegroupName": "n", "NodeRole": ROLE, "Subnets": []},
        {
            **on("*", "ec2:DescribeSubnets", "eks:CreateNodegroup"),
            **on(arn("eks", "nodegroup/*"), "eks:DescribeNodegroup", "eks:DeleteNodegroup"),
            **on("arn:aws:iam::123456789012:role/*", "iam:GetRole", "iam:ListAttachedRolePolicies"),
            **PASS,
        },
        passed="eks.amazonaws.com",
    ),
    Row(
        "eks:deleteCluster.sync",
        {"Name": "main"},
        on(arn("eks", "cluster/main"), "eks:DeleteCluster", "eks:DescribeCluster"),
    ),
    Row(
        "eks:deleteNodegroup.sync",
        {"ClusterName": "main", "NodegroupName": "n"},
        on(arn("eks", "nodegroup/main/n/*"), "eks:DeleteNodegroup", "eks:DescribeNodegroup"),
    ),
    Row(
        "elasticmapreduce:addStep.sync",
        {"ClusterId": "j-1", "Step": {}},
        {
            **on(
                CLUSTER,
                *("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeStep"),
                "elasticmapreduce:CancelSteps",
            ),
            **rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
        },
    ),
    Row(
        "elasticmapreduce:cancelStep",
        {"ClusterId": "j-1", "StepId": "s-1"},
        on(CLUSTER, "elasticmapreduce:CancelSteps"),
    ),
    Row(
        "elasticmapreduce:createCluster.sync",
        {"Name": "n", "ServiceRole": "work", "JobFlowRole": "work"},
        {
            **on(
                "*",
                *("elasticmapreduce:RunJobFlow", "elasticmapreduce:DescribeCluster"),
                "elasticmapreduce:TerminateJobFlows",
            ),
            **PASS,
            **rule("StepFunctionsGetEventForEMRRunJobFlowRule"),
        },
    ),
    Row(
        "elasticmapreduce:setClusterTerminationProtection",
        {"ClusterId": "j-1", "TerminationProtected": True},
        on(CLUSTER, "elasticmapreduce:SetTerminationProtection"),
    ),
    Row(
        "elasticmapreduce:modifyInstanceFleetByName",
        {"ClusterId": "j-1", "InstanceFleetName": "f"},
        on(CLUSTER, "elasticmapreduce:ModifyInstanceFleet", "elasticmapreduce:ListInstanceFleets"),
    ),
    Row(
        "elasticmapreduce:modifyInstanceGroupByName",
        {"ClusterId": "j-1", "InstanceGroupName": "g"},
        on(CLUSTER, "elasticmapreduce:ModifyInstanceGroups", "elasticmapreduce:ListInstanceGroups"),
    ),
    Row(
        "elasticmapreduce:terminateCluster.sync",
        {"ClusterId": "j-1"},
        {
            **on(CLUSTER, "elasticmapreduce:TerminateJobFlows", "elasticmapreduce:DescribeCluster"),
            **rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule"),
        },
    ),
    Row(
        "emr-containers:createVirtualCluster",
        {"Name": "n", "ContainerProvider": {}},
        {
            **on("*", "emr-containers:CreateVirtualCluster"),
            **on("arn:aws:iam::123456789012:role/*", LINKED),
        },
        too_much={LINKED: ONCE},
    ),
    Row(
        "emr-containers:deleteVirtualCluster.sync",
        {"Id": "v1"},
        on(
            VIRTUAL,
            *("emr-containers:DeleteVirtualCluster", "emr-containers:DescribeVirtualCluster"),
        ),
    ),
    Row(
        "emr-containers:startJobRun.sync",
        EMR_JOB,
        {
            **on(VIRTUAL, "emr-containers:StartJobRun"),
            **on(
                arn("emr-containers", "/virtualclusters/v1/jobruns/*"),
                *("emr-containers:DescribeJobRun", "emr-containers:CancelJobRun"),
            ),
        },
    ),
    Row("emr-containers:startJobRun", EMR_JOB, on(VIRTUAL, "emr-containers:StartJobRun")),
    Row(
        "emr-serverless:createApplication.sync",
        {"ReleaseLabel": "emr-6.6.0", "Type": "SPARK"},
        {
            **on(arn("emr-serverless", "/*"), "emr-serverless:CreateApplication"),
            **on(
                arn("emr-serverless", "/applications/*"),
                *("emr-serverless:GetApplication", "emr-serverless:DeleteApplication"),
            ),
            **on("arn:aws:iam::123456789012:role/aws-service-role/*", LINKED),
            **rule("StepFunctionsGetEventsForEMRServerlessApplicationRule"),
        },
        too_much={LINKED: ONCE},
        beyond={"emr-serverless:CreateApplication": "IAM knows no resource for it: on *"},
    ),
    Row(
        "emr-serverless:startApplication.sync",
        {"ApplicationId": "a1"},
        {
            **on(
                APPLICATION,
                *("emr-serverless:StartApplication", "emr-serverless:GetApplication"),
                "emr-serverless:StopApplication",
            ),
            **rule("StepFunctionsGetEventsForEMRServerlessApplicationRule"),
        },
    ),
    Row(
        "emr-serverless:startJobRun.sync",
        {"ApplicationId": "a1", "ExecutionRoleArn": ROLE},
        {
            **on(APPLICATION, "emr-serverless:StartJobRun"),
            **PASS,
            **on(JOB_RUNS, "emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"),
            **rule("StepFunctionsGetEventsForEMRServerlessJobRule"),
        },
        passed="emr-serverless.amazonaws.com",
    ),
    Row(
        "emr-serverless:cancelJobRun.sync",
        {"ApplicationId": "a1", "JobRunId": "j1"},
        {
            **on(JOB_RUNS, "emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"),
            **rule("StepFunctionsGetEventsForEMRServerlessJobRule"),
        },
    ),
    Row(
        "events:putEvents",
        {"Entries": [{"EventBusName": "shop", "Source": "s", "Detail": {}, "DetailType": "d"}]},
        on(arn("events", "event-bus/shop"), "events:PutEvents"),
    ),
    Row(
        "glue:startJobRun.sync",
        {"JobName": "load"},
        on(
            "*",
            *("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
        ),
    ),
    Row("glue:startJobRun", {"JobName": "load"}, on("*", "glue:StartJobRun")),
    Row(
        "http:invoke",
        {
            "ApiEndpoint": "https://api.stripe.com/v1/invoices",
            "Method": "GET",
            "Authentication": {"ConnectionArn": PLACE.arn("events", "connection/stripe/aeabd89e")},
        },
        {
            **on(OWN, "states:InvokeHTTPEndpoint"),
            **on(
                arn("events", "connection/stripe/aeabd89e"), "events:RetrieveConnectionCredentials"
            ),
            **on(
                "arn:aws:secretsmanager:*:*:secret:events!connection/*",
                *("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
            ),
        },
    ),
    Row(
        "lambda:invoke",
        {"FunctionName": "charge", "Payload": {}},
        on(arn("lambda", "function:charge"), "lambda:InvokeFunction"),
    ),
    Row(
        "mediaconvert:createJob.sync",
        {"Role": ROLE, "Settings": {}},
        {
            **on(MEDIA, "mediaconvert:CreateJob"),
            **on(arn("mediaconvert", "jobs/*"), "mediaconvert:GetJob", "mediaconvert:CancelJob"),
            **PASS,
            **rule("StepFunctionsGetEventsForMediaConvertJobRule"),
        },
        passed="mediaconvert.amazonaws.com",
    ),
    Row(
        "sagemaker:createTrainingJob.sync",
        {"TrainingJobName": "train", "RoleArn": ROLE},
        {
            **on(
                TRAINING,
                *("sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"),
                "sagemaker:StopTrainingJob",
            ),
            **on("*", "sagemaker:ListTags"),
            **PASS,
            **rule("StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
        },
        passed="sagemaker.amazonaws.com",
        beyond=TAGGED,
    ),
    Row(
        "sagemaker:createTransformJob.sync",
        {"TransformJobName": "score", "ModelName": "m"},
        {
            **on(
                TRANSFORM,
                *("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob"),
                "sagemaker:StopTransformJob",
            ),
            **on("*", "sagemaker:ListTags"),
            **PASS,
            **rule("StepFunctionsGetEventsForSageMakerTransformJobsRule"),
        },
        too_much={"iam:PassRole": "the request has no role: the model has one"},
        beyond=TAGGED,
    ),
    Row("sns:publish", {"TopicArn": arn("sns", "t")[0]}, on(arn("sns", "t"), "sns:Publish")),
    Row(
        "sqs:sendMessage",
        {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "m"},
        on(arn("sqs", "q"), "sqs:SendMessage"),
    ),
    Row("states:startExecution", {"StateMachineArn": CHILD}, on(CHILD, "states:StartExecution")),
    *(
        Row(
            f"states:startExecution{wait}",
            {"StateMachineArn": CHILD},
            {
                **on(CHILD, "states:StartExecution"),
                **on(CHILDREN, "states:DescribeExecution", "states:StopExecution"),
                **rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
            },
        )
        for wait in (".sync", ".sync:2")
    ),
)


def needs(row: Row) -> NeededPermissions:
    state = {
        "Type": "Task",
        "End": True,
        "Resource": f"arn:aws:states:::{row.resource}",
        "Parameters": row.parameters,
    }
    return declared_permissions(
        Declaration("orders", {"StartAt": "A", "States": {"A": state}}), PLACE
    )


def within(resource: str, page: tuple[str, ...]) -> bool:
    """Whether a statement's resources hold a resource, taken as literal text."""
    return any(fnmatchcase(resource, pattern) for pattern in page)


IDS = [f"{row.resource}-{index}" for index, row in enumerate(ROWS)]


def test_the_table_is_long_enough() -> None:
    """It has at least forty integrations, each way to wait apart."""
    assert len({row.resource for row in ROWS}) >= 40


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_ours_stays_within_the_documented_policy(row: Row) -> None:
    """We allow nothing that the page doesn't, the named actions aside."""
    wider = [
        (action, resource)
        for permission in needs(row).permissions
        for action in permission.actions
        for resource in permission.resources
        if action not in row.beyond and not within(resource, row.page.get(action, ()))
    ]
    assert wider == []


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_ours_has_every_documented_action(row: Row) -> None:
    """We leave out only what the row names, with a reason."""
    ours = {action for permission in needs(row).permissions for action in permission.actions}
    assert ours == (row.page.keys() - row.too_much.keys()) | row.beyond.keys()


@pytest.mark.parametrize("row", [row for row in ROWS if "iam:PassRole" in row.page])
def test_a_passed_role_is_limited_to_its_service(row: Row) -> None:
    """`iam:PassRole` has the condition that names the service."""
    found = [
        permission.condition
        for permission in needs(row).permissions
        if "iam:PassRole" in permission.actions
    ]
    expected = {"StringEquals": {"iam:PassedToService": row.passed}} if row.passed else {}
    assert found == ([] if "iam:PassRole" in row.too_much else [expected])
