"""The interfaces between a state and the graph around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from sfn_release.authoring.state import State

Keys: TypeAlias = tuple[str | int, ...]
"""The way from a state down to a part of it."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Maps states to their copies, and ids to the ids of the copies."""

    states: Mapping[State, State]
    ids: Mapping[str, str]


class StateGraph(Protocol):
    """States and a start: a workflow or a chain, as a state that holds it sees it."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the graph, without those of the graphs inside it."""
        ...

    def copied(self, copies: Copies) -> Self:
        """Return the graph over the copies of its states."""
        ...


class Naming(Protocol):
    """Gives states their ids in the document that is being written."""

    def id_of(self, state: State | str) -> str:
        """Return the id of a state; a string is an id already."""
        ...
