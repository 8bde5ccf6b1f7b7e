"""Executions that real AWS recorded: read, and answered as they were answered.

The recordings lie beside the repository, with a matcher of their own. `oracle_comparison` compares
an execution with a recording, and `oracle_table` measures all recordings.
"""

from __future__ import annotations

import importlib.util
import json
import linecache
import traceback
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sfn_release.simulator import NoAnswer, TaskCall, TaskFailure, TaskResult
from sfn_release.tasks import buckets_of
from support.places import ORACLE

Case = dict[str, Any]

CATEGORIES = (
    sorted(path.name for path in (ORACLE / "executions").iterdir()) if ORACLE.exists() else []
)
_SOURCE = "/var/task/handler.py"  # where Lambda keeps a function


@cache
def compare() -> Any:
    """Load the recordings' own matcher."""
    spec = importlib.util.spec_from_file_location("oracle_compare", ORACLE / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(category: str) -> Iterator[Case]:
    """Yield the cases of a category."""
    for file in sorted((ORACLE / "executions" / category).glob("*.json")):
        case = json.loads(file.read_text().replace("<<task_token>:1>", "<task_token:1>"))
        yield case | {"category": category}


class Recorded:
    """Answers tasks as AWS's services answered when the case was recorded.

    Answers missing from the recording come from the source of the Lambda function, or the S3
    objects, that the case was recorded with.
    """

    def __init__(self, case: Case) -> None:
        self._events = {str(event["id"]): event for event in case["expect"].get("events", [])}
        self._sources = case.get("lambda_sources") or {}
        buckets: dict[str, dict[str, str | bytes]] = {}
        for step in case.get("setup", []):
            objects = buckets.setdefault(step["params"].get("Bucket", ""), {})
            if step["op"] == "put_object":
                body = step["params"]["Body"]
                objects[step["params"]["Key"]] = body["$bytes"] if isinstance(body, dict) else body
        self._buckets = buckets_of(buckets, lambda: datetime(2023, 1, 1, tzinfo=UTC))
        self._mocks: dict[object, list[Case]] = defaultdict(list)
        for mock in case["mocks"]:
            self._mocks[self._key(mock["state"], mock.get("iteration", []))].append(mock)

    @staticmethod
    def _key(state: str, iteration: Any) -> object:
        return state, tuple(map(tuple, iteration))

    def run(self, call: TaskCall) -> Any:
        """Return the recorded answer to the state's next call."""
        mocks = self._mocks[self._key(call.state, call.iteration)] or self._mocks[call.state, ()]
        if mocks:
            return self._replayed(mocks.pop(0))
        stored = self._buckets.answer_to(call)
        if stored is not None:
            answer = stored()
            for entry in answer.get("Contents", []):  # the recordings have texts in their places
                entry |= {"Etag": "any", "LastModified": "2023-01-01T00:00:00Z"}
            return answer
        invoked = call.resource.endswith(":lambda:invoke")
        name = call.payload["FunctionName"] if invoked else call.resource.rpartition(":")[2]
        if name not in self._sources:
            raise NoAnswer("NotRecorded", f"{call.state}: no answer was recorded")
        event = call.payload.get("Payload") if invoked else call.payload
        result = _invoked(self._sources[name], event, (",", ":") if invoked else (", ", ": "))
        envelope = {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}
        return envelope if invoked else result

    def _replayed(self, mock: Case) -> TaskResult:
        scheduled = self._events.get(str(mock["event_id"]), {})
        previous = self._events.get(str(scheduled.get("prev")), {})
        submission = previous if previous.get("type") == "TaskSubmitted" else None
        submitted = submission["details"]["output"] if submission else None
        if "error" in mock:
            cause, prefix = mock["cause"], mock["event"]
            if isinstance(cause, dict):
                separators = (", ", ": ") if prefix.startswith("Lambda") else (",", ":")
                cause = json.dumps(cause, separators=separators)
            raise TaskFailure(
                mock["error"], cause, submitted=submitted, at_submission=submission is None
            )
        return TaskResult(parsed(mock["output"]), submitted=submitted)


def _invoked(source: str, event: Any, separators: tuple[str, str]) -> Any:
    """Run a Lambda function's source; raise its exceptions as failures in Lambda's words."""
    linecache.cache[_SOURCE] = (len(source), None, source.splitlines(keepends=True), _SOURCE)
    scope: dict[str, Any] = {}
    exec(compile(source, _SOURCE, "exec"), scope)  # noqa: S102 - the recordings' own functions
    try:
        return scope["handler"](event, None)
    except Exception as error:
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if frame[0] == _SOURCE
        ]
        trace = [f'  File "{_SOURCE}", line {at[1]}, in {at[2]}\n    {at[3]}\n' for at in frames]
        told = {"errorMessage": str(error), "errorType": type(error).__name__}
        told |= {"requestId": "any", "stackTrace": trace}  # type: ignore[dict-item]
        raise TaskFailure(type(error).__name__, json.dumps(told, separators=separators)) from error


def parsed(value: Any) -> Any:
    """Parse a JSON text; return other texts as they are."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value
