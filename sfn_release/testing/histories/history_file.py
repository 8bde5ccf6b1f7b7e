"""Reads an execution's history from a file, and repairs the shape of its events. Pure.

    text of a file → read_history → HistoryFile → read_timeline

It takes the answer of ``aws stepfunctions get-execution-history``, a list of events, and an object
that has one of them beside the answer of ``describe-execution`` and a definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError, UsageError

_HOLDERS = ("events", "history", "execution_history", "executionHistory")
_DESCRIPTIONS = ("execution", "description", "describe_execution", "describeExecution")
_TOKENS = ("nextToken", "NextToken")
_FIX = "Save one with:  aws stepfunctions get-execution-history --execution-arn ARN > FILE"
_NUMBERS = frozenset({"timeoutInSeconds", "heartbeatInSeconds"})
_OBJECTS = frozenset({"assignedVariables", "inputDetails", "outputDetails", "variables"})


@dataclass(frozen=True)
class HistoryFile:
    """A file's history. *events* have the shape of ``GetExecutionHistory``, in order.

    *description* has members of DescribeExecution's answer, as far as the file has them, and
    *definition* is the state machine's definition. *incomplete* says why events are missing, "" if
    none are known to be.
    """

    events: Sequence[Mapping[str, Any]]
    description: Mapping[str, Any] = field(default_factory=dict)
    definition: Mapping[str, Any] | None = None
    incomplete: str = ""


def read_history(text: str, *, file: str) -> HistoryFile:
    """Read the text of a history *file*. Raises UsageError for text that isn't a history."""
    try:
        value = loads(text.removeprefix("\ufeff"))
    except DefinitionError as error:
        raise UsageError(f"{file} isn't JSON.", why=error.message, fix=_FIX) from error
    events, tokens = _events(value)
    if not isinstance(events, list) or not any(map(_is_event, events)):
        raise UsageError(
            f"{file} isn't the history of an execution.",
            why="A history has a list of events, each with an id and a type.",
            fix=_FIX,
        )
    whole = value if isinstance(value, Mapping) else {}
    described: Mapping[str, Any] = next(
        (whole[key] for key in _DESCRIPTIONS if _is_object(whole.get(key))), {}
    )
    incomplete = "the file has only the first events of the history" if tokens else ""
    return HistoryFile(
        regular_events(events),
        {**{key: item for key, item in whole.items() if key not in _HOLDERS}, **described},
        _definition(whole.get("definition", described.get("definition"))),
        incomplete or (str(whole["incomplete"]) if whole.get("incomplete") else ""),
    )


def _events(value: Any) -> tuple[Any, bool]:
    """Return the list of events in a file's *value*, and whether more events follow it."""
    more = False
    for _ in range(3):  # {"history": {"events": [...]}}
        if not isinstance(value, Mapping):
            break
        more = more or any(value.get(token) for token in _TOKENS)
        value = next((value[key] for key in _HOLDERS if key in value), None)
    return value, more


def _definition(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str):
        try:
            value = loads(value)
        except DefinitionError:
            return None
    return value if isinstance(value, Mapping) and _is_object(value.get("States")) else None


def regular_events(events: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """Return *events* in the shape of ``GetExecutionHistory``, each id once, by their ids.

    Files hold times as text or as seconds, and may hold data as JSON values. Times become
    datetimes, "" if there is none; data becomes JSON text. An item that isn't an event is dropped.
    """
    found: dict[int, dict[str, Any]] = {}
    for event in filter(_is_event, events):
        id = event["id"]
        if id not in found:
            previous = event.get("previousEventId", 0)
            found[id] = {
                "id": id,
                "previousEventId": previous if _is_id(previous) else 0,
                "type": event["type"],
                "timestamp": moment(event.get("timestamp")) or "",
            }
            found[id] |= {
                key: _details(value)
                for key, value in event.items()
                if key.endswith("EventDetails") and _is_object(value)
            }
    return tuple(found[id] for id in sorted(found))


def moment(value: Any) -> datetime | None:
    """Return a time of an event or a description; None if *value* isn't a time.

    Histories have datetimes (boto3), ISO 8601 texts or seconds since 1970 (the AWS CLI).
    """
    try:
        match value:
            case datetime():
                found = value
            case bool():
                return None
            case int() | float():
                found = datetime.fromtimestamp(value, UTC)
            case str():
                found = datetime.fromisoformat(value)
            case _:
                return None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _is_event(value: Any) -> bool:
    return _is_object(value) and _is_id(value.get("id")) and isinstance(value.get("type"), str)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _details(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _member(key, item) for key, item in value.items() if item is not None}


def _member(key: str, item: Any) -> Any:
    """Return a member of an event's details in the type that the API gives it."""
    if key in _OBJECTS:
        variables = item if isinstance(item, Mapping) else {}
        if key == "assignedVariables":
            return {name: _text(each) for name, each in variables.items()}
        return variables
    if key in _NUMBERS:
        number = isinstance(item, int | float) and not isinstance(item, bool)
        return item if number else None
    if key in {"index", "length", "redriveCount"}:
        return item if _is_id(item) else 0
    return _text(item)


def _text(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
