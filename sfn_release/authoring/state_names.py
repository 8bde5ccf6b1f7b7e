"""What states are called in one document: given ids, and ids made of type and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.state import State
from sfn_release.authoring.state_graph import Keys, StateGraph
from sfn_release.canonical import member
from sfn_release.checks.finding import Finding
from sfn_release.errors import DefinitionError


def reachable(states: Iterable[State], *, without: State | None = None) -> Iterator[State]:
    """Yield *states*, then those that they lead to, each once, breadth first.

    Ways through the state *without* are not followed.
    """
    queue = list(states)
    seen = set() if without is None else {without}
    for state in queue:
        if state not in seen:
            seen.add(state)
            yield state
            queue.extend(link for link in state.links() if isinstance(link, State))


@dataclass(frozen=True, slots=True)
class _Position:
    """The graph that a state stands in: the definition itself, or a part of the state *holder*."""

    holder: State | None = None
    keys: Keys = ()
    outer: _Position | None = None


class StateNames:
    """The id of every state below *root*, and what is wrong with those that were given.

    Raises DefinitionError for what is no state or no id at all.
    """

    def __init__(self, root: StateGraph) -> None:
        self.findings: list[Finding] = []
        self._ids: dict[State, str] = {}
        placed = self._placed = list(_walk(root, _Position()))
        self._take_given(placed)
        self._make_missing(placed)
        self._find_twins(placed)
        self._find_shared(placed)

    def id_of(self, state: State | str) -> str:
        """Return the id of a state, or the id that the string is."""
        if isinstance(state, str):
            return state
        if state not in self._ids:
            raise DefinitionError(f"{state!r} is no state.", fix="Link states, or their ids.")
        return self._ids[state]

    def place_of(self, id: str, keys: Keys = ()) -> str:
        """Return the JSON path of the (first) state called *id*, or of what *keys* lead to."""
        home = next(home for state, home in self._placed if self._ids[state] == id)
        return _below(member(f"{self._path(home)}.States", id), keys)

    def _take_given(self, placed: list[tuple[State, _Position]]) -> None:
        for state, _ in placed:
            if isinstance(state.id, str):
                self._ids[state] = state.id
            elif state.id is not None:
                raise DefinitionError(f"The id of a {state.type} is {state.id!r}, not a string.")

    def _make_missing(self, placed: list[tuple[State, _Position]]) -> None:
        taken = set(self._ids.values())
        count: Counter[str] = Counter()
        for state in dict.fromkeys(state for state, _ in placed):
            count[state.type] += 1
            if state in self._ids:
                continue
            name = stem = f"{state.type} {count[state.type]}"
            copy = 1
            while name in taken:
                copy += 1
                name = f"{stem} ({copy})"
            taken.add(name)
            self._ids[state] = name

    def _find_twins(self, placed: list[tuple[State, _Position]]) -> None:
        first: dict[tuple[str, str], State] = {}
        for state, home in placed:
            id, path = self._ids[state], self._path(home)
            if first.setdefault((path, id), state) is not state:
                message = f'Two states of one workflow are called "{id}".'
                self._report(id, path, message, "Give each state an id of its own.")

    def _find_shared(self, placed: list[tuple[State, _Position]]) -> None:
        homes: dict[State, str] = {}
        for state, home in placed:
            id, path = self._ids[state], self._path(home)
            if homes.setdefault(state, path) != path:
                message = f'The state "{id}" stands in two graphs, {homes[state]} and {path}.'
                fix = "A branch can't lead out, nor share a state: end it, or make a second state."
                self._report(id, path, message, fix)

    def _path(self, home: _Position) -> str:
        if home.holder is None or home.outer is None:
            return "$"
        path = member(f"{self._path(home.outer)}.States", self._ids[home.holder])
        return _below(path, home.keys)

    def _report(self, id: str, path: str, message: str, fix: str) -> None:
        where = member(f"{path}.States", id)
        self.findings.append(Finding("duplicate-state", "error", where, id, message, fix))


def _below(path: str, keys: Keys) -> str:
    for key in keys:
        path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
    return path


def walk(graph: StateGraph) -> Iterator[State]:
    """Yield every state of *graph*, and of the graphs inside it, each once."""
    yield from dict.fromkeys(state for state, _ in _walk(graph, _Position()))


def _walk(
    graph: StateGraph | Mapping[str, Any], home: _Position
) -> Iterator[tuple[State, _Position]]:
    """Yield every state below *graph* in the order in which the document is written."""
    if not isinstance(getattr(graph, "states", None), tuple):  # as written; or a mistake
        return  # that the writer reports
    for state in graph.states:  # type: ignore[union-attr] # a graph has them
        yield state, home
        for keys, inner in state.graphs():
            yield from _walk(inner, _Position(state, keys, home))
