"""What services do with the caller's permissions beyond the called action, and tags of new things.

The truth is in the sources that `borrowed_needs` and `tag_needs` name, and in roles of published
templates: those of Rekognition, Textract and Polly may read or write the buckets of the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "eu-west-1", "111111111111")
ROLE = "arn:aws:iam::111111111111:role/work"
SECRET = PLACE.arn("secretsmanager", "secret:db-abcdef")
KEY = PLACE.arn("kms", "key/k1")
OBJECT = {"S3Object": {"Bucket": "b", "Name": "k"}}
TAGS = [{"Key": "team", "Value": "shop"}]


def needs(resource: str, parameters: Mapping[str, Any] | None) -> NeededPermissions:
    """Return what a Task needs that calls an integration."""
    state = {"Type": "Task", "End": True, "Resource": f"arn:aws:states:::{resource}"}
    state |= {} if parameters is None else {"Parameters": dict(parameters)}
    definition = {"StartAt": "A", "States": {"A": state}}
    return declared_permissions(Declaration("orders", definition), PLACE)


def pairs(needed: NeededPermissions) -> set[tuple[str, str]]:
    """Return each action on each resource."""
    return {
        (action, resource)
        for permission in needed.permissions
        for action in permission.actions
        for resource in permission.resources
    }


def own(action: str, service: str, resource: str) -> tuple[str, str]:
    return action, PLACE.arn(service, resource)


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        ("rekognition:detectLabels", {"Image": OBJECT}, {("s3:GetObject", "arn:aws:s3:::b/k")}),
        (
            "rekognition:compareFaces",
            {"SourceImage": OBJECT, "TargetImage": {"S3Object": {"Bucket": "b", "Name": "t"}}},
            {("s3:GetObject", "arn:aws:s3:::b/k"), ("s3:GetObject", "arn:aws:s3:::b/t")},
        ),
        (
            "rekognition:detectText",
            {"Image": {"S3Object": {"Bucket": "b", "Name": "k", "Version": "1"}}},
            {("s3:GetObjectVersion", "arn:aws:s3:::b/k")},
        ),
        ("rekognition:detectLabels", {"Image": {"Bytes.$": "$.bytes"}}, set()),
        (
            "textract:startDocumentTextDetection",
            {"DocumentLocation": OBJECT, "OutputConfig": {"S3Bucket": "o", "S3Prefix": "text/"}},
            {("s3:GetObject", "arn:aws:s3:::b/k"), ("s3:PutObject", "arn:aws:s3:::o/text/*")},
        ),
        (
            "polly:startSpeechSynthesisTask",
            {"OutputS3BucketName": "o", "SnsTopicArn": PLACE.arn("sns", "done")},
            {("s3:PutObject", "arn:aws:s3:::o/*"), own("sns:Publish", "sns", "done")},
        ),
        (
            "transcribe:startTranscriptionJob",
            {"Media": {"MediaFileUri": "s3://b/k"}, "OutputBucketName": "o", "OutputKey": "t.json"},
            {("s3:GetObject", "arn:aws:s3:::b/k"), ("s3:PutObject", "arn:aws:s3:::o/t.json*")},
        ),
        (
            "transcribe:startTranscriptionJob",
            {
                "Media": {"MediaFileUri": "s3://b/k"},
                "JobExecutionSettings": {"DataAccessRoleArn": ROLE},
            },
            {("iam:PassRole", ROLE)},
        ),
        (
            "rdsdata:executeStatement",
            {"ResourceArn": PLACE.arn("rds", "cluster:c"), "SecretArn": SECRET},
            {("secretsmanager:GetSecretValue", SECRET)},
        ),
        (
            "redshiftdata:executeStatement",
            {"ClusterIdentifier": "c", "Database": "d", "SecretArn": SECRET},
            {("secretsmanager:GetSecretValue", SECRET)},
        ),
        (
            "redshiftdata:batchExecuteStatement",
            {"ClusterIdentifier": "c", "Database": "d"},
            {own("redshift:GetClusterCredentialsWithIAM", "redshift", "dbname:c/d")},
        ),
        (
            "redshiftdata:executeStatement",
            {"ClusterIdentifier": "c", "Database": "d", "DbUser": "u"},
            {
                own("redshift:GetClusterCredentials", "redshift", "dbuser:c/u"),
                own("redshift:GetClusterCredentials", "redshift", "dbname:c/d"),
            },
        ),
        ("redshiftdata:describeStatement", {"Id": "1"}, set()),
        (
            "bedrockruntime:converse",
            {"ModelId": "m", "GuardrailConfig": {"GuardrailIdentifier": "g"}},
            {own("bedrock:ApplyGuardrail", "bedrock", "guardrail/g")},
        ),
        (
            "s3:putObject",
            {"Bucket": "b", "Key": "k", "SSEKMSKeyId": KEY},
            {("kms:GenerateDataKey", KEY), ("kms:Decrypt", KEY)},
        ),
    ],
)
def test_a_call_needs_what_the_service_does_with_the_role(
    resource: str, parameters: Mapping[str, Any], expected: set[tuple[str, str]]
) -> None:
    """Objects, secrets, guardrails and keys; nothing beside the action where a role is given."""
    found = pairs(needs(f"aws-sdk:{resource}", parameters))
    operation = resource.partition(":")[2]
    called = {"converse": "InvokeModel"}.get(operation, operation[:1].upper() + operation[1:])
    assert expected == {pair for pair in found if not pair[0].endswith(f":{called}")}


def test_an_instance_needs_its_volumes_and_tags() -> None:
    """Its volumes are of the same action as the instance itself."""
    parameters = {"ImageId": "ami-1", "TagSpecifications": [{"Tags": TAGS}]}
    found = pairs(needs("aws-sdk:ec2:runInstances", parameters))
    assert own("ec2:RunInstances", "ec2", "volume/*") in found
    assert own("ec2:CreateTags", "ec2", "*/*") in found


@pytest.mark.parametrize(
    ("resource", "parameters", "reason"),
    [
        ("rekognition:detectLabels", {"Image.$": "$.image"}, "$.image"),
        ("redshiftdata:executeStatement", {"WorkgroupName": "w", "Database": "d"}, "has its id"),
        (
            "bedrockruntime:invokeModel",
            {"ModelId": PLACE.arn("bedrock", "application-inference-profile/a1")},
            "decides which models",
        ),
        (
            "ec2:runInstances",
            {"ImageId": "ami-1", "IamInstanceProfile": {"Name": "p"}},
            "the instance profile has the role",
        ),
        ("secretsmanager:createSecret", {"Name": "s", "KmsKeyId": "alias/x"}, "names a key of KMS"),
    ],
)
def test_what_a_request_does_not_reveal_is_reported(
    resource: str, parameters: Mapping[str, Any], reason: str
) -> None:
    """With the reason, and never as a wider permission."""
    needed = needs(f"aws-sdk:{resource}", parameters)
    assert any(reason in unknown.reason for unknown in needed.unknown)
    assert not any("workgroup" in arn or "role/" in arn for _, arn in pairs(needed))


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        (
            "ecs:runTask",
            {"Cluster": "main", "TaskDefinition": "t:1", "Tags": TAGS},
            own("ecs:TagResource", "ecs", "task/main/*"),
        ),
        (
            "ecs:runTask.sync",
            {"Cluster": "main", "TaskDefinition": "t:1", "PropagateTags": "TASK_DEFINITION"},
            own("ecs:TagResource", "ecs", "task/main/*"),
        ),
        (
            "batch:submitJob",
            {"JobName": "n", "JobQueue": "q", "JobDefinition": "d:1", "Tags": {"a": "b"}},
            own("batch:TagResource", "batch", "job/*"),
        ),
        (
            "sagemaker:createEndpoint",
            {"EndpointName": "E", "EndpointConfigName": "c", "Tags": TAGS},
            own("sagemaker:AddTags", "sagemaker", "endpoint/e"),
        ),
        (
            "elasticmapreduce:createCluster",
            {"Name": "n", "Tags": TAGS},
            own("elasticmapreduce:AddTags", "elasticmapreduce", "cluster/*"),
        ),
        (
            "emr-serverless:startJobRun",
            {"ApplicationId": "a", "ExecutionRoleArn": ROLE, "Tags": {"a": "b"}},
            own("emr-serverless:TagResource", "emr-serverless", "/applications/a/jobruns/*"),
        ),
        (
            "eks:createCluster",
            {"Name": "c", "RoleArn": ROLE, "Tags": {"a": "b"}},
            own("eks:TagResource", "eks", "cluster/c"),
        ),
        (
            "aws-sdk:rds:createDBSnapshot",
            {"DbSnapshotIdentifier": "s", "DbInstanceIdentifier": "i", "Tags": TAGS},
            own("rds:AddTagsToResource", "rds", "snapshot:s"),
        ),
        (
            "aws-sdk:lambda:createFunction",
            {"FunctionName": "f", "Role": ROLE, "Tags.$": "$.tags"},
            own("lambda:TagResource", "lambda", "function:f"),
        ),
    ],
)
def test_tags_of_a_new_resource_need_their_own_action(
    resource: str, parameters: Mapping[str, Any], expected: tuple[str, str]
) -> None:
    """On the new resource alone, and only if the request has tags."""
    tagging = {pair for pair in pairs(needs(resource, parameters)) if "Tag" in pair[0]}
    assert {pair for pair in tagging if "ListTags" not in pair[0]} == {expected}
    plain = {name: value for name, value in parameters.items() if "Tags" not in name}
    assert expected not in pairs(needs(resource, plain))


def test_tags_are_limited_to_the_call_where_iam_has_a_key_for_it() -> None:
    """The role may not tag other tasks later."""
    needed = needs("ecs:runTask", {"TaskDefinition": "t:1", "Tags": TAGS})
    conditions = [
        permission.condition
        for permission in needed.permissions
        if "ecs:TagResource" in permission.actions
    ]
    assert conditions == [{"StringEquals": {"ecs:CreateAction": "RunTask"}}]


@pytest.mark.parametrize(
    "parameters", [{"PropagateTags": "NONE"}, {"Tags": []}, {"EnableECSManagedTags": True}]
)
def test_a_task_without_tags_needs_no_tagging(parameters: Mapping[str, Any]) -> None:
    """An empty list and NONE are no tags."""
    needed = needs("ecs:runTask", {"TaskDefinition": "t:1", **parameters})
    assert not any(action == "ecs:TagResource" for action, _ in pairs(needed))


@pytest.mark.parametrize("job", ["Training", "Transform", "Processing", "Labeling"])
def test_step_functions_tags_the_sagemaker_jobs_that_it_waits_for(job: str) -> None:
    """Without `sagemaker:AddTags`, the call itself fails."""
    parameters = {f"{job}JobName": "j", "RoleArn": ROLE}
    expected = own("sagemaker:AddTags", "sagemaker", f"{job.lower()}-job/j")
    assert expected in pairs(needs(f"sagemaker:create{job}Job.sync", parameters))
    assert expected not in pairs(needs(f"sagemaker:create{job}Job", parameters))


def test_a_rule_without_a_documented_name_is_a_pattern() -> None:
    """AWS names the rule for labeling jobs nowhere."""
    given = {"LabelingJobName": "j", "RoleArn": ROLE}
    needed = needs("sagemaker:createLabelingJob.sync", given)
    rule = PLACE.arn("events", "rule/StepFunctionsGetEventsForSageMaker*Rule")
    (found,) = [item for item in needed.permissions if rule in item.resources]
    assert found.partial
    (unknown,) = needed.unknown
    assert unknown.within == rule


def test_tagging_what_exists_is_no_creation() -> None:
    """`TagResource` itself has tags too; its ARN names the one resource."""
    task = PLACE.arn("ecs", "task/main/t1")
    needed = needs("aws-sdk:ecs:tagResource", {"ResourceArn": task, "Tags": TAGS})
    assert pairs(needed) == {("ecs:TagResource", task)}
    assert [dict(permission.condition) for permission in needed.permissions] == [{}]
