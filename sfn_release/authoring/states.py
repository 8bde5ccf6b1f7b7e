"""The eight types of state, and `Raw`: mutable objects with the language's fields.

Some fields belong to one query language: *parameters* to JSONPath, *arguments* to JSONata. Where
JSONPath has two fields (``Seconds``, ``SecondsPath``), you can give a `path` to the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from typing import Any, ClassVar

from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.distributed_map import (
    ItemBatcher,
    ItemReader,
    ProcessorConfig,
    ResultWriter,
)
from sfn_release.authoring.expressions import Dynamic
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.state import (
    DataState,
    RetryableState,
    State,
    TransitionState,
    as_list,
)
from sfn_release.authoring.state_graph import Keys
from sfn_release.authoring.value_types import (
    Arguments,
    DataPath,
    OpenText,
    Piece,
    Real,
    Seconds,
    Template,
    Text,
    TransitionTarget,
    ValuePath,
    Whole,
)
from sfn_release.errors import DefinitionError


@dataclass(slots=True, eq=False, repr=False)
class Pass(TransitionState):
    """Pass the input on, or *result* in its place. *parameters* reshapes the input.

    In JSONata, use *output* and *assign*.
    """

    type: ClassVar[str] = "Pass"
    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result: Any = field(default=NOT_GIVEN, kw_only=True)
    result_path: DataPath = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Task(RetryableState):
    """Run *resource*: the ARN of a service integration, a Lambda function or an activity.

    `sfn_release.task` has shorter ways to write the usual tasks. *credentials* is
    ``{"RoleArn": ...}``.
    """

    type: ClassVar[str] = "Task"
    resource: Text = field(default=NOT_GIVEN, kw_only=True)
    arguments: Arguments = field(default=NOT_GIVEN, kw_only=True)
    credentials: Template = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timeout_seconds_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    heartbeat_seconds_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Choice(DataState):
    """Go to the state of the first rule that is true, or else to *default*.

    In a chain, `Choice(...) >> state`, the state follows every target of the Choice that has no
    next state yet. Without a *default*, the state also becomes the default.

    *assign* sets variables when *default* is taken. Each rule has its own *assign*.
    """

    type: ClassVar[str] = "Choice"
    choices: Sequence[ChoiceRule] = field(default_factory=list, kw_only=True)
    default: TransitionTarget | None = field(default=None, kw_only=True)
    assign: Template = field(default=NOT_GIVEN, kw_only=True)

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield the targets of the rules, then the default."""
        for rule in as_list(self.choices):
            if isinstance(rule, ChoiceRule):  # the writer reports others
                yield rule.next
        if self.default is not None:
            yield self.default

    def go_to(self, state: State | str) -> None:
        """Make *state* the default."""
        self.default = state


@dataclass(slots=True, eq=False, repr=False)
class Wait(TransitionState):
    """Wait for a number of seconds, or until a point in time.

    Give exactly one of the four fields. *seconds* may be a `timedelta` of whole seconds.
    """

    type: ClassVar[str] = "Wait"
    seconds: Seconds = field(default=NOT_GIVEN, kw_only=True)
    timestamp: OpenText | datetime = field(default=NOT_GIVEN, kw_only=True)
    seconds_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    timestamp_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class Succeed(DataState):
    """End the workflow or the branch successfully. The input becomes the result."""

    type: ClassVar[str] = "Succeed"

    @property
    def terminal(self) -> bool:
        """True: this state ends the workflow."""
        return True


@dataclass(slots=True, eq=False, repr=False)
class Fail(State):
    """Fail the execution, with the name of an error and its cause."""

    type: ClassVar[str] = "Fail"
    error: OpenText = field(default=NOT_GIVEN, kw_only=True)
    error_path: OpenText = field(default=NOT_GIVEN, kw_only=True)
    cause: OpenText = field(default=NOT_GIVEN, kw_only=True)
    cause_path: OpenText = field(default=NOT_GIVEN, kw_only=True)

    @property
    def terminal(self) -> bool:
        """True: this state ends the workflow."""
        return True


