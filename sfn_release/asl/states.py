"""The eight states and `Raw`: mutable Python objects with the language's JSONPath fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sfn_release.asl.conditions import ChoiceRule
from sfn_release.asl.given import NOT_GIVEN, NotGiven, plain_object
from sfn_release.asl.state import (
    Graph,
    Keys,
    Naming,
    Path,
    State,
    Step,
    Template,
    Text,
    Whole,
    WithData,
    Work,
    check_all,
    transition,
)


@dataclass(slots=True, eq=False, repr=False)
class Pass(Step):
    """Hand the input on, or *result* in its place; *parameters* reshapes the input first."""

    type: ClassVar[str] = "Pass"
    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result: Any = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Task(Work):
    """Have work done by *resource*: an integration's, a Lambda function's or an activity's ARN.

    `sfn_release.task` has makers for the usual ones. *credentials* is ``{"RoleArn": ...}``.
    """

    type: ClassVar[str] = "Task"
    resource: Text = field(default=NOT_GIVEN, kw_only=True)
    credentials: Template = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds: Whole = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds: Whole = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Choice(WithData):
    """Go where the first rule that is true says, else to *default*."""

    type: ClassVar[str] = "Choice"
    choices: Sequence[ChoiceRule] = field(default_factory=list, kw_only=True)
    default: State | str | None = field(default=None, kw_only=True)

    def links(self) -> Iterator[State | str]:
        """Yield where the rules go, then the default."""
        for rule in check_all(self.choices, ChoiceRule):
            yield rule.next
        if self.default is not None:
            yield self.default


@dataclass(slots=True, eq=False, repr=False)
class Wait(Step):
    """Wait: exactly one of a number of seconds, an instant, or the path of one of them."""

    type: ClassVar[str] = "Wait"
    seconds: Whole = field(default=NOT_GIVEN, kw_only=True)
    timestamp: str | datetime | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    seconds_path: Text = field(default=NOT_GIVEN, kw_only=True)
    timestamp_path: Text = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Succeed(WithData):
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
class Parallel(Work):
    """Run *branches* at once on the same input; the result is the list of their results."""

    type: ClassVar[str] = "Parallel"
    branches: Sequence[Graph | Mapping[str, Any]] = field(default_factory=list, kw_only=True)

    def graphs(self) -> Iterator[tuple[Keys, Graph | Mapping[str, Any]]]:
        """Yield the branches."""
        for index, branch in enumerate(self.branches):
            yield ("Branches", index), branch


@dataclass(slots=True, eq=False, repr=False)
class Map(Work):
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
    max_concurrency: Whole = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency_path: Text = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count: Whole = field(default=NOT_GIVEN, kw_only=True)
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
        return body | transition(self, naming)
