"""Every state of a definition by its name, with the Maps and Parallels around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.testing.inner_machines import Machine, machines_of_state


@dataclass(frozen=True)
class StatePlace:
    """A state, and the names of its *containers*, outermost first."""

    name: str
    definition: Mapping[str, Any]
    containers: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The state's Type; empty without one."""
        return str(self.definition.get("Type", ""))

    @property
    def resource(self) -> str:
        """The Resource of a Task; empty for other states."""
        return str(self.definition.get("Resource", ""))

    @property
    def scope(self) -> tuple[str, ...]:
        """The states whose Retry and Catch apply to its errors, innermost first."""
        return (self.name, *reversed(self.containers))


def read_places(definition: Mapping[str, Any]) -> dict[str, StatePlace]:
    """Return the states of *definition* in their order, also the states inside others."""
    return {place.name: place for place in _places(definition, ())}


def _places(machine: Machine, containers: tuple[str, ...]) -> Iterator[StatePlace]:
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, Mapping) else ():
        if not isinstance(state, Mapping):
            continue
        yield StatePlace(name, state, containers)
        for part in machines_of_state(state):
            yield from _places(part, (*containers, name))
