"""Finds the state that a state test runs, and the states that contain it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.simulator.state_tests.state_test import ALONE, StateTest, StateTestRefused

_LANGUAGE = "JSONPath"


@dataclass(frozen=True)
class TestedState:
    """A state of a definition, its query *language*, and the Map or Parallel *parent* around it."""

    name: str
    definition: Mapping[str, Any]
    language: str
    parent: TestedState | None = None

    @property
    def type(self) -> str:
        """The state's Type."""
        return str(self.definition.get("Type"))

    @property
    def resource(self) -> str:
        """A Task's Resource; empty for other states."""
        return str(self.definition.get("Resource", "")) if self.type == "Task" else ""

    @property
    def handlers(self) -> Iterator[TestedState]:
        """Yield the states whose Retry and Catch apply: the state itself, then those around it."""
        state: TestedState | None = self
        while state is not None:
            yield state
            state = state.parent


def find_tested(test: StateTest) -> TestedState:
    """Return the state that *test* runs. Raises StateTestRefused when there is none."""
    if test.state_name is None:
        language = test.definition.get("QueryLanguage", _LANGUAGE)
        return TestedState(ALONE, test.definition, language)
    for state in _states(test.definition, _LANGUAGE, None):
        if state.name == test.state_name:
            return state
    raise StateTestRefused("State not found in definition")


def inner_states(state: TestedState) -> Iterator[TestedState]:
    """Yield the states inside a Map or Parallel, at any depth."""
    for machine in _machines(state.definition):
        yield from _states(machine, state.language, state)


def _states(
    machine: Mapping[str, Any], language: str, parent: TestedState | None
) -> Iterator[TestedState]:
    language = machine.get("QueryLanguage", language)
    states = machine.get("States")
    for name, definition in states.items() if isinstance(states, Mapping) else ():
        if isinstance(definition, Mapping):
            own = definition.get("QueryLanguage", language)
            state = TestedState(name, definition, own, parent)
            yield state
            for inner in _machines(definition):
                yield from _states(inner, language, state)


def _machines(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    branches = definition.get("Branches")
    yield from (
        branch
        for branch in (branches if isinstance(branches, list) else ())
        if isinstance(branch, Mapping)
    )
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(definition.get(field), Mapping):
            yield definition[field]
