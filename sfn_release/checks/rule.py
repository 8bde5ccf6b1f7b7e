"""Rules, the issues that they report, and their inspections.

A rule's function is an *inspection*. It looks at one thing at a time, and `each_state` and the
other constructors here say which: states of some types, objects with known fields, path
expressions, and so on. `checker` calls it only with those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sfn_release.checks.location import Location

if TYPE_CHECKING:
    from sfn_release.asl.integrations import ServiceCall
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
    from sfn_release.checks.task_calls import Callee, IntegrationCall, Resource


class Issue(NamedTuple):
    """One problem that a rule reports: where it is, how to fix it, and the type that is needed."""

    place: Location
    message: str
    fix: str = ""
    wanted: str = ""
    """As in `Finding`."""


Subject = Literal[
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
class Inspection:
    """A rule's function *find*, and the things that it looks at.

    *applies* is called once for each shape of thing, and the answer is remembered. You can
    let it depend on the names of fields, the syntax of an expression or the called service, but
    never on the values of fields.
    """

    find: Find
    subject: Subject
    applies: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the table.

    *means* completes "Reported when ...", *inspections* find the issues. *code* is the one of
    ValidateStateMachineDefinition. An error is *final* when AWS is known to refuse it: no project
    can silence it. An error isn't final when it depends on the age of this program, because AWS may
    have added the field or the integration since. A *late* error fails executions: AWS creates the
    state machine.
    """

    name: str
    severity: Severity
    means: str
    inspections: tuple[Inspection, ...] = ()
    final: bool = True
    late: bool = False
    code: str = "SCHEMA_VALIDATION_FAILED"

    @property
    def can_be_silenced(self) -> bool:
        """Whether a project may decide to live with it."""
        return self.severity == "warning" or not self.final


def whole(find: Callable[[ParsedDefinition], Iterator[Issue]]) -> Inspection:
    """Look at the whole definition, once."""
    return Inspection(find, "definition")


def each_scope(find: Callable[[ParsedScope], Iterator[Issue]]) -> Inspection:
    """Look at each graph of states: the workflow, each branch, each item processor."""
    return Inspection(find, "scope")


def each_state(
    find: Callable[[ParsedState], Iterator[Issue]],
    *types: str,
    language: str = "",
    has: tuple[str, ...] = (),
    lacks: tuple[str, ...] = (),
    when: Callable[[Shape], bool] | None = None,
) -> Inspection:
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

    return Inspection(find, "state", applies)


def each_element(
    find: Callable[[Element], Iterator[Issue]], when: Callable[[Shape], bool]
) -> Inspection:
    """Look at each object whose fields the language defines: scopes, states, retriers, ..."""
    return Inspection(find, "element", when)


def each_condition(
    find: Callable[[Element], Iterator[Issue]], when: Callable[[Shape], bool] | None = None
) -> Inspection:
    """Look at each choice rule and each condition inside one."""
    return Inspection(find, "condition", when)


def each_template(find: Callable[[ParsedState], Iterator[Issue]]) -> Inspection:
    """Look at each JSONPath state with members of payload templates."""
    return Inspection(find, "template")


def each_assignment(find: Callable[[Assignment], Iterator[Issue]]) -> Inspection:
    """Look at each assignment of a variable."""
    return Inspection(find, "assignment")


def each_callee(find: Callable[[Callee], Iterator[Issue]]) -> Inspection:
    """Look at each function and state machine that a Task calls by a constant name."""
    return Inspection(find, "callee")


def each_path(
    find: Callable[[PathExpression], Iterator[Issue]], when: Callable[[PathShape], bool]
) -> Inspection:
    """Look at each path and intrinsic function of JSONPath states."""
    return Inspection(find, "path", when)


def each_jsonata(find: Callable[[JsonataText], Iterator[Issue]]) -> Inspection:
    """Look at each text in an evaluated field of a JSONata state."""
    return Inspection(find, "jsonata")


def each_call(
    find: Callable[[IntegrationCall], Iterator[Issue]],
    *services: str,
    when: Callable[[ServiceCall], bool] | None = None,
) -> Inspection:
    """Look at each Task that calls an integration: of one of *services*, if some are named."""

    def applies(resource: Resource) -> bool:
        call = resource.call
        return (
            call is not None
            and (not services or call.service in services)
            and (when is None or when(call))
        )

    return Inspection(find, "call", applies)


def each_task(
    find: Callable[[ParsedState], Iterator[Issue]], when: Callable[[Resource], bool]
) -> Inspection:
    """Look at each Task by its Resource."""
    return Inspection(find, "task", when)


def each_error(
    find: Callable[[ErrorName], Iterator[Issue]], when: Callable[[str], bool]
) -> Inspection:
    """Look at each error name in Retry and Catch."""
    return Inspection(find, "error", when)
