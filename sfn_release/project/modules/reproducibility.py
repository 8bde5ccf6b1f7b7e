"""Compares two builds of one commit, and says where they differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import first_difference, keys_of
from sfn_release.errors import BuildError, NonDeterministicError
from sfn_release.text import shorten

_ADVICE = (
    "Remove what changes from run to run: the time, random numbers, the order of a set, names of"
    " users, hosts and folders."
)


def builds_once(error: BuildError) -> NonDeterministicError:
    """Return the error for a commit that built once, and failed with *error* the second time."""
    return NonDeterministicError(
        f"This commit builds once, but not a second time: {error.message}",
        why=error.why,
        fix=_ADVICE,
    )


def require_equal(first: Sequence[Declaration], second: Sequence[Declaration]) -> None:
    """Raise NonDeterministicError unless both builds declare the same; names may have any type."""
    from sfn_release.project.modules.acceptance import content  # with it, all checks are loaded

    one = {workflow.name: workflow for workflow in first}
    other = {workflow.name: workflow for workflow in second}
    for name in sorted(one.keys() ^ other.keys(), key=str):
        raise NonDeterministicError(
            f"The workflow {name!r} is in one build of this commit, but not in the other.",
            why=f"It comes from {(one.get(name) or other[name]).source}.",
            fix=_ADVICE,
        )
    for name, workflow in one.items():
        left, right = content(workflow), content(other[name])
        path = first_difference(left, right)
        if path:
            inside = path.removeprefix("$.definition")
            place = f"${inside}" if inside != path else path.removeprefix("$.")
            raise NonDeterministicError(
                f"The workflow {name!r} of {workflow.source} builds differently each time.",
                why=f"at {place}\n  once:  {_at(left, path)}\n  again: {_at(right, path)}",
                fix=_ADVICE,
            )


def _at(value: Any, path: str) -> str:
    """Return the value at a JSON *path* of `first_difference` as short JSON."""
    for key in keys_of(path):
        try:
            value = value[key]
        except (KeyError, IndexError):
            return "(nothing)"
    return shorten(json.dumps(value, ensure_ascii=False))
