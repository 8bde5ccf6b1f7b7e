"""What answers the tasks of a served local service, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.local import OpenedService


def lines(opened: OpenedService) -> Iterator[str]:
    """Yield a line for each setting."""
    context, tasks = opened.service.context, opened.tasks
    if tasks.mock_config is not None and context.mock_config is not None:
        machines = context.mock_config().machines
        cases = sum(len(cases) for cases in machines.values())
        of = count(machines, "state machine")
        yield f"mocks: {tasks.mock_config}, {count(cases, 'test case')} of {of}"
    for name, handler in tasks.handlers.items():
        runs = handler if isinstance(handler, str) else handler["handler"]
        yield f"handler: {name} runs {runs}"
    for name, place in tasks.buckets.items():
        yield f"bucket: {name} is {place}"
    for service, url in tasks.task_endpoints.items():
        yield f"endpoint: tasks of {service} go to {url}"
    if context.real_time:
        yield f"time: real{_waits(context.wait_time_scale)}"
    elif context.wait_time_scale == 0:
        yield "time: virtual, retries take none, and Wait states are skipped: their scale is 0"
    else:
        yield "time: virtual, Wait states and retries take none"
    if context.fixed:
        yield f"ARNs: {context.scope.region}, account {context.scope.account}"


def _waits(scale: float) -> str:
    """Return how long Wait states take in real time; nothing if it's as long as on AWS."""
    if scale == 1:
        return ""
    return f", Wait states take {scale:g} times as long" if scale else ", Wait states are skipped"


def to_json(opened: OpenedService) -> dict[str, Any]:
    """Return the settings as JSON."""
    context, tasks = opened.service.context, opened.tasks
    return {
        "region": context.scope.region,
        "account": context.scope.account,
        "mock_config": tasks.mock_config,
        "handlers": dict(tasks.handlers),
        "buckets": dict(tasks.buckets),
        "endpoints": dict(tasks.task_endpoints),
        "real_time": context.real_time,
        "wait_time_scale": context.wait_time_scale,
    }
