"""The log events that Step Functions writes about EXPRESS executions, in moto's CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.simulator import Event, VirtualClock, simulate
from support.executions import SEED, Answers

GROUP = "/shop/express"
STREAM = "states/hello/2026-01-01-00-00/1"


def express_run(
    definition: Mapping[str, Any],
    input: Any,
    *,
    machine: str,
    name: str,
    at: datetime,
    answer: Any = None,
    version: str | None = None,
) -> tuple[str, list[dict[str, Any]]]:
    """Run an EXPRESS execution; return its ARN and its log events."""
    arn = f"{machine.replace(':stateMachine:', ':express:')}:{name}:start-{name}"
    seed = replace(SEED, execution_arn=arn, execution_name=name, started_at=at, type="EXPRESS")
    outcome = simulate(
        definition, input, tasks=Answers(answer), clock=VirtualClock(at), context=seed
    )
    return arn, [*log_events(arn, outcome.events, version)]


def log_events(arn: str, events: Iterable[Event], version: str | None) -> Iterator[dict[str, Any]]:
    """Yield an execution's events as CloudWatch Logs has them."""
    for event in events:
        details = dict(next(iter(event.details.values()), {}))
        if event.type == "ExecutionStarted" and version is not None:
            details["stateMachineVersionArn"] = version
        milliseconds = int(event.timestamp.timestamp() * 1000)
        message = {
            "id": str(event.id),
            "type": event.type,
            "details": details,
            "redrive_count": "0",
            "previous_event_id": str(event.previous),
            "event_timestamp": str(milliseconds),
            "execution_arn": arn,
        }
        yield {"timestamp": milliseconds, "message": json.dumps(message)}


def put(logs: Any, events: Iterable[Mapping[str, Any]], group: str = GROUP) -> None:
    """Put log events into a group, which is made if it isn't there."""
    listed = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if not listed:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=STREAM)
    ordered = sorted(events, key=lambda event: event["timestamp"])
    if ordered:
        logs.put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=ordered)


def ago(**span: float) -> datetime:
    """Return a moment in the past, in whole milliseconds: CloudWatch Logs takes 14 days."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000) - timedelta(**span)
