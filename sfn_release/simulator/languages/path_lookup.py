"""Looks up the paths in a state's fields. A path without a value fails the state.

The failures have AWS's words, as AWS's executions report them.
"""

from __future__ import annotations

from typing import Any

from sfn_release.asl import paths
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.states.state_visit import StateVisit


def parse_path(visit: StateVisit, text: Any) -> paths.Path:
    """Parse *text* as a path."""
    try:
        return paths.parse(text)
    except (paths.PathError, TypeError) as error:
        raise visit.error(str(error)) from error


def look_up(visit: StateVisit, path: paths.Path, data: Any) -> Any:
    """Look up a path in the data, the context object or a variable."""
    name = path.variable
    if name is not None and name not in visit.variables:
        raise undefined(visit, path)
    roots = {"$": data, "$$": visit.context} if name is None else {path.root: visit.variables[name]}
    try:
        return path.find(roots[path.root])
    except (paths.PathBudgetError, paths.PatternError) as error:
        raise visit.error(f"The path '{path.text}' can't be followed here: {error}.") from error


def undefined(visit: StateVisit, path: paths.Path) -> StateFailure:
    """Return the failure of a state that uses a variable without a value."""
    return visit.error(
        f"The variable '{path.root}' in the path '{path.text}' has not been assigned."
    )


def value_at(visit: StateVisit, text: Any, data: Any) -> Any:
    """Return the value at a path. Without a value, the state fails with "Invalid path"."""
    try:
        return look_up(visit, parse_path(visit, text), data)
    except paths.PathNotFoundError as error:
        raise visit.error(f"Invalid path '{text}' : {error}") from error


def reference_value(visit: StateVisit, field: str, data: Any) -> Any:
    """Return the value that a Wait's ...Path field refers to."""
    text = visit.definition[field]
    try:
        return look_up(visit, parse_path(visit, text), data)
    except paths.PathNotFoundError as error:
        raise visit.error(
            f"The {field} parameter does not reference an input value: {text}"
        ) from error


def as_text(value: Any) -> str:
    """Return a value as the messages of failures show it."""
    return value if isinstance(value, str) else compact(value)
