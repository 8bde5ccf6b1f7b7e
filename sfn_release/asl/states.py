"""The eight states, mutable Python objects with the language's JSONPath fields.

A field has the language's name in snake_case: ``timeout_seconds`` is ``TimeoutSeconds``. What is
not given is not written; None is written as null. Anything else goes through *extra*, as it is.
Links (*next*, *default*, a rule's or catcher's *next*) hold a state, or its id as a string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from sfn_release.asl.conditions import ChoiceRule
from sfn_release.asl.given import NOT_GIVEN, NotGiven, asl_key, plain, plain_object
from sfn_release.asl.retry import Catch, Retry
from sfn_release.errors import DefinitionError

Path: TypeAlias = str | NotGiven | None
"""A JSONPath; None is written as null: nothing goes in, or nothing comes out."""
Seconds: TypeAlias = int | NotGiven
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
class _WithData(State):
    """A state that takes input and gives output."""

    input_path: Path = field(default=NOT_GIVEN, kw_only=True)
    output_path: Path = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Step(_WithData):
    """A state that is followed by another one (*next*) or by none (*end*)."""

    next: State | str | None = field(default=None, kw_only=True)
    end: bool = field(default=False, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield what comes next."""
        if self.next is not None:
            yield self.next

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return the state as the language writes it, Next or End last."""
        return State.to_asl(self, naming) | _transition(self, naming)


@dataclass(slots=True, eq=False, repr=False)
class _Work(Step):
    """A step that can fail: its errors are retried, then caught."""

    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result_selector: Template = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)
    retry: Sequence[Retry] = field(default_factory=list, kw_only=True)
    catch: Sequence[Catch] = field(default_factory=list, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield what comes next, then where errors go."""
        yield from Step.links(self)
        for catcher in _all(self.catch, Catch):
            yield catcher.next


