"""Finds the machine in which a state is: the whole one, a branch, or the processor of a Map."""

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
        rest += [{**inherited, **inner} for inner in _inside(machine)]


def _inside(machine: Machine) -> Iterator[Machine]:
    """Yield the machines in the states of *machine*."""
    states = machine.get("States")
    for state in states.values() if isinstance(states, Mapping) else ():
        if not isinstance(state, Mapping):
            continue
        branches = state.get("Branches")
        held = [state.get("ItemProcessor"), state.get("Iterator")]
        held += branches if isinstance(branches, list) else []
        yield from (inner for inner in held if isinstance(inner, Mapping))


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
