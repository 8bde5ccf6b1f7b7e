"""Parses a definition in one walk: every scope, state, path, expression and call is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.fields import FIELDS
from sfn_release.checks.choices import conditions_of
from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.elements import elements_of, has_elements
from sfn_release.checks.error_handling import error_names_of
from sfn_release.checks.integrations import parse_resource
from sfn_release.checks.jsonata_expressions import JsonataReader
from sfn_release.checks.location import KeyPath, Location, entries
from sfn_release.checks.path_expressions import PATH_FIELDS, paths_of
from sfn_release.checks.payload_templates import TEMPLATE_FIELDS, members_of
from sfn_release.checks.qualifiers import callees_of
from sfn_release.checks.shapes import (
    BRANCH_NOUN,
    DEFINITION,
    PROCESSOR_NOUN,
    UNTYPED,
    Shape,
    shape_of,
)
from sfn_release.checks.transitions import ends_of, links_of
from sfn_release.checks.variables import ASSIGNING_FIELDS, assignments_of

_PROCESSORS: Final = ("ItemProcessor", "Iterator")


def parse_definition(
    definition: Mapping[str, Any],
    type: str,
    logging: Mapping[str, Any] | None = None,
    *,
    text: str = "",
) -> ParsedDefinition:
    """Return the parsed form of any JSON object, for a state machine of *type*.

    States that aren't objects are left out. *text* is the definition as canonical
    JSON; inspections in it find nothing without it.
    """
    language = language_of(definition, JSONPATH)
    scopes = [_scope(definition, Location(), language, None, express=type == "EXPRESS")]
    states: list[ParsedState] = []
    misshapen: list[Location] = []
    jsonata = JsonataReader()
    for scope in scopes:  # the loop below adds inner scopes
        for id, body in scope.states.items():
            links = scope.links[id] = links_of(body)
            scope.successors[id] = [target for _, target in links if target in scope.states]
            if not isinstance(body, dict):
                continue
            state = _state(id, body, scope, jsonata)
            states.append(state)
            for inner, keys in _inner(state):
                place = state.place.at(*keys)
                if isinstance(inner, dict):
                    # A Map's or Parallel's own language isn't the one of the states in it.
                    own = language_of(inner, language)
                    scopes.append(_scope(inner, place, own, state, express=scope.express))
                else:
                    misshapen.append(place)
        scope.ends = ends_of(scope)
    return ParsedDefinition(type, tuple(scopes), tuple(states), tuple(misshapen), logging, text)


def language_of(body: Mapping[str, Any], default: str) -> str:
    """Return the query language that a workflow, a branch or a state names."""
    own = body.get("QueryLanguage")
    return own if isinstance(own, str) and own in (JSONPATH, JSONATA) else default


def _scope(
    body: Mapping[str, Any],
    place: Location,
    language: str,
    holder: ParsedState | None,
    *,
    express: bool,
) -> ParsedScope:
    noun = DEFINITION
    if holder is not None:
        noun = BRANCH_NOUN if holder.type == "Parallel" else PROCESSOR_NOUN
    config = body.get("ProcessorConfig")
    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
    if holder is not None and isinstance(config, dict) and distributed:
        express = bool(config.get("ExecutionType") == "EXPRESS")
    states = body.get("States")
    return ParsedScope(
        body,
        place,
        shape_of(noun, language, tuple(body)),
        language,
        holder,
        distributed,
        express,
        states if isinstance(states, dict) else {},
    )


def _state(
    id: str, body: Mapping[str, Any], scope: ParsedScope, jsonata: JsonataReader
) -> ParsedState:
    type = body.get("Type")
    noun = f"A {type}" if isinstance(type, str) and type in FIELDS else UNTYPED
    shape = shape_of(noun, language_of(body, scope.language), tuple(body))
    state = ParsedState(id, body, scope.place_of(id), shape, scope)
    for read in _readers(shape):
        read(state)
    if shape.language == JSONATA:
        state.texts = jsonata.texts_of(state)
    return state


@lru_cache(maxsize=2048)
def _readers(shape: Shape) -> tuple[Callable[[ParsedState], None], ...]:
    """Return the functions that read states of a shape, in an order that lets one use another's."""
    has_path = shape.language == JSONPATH and shape.has(*PATH_FIELDS, *TEMPLATE_FIELDS)
    readers = (
        (shape.type == "Task", _read_task),
        (shape.type == "Choice", _read_conditions),
        (has_elements(shape), _read_elements),
        (shape.has(*ASSIGNING_FIELDS), _read_assignments),
        (has_path, _read_paths),
    )
    return tuple(read for applies, read in readers if applies)


def _read_conditions(state: ParsedState) -> None:
    state.conditions = conditions_of(state)


def _read_elements(state: ParsedState) -> None:
    state.elements = elements_of(state)
    if state.shape.has("Retry", "Catch"):
        state.error_names = error_names_of(state)


def _read_assignments(state: ParsedState) -> None:
    state.assignments = assignments_of(state)


def _read_paths(state: ParsedState) -> None:
    if state.shape.has(*TEMPLATE_FIELDS):
        state.members = members_of(state)
    state.paths = paths_of(state)


def _read_task(state: ParsedState) -> None:
    """Read the Resource of a Task, and the function or state machine that it calls."""
    resource = state.body.get("Resource")
    if isinstance(resource, str):
        state.resource = parse_resource(resource)
    state.callees = callees_of(state)


def _inner(state: ParsedState) -> Iterator[tuple[Any, KeyPath]]:
    """Yield the branches or processors of a state, and their keys below it."""
    if state.type == "Parallel":
        for index, branch in entries(state.body.get("Branches")):
            yield branch, ("Branches", index)
    elif state.type == "Map":
        for key in _PROCESSORS:
            if key in state.body:
                yield state.body[key], (key,)
