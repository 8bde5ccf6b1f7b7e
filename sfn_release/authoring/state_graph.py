"""What a state sees of the graph that it stands in, and of the graphs inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from sfn_release.asl.field_types import JSONPATH

if TYPE_CHECKING:
    from sfn_release.authoring.state import State

Keys: TypeAlias = tuple[str | int, ...]
"""Where something is below a state."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of states, and what their ids became."""

    states: Mapping[State, State]
    ids: Mapping[str, str]


class StateGraph(Protocol):
    """States and where to start: a Workflow or a chain, seen from the state that holds it."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the graph, not those of graphs inside it."""
        ...

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return StartAt and States; *language* is the query language outside."""
        ...

    def copied(self, copies: Copies) -> Self:
        """Return the graph over the copies of its states."""
        ...


class Naming(Protocol):
    """Says what a state is called in the document that is being written."""

    def id_of(self, state: State | str) -> str:
        """Return the id of a state, or the id that the string is."""
        ...
