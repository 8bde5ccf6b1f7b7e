"""Turns recordings of AWS into finished executions with histories, as GetExecutionHistory has them.

A recording has tokens in the place of values, no times, and some JSON texts parsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.testing.histories.finished_execution import FinishedExecution
from support.oracle import Case, compare

START = datetime(2026, 1, 1, tzinfo=UTC)
_ACCOUNT = "arn:aws:states:us-east-1:111111111111"
_TEXTS = ("input", "output", "parameters", "cause")


def recording_of(case: Case) -> FinishedExecution | None:
    """Return the recorded execution; None for a case without a history."""
    expect = case["expect"]
    if "events" not in expect or expect.get("events_order_normalised"):
        return None
    values = _values(case)
    machine = values.get("<ArnPart_0idx>") or "machine"
    name = case.get("execution_name") or values.get("<ExecArnPart_0idx>") or "execution"
    start = datetime.fromisoformat(case.get("time_relative_to") or START.isoformat())
    events = [*_events(case, start, values)]
    last: Case = next(iter(_details(events[-1])), {})
    kind = "express" if case["type"] == "EXPRESS" else "execution"
    return FinishedExecution(
        arn=f"{_ACCOUNT}:{kind}:{machine}:{name}",
        workflow=machine,
        version=None,
        status="RUNNING" if "partial_history" in expect else expect["status"],
        input=_details(events[0])[0].get("input"),
        output=last.get("output"),
        error=last.get("error"),
        cause=last.get("cause"),
        started=start,
        stopped=events[-1]["timestamp"],
        events=events,
        type=case["type"],
    )


def _values(case: Case) -> dict[str, Any]:
    """Return the tokens with their known values; a token of several values has none."""
    values: dict[str, Any] = {}
    for token in case["wildcards"]:
        name, value = token["token"], token.get("value")
        values[name] = None if name in values else value
    instants = {found[0] for found in compare().ISO.finditer(json.dumps(case.get("input")))}
    return values | ({"date": instants.pop()} if len(instants) == 1 else {})


def _details(event: Case) -> list[Any]:
    return [value for key, value in event.items() if key.endswith("EventDetails")]


def _events(case: Case, start: datetime, values: dict[str, Any]) -> Iterator[Case]:
    now = start
    limit: float = 0
    causes: dict[str, str] = {}
    for event in case["expect"]["events"]:
        details = _filled(dict(event.get("details") or {}), values)
        limit = details.get("timeoutInSeconds") or details.get("heartbeatInSeconds") or limit
        if event["type"].endswith("TimedOut"):
            now += timedelta(seconds=limit)
        lambda_like = event["type"].startswith("Lambda")
        for key in _TEXTS:
            if key in details and not isinstance(details[key], str):
                text = compact(details[key])
                if lambda_like and key == "cause":  # as a function writes it
                    causes[text] = json.dumps(details[key], ensure_ascii=False)
                details[key] = causes.get(text, text)
        if isinstance(details.get("assignedVariables"), dict):
            details["assignedVariables"] = {
                name: value if isinstance(value, str) else compact(value)
                for name, value in details["assignedVariables"].items()
            }
        yield {
            "id": event["id"],
            "previousEventId": event["prev"],
            "type": event["type"],
            "timestamp": now,
            _member(event["type"]): details,
        }


def _filled(value: Any, values: dict[str, Any]) -> Any:
    """Put the known values in the place of their tokens."""
    if isinstance(value, str):
        for token, known in [*values.items(), ("<region>", "us-east-1"), ("<partition>", "aws")]:
            if isinstance(known, str) and token.startswith("<"):
                value = value.replace(token, known)
            elif token == value and known is not None:
                return known
        return value
    if isinstance(value, dict):
        return {_filled(key, values): _filled(item, values) for key, item in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list) else value


def _member(type: str) -> str:
    for suffix in ("StateEntered", "StateExited"):
        if type.endswith(suffix):
            return suffix[0].lower() + suffix[1:] + "EventDetails"
    return type[0].lower() + type[1:] + "EventDetails"
