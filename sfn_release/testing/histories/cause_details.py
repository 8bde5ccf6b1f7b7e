"""Reads the JSON that AWS puts into causes: exceptions, jobs, nested executions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FRAMES = 3  # of a stack trace, the innermost
_DEEPEST = 3  # nested executions inside each other
_STATUS = ("Status", "JobRunState", "BuildStatus", "LastStatus", "JobStatus", "State")
_WHY = (
    "StatusReason",
    "StoppedReason",
    "ErrorMessage",
    "FailureReason",
    "StateChangeReason",
    "errorMessage",
    "Message",
)
_IDS = ("JobId", "JobName", "TaskArn", "Id", "TrainingJobName", "BuildId", "ClusterId")
_SERVICE = re.compile(r"^(?P<message>.*?)\s*\((?P<details>Service: .*)\)\s*$", re.DOTALL)


def details_of(cause: str | None) -> list[str]:
    """Return sentences about a cause that has a known form; empty for any other cause."""
    value = _object(cause)
    if value is not None:
        return list(_of_object(value, 0))
    found = _SERVICE.match(cause or "")
    if found and found["message"]:
        return [f"The service answered: {found['message']}", f"({found['details']})"]
    return []


def _of_object(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    if "errorType" in value or "stackTrace" in value or "trace" in value:
        yield from _exception(value)
    elif isinstance(value.get("ExecutionArn"), str):
        yield from _execution(value, depth)
    else:
        yield from _job(value)


def _exception(value: Mapping[str, Any]) -> Iterator[str]:
    """Describe an exception of a Lambda function."""
    kind, message = value.get("errorType"), value.get("errorMessage")
    named = f"{kind}: {message}" if kind and message else kind or message or "an exception"
    yield f"The function raised {named}"
    frames = value.get("stackTrace") or value.get("trace")
    if isinstance(frames, list) and frames:
        inner = frames[-_FRAMES:] if "stackTrace" in value else frames[: _FRAMES + 1]
        for frame in inner:
            yield "  " + " ".join(str(_frame(frame)).split())
    yield "Look at the function's code and its log, and at the request that it got."


def _frame(frame: Any) -> Any:
    """Return a frame of a trace; the oldest runtimes write it as a list."""
    return ", ".join(map(str, frame)) if isinstance(frame, list) else frame


def _execution(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Describe a nested execution that failed."""
    arn, error = value["ExecutionArn"], value.get("Error")
    status = value.get("Status") or "FAILED"
    yield f"The nested execution ended {status}{f' with {error}' if error else ''}."
    inner = _object(value.get("Cause"))
    if inner is not None and depth < _DEEPEST:
        yield from _of_object(inner, depth + 1)
    elif value.get("Cause"):
        yield f"Its cause: {value['Cause']}"
    yield f"Explain it:  sfn-release explain {arn}"


def _job(value: Mapping[str, Any]) -> Iterator[str]:
    """Describe a job of a service: its status, and the service's reason."""
    status = _first(value, _STATUS)
    id = _first(value, _IDS)
    if status or id:
        yield f"The job {id or ''} ended {status or 'without success'}.".replace("  ", " ")
    why = _first(value, _WHY)
    if why:
        yield f"The service's reason: {why}"
    containers = value.get("Containers")
    for container in containers if isinstance(containers, list) else ():
        if isinstance(container, Mapping) and container.get("ExitCode"):
            name, code = container.get("Name", "container"), container["ExitCode"]
            yield f"The container {name} exited with {code}: {container.get('Reason', '')}".rstrip()
    logs = value.get("Logs")
    link = _first(logs, ("DeepLink",)) if isinstance(logs, Mapping) else None
    if link:
        yield f"Its log: {link}"


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((value[key] for key in keys if isinstance(value.get(key), str)), None)


def _object(text: Any) -> Mapping[str, Any] | None:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None
