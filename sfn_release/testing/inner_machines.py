"""The machines in a definition: itself, branches and the processors of Maps; and their states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.errors import NotFoundError
from sfn_release.simulator import Stretch
from sfn_release.text import did_you_mean

Machine = Mapping[str, Any]


def machines_in(definition: Machine) -> Iterator[Machine]:
    """Yield a definition and all machines inside it, outer ones first.

    Each inner machine has the QueryLanguage that applies to it.
    """
    rest: list[Machine] = [definition]
    while rest:
        machine = rest.pop(0)
        yield machine
        language = machine.get("QueryLanguage")
        inherited = {} if language is None else {"QueryLanguage": language}
        for state in _states(machine).values():
            rest += [{**inherited, **inner} for inner in machines_of_state(state)]


def machines_of_state(state: Mapping[str, Any]) -> list[Machine]:
    """Return the machines in a state: the processor of a Map, or the branches of a Parallel."""
    branches = state.get("Branches")
    held = [state.get("ItemProcessor"), state.get("Iterator")]
    held += branches if isinstance(branches, list) else []
    return [inner for inner in held if isinstance(inner, Mapping)]


def states_in(definition: Any) -> dict[str, Mapping[str, Any]]:
    """Return every state of *definition*, valid or not, by its name, the inner ones too.

    AWS keeps names unique in a whole state machine.
    """
    machines = machines_in(definition) if isinstance(definition, Mapping) else ()
    found: dict[str, Mapping[str, Any]] = {}
    for machine in machines:
        found = {**_states(machine), **found}
    return found


def _states(machine: Machine) -> dict[str, Mapping[str, Any]]:
    states = machine.get("States")
    items = states.items() if isinstance(states, Mapping) else ()
    return {name: state for name, state in items if isinstance(state, Mapping)}


def machine_of(definition: Machine, stretch: Stretch) -> Machine:
    """Return the machine in *definition* that a *stretch* runs in.

    Raises NotFoundError if its states don't exist, or aren't in the same machine.
    """
    if stretch.first is None and stretch.last is None:
        return definition
    machine = definition if stretch.first is None else _around(definition, stretch.first)
    if stretch.last is not None and stretch.last not in machine["States"]:
        inner = _around(definition, stretch.last)
        start = stretch.first or machine.get("StartAt")
        raise NotFoundError(
            f"The state {stretch.last!r} isn't in the same machine as {start!r}.",
            why="A run of a part stays in the whole machine, one branch, or one Map's processor.",
            fix=f"Start there too, for example at {inner.get('StartAt')!r}.",
        )
    return machine


def _around(definition: Machine, state: str) -> Machine:
    names: list[str] = []
    for machine in machines_in(definition):
        states = machine.get("States", {})
        if state in states:
            return machine
        names += states
    raise NotFoundError(
        f"The definition has no state {state!r}.",
        why=f"Its states: {', '.join(names)}.",
        fix=did_you_mean(state, names),
    )
