"""What a Task can call: the ARNs of integrations, the ways to wait for them, their parameters.

Sources: "Integrating optimized services with Step Functions" and "Learning to use AWS service SDK
integrations" in AWS's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

SYNC: Final = ".sync"
CALLBACK: Final = ".waitForTaskToken"
WAITS: Final = ("", SYNC, ".sync:2", CALLBACK)
_JOB = ("", SYNC)
_CALLBACKS = ("", CALLBACK)
_PLAIN = ("",)
_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:[0-9]*:"
    r"(?P<service>[A-Za-z0-9-]+)(?::(?P<sdk>[A-Za-z0-9-]+)(?=:))?:(?P<action>[^.:]+)(?P<wait>\..*)?"
)
_ACTIVITY: Final = re.compile(r"arn:[\w-]+:states:[\w-]*:\d*:activity:.*", re.DOTALL)
_FUNCTION: Final = re.compile(r"arn:[\w-]+:lambda:.*", re.DOTALL)


class ServiceCall(NamedTuple):
    """An integration's ARN: ``aws-sdk`` and the SDK's service, or an optimized integration.

    *wait* is one of `WAITS`, if it's valid.
    """

    service: str
    sdk: str
    action: str
    wait: str


@lru_cache(maxsize=2048)
def service_call(resource: str) -> ServiceCall | None:
    """Return the integration that a Resource calls; None for functions, activities and others."""
    found = _ARN.fullmatch(resource)
    if found is None or found["service"] == "activity":
        return None
    return ServiceCall(found["service"], found["sdk"] or "", found["action"], found["wait"] or "")


@lru_cache(maxsize=2048)
def is_activity(resource: str) -> bool:
    """Whether a Resource is the ARN of an activity."""
    return _ACTIVITY.fullmatch(resource) is not None


@lru_cache(maxsize=2048)
def is_function(resource: str) -> bool:
    """Whether a Resource is the ARN of a Lambda function."""
    return _FUNCTION.fullmatch(resource) is not None


OPTIMIZED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "apigateway": {"invoke": _CALLBACKS},
    "athena": {
        "startQueryExecution": _JOB,
        "stopQueryExecution": _PLAIN,
        "getQueryExecution": _PLAIN,
        "getQueryResults": _PLAIN,
    },
    "batch": {"submitJob": _JOB},
    "bedrock": {"invokeModel": _PLAIN, "createModelCustomizationJob": _JOB},
    "bedrockagentcore": {"invokeHarness": _PLAIN},
    "dynamodb": dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), _PLAIN),
    "ecs": {"runTask": ("", SYNC, CALLBACK)},
    "events": {"putEvents": _CALLBACKS},
    "glue": {"startJobRun": _JOB},
    "databrew": {"startJobRun": _JOB},
    "http": {"invoke": _PLAIN},
    "lambda": {"invoke": _CALLBACKS},
    "mediaconvert": {"createJob": _JOB},
    "sns": {"publish": _CALLBACKS},
    "sqs": {"sendMessage": _CALLBACKS},
    "states": {"startExecution": ("", SYNC, ".sync:2", CALLBACK)},
}
"""Optimized integrations whose actions are few and settled, with the ways to wait for them."""

MANY_ACTIONS: Final = (
    *("codebuild", "eks", "elasticmapreduce", "emr-containers", "emr-serverless"),
    "sagemaker",
)
"""Services with so many optimized actions that only the ways to wait are checked."""

_TASK: Final = "task"  # the specification's examples call it; AWS has no such service
Groups = tuple[tuple[str, ...], ...]
_ITEM, _KEY = (("TableName",), ("Item",)), (("TableName",), ("Key",))
_CLUSTER = (("ClusterName",), ("CertificateAuthority",), ("Endpoint",))
REQUIRED: Final[Mapping[tuple[str, str], Groups]] = {
    ("apigateway", "invoke"): (("ApiEndpoint",), ("Method",)),
    ("batch", "submitJob"): (("JobName",), ("JobQueue",), ("JobDefinition",)),
    ("bedrock", "invokeModel"): (("ModelId",), ("Body", "Input")),
    ("dynamodb", "putItem"): _ITEM,
    **dict.fromkeys((("dynamodb", f"{verb}Item") for verb in ("get", "update", "delete")), _KEY),
    ("ecs", "runTask"): (("TaskDefinition",),),
    ("eks", "call"): (*_CLUSTER, ("Method",), ("Path",)),
    ("eks", "runJob"): (*_CLUSTER, ("Job",)),
    ("events", "putEvents"): (("Entries",),),
    ("glue", "startJobRun"): (("JobName",),),
    ("http", "invoke"): (("ApiEndpoint",), ("Method",), ("Authentication", "InvocationConfig")),
    ("lambda", "invoke"): (("FunctionName",),),
    ("sqs", "sendMessage"): (("QueueUrl",), ("MessageBody",)),
    ("states", "startExecution"): (("StateMachineArn",),),
}
"""The parameters that an optimized integration needs: one of each group."""

SUPPORTED: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("events", "putEvents"): frozenset({"Entries", "EndpointId"}),
    ("lambda", "invoke"): frozenset(
        {"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"}
    ),
}
"""The parameters that an optimized integration takes, where they are few and settled."""


def is_unsupported(call: ServiceCall) -> bool:
    """Whether there is no such integration, or no such way to wait for it."""
    if call.service == "aws-sdk":
        return call.wait not in ("", CALLBACK)
    known = OPTIMIZED.get(call.service)
    if call.service == _TASK:
        return False
    if known is None:
        return call.service not in MANY_ACTIONS or call.wait not in WAITS
    return call.wait not in known.get(call.action, ())