@dataclass(slots=True, eq=False, repr=False)
class Parallel(RetryableState):
    """Run *branches* in parallel on the same input. The result is the list of their results.

    A branch is a state, a chain, a workflow, or a function without arguments that returns one.
    """

    type: ClassVar[str] = "Parallel"
    branches: Piece | Sequence[Piece] = field(default_factory=list, kw_only=True)
    arguments: Arguments = field(default=NOT_GIVEN, kw_only=True)

    def __post_init__(self) -> None:
        """Call the functions among the branches."""
        if any(map(callable, as_list(self.branches))):
            self.branches = [_call_maker(branch) for branch in as_list(self.branches)]

    def graphs(self) -> Iterator[tuple[Keys, Any]]:
        """Yield the branches."""
        for index, branch in enumerate(as_list(self.branches)):
            yield ("Branches", index), branch


@dataclass(slots=True, eq=False, repr=False)
class Map(RetryableState):
    """Run *item_processor* for each item. The result is the list of its results.

    The items come from the input, or from *items_path* (JSONPath), *items* (JSONata) or
    *item_reader*. *item_processor* is a state, a chain, a workflow, or a function without arguments
    that returns one. For a distributed Map, *processor_config* is
    ``ProcessorConfig.distributed()``. *iterator* and *parameters* are the language's old names for
    *item_processor* and *item_selector*.
    """

    type: ClassVar[str] = "Map"
    item_processor: Piece | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    processor_config: ProcessorConfig | Template = field(default=NOT_GIVEN, kw_only=True)
    iterator: Piece | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    items: Sequence[Any] | Mapping[str, Any] | Dynamic | NotGiven = field(
        default=NOT_GIVEN, kw_only=True
    )
    items_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    item_selector: Arguments = field(default=NOT_GIVEN, kw_only=True)
    item_reader: ItemReader | Template = field(default=NOT_GIVEN, kw_only=True)
    item_batcher: ItemBatcher | Template = field(default=NOT_GIVEN, kw_only=True)
    result_writer: ResultWriter | Template = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency: Whole = field(default=NOT_GIVEN, kw_only=True)
    max_concurrency_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count: Whole = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_count_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage: Real = field(default=NOT_GIVEN, kw_only=True)
    tolerated_failure_percentage_path: ValuePath = field(default=NOT_GIVEN, kw_only=True)
    label: Text = field(default=NOT_GIVEN, kw_only=True)

    def __post_init__(self) -> None:
        """Call the item processor if it is a function."""
        if callable(self.item_processor):
            self.item_processor = _call_maker(self.item_processor)
        if callable(self.iterator):
            self.iterator = _call_maker(self.iterator)

    def graphs(self) -> Iterator[tuple[Keys, Any]]:
        """Yield the item processor."""
        for key, graph in (("ItemProcessor", self.item_processor), ("Iterator", self.iterator)):
            if not isinstance(graph, NotGiven):
                yield (key,), graph


@dataclass(slots=True, eq=False, repr=False)
class Raw(TransitionState):
    """Hold any state as JSON: ``Raw("Ask", {"Type": "Task", ...})``.

    You can leave Next and End out of *body*: the workflow adds them.
    """

    type: ClassVar[str] = "Raw"
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        """Whether the body is a Succeed or a Fail."""
        return self.body.get("Type") in ("Succeed", "Fail")

    @property
    def open(self) -> bool:
        """Whether a state can still be linked after it."""
        return self.next is None and not self.terminal and "Next" not in self.body

    @property
    def following(self) -> TransitionTarget | None:
        """The next state: the workflow's, or else the body's."""
        written: TransitionTarget | None = self.body.get("Next")
        return written if self.next is None else self.next

    def go_to(self, state: State | str) -> None:
        """Make *state* the next one, and drop an End of the body."""
        self.body = {key: value for key, value in self.body.items() if key != "End"}
        TransitionState.go_to(self, state)


def _call_maker(piece: Any) -> Any:
    """Return the result of a function that makes a piece, and anything else as it is.

    Raises DefinitionError for a function that needs arguments.
    """
    if not callable(piece):
        return piece
    try:
        signature(piece).bind()
    except TypeError as error:
        name = getattr(piece, "__name__", repr(piece))
        raise DefinitionError(
            f"{name} can't be called without arguments: {error}.",
            why="A function that makes a branch or an item processor is called without arguments.",
            fix="Give its parameters defaults, or write lambda: function(...) with its arguments.",
        ) from error
    return piece()
