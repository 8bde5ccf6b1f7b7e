"""What all states are made of: the common fields, the links, and how they are written.

A field has the language's name in snake_case: ``timeout_seconds`` is ``TimeoutSeconds``. What is
not given is not written; None is written as null. Anything else goes through *extra*, as it is.
Links (*next*, *default*, a rule's or catcher's *next*) hold a state, or its id as a string.

Fields of both query languages are there; which of them a state may have, its language decides:
its own *query_language*, or else its workflow's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.expressions import Dynamic, JsonPath, Portable
from sfn_release.authoring.field_writer import with_extra, with_language, write_field, write_object
from sfn_release.authoring.jsonata_values import Jsonata
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven, asl_key
from sfn_release.authoring.retry import Catch, Retry
from sfn_release.authoring.state_graph import Keys, Naming, StateGraph
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from sfn_release.authoring.chain import Chain

Path: TypeAlias = str | JsonPath | Portable | NotGiven | None
"""A JSONPath; None is written as null: nothing goes in, or nothing comes out."""
ItsPath: TypeAlias = str | JsonPath | Portable | NotGiven
"""The path of a field's value."""
Whole: TypeAlias = int | Parameter | Dynamic | NotGiven
Real: TypeAlias = float | Parameter | Dynamic | NotGiven
Seconds: TypeAlias = int | timedelta | Parameter | Dynamic | NotGiven
"""A number of seconds; a `timedelta` must be a whole number of them."""
Text: TypeAlias = str | NotGiven
"""A text that is known when the workflow is written."""
OpenText: TypeAlias = str | Dynamic | NotGiven
Template: TypeAlias = Mapping[str, Any] | NotGiven
"""An object that may hold expressions: `path`, `fn`, `q`, `Context`."""
Arguments: TypeAlias = Mapping[str, Any] | str | Jsonata | NotGiven
Language: TypeAlias = Literal["JSONPath", "JSONata"] | NotGiven
Retries: TypeAlias = Retry | Sequence[Retry]
Catches: TypeAlias = Catch | Sequence[Catch]
TransitionTarget: TypeAlias = "State | Chain | str"
"""Where a transition leads: a state, a chain (to its first state; it ends where it is open), or an
id."""
_Written: TypeAlias = "State | StateGraph | Mapping[str, Any]"
Piece: TypeAlias = "_Written | Callable[[], _Written]"
"""A branch or an item processor: a state, a chain, a workflow, a definition as it is written, or a
function without arguments that returns one of them, and is called once."""


class StateError(DefinitionError):
    """States can't be written: *states* has the id of each, and why. The first is the message."""

    def __init__(self, states: Sequence[tuple[str, DefinitionError]]) -> None:
        _, error = states[0]
        super().__init__(error.message, why=error.why, fix=error.fix)
        self.states = tuple(states)


class PartError(DefinitionError):
    """A part of a state can't be written; *keys* lead to it from the state."""

    def __init__(self, keys: Keys, error: DefinitionError) -> None:
        super().__init__(error.message, why=error.why, fix=error.fix)
        self.keys = keys


@dataclass(slots=True, eq=False, repr=False)
class State:
    """What all states have in common.

    *id* is the state's name, 1 to 80 characters, unique in the whole workflow. Without one the
    name is made of the type and the position ("Pass 2" is the second Pass), so that it is the same
    every time, but not after a state of this type was put in before it.

    ``a >> b >> c`` is a chain: see `Chain`.
    """

    type: ClassVar[str]
    id: str | None = None
    comment: Text = field(default=NOT_GIVEN, kw_only=True)
    query_language: Language = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.id!r})"

    def __rshift__(self, other: State | Chain | StateGraph) -> Chain:
        from sfn_release.authoring.chain import chain

        return chain(self) >> other

    @property
    def terminal(self) -> bool:
        """Whether the workflow ends here by the nature of the state."""
        return False

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield where its transitions lead, the usual one first."""
        yield from ()

    def links(self) -> Iterator[State | str]:
        """Yield the states that may come next, the usual one first."""
        for target in self.targets():
            yield entry(target)

    def graphs(self) -> Iterator[tuple[Keys, StateGraph | Mapping[str, Any]]]:
        """Yield the branches, or the item processor, and under which keys they are written."""
        yield from ()

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the state as the language writes it; *language* is that of its workflow.

        Raises DefinitionError for values that the state's query language does not take.
        """
        own = own_language(self, language)
        body: dict[str, Any] = {"Type": self.type}
        for attribute in _ORDER:
            value = getattr(self, attribute, NOT_GIVEN)
            if value is not NOT_GIVEN:
                body |= _field(attribute, value, naming, own, language)
        return with_extra(body, self.extra, own)


