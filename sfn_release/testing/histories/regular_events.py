"""Repairs the shape of a history's events, so that every reader can rely on it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sfn_release.testing.histories.instants import instant_of

_NUMBERS = frozenset({"timeoutInSeconds", "heartbeatInSeconds"})
_OBJECTS = frozenset({"assignedVariables", "inputDetails", "outputDetails", "variables"})


def regular_events(events: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """Return *events* in the shape of ``GetExecutionHistory``, each id once, by their ids.

    Files hold times as text or as seconds, and may hold data as JSON values. Times become
    datetimes, "" if there is none; data becomes JSON text. An item that isn't an event is dropped,
    and so is a link to an event that isn't earlier: no reader can go in circles.
    """
    found: dict[int, dict[str, Any]] = {}
    for event in filter(_is_event, events):
        id = event["id"]
        if id not in found:
            previous = event.get("previousEventId", 0)
            found[id] = {
                "id": id,
                "previousEventId": previous if _is_id(previous) and previous < id else 0,
                "type": event["type"],
                "timestamp": instant_of(event.get("timestamp")) or "",
            }
            found[id] |= {
                key: _details(value)
                for key, value in event.items()
                if key.endswith("EventDetails") and _is_object(value)
            }
    return tuple(found[id] for id in sorted(found))


def _is_event(value: Any) -> bool:
    known = _is_object(value) and isinstance(value.get("type"), str)
    return known and _is_id(value.get("id")) and value["id"] > 0


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
