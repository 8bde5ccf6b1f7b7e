"""The models of tasks' results: botocore's shapes, changed where Step Functions changes a result.

Sources: "Integrating optimized services with Step Functions", "Learning to use AWS service SDK
integrations" and "Call HTTPS APIs" in AWS's developer guide, and recorded executions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sfn_release.asl.integrations import CALLBACK, ServiceCall
from sfn_release.checks.integrations import parse_resource
from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.checks.services.polled_actions import POLLED
from sfn_release.tasks.jobs import JOBS

_Shape = Mapping[str, Any]

ANY: Final = "SfnRelease.Any"
_TEXT, _NUMBER, _HEADERS = "SfnRelease.Text", "SfnRelease.Number", "SfnRelease.Headers"
_HEADER_LISTS, _TEXTS = "SfnRelease.HeaderLists", "SfnRelease.Texts"
_HTTP, _SDK, _RESULT = "SfnRelease.Http", "SfnRelease.Sdk", "SfnRelease.Result"


def _structure(**members: str) -> _Shape:
    return {"type": "structure", "members": {name: {"shape": of} for name, of in members.items()}}


def _map(value: str) -> _Shape:
    return {"type": "map", "key": {"shape": _TEXT}, "value": {"shape": value}}


_OWN: Final[Mapping[str, _Shape]] = {
    ANY: {"type": "structure", "document": True},
    _TEXT: {"type": "string"},
    _NUMBER: {"type": "integer"},
    _TEXTS: {"type": "list", "member": {"shape": _TEXT}},
    _HEADERS: _map(_TEXT),
    _HEADER_LISTS: _map(_TEXTS),
    _HTTP: _structure(AllHttpHeaders=_HEADER_LISTS, HttpHeaders=_HEADERS, HttpStatusCode=_NUMBER),
    _SDK: _structure(RequestId=_TEXT),
}
"""Shapes that botocore's models don't have."""

_METADATA: Final = _structure(SdkHttpMetadata=_HTTP, SdkResponseMetadata=_SDK)["members"]
"""The members that each optimized integration adds."""

_ANSWER: Final = _structure(
    Headers=_HEADER_LISTS, ResponseBody=ANY, StatusCode=_NUMBER, StatusText=_TEXT
)
_WITHOUT_MODEL: Final[Mapping[tuple[str, str], _Shape]] = {
    ("http", "invoke"): _ANSWER,
    ("apigateway", "invoke"): _ANSWER,
    ("eks", "call"): _ANSWER,
    ("bedrock", "invokeModel"): _structure(Body=ANY, ContentType=_TEXT),
}
"""The results of actions that no service has."""

_PARSED: Final[Mapping[tuple[str, str, str], tuple[str, ...]]] = {
    ("lambda", "invoke", ""): ("Payload",),
    ("states", "startExecution", ".sync:2"): ("Input", "Output"),
}
"""The members that have JSON, where the service has its text: by service, action and wait."""


@dataclass(frozen=True, eq=False)
class ResultModel:
    """The model of a task's result: a *shape* in the model of a *service*.

    *sdk*: the members are spelled as in an SDK integration. *usual* are the members without the
    ones that Step Functions adds, and without those that a job's result may have.
    """

    service: Service
    shape: str
    sdk: bool
    usual: frozenset[str]


@lru_cache(maxsize=512)
def result_model(resource: str) -> ResultModel | None:
    """Return the model of the results of tasks that call *resource*.

    None where any result is possible: for functions, activities and callbacks. None also for an
    action that the installed botocore doesn't have, and for jobs whose result isn't documented.
    """
    call = parse_resource(resource).call
    return None if call is None or call.wait == CALLBACK else _model(call)


@lru_cache(maxsize=512)
def submission_model(resource: str) -> ResultModel | None:
    """Return the model of a service's answer to the submission of a task.

    None where it isn't known, and for tasks that aren't submitted.
    """
    call = parse_resource(resource).call
    return _model(call._replace(wait="")) if call is not None and call.wait else None


def _model(call: ServiceCall) -> ResultModel | None:
    if call.service == "aws-sdk":
        service = sdk_service(call.sdk)
        if service is None or call.action not in service.actions:
            return None
        return _made(service, [_output(service, call.action)], sdk=True)
    if not call.wait and (call.service, call.action) in _WITHOUT_MODEL:
        own = _WITHOUT_MODEL[call.service, call.action]
        return _made(Service(call.service, {"shapes": {}}), [own], sdk=False)
    service = optimized_service(call.service)
    if service is None or call.action not in service.actions:
        return None
    shapes = _job_shapes(service, call) if call.wait else [_output(service, call.action)]
    parsed = _PARSED.get((call.service, call.action, call.wait), ())
    return _made(service, shapes, sdk=False, parsed=parsed) if shapes else None


def _output(service: Service, action: str) -> _Shape:
    shape = service.output_of(action)
    return _structure() if shape is None else service.shapes[shape]


def _job_shapes(service: Service, call: ServiceCall) -> list[_Shape]:
    """Return the shapes whose members a finished job's result can have.

    Where AWS doesn't document the result, it may have the members of the submission's answer, of
    the description, and of the described thing. The description comes first.
    """
    job = JOBS.get((call.service, call.action))
    if job is not None:
        shape = job.shape(service)
        return [_structure(**{job.wrapped: shape}) if job.wrapped else service.shapes[shape]]
    polled = POLLED.get((call.service, call.action))
    if polled is None or polled not in service.actions:
        return []
    described = _output(service, polled)
    inner = [service.shapes[member["shape"]] for member in described.get("members", {}).values()]
    things = [shape for shape in inner if shape["type"] == "structure"]
    found = [described, *(things if len(things) == 1 else ()), _output(service, call.action)]
    return [{key: of for key, of in shape.items() if key != "required"} for shape in found]


def _made(
    service: Service, shapes: list[_Shape], *, sdk: bool, parsed: tuple[str, ...] = ()
) -> ResultModel:
    """Return a model whose results have the members of all *shapes*, and Step Functions' own."""
    members: dict[str, Any] = {} if sdk else {**_METADATA}
    for shape in reversed(shapes):
        members |= shape.get("members", {})
    usual = shapes[0].get("members", {})
    members |= {name: {"shape": ANY} for name in usual if _capital(name) in parsed}
    result = {"type": "structure", "members": members, "required": shapes[0].get("required", ())}
    model = {**service.model, "shapes": {**service.shapes, **_OWN, _RESULT: result}}
    own = Service(service.id, model)
    spelled = own.members(_RESULT, sdk=sdk).items()
    return ResultModel(own, _RESULT, sdk, frozenset(n for n, (name, _) in spelled if name in usual))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
