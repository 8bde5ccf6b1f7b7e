"""The numbers and instants of JSONPath fields, and their ...Path twins, with their limits.

The failures have AWS's words, as AWS's executions report them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from sfn_release.asl.quotas import MAX_SECONDS
from sfn_release.simulator.languages.path_lookup import as_text, reference_value, value_at
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.timestamps import parse_instant

_ALL = 100  # percent
_MAX_COUNT = 10**15 - 1  # a path's number has at most as many digits


def seconds_to_wait(visit: StateVisit) -> int:
    """Return the seconds that a Wait's SecondsPath refers to: a whole number, not a string."""
    seconds = reference_value(visit, "SecondsPath", visit.input)
    where = f"{visit.definition['SecondsPath']} == {as_text(seconds)}"
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise visit.error(f"The SecondsPath parameter cannot be parsed as a long value: {where}")
    if seconds < 0:
        raise visit.error(f"The SecondsPath parameter references a negative value: {where}")
    if seconds > MAX_SECONDS:
        raise visit.error(f"The SecondsPath parameter references too large a value: {where}")
    return seconds


def whole(visit: StateVisit, holder: Mapping[str, Any], field: str) -> int:
    """Return the whole number that a ...Path field refers to, which may be a string of digits."""
    text = holder[field]
    value = as_text(value_at(visit, text, visit.input))
    if not re.fullmatch(r"-?[0-9]{1,15}(\.0{1,15})?", value):
        raise visit.error(
            f'The {field} field refers to value "{value}" which is not a valid integer: {text}'
        )
    number = int(float(value))
    name = field.removesuffix("Path")
    if number < 0 and name != "MaxItems":  # the map run refuses it
        if name == "ToleratedFailureCount":
            raise visit.error(f"{name} cannot be negative.")
        raise visit.error(f"Expected non-negative integer for {name}, got '{number}' instead.")
    return number


def share(visit: StateVisit, holder: Mapping[str, Any], field: str) -> float:
    """Return the percentage that a ...Path field refers to."""
    text = holder[field]
    value = as_text(value_at(visit, text, visit.input))
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        raise visit.error(
            f'The {field} field refers to value "{value}" which is not a valid float: {text}'
        )
    if not 0 <= float(value) <= _ALL:
        raise visit.error(f"{field.removesuffix('Path')} must be between 0 and {_ALL}.")
    return float(value)


def constant(visit: StateVisit, holder: Mapping[str, Any], field: str) -> float:
    """Return a field's own number, which is not negative."""
    value = holder[field]
    if not _is_amount(value, MAX_SECONDS if "Seconds" in field else _MAX_COUNT):
        raise visit.error(f"The field '{field}' is not a number of 0 or more: {as_text(value)}")
    return value


def timestamp(visit: StateVisit) -> datetime:
    """Return the instant that a Wait's Timestamp has, or TimestampPath refers to."""
    state = visit.definition
    if "TimestampPath" not in state:
        text, where = state["Timestamp"], "Timestamp"
    else:
        text, where = reference_value(visit, "TimestampPath", visit.input), state["TimestampPath"]
    instant = parse_instant(text)
    if instant is None:
        raise visit.error(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
            f" date-time format string: {where} == {as_text(text)}"
        )
    return instant


def _is_amount(value: Any, most: int) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= most
