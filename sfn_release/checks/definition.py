"""The parsed definition: its scopes, its states, and everything in them that rules look at.

A *scope* is a graph of states: the workflow itself, a branch of a Parallel, the processor of a Map.
`parser` builds all of this in one walk, and nothing changes it afterwards. Nothing in a state leads
back to the state, so that Python frees a definition as soon as it has been checked. States and
scopes aren't frozen, because a frozen dataclass takes three times as long to make. Two of them are
equal only if they are the same object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import JSONATA
from sfn_release.asl.integrations import ServiceCall
from sfn_release.asl.intrinsics import IntrinsicCall
from sfn_release.asl.jsonata import JsonataExpression
from sfn_release.asl.paths import Path
from sfn_release.checks.location import KeyPath, Location
from sfn_release.checks.shapes import Shape
from sfn_release.checks.task_calls import Callee, Resource

MAX_BYTES: Final = 1024 * 1024
"""The largest definition that CreateStateMachine accepts (botocore's model, ``Definition``)."""


class Element(NamedTuple):
    """An object whose fields the language defines: a retrier, an ItemReader, a choice rule.

    Its *body* may be of any type: `Shape.is_object` says whether it is an object. Scopes and states
    are elements too: they have these three attributes.
    """

    body: Any
    place: Location
    shape: Shape


class Member(NamedTuple):
    """A member of an object in a payload template: the object, the key, and the value."""

    holder: Mapping[str, Any]
    key: str
    value: Any
    around: Location

    @property
    def place(self) -> Location:
        """Where the value is."""
        return self.around.at(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A JSONPath expression that has been parsed: its paths, or the *problem* with its syntax."""

    text: str
    problem: str = ""
    tree: Path | IntrinsicCall | None = None
    paths: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PathShape:
    """The syntax of a path expression and its role. Equal expressions share one shape.

    *callable* allows an intrinsic function. A *reference* names a place to write to; a *single*
    path reads one place of the input or of a variable.
    """

    reading: Reading
    callable: bool
    reference: bool
    single: bool


class PathExpression(NamedTuple):
    """A path or an intrinsic function in the field *key* of a JSONPath state."""

    key: str
    around: Location
    shape: PathShape

    @property
    def place(self) -> Location:
        """Where the expression is."""
        return self.around.at(self.key)

    @property
    def reading(self) -> Reading:
        """The parsed expression."""
        return self.shape.reading

    @property
    def text(self) -> str:
        """The expression as it is written."""
        return self.shape.reading.text


class JsonataText(NamedTuple):
    """A text in a field of a JSONata state that may hold an expression.

    *state* is the shape of its state, *field* the field around it. *caught* is true in a catcher.
    *expression* is None unless the text is a valid expression without placeholders; *problem* says
    why it is invalid.
    """

    state: Shape
    field: str
    caught: bool
    text: str
    place: Location
    expression: JsonataExpression | None = None
    problem: str = ""


class ErrorName(NamedTuple):
    """An item in the ``ErrorEquals`` of a retrier or a catcher, "" if it isn't a string.

    *state* is the shape of its state, *call* the integration that the state calls. *last* is true
    in the last retrier or catcher.
    """

    name: str
    rule: Element
    position: int
    state: Shape
    call: ServiceCall | None
    last: bool

    @property
    def place(self) -> Location:
        """Where the name is."""
        return self.rule.place.at("ErrorEquals", self.position)

    @property
    def field(self) -> str:
        """The field of the state: ``Retry`` or ``Catch``."""
        return str(self.rule.place.keys[-2])


class Assignment(NamedTuple):
    """The assignment of a variable."""

    name: str
    place: Location


@dataclass(slots=True, eq=False)
class ParsedScope:
    """A graph of states. *holder* is the state around it, None for the workflow itself.

    *language* is the query language of states that name none. The items of a *distributed* Map's
    processor are executions of their own. The states of an *express* scope run in an EXPRESS
    execution. *links* has, for each state, its transitions: their keys and the target's id.
    *successors* has only the ids of targets that exist. *ends* are the states that may end the
    graph.
    """

    body: Mapping[str, Any]
    place: Location
    shape: Shape
    language: str
    holder: ParsedState | None
    distributed: bool
    express: bool
    states: Mapping[str, Any]
    links: dict[str, Sequence[tuple[KeyPath, str]]] = field(default_factory=dict)
    successors: dict[str, list[str]] = field(default_factory=dict)
    ends: Sequence[str] = ()

    def place_of(self, id: str) -> Location:
        """Return the place of the state *id* of this scope."""
        return Location((*self.place.keys, "States", id), id)


@dataclass(slots=True, eq=False)
class ParsedState:
    """A state in its scope, with everything that the walk found in it."""

    id: str
    body: Mapping[str, Any]
    place: Location
    shape: Shape
    scope: ParsedScope
    resource: Resource | None = None
    callees: Sequence[Callee] = ()
    elements: Sequence[Element] = ()
    members: Sequence[Member] = ()
    paths: Sequence[PathExpression] = ()
    texts: Sequence[JsonataText] = ()
    conditions: Sequence[Element] = ()
    error_names: Sequence[ErrorName] = ()
    assignments: Sequence[Assignment] = ()

    @property
    def type(self) -> str:
        """The state's type, "" if it isn't one of the language's."""
        return self.shape.type

    @property
    def language(self) -> str:
        """The state's query language."""
        return self.shape.language

    @property
    def call(self) -> ServiceCall | None:
        """The integration that a Task calls, if it is known."""
        return self.resource.call if self.resource is not None else None

    @property
    def arguments_field(self) -> str:
        """The field for a Task's parameters: ``Arguments`` in JSONata, else ``Parameters``."""
        return "Arguments" if self.shape.language == JSONATA else "Parameters"


@dataclass(frozen=True, eq=False)
class ParsedDefinition:
    """A definition for a state machine of *type* STANDARD or EXPRESS.

    Scopes come outer ones first, states in the order of their scopes. *misshapen* are the branches
    and processors that aren't objects. *logging* is the API member ``loggingConfiguration``, if it
    is known. *text* is the definition as canonical JSON.
    """

    type: str
    scopes: tuple[ParsedScope, ...]
    states: tuple[ParsedState, ...]
    misshapen: tuple[Location, ...] = ()
    logging: Mapping[str, Any] | None = None
    text: str = ""

    @property
    def root(self) -> ParsedScope:
        """The workflow itself."""
        return self.scopes[0]

    @cached_property
    def homes(self) -> Mapping[str, ParsedScope]:
        """The first scope that has a state, for each state's id."""
        homes: dict[str, ParsedScope] = {}
        for scope in self.scopes:
            for id in scope.states:
                homes.setdefault(id, scope)
        return homes

    @cached_property
    def references(self) -> tuple[tuple[ParsedState, str, Location], ...]:
        """The variables that are read: the state, the name, and the place."""
        in_texts = (
            (state, name, text.place)
            for state in self.states
            for text in state.texts
            if text.expression is not None
            for name in sorted(text.expression.variables)
        )
        in_paths = (
            (state, name, path.place)
            for state in self.states
            for path in state.paths
            if path.reading.variables and not path.shape.reference
            for name in path.reading.variables
        )
        return (*in_texts, *in_paths)

    @cached_property
    def assigned(self) -> Mapping[ParsedScope, Mapping[str, set[str]]]:
        """The variables of each scope, with the ids of the states that assign them."""
        assigned: dict[ParsedScope, dict[str, set[str]]] = {scope: {} for scope in self.scopes}
        for state in self.states:
            for assignment in state.assignments:
                assigned[state.scope].setdefault(assignment.name, set()).add(state.id)
        return assigned
