"""The limits of variables, in both query languages.

Source: "Workflow variables" in AWS's developer guide: 256 KiB for one variable and for all of one
Assign, 10 MiB for an execution.
"""

from __future__ import annotations

from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.states.state_visit import StateVisit

_MAX_STORED = 10 * 1024 * 1024


def within_limits(visit: StateVisit, assigned: dict[str, Any]) -> dict[str, Any]:
    """Return what a state assigns. Raises StateFailure when it's too large."""
    if not assigned:
        return assigned
    sizes = {name: _size(value) for name, value in assigned.items()}
    for name, size in sizes.items():
        if size > MAX_DATA_BYTES:
            raise _too_large(visit, f"the variable '{name}'", size, MAX_DATA_BYTES)
    if sum(sizes.values()) > MAX_DATA_BYTES:
        raise _too_large(visit, "the field 'Assign'", sum(sizes.values()), MAX_DATA_BYTES)
    stored = {**visit.variables, **assigned}
    if len(stored) * MAX_DATA_BYTES > _MAX_STORED:  # fewer can't be too large
        total = sum(sizes[name] if name in sizes else _size(stored[name]) for name in stored)
        if total > _MAX_STORED:
            raise _too_large(visit, "all variables", total, _MAX_STORED)
    return assigned


def _size(value: Any) -> int:
    return data_size(compact(value))


def _too_large(visit: StateVisit, what: str, size: int, limit: int) -> StateFailure:
    return visit.error(
        f"The size of {what} is {size} bytes, more than the maximum of {limit} bytes.",
        error="States.DataLimitExceeded",
    )
