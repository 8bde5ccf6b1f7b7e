"""The roles that a request hands to a service: each needs ``iam:PassRole``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets

_PASS: Final = ("iam:PassRole",)
_ROLE: Final = re.compile(r"\w*Role(?:Arn|ARN|Override)?")
_READS: Final = re.compile(r"(?:Get|List|Describe|Delete|Remove|Assume|Simulate)[A-Z]")
_HOLDERS: Final[Mapping[tuple[str, str], str]] = {
    ("events", "PutTargets"): "Targets",
    ("sagemaker", "CreateHyperParameterTuningJob"): "TrainingJobDefinition",
    ("scheduler", "CreateSchedule"): "Target",
    ("scheduler", "UpdateSchedule"): "Target",
}
"""The members of requests that have a role in them, which may be computed as a whole."""
_PASS_NONE: Final = frozenset({"emr-containers", "iam", "lakeformation", "organizations", "sts"})
"""Services whose requests name roles that they don't take over."""
PASSED_TO: Final[Mapping[str, str]] = {
    "batch": "batch.amazonaws.com",
    "bedrock": "bedrock.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "databrew": "databrew.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "eks": "eks.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com",
    "events": "events.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "mediaconvert": "mediaconvert.amazonaws.com",
    "pipes": "pipes.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "states": "states.amazonaws.com",
    "transcribe": "transcribe.amazonaws.com",
    "transfer": "transfer.amazonaws.com",
}
"""The service that takes a role over, by IAM's prefix; for the condition ``iam:PassedToService``.

EMR isn't here: it hands one role to itself and another to EC2.
"""


def add_passed_roles(
    needs: PermissionList,
    state: str,
    prefix: str,
    operation: str,
    arguments: Arguments,
    place: Place,
) -> None:
    """Add ``iam:PassRole`` for the roles in a request's parameters, at any depth."""
    if prefix in _PASS_NONE or _READS.match(operation):
        return
    service = PASSED_TO.get(prefix)
    condition = {"StringEquals": {"iam:PassedToService": service}} if service else None
    found = tuple(
        Target(_role_arn(text, place), named=not text.unknown)
        for text in dict.fromkeys(_roles(arguments))
    )
    needs.add_targets(_PASS, Targets(found), state, condition)
    holder = arguments.part(_HOLDERS.get((prefix, operation), ""))
    if holder.open:
        anyone = KnownText(f"arn:{place.partition}:iam::{place.account}:role/*", holder.source)
        needs.add_targets(_PASS, Targets((Target(anyone, named=False),)), state)
    if prefix == "elasticmapreduce" and arguments.has("JobFlowRole"):
        reason = (
            "JobFlowRole names an instance profile. The policy allows iam:PassRole on the role of"
            " the same name: if the profile has another role, allow that one."
        )
        needs.add_unknown(state, reason, _PASS)
    if (prefix, operation) == ("ecs", "RunTask"):
        _task_roles(needs, state, arguments, place)


def _roles(arguments: Arguments) -> Iterator[KnownText]:
    for name in arguments.names:
        if _ROLE.fullmatch(name):
            yield from arguments.texts(name)
        value: Any = arguments.holder.get(name)
        if isinstance(value, Mapping | list):
            for part in arguments.parts(name):
                yield from _roles(part)


def _role_arn(text: KnownText, place: Place) -> KnownText:
    """Return a role's ARN; EMR and others take its name too."""
    if text.text.startswith(("arn:", "${")):
        return text
    return KnownText(f"arn:{place.partition}:iam::{place.account}:role/{text.text}", text.source)


def _task_roles(needs: PermissionList, state: str, arguments: Arguments, place: Place) -> None:
    """Report the roles that the task definition names and the request doesn't replace."""
    overrides = arguments.part("Overrides")
    if overrides.has("TaskRoleArn") and overrides.has("ExecutionRoleArn"):
        return
    reason = (
        "The task definition names the task's roles. The role needs iam:PassRole on each of them,"
        " for ecs-tasks.amazonaws.com."
    )
    within = f"arn:{place.partition}:iam::{place.account}:role/{UNKNOWN}"
    needs.add_unknown(state, reason, _PASS, within)
