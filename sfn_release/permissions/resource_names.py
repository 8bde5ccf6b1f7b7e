"""Which parameter of a request names a resource, where its name differs from IAM's name for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

_SUFFIXES: Final = ("name", "id", "arn", "identifier", "withoutleadingslash", "withpath")
_PLAIN: Final = re.compile(r"[^a-z0-9]")

OWN: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("athena", "WorkGroupName"): ("WorkGroup",),
    ("athena", "DataCatalogName"): ("Name", "Catalog", "CatalogName"),
    ("batch", "JobDefinitionName"): ("JobDefinition",),
    ("batch", "JobId"): ("JobId", "Jobs"),
    ("batch", "JobQueueName"): ("JobQueue",),
    ("batch", "Revision"): (),
    ("bedrock", "ResourceId"): ("ModelId", "ModelIdentifier", "JobIdentifier", "JobArn"),
    ("cloudformation", "Id"): (),
    ("codebuild", "ProjectName"): ("ProjectName", "Name", "Names"),
    ("cognito-idp", "UserPoolId"): ("UserPoolId",),
    ("databrew", "ResourceId"): ("Name",),
    ("dynamodb", "TableName"): ("TableName", "ResourceArn", "TableArn"),
    ("ec2", "KeyPairName"): ("KeyName",),
    ("ecs", "ClusterName"): ("Cluster", "Clusters", "ClusterName"),
    ("ecs", "ServiceName"): ("Service", "Services", "ServiceName"),
    ("ecs", "TaskId"): ("Task", "Tasks"),
    ("ecs", "TaskDefinitionFamilyName"): ("TaskDefinition", "Family"),
    ("ecs", "TaskDefinitionRevisionNumber"): (),
    ("eks", "ClusterName"): ("ClusterName", "Name"),
    ("elasticfilesystem", "FileSystemId"): ("FileSystemId",),
    ("elasticmapreduce", "ClusterId"): ("ClusterId", "JobFlowId", "JobFlowIds"),
    ("events", "EventBusName"): ("EventBusName",),
    ("events", "RuleName"): ("Rule", "Name"),
    ("glue", "CrawlerName"): ("Name", "CrawlerName"),
    ("glue", "DatabaseName"): ("DatabaseName", "Name"),
    ("glue", "JobName"): ("JobName", "Name"),
    ("glue", "TableName"): ("TableName", "Name"),
    ("glue", "TriggerName"): ("Name",),
    ("glue", "WorkflowName"): ("Name",),
    ("iam", "RoleNameWithPath"): ("RoleName", "RoleArn"),
    ("iam", "UserNameWithPath"): ("UserName",),
    ("kinesis", "StreamName"): ("StreamName", "StreamARN", "StreamArn"),
    ("kms", "KeyId"): ("KeyId", "SourceKeyId", "DestinationKeyId"),
    ("lambda", "Alias"): ("Qualifier",),
    ("lambda", "FunctionName"): ("FunctionName",),
    ("lambda", "Version"): ("Qualifier",),
    ("logs", "LogGroupName"): (
        *("LogGroupName", "LogGroupNames", "LogGroupIdentifier"),
        *("LogGroupIdentifiers", "LogGroupArn", "ResourceArn"),
    ),
    ("mediaconvert", "QueueName"): ("Queue",),
    ("rds", "DbClusterInstanceName"): ("DbClusterIdentifier", "SourceDBClusterIdentifier"),
    ("rds", "DbInstanceName"): ("DbInstanceIdentifier",),
    ("rds", "SnapshotName"): ("DbSnapshotIdentifier", "DbSnapshotName"),
    ("rds", "ClusterSnapshotName"): ("DbClusterSnapshotIdentifier", "SnapshotIdentifier"),
    ("rds-data", "DbClusterInstanceName"): ("ResourceArn",),
    ("s3", "BucketName"): ("Bucket",),
    ("s3", "ObjectName"): ("Key",),
    ("scheduler", "GroupName"): ("GroupName",),
    ("scheduler", "ScheduleName"): ("Name",),
    ("secretsmanager", "SecretId"): ("SecretId", "Name", "SecretIdList"),
    ("ses", "IdentityName"): ("FromEmailAddress", "Source", "EmailIdentity", "Identity"),
    ("sns", "TopicName"): ("TopicArn", "TargetArn", "Name"),
    ("sts", "RoleNameWithPath"): ("RoleArn",),
    ("sqs", "QueueName"): ("QueueUrl", "QueueName"),
    ("ssm", "ParameterNameWithoutLeadingSlash"): ("Name", "Names", "Path"),
    ("ssm", "DocumentName"): ("DocumentName", "Name"),
    ("ssm", "InstanceId"): ("InstanceId", "InstanceIds", "Target"),
    ("states", "StateMachineName"): ("StateMachineArn", "ExecutionArn", "Name"),
    ("states", "ActivityName"): ("ActivityArn", "Name"),
}
"""The parameters of a variable in a pattern, by IAM's service and the variable."""

_WORKGROUP: Final = frozenset({"StartQueryExecution", "ListQueryExecutions", "GetWorkGroup"})
_DEFAULTS: Final[Mapping[tuple[str, str], str]] = {
    ("athena", "WorkGroupName"): "primary",
    ("ecs", "ClusterName"): "default",
    ("mediaconvert", "QueueName"): "Default",
    ("scheduler", "GroupName"): "default",
}


def default_name(service: str, variable: str, operation: str) -> str:
    """Return the name that a service takes where a request doesn't have the parameter, or ""."""
    if service == "athena" and operation not in _WORKGROUP:
        return ""  # the query of the request has a workgroup
    return _DEFAULTS.get((service, variable), "")


RARE: Final = frozenset(
    {
        ("bedrock", "async-invoke"),
        ("bedrock", "bedrock-marketplace-model-endpoint"),
        ("bedrock", "project"),
        ("bedrock", "system-tool"),
        ("events", "event-busv2"),
        ("states", "express"),
    }
)
"""Kinds of resources that a request names only in a way that isn't read here."""


@lru_cache(maxsize=2048)
def parameter_names(service: str, type: str, variable: str, operation: str) -> tuple[str, ...]:
    """Return the names that the parameter of a variable may have, the likeliest first.

    They are in lower case, without dashes.

    >>> parameter_names("ec2", "instance", "InstanceId", "StopInstances")[:2]
    ('instanceid', 'instanceids')
    """
    own = OWN.get((service, variable))
    if (service, variable) == ("events", "EventBusName") and operation.endswith("EventBus"):
        own = ("Name",)
    if own is not None:
        return tuple(map(plain, own))
    return tuple(dict.fromkeys(_generic(plain(type), plain(variable), plain(operation))))


def _generic(type: str, variable: str, operation: str) -> Iterator[str]:
    stem = variable
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix) or stem
    for name in (variable, stem, type):
        yield name
        yield f"{name}s"
        for suffix in _SUFFIXES[:4]:
            yield f"{name}{suffix}"
            yield f"{name}{suffix}s"
    if type in operation or stem in operation:
        yield from ("name", "names", "arn", "arns", "id", "ids", "identifier", "resourcearn")


def plain(name: str) -> str:
    """Return a name in lower case, without everything but letters and digits."""
    return _PLAIN.sub("", name.lower())
