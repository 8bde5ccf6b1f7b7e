"""The failures of services: error names and causes as Step Functions writes them.

Optimized integrations call services by version 1 of the AWS SDK for Java, SDK integrations by
version 2, and each version has its own words. Source: recorded executions, and "Handling errors in
Step Functions workflows" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from sfn_release.checks.services.botocore_models import Service
from sfn_release.simulator import TaskFailure

_SUFFIX: Final = "Exception"
_UNREACHED: Final = "SdkClientException"

PREFIXES: Final[Mapping[str, tuple[str, str, str]]] = {
    # id in a Resource: the prefix of errors, the service in causes, the exception of all others
    "athena": ("Athena", "AmazonAthena", "AmazonAthenaException"),
    "batch": ("Batch", "AWSBatch", "AWSBatchException"),
    "bedrock": ("Bedrock", "AmazonBedrock", "AmazonBedrockException"),
    "codebuild": ("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
    "databrew": ("DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "ecs": ("ECS", "AmazonECS", "AmazonECSException"),
    "elasticmapreduce": (
        "ElasticMapReduce",
        "AmazonElasticMapReduce",
        "AmazonElasticMapReduceException",
    ),
    "events": ("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "glue": ("Glue", "AWSGlue", "AWSGlueException"),
    "lambda": ("Lambda", "AWSLambda", "AWSLambdaException"),
    "mediaconvert": ("MediaConvert", "AWSMediaConvert", "AWSMediaConvertException"),
    "s3": ("S3", "Amazon S3", "AmazonS3Exception"),
    "sagemaker": ("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
    "sns": ("SNS", "AmazonSNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQS", "AmazonSQSException"),
    "states": ("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}


@dataclass(frozen=True)
class ServiceFault:
    """A request that a service refused: its error code, message, HTTP status and request ids.

    *shape* is the error's name in the service's model, if it isn't the code.
    """

    code: str
    message: str
    status: int
    request_id: str
    extended_id: str = ""
    shape: str = ""


def failure_of(
    service: Service, fault: ServiceFault, *, sdk: bool, at_submission: bool = False
) -> TaskFailure:
    """Return the failure of a task whose request a service refused."""
    name = _exception(service, fault.shape or fault.code, sdk=sdk)
    if sdk:
        prefix = service.error_prefix
        ids = f"Request ID: {fault.request_id}"
        if fault.extended_id:
            ids += f", Extended Request ID: {fault.extended_id}"
        cause = (
            f"{fault.message} (Service: {prefix}, Status Code: {fault.status}, {ids})"
            " (SDK Attempt Count: 1)"
        )
    else:
        prefix, called, _ = _v1(service)
        cause = (
            f"{fault.message} (Service: {called}; Status Code: {fault.status}; Error Code:"
            f" {fault.code}; Request ID: {fault.request_id}; Proxy: null)"
        )
    return TaskFailure(f"{prefix}.{name}", cause, at_submission=at_submission)


def unreachable(
    service: Service, problem: str, *, sdk: bool, at_submission: bool = False
) -> TaskFailure:
    """Return the failure of a task whose request didn't reach the service."""
    prefix = service.error_prefix if sdk else _v1(service)[0]
    cause = f"Unable to execute HTTP request: {problem}"
    return TaskFailure(f"{prefix}.{_UNREACHED}", cause, at_submission=at_submission)


@cache
def error_names(service: Service, *, sdk: bool) -> tuple[str, ...]:
    """Return the names of all errors of a service, by its model. The first one is the general one.

    A task has the general error for every code that the service's model doesn't have.
    """
    prefix = service.error_prefix if sdk else _v1(service)[0]
    codes = [name for name, shape in service.shapes.items() if shape.get("exception")]
    names = [_general(service, sdk=sdk), _UNREACHED, *map(_java_name, codes)]
    return tuple(f"{prefix}.{name}" for name in names)


def _v1(service: Service) -> tuple[str, str, str]:
    prefix = service.error_prefix
    return PREFIXES.get(service.id, (prefix, f"Amazon{prefix}", f"Amazon{prefix}Exception"))


def _exception(service: Service, code: str, *, sdk: bool) -> str:
    """Return the class of Java's exception: the modelled error's, or the service's general one."""
    for name, shape in service.shapes.items():
        if shape.get("exception") and code in (name, shape.get("error", {}).get("code")):
            return _java_name(name)
    return _general(service, sdk=sdk)


def _java_name(name: str) -> str:
    return name if name.endswith(_SUFFIX) else name + _SUFFIX


def _general(service: Service, *, sdk: bool) -> str:
    return f"{service.error_prefix}{_SUFFIX}" if sdk else _v1(service)[2]
