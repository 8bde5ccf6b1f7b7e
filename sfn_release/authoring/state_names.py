"""Give every state of a document its id: the author's, or one made of its type and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.chain import alone
from sfn_release.authoring.state import State
from sfn_release.authoring.state_graph import Keys, StateGraph
from sfn_release.canonical import member
from sfn_release.checks.finding import Finding
from sfn_release.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class _Position:
    """The graph that a state stands in: the definition itself, or a part of the state *holder*."""

    holder: State | None = None
    keys: Keys = ()
    outer: _Position | None = None


class StateNames:
    """The id of every state below *root*, and the *findings* about ids that aren't unique.

    Raises DefinitionError for an id that isn't a string.
    """

    def __init__(self, root: StateGraph) -> None:
        self._placed = list(_walk(root, _Position()))
        states = list(dict.fromkeys(state for state, _ in self._placed))
        self._ids = _ids_of(states)
        unique = len({*self._ids.values()}) == len(states) == len(self._placed)
        self.findings = [] if unique else [*self._twins(), *self._shared()]

    def id_of(self, state: State | str) -> str:
        """Return the id of a state; a string is an id already."""
        if isinstance(state, str):
            return state
        if state not in self._ids:
            raise DefinitionError(
                f"{state!r} is not a state.", fix="Link states, or write the id of a state."
            )
        return self._ids[state]

    def place_of(self, id: str, keys: Keys = ()) -> str:
        """Return the JSON path of the first state called *id*, or of its part below *keys*."""
        position = next(at for state, at in self._placed if self._ids[state] == id)
        return _below(member(f"{self._path(position)}.States", id), keys)

    def _twins(self) -> Iterator[Finding]:
        """Yield a finding for each state that has the id of another one in its graph."""
        first: dict[tuple[str, str], State] = {}
        for state, position in self._placed:
            id, path = self._ids[state], self._path(position)
            if first.setdefault((path, id), state) is not state:
                message = f'Two states of one workflow are called "{id}".'
                yield _finding(id, path, message, "Give each state its own id.")

    def _shared(self) -> Iterator[Finding]:
        """Yield a finding for each state that stands in more than one graph."""
        graphs: dict[State, str] = {}
        for state, position in self._placed:
            id, path = self._ids[state], self._path(position)
            if graphs.setdefault(state, path) != path:
                message = f'The state "{id}" stands in two graphs, {graphs[state]} and {path}.'
                fix = "A branch can't lead out, nor share a state. End it, or write a second state."
                yield _finding(id, path, message, fix)

    def _path(self, position: _Position) -> str:
        if position.holder is None or position.outer is None:
            return "$"
        path = member(f"{self._path(position.outer)}.States", self._ids[position.holder])
        return _below(path, position.keys)


def _ids_of(states: Iterable[State]) -> dict[State, str]:
    """Return the ids that states were given, and make the missing ones: "Pass 2"."""
    ids: dict[State, str] = {}
    unnamed: list[tuple[State, str]] = []
    count: Counter[str] = Counter()
    for state in states:
        count[state.type] += 1
        if isinstance(state.id, str):
            ids[state] = state.id
        elif state.id is None:
            unnamed.append((state, f"{state.type} {count[state.type]}"))
        else:
            raise DefinitionError(f"The id of a {state.type} is {state.id!r}, not a string.")
    taken = set(ids.values())
    for state, stem in unnamed:
        name, copy = stem, 1
        while name in taken:
            copy += 1
            name = f"{stem} ({copy})"
        taken.add(name)
        ids[state] = name
    return ids


def _finding(id: str, path: str, message: str, fix: str) -> Finding:
    place = member(f"{path}.States", id)
    return Finding("duplicate-state", "error", place, id, message, fix)


def _below(path: str, keys: Keys) -> str:
    for key in keys:
        path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
    return path


def walk(graph: StateGraph) -> Iterator[State]:
    """Yield every state of *graph*, and of the graphs inside it, each once."""
    yield from dict.fromkeys(state for state, _ in _walk(graph, _Position()))


def _walk(
    graph: StateGraph | State | Mapping[str, Any], position: _Position
) -> Iterator[tuple[State, _Position]]:
    """Yield every state below *graph* in the order in which the document is written."""
    if isinstance(graph, State):
        graph = alone(graph)
    states = getattr(graph, "states", None)
    if not isinstance(states, tuple):  # a plain dict, or a mistake that the writer reports
        return
    for state in states:
        yield state, position
        for keys, inner in state.graphs():
            yield from _walk(inner, _Position(state, keys, position))
