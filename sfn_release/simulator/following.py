"""Follows the paths in a state's fields; one that leads nowhere fails the state.

The words of the failures are AWS's, as its executions report them.
"""

from __future__ import annotations

from typing import Any

from sfn_release.asl import paths
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.situation import Situation


def path_of(at: Situation, text: Any) -> paths.Path:
    """Return the path that *text* is."""
    try:
        return paths.parse(text)
    except (paths.PathError, TypeError) as error:
        raise at.error(str(error)) from error


def lookup(at: Situation, path: paths.Path, data: Any) -> Any:
    """Follow a path from the data, the context object or a variable."""
    name = path.variable
    if name is not None and name not in at.variables:
        raise undefined(at, path)
    roots = {"$": data, "$$": at.context} if name is None else {path.root: at.variables[name]}
    try:
        return path.find(roots[path.root])
    except (paths.PathBudgetError, paths.PatternError) as error:
        raise at.error(f"The path '{path.text}' cannot be followed here: {error}.") from error


def undefined(at: Situation, path: paths.Path) -> StateFailure:
    """Return the failure of a state that uses a variable without a value."""
    return at.error(f"The variable '{path.root}' in the path '{path.text}' has not been assigned.")


def found(at: Situation, text: Any, data: Any) -> Any:
    """Return what a path selects; where it leads nowhere, the state fails with "Invalid path"."""
    try:
        return lookup(at, path_of(at, text), data)
    except paths.PathNotFoundError as error:
        raise at.error(f"Invalid path '{text}' : {error}") from error


def referred(at: Situation, field: str, data: Any) -> Any:
    """Return what a Wait's ...Path field refers to."""
    text = at.definition[field]
    try:
        return lookup(at, path_of(at, text), data)
    except paths.PathNotFoundError as error:
        raise at.error(
            f"The {field} parameter does not reference an input value: {text}"
        ) from error


def shown(value: Any) -> str:
    """Return a value as the words of failures show it."""
    return value if isinstance(value, str) else compact(value)