@dataclass(slots=True, eq=False, repr=False)
class DataState(State):
    """A state that takes input and gives output: cut by paths, or made by *output* (JSONata)."""

    input_path: Path = field(default=NOT_GIVEN, kw_only=True)
    output_path: Path = field(default=NOT_GIVEN, kw_only=True)
    output: Any = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class TransitionState(DataState):
    """A state that is followed by another one (*next*) or by none (*end*).

    *assign* sets variables.
    """

    assign: Template = field(default=NOT_GIVEN, kw_only=True)
    next: TransitionTarget | None = field(default=None, kw_only=True)
    end: bool = field(default=False, kw_only=True)

    @property
    def open(self) -> bool:
        """Whether no state follows, though one could."""
        return self.next is None and not self.terminal

    @property
    def following(self) -> TransitionTarget | None:
        """What comes next, if that was said."""
        return self.next

    def go_to(self, state: State | str) -> None:
        """Let *state* follow."""
        self.end = False
        self.next = state

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield what comes next."""
        if self.next is not None:
            yield self.next

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the state as the language writes it, Next or End last."""
        return State.to_asl(self, naming, language) | transition(self, naming)


@dataclass(slots=True, eq=False, repr=False)
class RetryableState(TransitionState):
    """A step that can fail: its errors are retried, then caught.

    *retry* and *catch* are one rule or several, in the order in which they are tried.
    """

    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result_selector: Template = field(default=NOT_GIVEN, kw_only=True)
    result_path: Path = field(default=NOT_GIVEN, kw_only=True)
    retry: Retries = field(default_factory=list, kw_only=True)
    catch: Catches = field(default_factory=list, kw_only=True)

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield what comes next, then where errors go."""
        yield from TransitionState.targets(self)
        for catcher in several(self.catch):
            if isinstance(catcher, Catch) and catcher.next is not None:  # the writer tells of it
                yield catcher.next


_ORDER = (
    *("comment", "query_language", "input_path", "items", "items_path"),
    *("item_reader", "item_batcher", "item_selector"),
    *("resource", "credentials", "parameters", "arguments", "result"),
    *("seconds", "timestamp", "seconds_path", "timestamp_path"),
    *("error", "error_path", "cause", "cause_path"),
    *("choices", "default", "branches", "processor_config", "item_processor", "iterator", "label"),
    *("max_concurrency", "max_concurrency_path"),
    *("tolerated_failure_count", "tolerated_failure_count_path"),
    *("tolerated_failure_percentage", "tolerated_failure_percentage_path", "result_writer"),
    *("timeout_seconds", "timeout_seconds_path", "heartbeat_seconds", "heartbeat_seconds_path"),
    *("result_selector", "result_path", "assign", "output", "output_path", "retry", "catch"),
)
"""The order in which fields are written: for people, the language has none."""


def _field(attribute: str, value: Any, naming: Naming, language: str, outer: str) -> dict[str, Any]:
    """Return one field as the language writes it: no field at all for a list or link not used.

    *language* is that of the state, *outer* that of its graph, which inner graphs start from.
    """
    result: Any
    match attribute:
        case "retry":
            result = _rules("Retry", value, Retry, Retry.to_asl) or NOT_GIVEN
        case "catch":
            result = (
                _rules(
                    "Catch",
                    value,
                    Catch,
                    lambda rule: rule.to_asl(naming.id_of(entry(rule.target)), language),
                )
                or NOT_GIVEN
            )
        case "choices":
            result = _rules(
                "Choices",
                value,
                ChoiceRule,
                lambda rule: rule.to_asl(naming.id_of(entry(rule.next)), language),
            )
        case "default":
            result = NOT_GIVEN if value is None else naming.id_of(entry(value))
        case "branches":
            result = [_graph(branch, "A branch", naming, outer) for branch in several(value)]
        case "item_processor" | "iterator":
            result = _graph(value, "An item processor", naming, outer)
        case _:
            return write_field(asl_key(attribute), value, language)
    return {} if result is NOT_GIVEN else {asl_key(attribute): result}


def transition(state: TransitionState, naming: Naming) -> dict[str, Any]:
    """Return Next or End, or neither where the state has none yet."""
    following = {} if state.next is None else {"Next": naming.id_of(entry(state.next))}
    return following | ({"End": True} if state.end else {})


def own_language(owner: Any, outer: str) -> str:
    """Return the query language of a state or a workflow inside of *outer*."""
    own = owner.query_language
    if own is NOT_GIVEN:
        own = owner.extra.get("QueryLanguage")
    return own if own in (JSONPATH, JSONATA) else outer


def entry(target: TransitionTarget) -> State | str:
    """Return the state that a transition leads to, or its id."""
    from sfn_release.authoring.chain import Chain

    return target.first if isinstance(target, Chain) else target


def write_states(
    states: Sequence[State], naming: Naming, language: str, ends: Iterable[State] = ()
) -> dict[str, Any]:
    """Return States; of two with one id the first.

    *ends*, and the open ends of chains that a transition leads to, are given an End. Raises
    StateError for the states that can't be written.
    """
    written: dict[str, Any] = {}
    from sfn_release.authoring.chain import last_steps

    wrong: list[tuple[str, DefinitionError]] = []
    led_to = (target for state in states for target in state.targets())
    inner_ends = (end for target in led_to for end in getattr(target, "ends", ()))
    ended = set(last_steps([*ends, *inner_ends]))
    for state in states:
        id = naming.id_of(state)
        try:
            body = state.to_asl(naming, language)
        except StateError as error:  # of states inside this one
            wrong += error.states
        except DefinitionError as error:
            wrong.append((id, error))
        except RecursionError:
            message = f'The state "{id}" has a value that holds itself, or is nested too deeply.'
            wrong.append((id, DefinitionError(message, fix="Make it of plain values.")))
        else:
            if state in ended and "Next" not in body:
                body["End"] = True
            written.setdefault(id, body)
    if wrong:
        raise StateError(wrong)
    return written


_RuleT = TypeVar("_RuleT", Retry, Catch, ChoiceRule)


def several(rules: Any) -> Sequence[Any]:
    """Return one rule, or what stands where rules should, as a list of them."""
    return rules if isinstance(rules, list | tuple) else [rules]


def _rules(
    key: str, rules: Any, kind: type[_RuleT], write: Callable[[_RuleT], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return *rules* written, each by *write*. Raises PartError, for the first that can't be."""
    written = []
    for index, rule in enumerate(several(rules)):
        try:
            written.append(write(_checked(rule, kind)))
        except DefinitionError as error:
            raise PartError((key, index), error) from error
    return written


