"""Rules of variables: their names, and the scopes that can read and assign them.

Scopes are lexical. A state reads the variables of its scope and of the scopes around it, up to a
distributed Map, whose items are executions of their own. It assigns only the variables of its own
scope. Source: "Passing data between states with variables" in AWS's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.jsonata import FUNCTIONS
from sfn_release.checks.definition import Assignment, ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.location import entries
from sfn_release.checks.rule import Issue
from sfn_release.checks.transitions import ExecutionOrder
from sfn_release.text import did_you_mean

_MAX_NAME = 80
_NAME = re.compile(r"[^\W\d]\w*")
_RESERVED = "states"
ASSIGNING_FIELDS = frozenset({"Assign", "Choices", "Catch"})


def assignments_of(state: ParsedState) -> list[Assignment]:
    """Return the variables that a state assigns, each with its place."""
    found: list[Assignment] = []
    if state.type in ("", "Succeed", "Fail"):
        return found
    holders = [(state.body, state.place)]
    for key in ("Choices", "Catch"):
        for index, rule in entries(state.body.get(key)):
            if isinstance(rule, dict) and "Assign" in rule:
                holders.append((rule, state.place.at(key, index)))
    for holder, place in holders:
        assigned = holder.get("Assign")
        for key in assigned if isinstance(assigned, dict) else ():
            name = key.removesuffix(".$") if state.language == JSONPATH else key
            found.append(Assignment(name, place.at("Assign", key)))
    return found


def variable_name(assignment: Assignment) -> Iterator[Issue]:
    """Report an invalid name of a variable."""
    name, place = assignment
    if name == _RESERVED:
        message = "The variable $states is reserved: it can't be assigned."
        yield Issue(place, message, "Rename the variable.")
    elif not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
        yield Issue(
            place,
            f"{name!r} is not a valid variable name.",
            "Start it with a letter or _, use letters, digits and _, and at most"
            f" {_MAX_NAME} characters.",
        )


def undefined(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report variables, and functions, that nothing assigns."""
    for state, name, place in definition.references:
        assigned = definition.assigned
        if not _can_read(state.scope, name, assigned) and not _hidden_by_map(
            state.scope, name, assigned
        ):
            functions = FUNCTIONS if state.language == JSONATA else ()
            known = (*_readable_names(state.scope, assigned), *functions)
            message = f"No state assigns the variable ${name} in this scope or an outer one."
            yield Issue(place, message, did_you_mean(f"${name}", [f"${other}" for other in known]))


def distributed(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report variables that the items of a distributed Map read from outside it."""
    for state, name, place in definition.references:
        assigned = definition.assigned
        if not _can_read(state.scope, name, assigned) and _hidden_by_map(
            state.scope, name, assigned
        ):
            yield Issue(
                place,
                f"A distributed Map can't read the variable ${name} of the workflow around it.",
                "Pass it to the items with ItemSelector, or with the BatchInput of ItemBatcher.",
            )


def assigned_inside(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report assignments to a variable of an outer scope, which an inner one can only read."""
    orders: dict[ParsedScope, ExecutionOrder] = {}
    for state in definition.states if len(definition.scopes) > 1 else ():
        for name, place in state.assignments:
            home = _home_before(state.scope, name, definition.assigned, orders)
            if home:
                yield Issue(
                    place,
                    f"The variable ${name} belongs to {home}: this scope can read it, but not"
                    " assign it.",
                    "Rename the inner variable, and return its value in the output.",
                )


_Assigned = Mapping[ParsedScope, Mapping[str, set[str]]]


def _readable_scopes(scope: ParsedScope) -> Iterator[tuple[ParsedState, ParsedScope]]:
    """Yield the outer scopes that *scope* can read, innermost first, with the state in between."""
    while scope.holder is not None and not scope.distributed:
        yield scope.holder, scope.holder.scope
        scope = scope.holder.scope


def _can_read(scope: ParsedScope, name: str, assigned: _Assigned) -> bool:
    return name in assigned[scope] or any(
        name in assigned[outer] for _, outer in _readable_scopes(scope)
    )


def _readable_names(scope: ParsedScope, assigned: _Assigned) -> set[str]:
    return {
        *assigned[scope],
        *(name for _, outer in _readable_scopes(scope) for name in assigned[outer]),
    }


def _hidden_by_map(scope: ParsedScope, name: str, assigned: _Assigned) -> bool:
    """Whether an outer scope assigns a variable that a distributed Map hides from *scope*."""
    crossed = False
    while scope.holder is not None:
        crossed = crossed or scope.distributed
        scope = scope.holder.scope
        if crossed and name in assigned[scope]:
            return True
    return False


def _home_before(
    scope: ParsedScope, name: str, assigned: _Assigned, orders: dict[ParsedScope, ExecutionOrder]
) -> str | None:
    """Return the path of the outer scope that may assign a variable before *scope* runs."""
    for holder, outer in _readable_scopes(scope):
        ids = assigned[outer].get(name)
        if ids:
            if outer not in orders:
                orders[outer] = ExecutionOrder(outer)
            if orders[outer].any_before(ids, holder.id):
                return outer.place.path
    return None


def read_by_state(definition: ParsedDefinition) -> dict[str, list[str]]:
    """Return the variables that each state reads, sorted. States without any are left out."""
    found: dict[str, set[str]] = {}
    for state, name, _ in definition.references:
        found.setdefault(state.id, set()).add(name)
    return {id: sorted(names) for id, names in found.items()}
