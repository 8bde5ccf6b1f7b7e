"""A candidate definition, looked through once for all replays on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.simulator.definition_shape import shape_fault

_INSIDE = ("Branches", "ItemProcessor", "Iterator")

_DRAWN = re.compile(
    r"States\.(UUID|MathRandom)|\$(uuid|random|now|millis|shuffle|fromMillis|toMillis)\b"
    r"|\$\$(?!\.Map\b|\.Execution\.Input\b|\.State\.(Name|RetryCount)\b)"
    r"|\$states\.context(?!\.Map\b|\.Execution\.Input\b|\.State\.(Name|RetryCount)\b)"
    r"|\$states(?!\.(input|result|errorOutput|context)\b)"
)
"""Expressions whose value another run has otherwise: randomness, time, tokens, ids."""


@dataclass(frozen=True)
class Candidate:
    """A *definition* that recorded executions are replayed on.

    *names* are the names of its states, at any depth. *drawn* are the ``id()`` of the states with a
    field that uses time, randomness, a task token or an id. *fault* says why it can't be run.
    """

    definition: Mapping[str, Any]
    names: frozenset[str] = frozenset()
    drawn: frozenset[int] = frozenset()
    fault: str | None = None

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Candidate:
        """Look through *definition*."""
        fault = shape_fault(definition)
        if fault:
            return cls(definition, fault=fault)
        states = [*_states(definition)]
        return cls(
            definition,
            frozenset(name for name, _ in states),
            frozenset(id(state) for _, state in states if _draws(state)),
        )


def _states(machine: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        for inner in (state.get("ItemProcessor"), state.get("Iterator")):
            if inner:
                yield from _states(inner)
        for branch in state.get("Branches", ()):
            yield from _states(branch)


def _draws(state: Mapping[str, Any]) -> bool:
    own = {key: value for key, value in state.items() if key not in _INSIDE}
    return _DRAWN.search(json.dumps(own, ensure_ascii=False)) is not None
