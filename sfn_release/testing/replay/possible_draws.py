"""Finds which parts of a value were drawn, and if a draw could give a recorded value.

A drawn value has the type, the length and the constant parts that all draws share. An instant lies
in the time of the recorded visit. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sfn_release.simulator.timestamps import parse_instant
from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.recorded_clock import SLACK


def with_draws(first: Any, others: Sequence[Any], recorded: Any, visit: Visit | None) -> Any:
    """Return *first* with the recorded values where the *others* differ from it."""
    if all(first_apart(first, other) is None for other in others):
        return first
    if isinstance(first, Mapping) and isinstance(recorded, Mapping):
        return {
            key: with_draws(value, [other[key] for other in others], recorded[key], visit)
            if key in recorded and all(isinstance(o, Mapping) and key in o for o in others)
            else value
            for key, value in first.items()
        }
    if isinstance(first, list) and isinstance(recorded, list):
        if all(isinstance(o, list) and len(o) == len(first) for o in others):
            if len(recorded) != len(first):
                return first
            return [
                with_draws(value, [other[index] for other in others], recorded[index], visit)
                for index, value in enumerate(first)
            ]
        return recorded  # how many items there are was drawn
    return recorded if _possible(first, others, recorded, visit) else first


def _possible(first: Any, others: Sequence[Any], recorded: Any, visit: Visit | None) -> bool:
    """Whether a draw could have given the recorded value."""
    values = [first, *others]
    if isinstance(first, str) and isinstance(recorded, str):
        instant = parse_instant(first)
        if instant is not None:
            return _in_time(instant, parse_instant(recorded), visit)
        return _alike(values, recorded)
    if {*map(_kind, values)} != {_kind(first)}:
        return True  # even its type was drawn
    return _kind(first) == _kind(recorded)


def _kind(value: Any) -> str:
    numbers = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if numbers else type(value).__name__


def _alike(values: Sequence[Any], recorded: str) -> bool:
    """Whether recorded text has the constant start and end, and the length, of all *values*."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        return True
    start = _shared_start(texts)
    end = _shared_start([text[len(start) :][::-1] for text in texts])[::-1]
    if not (recorded.startswith(start) and recorded.endswith(end)):
        return False
    return len(recorded) >= len(start) + len(end)


def _shared_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    for index, letter in enumerate(first):
        if letter != last[index]:
            return first[:index]
    return first


def _in_time(first: datetime, recorded: datetime | None, visit: Visit | None) -> bool:
    """Whether a recorded instant is near the candidate's, or in the time of the visit."""
    if recorded is None:
        return False
    if abs(recorded - first) <= SLACK:
        return True
    entered = None if visit is None else instant_of(visit.entered)
    exited = None if visit is None else instant_of(visit.exited)
    if entered is None:
        return False
    return entered - SLACK <= recorded <= (exited or entered) + SLACK
