"""Odd answers of a task: null, empty, without a member, and as large as they can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from sfn_release.asl.error_names import States
from sfn_release.asl.integrations import CALLBACK, is_activity, is_function, service_call
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.testing.faults.injections import Answering, Fault, Oversized

_MOST_MEMBERS: Final = 12
_MOST_TEXTS: Final = 3
_EMPTY: Final[tuple[tuple[str, Any], ...]] = (
    *(("null", None), ("{}", {})),
    *(('""', ""), ("[]", [])),
)
Wrap = Callable[[Any], Any]


def result_faults(resource: str, result: Any) -> Iterator[Fault]:
    """Yield the odd answers of a task that usually answers with *result*.

    A function, a worker or a callback may answer with any JSON, as you wrote it. A service answers
    with an object, whose members may be missing unless its model requires them.
    """
    payload, wrap = _own_part(resource, result)
    if answers_freely(resource):
        yield from (
            Fault(word, Answering(wrap(value))) for word, value in _EMPTY if value != payload
        )
        yield from _missing(payload, wrap, frozenset())
        yield from _largest(payload, wrap)
        return
    if not isinstance(result, Mapping):
        return
    required = _required(resource)
    if result and not required:
        yield Fault("{}", Answering({}))
    yield from _missing(result, wrap, required)


def answers_freely(resource: str) -> bool:
    """Whether a task's result is any JSON: of a function, an activity or a callback."""
    call = service_call(resource)
    if call is None:
        return is_function(resource) or is_activity(resource)
    return call.wait == CALLBACK or (call.service, call.action) == ("lambda", "invoke")


def replace_own_part(resource: str, result: Any, change: Callable[[Any], Any]) -> Any:
    """Return *result* with the part that the function or service writes itself changed."""
    payload, wrap = _own_part(resource, result)
    return wrap(change(payload))


def own_part(resource: str, result: Any) -> Any:
    """Return the part of a result that the function writes itself; of a service, all of it."""
    return _own_part(resource, result)[0]


def _own_part(resource: str, result: Any) -> tuple[Any, Wrap]:
    """Return the Payload of ``lambda:invoke``, or the whole result; and how to wrap another."""
    call = service_call(resource)
    if call is None or (call.service, call.action, call.wait) != ("lambda", "invoke", ""):
        return result, lambda value: value
    if not isinstance(result, Mapping):
        result = {"ExecutedVersion": "$LATEST", "StatusCode": 200}
    return result.get("Payload"), lambda value: {**result, "Payload": value}


def _missing(payload: Any, wrap: Wrap, required: frozenset[str]) -> Iterator[Fault]:
    members = [*payload][:_MOST_MEMBERS] if isinstance(payload, Mapping) else []
    for name in members:
        if name not in required and len(payload) > 1:
            rest = {key: value for key, value in payload.items() if key != name}
            yield Fault(f"no {json.dumps(name, ensure_ascii=False)}", Answering(wrap(rest)))


def _largest(payload: Any, wrap: Wrap) -> Iterator[Fault]:
    """Yield results of the largest size, by one of their texts, and a result beyond it."""
    for name, put in _texts(payload):
        room = MAX_DATA_BYTES - data_size(compact(wrap(put(""))))
        yield Fault(f"the largest {name}", Answering(wrap(put("x" * max(room, 0)))))
    beyond = wrap("x" * (MAX_DATA_BYTES + 1))
    yield Fault(States.DataLimitExceeded, Oversized(beyond))


def _texts(payload: Any) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield the name of each text of a result, and how to replace it."""
    if not isinstance(payload, Mapping):
        if not isinstance(payload, list):
            yield "result", lambda text: text
        return
    names = [name for name, value in payload.items() if isinstance(value, str)][:_MOST_TEXTS]
    for name in names:
        yield json.dumps(name, ensure_ascii=False), partial(_with, payload, name)
    yield "object", partial(_with, payload, "more")


def _with(payload: Mapping[str, Any], name: str, text: str) -> dict[str, Any]:
    return {**payload, name: text}


def _required(resource: str) -> frozenset[str]:
    """Return the members that the model requires of an action's result."""
    call = service_call(resource)
    if call is None:
        return frozenset()
    sdk = call.service == "aws-sdk"
    service = sdk_service(call.sdk) if sdk else optimized_service(call.service)
    if service is None or call.action not in service.actions:
        return frozenset()
    return _required_members(service, call.action, sdk=sdk)


def _required_members(service: Service, action: str, *, sdk: bool) -> frozenset[str]:
    shape = service.output_of(action)
    if shape is None:
        return frozenset()
    own = frozenset(service.shapes[shape].get("required", ()))
    members = service.members(shape, sdk=sdk)
    return frozenset(written for written, (name, _) in members.items() if name in own)