def _checked(rule: Any, kind: type[_RuleT]) -> _RuleT:
    """Return *rule* if it is what it has to be; people who don't check types get it wrong."""
    if not isinstance(rule, kind):
        name = kind.__name__
        fix = "Write condition.next_then(state)." if "Rule" in name else f"Write sfn.{name}(...)."
        raise DefinitionError(f"Here stands {rule!r}, which is no {name}.", fix=fix)
    return rule


def as_graph(piece: Any) -> Any:
    """Return a state as the graph that starts from it; anything else as it is."""
    from sfn_release.authoring.chain import alone

    return alone(piece) if isinstance(piece, State) else piece


def made(piece: Any) -> Any:
    """Return the result of a function that makes a piece; anything else as it is.

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
            why="A function that stands for a branch or an item processor gets none.",
            fix="Give its parameters defaults, or write lambda: function(...) with its arguments.",
        ) from error
    return piece()


def _graph(graph: Any, what: str, naming: Naming, language: str) -> dict[str, Any]:
    graph = as_graph(graph)
    if isinstance(graph, Mapping):
        return write_object(graph, language)
    if not hasattr(graph, "to_asl"):
        raise DefinitionError(
            f"{what} can't be {graph!r}.",
            why="It is a state, a chain, a workflow, or a function that returns one of them.",
            fix="Write a >> b for states that follow each other.",
        )
    written: dict[str, Any] = graph.to_asl(naming, language)
    own = getattr(graph, "query_language", NOT_GIVEN)
    if own is NOT_GIVEN:
        return written
    written.pop("QueryLanguage", None)
    return written if own == language else with_language(written, own)
