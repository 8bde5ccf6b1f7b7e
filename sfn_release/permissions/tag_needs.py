"""The action that a request with tags needs in addition to the one that makes the resource.

Source: the pages on tagging at creation of each service's user guide, such as "Grant permission to
tag resources on creation" of Amazon ECS and Amazon EC2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_release.permissions.api_actions import ApiAction
from sfn_release.permissions.arguments import Arguments
from sfn_release.permissions.iam_data import iam_action
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets, targets, whole_arn

_TAGS: Final = ("Tags", "TagList", "TagSpecifications")
_OWN_TAGGING: Final[Mapping[str, str]] = {
    "ec2": "CreateTags",
    "elasticmapreduce": "AddTags",
    "rds": "AddTagsToResource",
    "sagemaker": "AddTags",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
}
_MAKES: Final = ("Create", "Register", "Restore", "Run", "Start", "Submit", "Put", "Copy")
_NONE: Final = frozenset({"cloudformation", "codebuild", "s3"})
"""Services whose tags need no action of their own, or that are read elsewhere."""
_MADE: Final[Mapping[tuple[str, str], str]] = {
    ("batch", "SubmitJob"): "job/*",
    ("bedrock", "CreateModelInvocationJob"): "model-invocation-job/*",
    ("ec2", "RunInstances"): "*/*",
    ("elasticmapreduce", "RunJobFlow"): "cluster/*",
    ("mediaconvert", "CreateJob"): "jobs/*",
}
"""The resources that a call makes, where the names in its request aren't theirs."""
_LIKE: Final[Mapping[tuple[str, str], str]] = {
    ("ecs", "RunTask"): "ecs:StopTask",
    ("ecs", "StartTask"): "ecs:StopTask",
    ("eks", "CreateCluster"): "eks:DescribeCluster",
    ("emr-containers", "StartJobRun"): "emr-containers:DescribeJobRun",
    ("emr-serverless", "StartJobRun"): "emr-serverless:GetJobRun",
}
"""An action on the resources that a call makes."""


def add_tag_needs(
    needs: PermissionList, state: str, api: ApiAction, arguments: Arguments, place: Place
) -> None:
    """Add the tagging of a new resource, if the request has tags."""
    if api.prefix in _NONE or not api.operation.startswith(_MAKES) or not _tagged(api, arguments):
        return
    action = iam_action(f"{api.prefix}:{_OWN_TAGGING.get(api.prefix, 'TagResource')}")
    if action is None:
        return
    needs.add_targets((action.name,), _made(api, arguments, place), state, _condition(api))


def _tagged(api: ApiAction, arguments: Arguments) -> bool:
    if api.prefix == "ecs" and arguments.texts("PropagateTags"):
        return arguments.literal("PropagateTags") != "NONE" or arguments.has("Tags")
    return any(arguments.has(name) and arguments.holder.get(name) != [] for name in _TAGS)


def _condition(api: ApiAction) -> dict[str, Any] | None:
    """Limit tags to the call, where IAM has a key for it."""
    if api.prefix in ("ec2", "ecs"):
        return {"StringEquals": {f"{api.prefix}:CreateAction": api.operation}}
    return None


def _made(api: ApiAction, arguments: Arguments, place: Place) -> Targets:
    call = (api.prefix, api.operation)
    if call in _MADE:
        return Targets((whole_arn(place.arn(api.prefix, _MADE[call])),))
    makes = iam_action(_LIKE.get(call, api.actions[0]))
    if makes is None:
        return Targets((), "the data set lacks it")
    found = targets(makes, api.operation, arguments, place)
    named = tuple(target for target in found.found if _is_made(target, api.operation))
    return found._replace(found=named) if named else found


def _is_made(target: Target, operation: str) -> bool:
    """Whether the kind of a resource is in the name of the call: ``endpoint`` in CreateEndpoint."""
    kind = target.arn.text.split(":", 5)[-1].replace(":", "/").partition("/")[0]
    return operation.lower().endswith(kind.replace("-", "").lower())
