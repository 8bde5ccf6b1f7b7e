"""What states are called in one document: given ids, and ids made of type and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from sfn_release.asl.finding import Finding
from sfn_release.asl.states import Graph, State
from sfn_release.canonical import member


class Scope(Graph, Protocol):
    """A graph whose states are Python objects: a Workflow."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the graph, not those of graphs inside it."""
        ...


def reachable(states: Iterable[State]) -> Iterator[State]:
    """Yield *states*, then those that they lead to, each once, breadth first."""
    queue = list(states)
    seen: set[State] = set()
    for state in queue:
        if state not in seen:
            seen.add(state)
            yield state
            queue.extend(link for link in state.links() if isinstance(link, State))


class Names:
    """The id of every state below *root*, and what is wrong with those that were given."""

    def __init__(self, root: Scope) -> None:
        self.findings: list[Finding] = []
        self._ids: dict[State, str] = {}
        placed = list(_walk(root, "$"))
        self._take_given(placed)
        self._make_missing(placed)
        self._find_shared(placed)

    def id_of(self, state: State | str) -> str:
        """Return the id of a state, or the id that the string is."""
        return state if isinstance(state, str) else self._ids[state]

    def _take_given(self, placed: list[tuple[State, str]]) -> None:
        first: dict[tuple[str, str], State] = {}
        for state, path in placed:
            if state.id is None:
                continue
            self._ids[state] = state.id
            if first.setdefault((path, state.id), state) is not state:
                self._report(
                    state.id,
                    path,
                    f'Two states of one workflow are called "{state.id}".',
                    "Give each state an id of its own.",
                )

    def _make_missing(self, placed: list[tuple[State, str]]) -> None:
        taken = set(self._ids.values())
        count: Counter[str] = Counter()
        numbered: set[State] = set()
        for state, _ in placed:
            if state in numbered:
                continue
            numbered.add(state)
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

    def _find_shared(self, placed: list[tuple[State, str]]) -> None:
        home: dict[State, str] = {}
        for state, path in placed:
            if home.setdefault(state, path) != path:
                self._report(
                    self._ids[state],
                    path,
                    f'The state "{self._ids[state]}" stands in {home[state]} and in {path}:'
                    " a branch can't lead to a state outside it, nor share one with another.",
                    "End the branch, or make a second state.",
                )

    def _report(self, id: str, path: str, message: str, fix: str) -> None:
        where = member(f"{path}.States", id)
        self.findings.append(Finding("duplicate-state", "error", where, id, message, fix))


def _walk(graph: Scope | Graph | Mapping[str, Any], path: str) -> Iterator[tuple[State, str]]:
    """Yield every state below *graph* with its scope's path, as the document is written.

    Branches inside a scope that is not named yet are told by their number.
    """
    states: tuple[State, ...] = getattr(graph, "states", ())
    for position, state in enumerate(states):
        yield state, path
        for number, inner in enumerate(state.graphs()):
            name = state.id or f"{state.type} at {position + 1}"
            yield from _walk(inner, f"{member(f'{path}.States', name)}[{number}]")
