"""A definition taken apart: its scopes and states, whatever JSON it is.

A scope is a graph of states: the workflow itself, a branch of a Parallel, the processor of a Map.
States of the wrong shape are left out; the rules of `structure` tell of them. Scopes and states are
themselves: two are equal when they are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.fields import FIELDS
from sfn_release.checks.rule import Keys, Location, entries

MAX_BYTES: Final = 1024 * 1024
"""The length of a definition that CreateStateMachine takes (botocore's model, ``Definition``)."""

_T = TypeVar("_T")
_PROCESSORS = ("ItemProcessor", "Iterator")


@dataclass(frozen=True, slots=True, eq=False)
class ParsedScope:
    """A graph of states. *holder* is the state that it is in, None for the workflow itself.

    *language* is the query language of states that name none.
    """

    body: Mapping[str, Any]
    place: Location
    language: str
    holder: ParsedState | None = None

    @property
    def states(self) -> Mapping[str, Any]:
        """Its states as they are written; none if they are no object."""
        states = self.body.get("States")
        return states if isinstance(states, dict) else {}

    @property
    def distributed(self) -> bool:
        """Whether it is the processor of a distributed Map, whose items run by themselves."""
        config = self.body.get("ProcessorConfig")
        return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"

    def place_of(self, id: str) -> Location:
        """Return the place of the state *id* of this scope."""
        return Location((*self.place.keys, "States", id), id)


@dataclass(frozen=True, slots=True, eq=False)
class ParsedState:
    """A state in its scope. *type* is "" when it is none that exists."""

    id: str
    body: Mapping[str, Any]
    place: Location
    type: str
    language: str
    scope: ParsedScope


@dataclass(frozen=True)
class ParsedDefinition:
    """A definition for a state machine of *type* STANDARD or EXPRESS, ready to be checked."""

    type: str
    scopes: tuple[ParsedScope, ...]
    states: tuple[ParsedState, ...]
    misshapen: tuple[Location, ...] = field(default=())
    """Branches and processors that are no objects."""
    logging: Mapping[str, Any] | None = None
    """The API member ``loggingConfiguration``, if it is known."""
    _made: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[ParsedDefinition], Iterable[_T]]) -> tuple[_T, ...]:
        """Return what *make* gives for this document; several rules look at the same things."""
        if make not in self._made:
            self._made[make] = tuple(make(self))
        made: tuple[_T, ...] = self._made[make]
        return made

    @property
    def root(self) -> ParsedScope:
        """The workflow itself."""
        return self.scopes[0]

    @cached_property
    def homes(self) -> Mapping[str, ParsedScope]:
        """For each state's id, the first scope that has it."""
        homes: dict[str, ParsedScope] = {}
        for scope in self.scopes:
            for id in scope.states:
                homes.setdefault(id, scope)
        return homes

    def of_type(self, *types: str) -> Iterator[ParsedState]:
        """Yield the states of one of these types."""
        return (state for state in self.states if state.type in types)

    def in_language(self, language: str) -> Iterator[ParsedState]:
        """Yield the states whose query language this is."""
        return (state for state in self.states if state.language == language)


def take_apart(
    definition: Mapping[str, Any], type: str, logging: Mapping[str, Any] | None = None
) -> ParsedDefinition:
    """Return the ParsedDefinition of a definition, outer scopes first."""
    language = language_of(definition, JSONPATH)
    scopes = [ParsedScope(definition, Location(), language)]
    states: list[ParsedState] = []
    misshapen: list[Location] = []
    for scope in scopes:  # which grows
        for id, body in scope.states.items():
            if not isinstance(body, dict):
                continue
            kind = body.get("Type")
            known = kind if isinstance(kind, str) and kind in FIELDS else ""
            own = language_of(body, scope.language)
            state = ParsedState(id, body, scope.place_of(id), known, own, scope)
            states.append(state)
            for inner, keys in _inner(state):
                place = state.place.at(*keys)
                if isinstance(inner, dict):
                    # What the Map or Parallel says of its own language is not for the states in it.
                    scopes.append(ParsedScope(inner, place, language_of(inner, language), state))
                else:
                    misshapen.append(place)
    return ParsedDefinition(type, tuple(scopes), tuple(states), tuple(misshapen), logging)


def language_of(body: Mapping[str, Any], default: str) -> str:
    """Return the query language that a workflow, a branch or a state names."""
    own = body.get("QueryLanguage")
    return own if isinstance(own, str) and own in (JSONPATH, JSONATA) else default


def _inner(state: ParsedState) -> Iterator[tuple[Any, Keys]]:
    if state.type == "Parallel":
        for index, branch in entries(state.body.get("Branches")):
            yield branch, ("Branches", index)
    elif state.type == "Map":
        for key in _PROCESSORS:
            if key in state.body:
                yield state.body[key], (key,)