@dataclass(slots=True, eq=False, repr=False)
class Pass(Step):
    """Hand the input on, or *result* in its place; *parameters* reshapes the input first."""

    type: ClassVar[str] = "Pass"
    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result: Any = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Task(_Work):
    """Have work done by *resource*: an integration's, a Lambda function's or an activity's ARN.

    `sfn_release.task` has makers for the usual ones. *credentials* is ``{"RoleArn": ...}``.
    """

    type: ClassVar[str] = "Task"
    resource: Text = field(default=NOT_GIVEN, kw_only=True)
    credentials: Template = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Choice(_WithData):
    """Go where the first rule that is true says, else to *default*."""

    type: ClassVar[str] = "Choice"
    choices: Sequence[ChoiceRule] = field(default_factory=list, kw_only=True)
    default: State | str | None = field(default=None, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield where the rules go, then the default."""
        for rule in _all(self.choices, ChoiceRule):
            yield rule.next
        if self.default is not None:
            yield self.default


@dataclass(slots=True, eq=False, repr=False)
class Wait(Step):
    """Wait: exactly one of a number of seconds, an instant, or the path of one of them."""

    type: ClassVar[str] = "Wait"
    seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timestamp: str | datetime | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)
    timestamp_path: Text = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Succeed(_WithData):
    """End the workflow, or the branch, with the input as its result."""

    type: ClassVar[str] = "Succeed"

    @property
    def terminal(self) -> bool:
        """True: nothing follows."""
        return True


@dataclass(slots=True, eq=False, repr=False)
class Fail(State):
    """End the execution as failed, with an error's name and its cause."""

    type: ClassVar[str] = "Fail"
    error: Text = field(default=NOT_GIVEN, kw_only=True)
    error_path: Text = field(default=NOT_GIVEN, kw_only=True)
    cause: Text = field(default=NOT_GIVEN, kw_only=True)
    cause_path: Text = field(default=NOT_GIVEN, kw_only=True)

    @property
    def terminal(self) -> bool:
        """True: nothing follows."""
        return True


@dataclass(slots=True, eq=False, repr=False)
class Parallel(_Work):
    """Run *branches* at once on the same input; the result is the list of their results."""

    type: ClassVar[str] = "Parallel"
    branches: Sequence[Graph | Mapping[str, Any]] = field(default_factory=list, kw_only=True)

    def graphs(self) -> Iterator[tuple[Keys, Graph | Mapping[str, Any]]]:
        """Yield the branches."""
        for index, branch in enumerate(self.branches):
            yield ("Branches", index), branch


@dataclass(slots=True, eq=False, repr=False)
class Map(_Work):
    """Run *item_processor* for each item; the result is the list of its results.

    *processor_config* is the ProcessorConfig of the item processor, ``{"Mode": "DISTRIBUTED",
    "ExecutionType": "STANDARD"}`` for a distributed Map. *iterator* and *parameters* are the
    language's old names of *item_processor* and *item_selector*.
    """

    type: ClassVar[str] = "Map"
    item_processor: Graph | Mapping[str, Any] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    processor_config: Template = field(default=NOT_GIVEN, kw_only=True)
    iterator: Graph | Mapping[str, Any] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    items_path: Text = field(default=NOT_GIVEN, kw_only=True)
    item_selector: Template = field(default=NOT_GIVEN, kw_only=True)
    item_reader: Template = field(default=NOT_GIVEN, kw_only=True)
    item_batcher: Template = field(default=NOT_GIVEN, kw_only=True)
    result_writer: Template = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency: Seconds = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency_path: Text = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count: Seconds = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count_path: Text = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage: float | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage_path: Text = field(default=NOT_GIVEN, kw_only=True)
    label: Text = field(default=NOT_GIVEN, kw_only=True)

    def graphs(self) -> Iterator[tuple[Keys, Graph | Mapping[str, Any]]]:
        """Yield the item processor."""
        for key, graph in (("ItemProcessor", self.item_processor), ("Iterator", self.iterator)):
            if not isinstance(graph, NotGiven):
                yield (key,), graph

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return the state as the language writes it, ProcessorConfig inside its processor."""
        body = Step.to_asl(self, naming)
        config = body.pop("ProcessorConfig", None)
        if config is not None:
            processor = "ItemProcessor" if "ItemProcessor" in body else "Iterator"
            body[processor] = {"ProcessorConfig": config, **body.get(processor, {})}
        return body


@dataclass(slots=True, eq=False, repr=False)
class Raw(Step):
    """Any state, as the language writes it: ``Raw("Ask", {"Type": "Task", ...})``.

    *body* may lack Next and End, which the workflow then writes.
    """

    type: ClassVar[str] = "Raw"
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the body is a Succeed or a Fail."""
        return self.body.get("Type") in {"Succeed", "Fail"}

    def to_asl(self, naming: Naming) -> dict[str, Any]:
        """Return the body, with the transition that the workflow gave it."""
        body = plain_object(self.body)
        body.update(plain_object(self.extra))
        return body | _transition(self, naming)


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
            written = [retrier.to_asl() for retrier in _all(value, Retry)] or NOT_GIVEN
        case "catch":
            rules = _all(value, Catch)
            written = [rule.to_asl(naming.id_of(rule.next)) for rule in rules] or NOT_GIVEN
        case "choices":
            written = [rule.to_asl(naming.id_of(rule.next)) for rule in _all(value, ChoiceRule)]
        case "default":
            written = NOT_GIVEN if value is None else naming.id_of(value)
        case "branches":
            written = [_graph(branch, naming) for branch in value]
        case "item_processor" | "iterator":
            written = _graph(value, naming)
        case _:
            written = plain(value)
    return {} if written is NOT_GIVEN else {asl_key(attribute): written}


def _transition(state: Step, naming: Naming) -> dict[str, Any]:
    following = {} if state.next is None else {"Next": naming.id_of(state.next)}
    return following | ({"End": True} if state.end else {})


_Rule = TypeVar("_Rule", Retry, Catch, ChoiceRule)


def _all(rules: Any, kind: type[_Rule]) -> list[_Rule]:
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
