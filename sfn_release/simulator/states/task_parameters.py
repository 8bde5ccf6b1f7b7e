"""Refuses the parameters of a Task with which AWS doesn't start it.

Step Functions compares the parameters of an optimized integration with those that it supports
before anything is scheduled. A state that fails so has no task events, and nothing catches it.
A state without any parameters isn't looked at: `sfn_release.checks` refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.asl.integrations import REQUIRED, SUPPORTED, service_call
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.task_protocol import TaskCall

_LISTS = ("Headers", "QueryParameters")


def require_parameters(visit: StateVisit, call: TaskCall) -> None:
    """Raise StateFailure if AWS refuses to start the task."""
    given = "Parameters" in visit.definition or "Arguments" in visit.definition
    found = [*_problems(call)] if given else []
    if found:
        raise visit.error(
            f"The Parameters '{compact(call.payload)}' could not be used to start the Task:"
            f" [{', '.join(found)}]"
        )


def _problems(call: TaskCall) -> Iterator[str]:
    integration = service_call(call.resource)
    if integration is None or not isinstance(call.payload, Mapping):
        return
    action = integration.service, integration.action
    for group in REQUIRED.get(action, ()):
        if not any(name in call.payload for name in group):
            yield f"The field '{group[0]}' is required but was missing"
    supported = SUPPORTED.get(action)
    if supported is not None:
        for name in call.payload:
            if name not in supported:
                yield f'The field "{name}" is not supported by Step Functions'
    if action == ("apigateway", "invoke"):
        for name in _LISTS:
            if not _is_lists(call.payload.get(name, {})):
                yield f"The value of the field '{name}' has an invalid format"


def _is_lists(value: Any) -> bool:
    """Whether *value* is an object of lists, as the headers of a request are."""
    return isinstance(value, Mapping) and all(isinstance(item, list) for item in value.values())
