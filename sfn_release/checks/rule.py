"""Rules, the issues that they report, and their searches.

A rule's function is a *search*. It looks at one kind of thing at a time, and `each_state` and the
other constructors here say which: states of some types, objects with known fields, path
expressions, and so on. `checker` calls it only with those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sfn_release.checks.location import Location

if TYPE_CHECKING:
    from sfn_release.checks.definition import (
        Assignment,
        Element,
        ErrorName,
        JsonataText,
        ParsedDefinition,
        ParsedScope,
        ParsedState,
        PathExpression,
        PathShape,
    )
    from sfn_release.checks.finding import Severity
    from sfn_release.checks.shapes import Shape
    from sfn_release.checks.task_calls import Callee, Resource, ServiceCall, TaskCall


class Issue(NamedTuple):
    """One problem that a rule reports: where it is, how to fix it, and the type that is needed."""

    place: Location
    message: str
    fix: str = ""
    wanted: str = ""
    """As in `Finding`."""


Target = Literal[
    "definition",
    "scope",
    "state",
    "element",
    "condition",
    "template",
    "path",
    "jsonata",
    "assignment",
    "error",
    "task",
    "call",
    "callee",
]
Find = Callable[[Any], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Search:
    """A rule's function *find*, and the things that it looks at.

    *applies* is asked once for each shape of thing: it may depend on the names of fields, on the
    syntax of an expression or on the called service, and never on anything else.
    """

    find: Find
    target: Target
    applies: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the table.

    *means* completes "Reported when ...", *searches* find the issues. *code* is the one of
    ValidateStateMachineDefinition. An error is *final* when AWS is known to refuse it: no project
    can silence it. An error isn't final when it depends on the age of this program, because AWS may
    have added the field or the integration since. A *late* error fails executions: AWS creates the
    state machine.
    """

    name: str
    severity: Severity
    means: str
    searches: tuple[Search, ...] = ()
    final: bool = True
    late: bool = False
    code: str = "SCHEMA_VALIDATION_FAILED"

    @property
    def can_be_silenced(self) -> bool:
        """Whether a project may decide to live with it."""
        return self.severity == "warning" or not self.final


def whole(find: Callable[[ParsedDefinition], Iterator[Issue]]) -> Search:
    """Look at the whole definition, once."""
    return Search(find, "definition")


def each_scope(find: Callable[[ParsedScope], Iterator[Issue]]) -> Search:
    """Look at each graph of states: the workflow, each branch, each item processor."""
    return Search(find, "scope")


def each_state(
    find: Callable[[ParsedState], Iterator[Issue]],
    *types: str,
    language: str = "",
    has: tuple[str, ...] = (),
    lacks: tuple[str, ...] = (),
    when: Callable[[Shape], bool] | None = None,
) -> Search:
    """Look at each state of *types*; without types, also at states whose type isn't valid.

    You can narrow it down to states in a query *language*, with one of the fields *has*, without
    all of the fields *lacks*, or with a shape for which *when* is true.
    """

    def applies(shape: Shape) -> bool:
        return (
            (not types or shape.type in types)
            and (not language or shape.language == language)
            and (not has or shape.has(*has))
            and not shape.has(*lacks)
            and (when is None or when(shape))
        )

    return Search(find, "state", applies)


def each_element(
    find: Callable[[Element], Iterator[Issue]], when: Callable[[Shape], bool]
) -> Search:
    """Look at each object whose fields the language defines: scopes, states, retriers, ..."""
    return Search(find, "element", when)


def each_condition(
    find: Callable[[Element], Iterator[Issue]], when: Callable[[Shape], bool] | None = None
) -> Search:
    """Look at each choice rule and each condition inside one."""
    return Search(find, "condition", when)


def each_template(find: Callable[[ParsedState], Iterator[Issue]]) -> Search:
    """Look at each JSONPath state with members of payload templates."""
    return Search(find, "template")


def each_assignment(find: Callable[[Assignment], Iterator[Issue]]) -> Search:
    """Look at each assignment of a variable."""
    return Search(find, "assignment")


def each_callee(find: Callable[[Callee], Iterator[Issue]]) -> Search:
    """Look at each function and state machine that a Task calls by a constant name."""
    return Search(find, "callee")


def each_path(
    find: Callable[[PathExpression], Iterator[Issue]], when: Callable[[PathShape], bool]
) -> Search:
    """Look at each path and intrinsic function of JSONPath states."""
    return Search(find, "path", when)


def each_jsonata(find: Callable[[JsonataText], Iterator[Issue]]) -> Search:
    """Look at each text in an evaluated field of a JSONata state."""
    return Search(find, "jsonata")


def each_call(
    find: Callable[[TaskCall], Iterator[Issue]],
    *services: str,
    when: Callable[[ServiceCall], bool] | None = None,
) -> Search:
    """Look at each Task that calls an integration: of one of *services*, if some are named."""

    def applies(resource: Resource) -> bool:
        call = resource.call
        return (
            call is not None
            and (not services or call.service in services)
            and (when is None or when(call))
        )

    return Search(find, "call", applies)


def each_task(
    find: Callable[[ParsedState], Iterator[Issue]], when: Callable[[Resource], bool]
) -> Search:
    """Look at each Task by its Resource."""
    return Search(find, "task", when)


def each_error(find: Callable[[ErrorName], Iterator[Issue]], when: Callable[[str], bool]) -> Search:
    """Look at each error name in Retry and Catch."""
    return Search(find, "error", when)
