"""A candidate definition, looked through once for all replays on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.simulator.definition_shape import shape_fault
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.state_visits import read_visits
from sfn_release.testing.inner_machines import machines_of_state, states_in

_INSIDE = ("Branches", "ItemProcessor", "Iterator")

_DRAWN = re.compile(
    r"States\.(UUID|MathRandom)|\$(uuid|random|now|millis|shuffle|fromMillis|toMillis)\b"
    r"|\$\$(?!\.Map\b|\.Execution\.Input\b|\.State\.(Name|RetryCount)\b)"
    r"|\$states\.context(?!\.Map\b|\.Execution\.Input\b|\.State\.(Name|RetryCount)\b)"
    r"|\$states(?!\.(input|result|errorOutput|context)\b)"
)
"""Expressions whose value another run has otherwise: randomness, time, tokens, ids."""


_FEW = 50
"""Events in which a child execution enters a state."""


@dataclass(frozen=True)
class Processor:
    """The item processor of the distributed Map *state*: a candidate for its child executions."""

    state: str
    label: str | None
    candidate: Candidate


@dataclass(frozen=True)
class Candidate:
    """A *definition* that recorded executions are replayed on.

    *names* are the names of its states, at any depth. *drawn* are the ``id()`` of the states with a
    field that uses time, randomness, a task token or an id. *fault* says why it can't be run.
    *processors* are its distributed Maps.
    """

    definition: Mapping[str, Any]
    names: frozenset[str] = frozenset()
    drawn: frozenset[int] = frozenset()
    fault: str | None = None
    processors: tuple[Processor, ...] = ()

    def form(self, recording: FinishedExecution) -> Candidate:
        """Return the candidate for a recording: the item processor for a child execution.

        It's found by the Map's name or Label, or by the names of the states in the history.
        """
        if not recording.is_child:
            return self
        label = recording.arn.rpartition(":")[0].rpartition("/")[2]
        states = {visit.state for visit in read_visits(recording.events[:_FEW])}
        named = [found for found in self.processors if found.state == recording.map_state]
        labelled = [found for found in self.processors if found.label == label]
        visited = [found for found in self.processors if states & found.candidate.names]
        for found in (named, labelled, visited[-1:], self.processors):
            if len(found) == 1:
                return found[0].candidate
        name = recording.map_state or label
        return Candidate({}, fault=f"It has no distributed Map for the map runs of {name}.")

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Candidate:
        """Look through *definition*."""
        fault = shape_fault(definition)
        if fault:
            return cls(definition, fault=fault)
        states = states_in(definition)
        return cls(
            definition,
            frozenset(states),
            frozenset(id(state) for state in states.values() if _draws(state)),
            processors=tuple(_processors(definition, definition.get("QueryLanguage"))),
        )


def _processors(machine: Mapping[str, Any], language: str | None) -> Iterator[Processor]:
    """Yield the distributed Maps of a machine, those inside others last."""
    for name, state in machine["States"].items():
        for inner in machines_of_state(state):
            here = inner.get("QueryLanguage", language)
            if inner.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
                own = inner if here is None else {**inner, "QueryLanguage": here}
                yield Processor(name, state.get("Label"), Candidate.of(own))
            yield from _processors(inner, here)


def _draws(state: Mapping[str, Any]) -> bool:
    own = {key: value for key, value in state.items() if key not in _INSIDE}
    return _DRAWN.search(json.dumps(own, ensure_ascii=False)) is not None
