"""What all states are made of: the common fields, the links, and how they are written.

A field has the language's name in snake_case: ``timeout_seconds`` is ``TimeoutSeconds``. What is
not given is not written; None is written as null. Anything else goes through *extra*, as it is.
Links (*next*, *default*, a rule's or catcher's *next*) hold a state, or its id as a string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from sfn_release.asl.conditions import ChoiceRule
from sfn_release.asl.given import NOT_GIVEN, NotGiven, asl_key, plain, plain_object
from sfn_release.asl.retry import Catch, Retry
from sfn_release.errors import DefinitionError

Path: TypeAlias = str | NotGiven | None
"""A JSONPath; None is written as null: nothing goes in, or nothing comes out."""
Whole: TypeAlias = int | NotGiven
Text: TypeAlias = str | NotGiven
Template: TypeAlias = Mapping[str, Any] | NotGiven
"""A payload template: an object in which keys that end in ``.$`` hold paths."""
Keys: TypeAlias = tuple[str | int, ...]
"""Where something is below a state."""


class Graph(Protocol):
    """States and where to start: a Workflow, seen from the state that holds it."""

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the graph, not those of graphs inside it."""
        ...

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return StartAt and States."""
        ...


class Naming(Protocol):
    """Says what a state is called in the document that is being written."""

    def id_of(self, state: State | str) -> str:
        """Return the id of a state, or the id that the string is."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class State:
    """What all states have in common.

    *id* is the state's name, 1 to 80 characters, unique in the whole workflow. Without one the
    name is made of the type and the position ("Pass 2" is the second Pass), so that it is the same
    every time, but not after a state of this type was put in before it.
    """

    type: ClassVar[str]
    id: str | None = None
    comment: Text = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.id!r})"

    @property
    def terminal(self) -> bool:
        """Whether the workflow ends here by the nature of the state."""
        return False

    def links(self) -> Iterator[State | str]:
        """Yield the states that may come next, the usual one first."""
        yield from ()

    def graphs(self) -> Iterator[tuple[Keys, Graph | Mapping[str, Any]]]:
        """Yield the branches, or the item processor, and under which keys they are written."""
        yield from ()

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return the state as the language writes it."""
        body: dict[str, Any] = {"Type": self.type}
        for attribute in _ORDER:
            value = getattr(self, attribute, NOT_GIVEN)
            if value is not NOT_GIVEN:
                body |= _field(attribute, value, naming)
        body.update(plain_object(self.extra))
        return body


@dataclass(slots=True, eq=False, repr=False)
class WithData(State):
    """A state that takes input and gives output."""

    input_path: Path = field(default=NOT_GIVEN, kw_only=True)
    output_path: Path = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Step(WithData):
    """A state that is followed by another one (*next*) or by none (*end*)."""

    next: State | str | None = field(default=None, kw_only=True)
    end: bool = field(default=False, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield what comes next."""
        if self.next is not None:
            yield self.next

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return the state as the language writes it, Next or End last."""
        return State.to_asl(self, naming) | transition(self, naming)


@dataclass(slots=True, eq=False, repr=False)
class Work(Step):
    """A step that can fail: its errors are retried, then caught."""

    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result_selector: Template = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)
    retry: Sequence[Retry] = field(default_factory=list, kw_only=True)
    catch: Sequence[Catch] = field(default_factory=list, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield what comes next, then where errors go."""
        yield from Step.links(self)
        for catcher in check_all(self.catch, Catch):
            yield catcher.next


_ORDER = (
    *("comment", "input_path", "items_path", "item_reader", "item_batcher", "item_selector"),
    *("resource", "credentials", "parameters", "result"),
    *("seconds", "timestamp", "seconds_path", "timestamp_path"),
    *("error", "error_path", "cause", "cause_path"),
    *("choices", "default", "branches", "processor_config", "item_processor", "iterator", "label"),
    *("max_concurrency", "max_concurrency_path"),
    *("tolerated_failure_count", "tolerated_failure_count_path"),
    *("tolerated_failure_percentage", "tolerated_failure_percentage_path", "result_writer"),
    *("timeout_seconds", "timeout_seconds_path", "heartbeat_seconds", "heartbeat_seconds_path"),
    *("result_selector", "result_path", "output_path", "retry", "catch"),
)
"""The order in which fields are written: for people, the language has none."""


def _field(attribute: str, value: Any, naming: Naming) -> dict[str, Any]:
    """Return one field as the language writes it: no field at all for a list or link not used."""
    written: Any
    match attribute:
        case "retry":
            written = [retrier.to_asl() for retrier in check_all(value, Retry)] or NOT_GIVEN
        case "catch":
            rules = check_all(value, Catch)
            written = [rule.to_asl(naming.id_of(rule.next)) for rule in rules] or NOT_GIVEN
        case "choices":
            written = [
                rule.to_asl(naming.id_of(rule.next)) for rule in check_all(value, ChoiceRule)
            ]
        case "default":
            written = NOT_GIVEN if value is None else naming.id_of(value)
        case "branches":
            written = [_graph(branch, naming) for branch in value]
        case "item_processor" | "iterator":
            written = _graph(value, naming)
        case _:
            written = plain(value)
    return {} if written is NOT_GIVEN else {asl_key(attribute): written}


def transition(state: Step, naming: Naming) -> dict[str, Any]:
    """Return Next or End, or neither where the state has none yet."""
    following = {} if state.next is None else {"Next": naming.id_of(state.next)}
    return following | ({"End": True} if state.end else {})


_Rule = TypeVar("_Rule", Retry, Catch, ChoiceRule)


def check_all(rules: Any, kind: type[_Rule]) -> list[_Rule]:
    """Return *rules* if each is what it has to be; people who don't check types get it wrong."""
    for rule in rules:
        if not isinstance(rule, kind):
            name = kind.__name__
            fix = (
                "Write condition.next_then(state)." if "Rule" in name else f"Write sfn.{name}(...)."
            )
            raise DefinitionError(f"Here stands {rule!r}, which is no {name}.", fix=fix)
    return list(rules)


def _graph(graph: Graph | Mapping[str, Any], naming: Naming) -> dict[str, Any]:
    if isinstance(graph, State):
        raise DefinitionError(
            f"A branch is a workflow, not a {graph.type}.",
            fix="Write sfn.Workflow.of(...) around its states.",
        )
    return plain_object(graph) if isinstance(graph, Mapping) else graph.to_asl(naming)
