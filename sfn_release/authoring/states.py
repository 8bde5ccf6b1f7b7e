"""The eight states and `Raw`: mutable Python objects with the language's fields.

A field belongs to JSONPath, to JSONata, or to both: *parameters* to the one, *arguments* to the
other. Where JSONPath has two fields (``Seconds``, ``SecondsPath``), the first takes a `path` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.distributed_map import (
    ItemBatcher,
    ItemReader,
    ProcessorConfig,
    ResultWriter,
)
from sfn_release.authoring.expressions import Dynamic
from sfn_release.authoring.field_writer import with_extra, write_object
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.state import (
    Arguments,
    DataState,
    ItsPath,
    OpenText,
    Path,
    Piece,
    Real,
    RetryableState,
    Seconds,
    State,
    Template,
    Text,
    TransitionState,
    TransitionTarget,
    Whole,
    as_graph,
    made,
    own_language,
    several,
    transition,
)
from sfn_release.authoring.state_graph import Keys, Naming, StateGraph


@dataclass(slots=True, eq=False, repr=False)
class Pass(TransitionState):
    """Hand the input on, or *result* in its place, as it is; *parameters* reshapes the input.

    In JSONata *output* and *assign* do all of that.
    """

    type: ClassVar[str] = "Pass"
    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result: Any = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Task(RetryableState):
    """Have work done by *resource*: an integration's, a Lambda function's or an activity's ARN.

    `sfn_release.task` has makers for the usual ones. *credentials* is ``{"RoleArn": ...}``.
    """

    type: ClassVar[str] = "Task"
    resource: Text = field(default=NOT_GIVEN, kw_only=True)
    arguments: Arguments = field(default=NOT_GIVEN, kw_only=True)
    credentials: Template = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Choice(DataState):
    """Go where the first rule that is true says, else to *default*.

    What follows a Choice in a chain, ``Choice(...) >> state``, follows every state that it leads to
    and that nothing follows yet. Without a *default* it becomes the default.

    *assign* sets variables when *default* is taken; a rule has its own.
    """

    type: ClassVar[str] = "Choice"
    choices: Sequence[ChoiceRule] = field(default_factory=list, kw_only=True)
    default: TransitionTarget | None = field(default=None, kw_only=True)
    assign: Template = field(default=NOT_GIVEN, kw_only=True)

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield where the rules go, then the default."""
        for rule in several(self.choices):
            if isinstance(rule, ChoiceRule):  # of others the writer tells
                yield rule.next
        if self.default is not None:
            yield self.default

    def go_to(self, state: State | str) -> None:
        """Let *state* follow where no rule is true."""
        self.default = state


@dataclass(slots=True, eq=False, repr=False)
class Wait(TransitionState):
    """Wait: exactly one of a number of seconds, an instant, or the path of one of them.

    *seconds* may be a `timedelta` of whole seconds.
    """

    type: ClassVar[str] = "Wait"
    seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timestamp: OpenText | datetime = field(default=NOT_GIVEN, kw_only=True)
    seconds_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    timestamp_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Succeed(DataState):
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
    error: OpenText = field(default=NOT_GIVEN, kw_only=True)
    error_path: OpenText = field(default=NOT_GIVEN, kw_only=True)
    cause: OpenText = field(default=NOT_GIVEN, kw_only=True)
    cause_path: OpenText = field(default=NOT_GIVEN, kw_only=True)

    @property
    def terminal(self) -> bool:
        """True: nothing follows."""
        return True


@dataclass(slots=True, eq=False, repr=False)
class Parallel(RetryableState):
    """Run *branches* at once on the same input; the result is the list of their results.

    A branch is a state, a chain, a workflow, or a function without arguments that returns one.
    """

    type: ClassVar[str] = "Parallel"
    branches: Piece | Sequence[Piece] = field(default_factory=list, kw_only=True)
    arguments: Arguments = field(default=NOT_GIVEN, kw_only=True)

    def __post_init__(self) -> None:
        """Call the functions among the branches."""
        if any(map(callable, several(self.branches))):
            self.branches = [made(branch) for branch in several(self.branches)]

    def graphs(self) -> Iterator[tuple[Keys, StateGraph | Mapping[str, Any]]]:
        """Yield the branches."""
        for index, branch in enumerate(several(self.branches)):
            yield ("Branches", index), as_graph(branch)


@dataclass(slots=True, eq=False, repr=False)
class Map(RetryableState):
    """Run *item_processor* for each item; the result is the list of its results.

    The items are the input, or what *items_path* (JSONPath), *items* (JSONata) or *item_reader*
    says. *item_processor* is a state, a chain, a workflow, or a function without arguments that
    returns one. *processor_config* is its ProcessorConfig, for a distributed Map
    ``ProcessorConfig.distributed()``. *iterator* and *parameters* are the language's old names of
    *item_processor* and *item_selector*.
    """

    type: ClassVar[str] = "Map"
    item_processor: Piece | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    processor_config: ProcessorConfig | Template = field(default=NOT_GIVEN, kw_only=True)
    iterator: Piece | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    items: Sequence[Any] | Mapping[str, Any] | Dynamic | NotGiven = field(
        default=NOT_GIVEN, kw_only=True
    )
    items_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    item_selector: Arguments = field(default=NOT_GIVEN, kw_only=True)
    item_reader: ItemReader | Template = field(default=NOT_GIVEN, kw_only=True)
    item_batcher: ItemBatcher | Template = field(default=NOT_GIVEN, kw_only=True)
    result_writer: ResultWriter | Template = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency: Whole = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count: Whole = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage: Real = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage_path: ItsPath = field(default=NOT_GIVEN, kw_only=True)
    label: Text = field(default=NOT_GIVEN, kw_only=True)

    def __post_init__(self) -> None:
        """Call the item processor if it is a function."""
        if callable(self.item_processor):
            self.item_processor = made(self.item_processor)
        if callable(self.iterator):
            self.iterator = made(self.iterator)

    def graphs(self) -> Iterator[tuple[Keys, StateGraph | Mapping[str, Any]]]:
        """Yield the item processor."""
        for key, graph in (("ItemProcessor", self.item_processor), ("Iterator", self.iterator)):
            if not isinstance(graph, NotGiven):
                yield (key,), as_graph(graph)

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the state as the language writes it, ProcessorConfig inside its processor."""
        body = TransitionState.to_asl(self, naming, language)
        config = body.pop("ProcessorConfig", None)
        if config is not None:
            processor = "ItemProcessor" if "ItemProcessor" in body else "Iterator"
            body[processor] = {"ProcessorConfig": config, **body.get(processor, {})}
        return body


@dataclass(slots=True, eq=False, repr=False)
class Raw(TransitionState):
    """Any state, as the language writes it: ``Raw("Ask", {"Type": "Task", ...})``.

    *body* may lack Next and End, which the workflow then writes.
    """

    type: ClassVar[str] = "Raw"
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the body is a Succeed or a Fail."""
        return self.body.get("Type") in ("Succeed", "Fail")  # which may be anything

    @property
    def open(self) -> bool:
        """Whether no state follows, though one could."""
        return self.next is None and not self.terminal and "Next" not in self.body

    @property
    def following(self) -> TransitionTarget | None:
        """What comes next: by the workflow, or else by the body."""
        said: TransitionTarget | None = self.body.get("Next")
        return said if self.next is None else self.next

    def go_to(self, state: State | str) -> None:
        """Let *state* follow, whatever the body says of an end."""
        self.body = {key: value for key, value in self.body.items() if key != "End"}
        TransitionState.go_to(self, state)

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the body, with the transition that the workflow gave it."""
        said = self.body.get("QueryLanguage")
        own = own_language(self, said if said in (JSONPATH, JSONATA) else language)
        body = write_object(self.body, own)
        return with_extra(body, self.extra, own) | transition(self, naming)
