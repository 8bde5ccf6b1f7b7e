"""The base classes of all states: the common fields, and the links to other states.

A field has the language's name in snake_case: ``timeout_seconds`` is ``TimeoutSeconds``. Fields
that you leave out aren't written, and None is written as null. *extra* holds any other fields,
which are written as they are. Links (*next*, *default*, the *next* of a rule or a catcher) hold a
state, or its id as a string.

States have the fields of both query languages. The state's language decides which of them it may
use: its own *query_language*, or else its workflow's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.retry import Catch
from sfn_release.authoring.state_graph import Keys, Naming, StateGraph
from sfn_release.authoring.value_types import (
    Catches,
    DataPath,
    Language,
    Retries,
    Template,
    Text,
    TransitionTarget,
)

if TYPE_CHECKING:
    from sfn_release.authoring.chain import Chain


@dataclass(slots=True, eq=False, repr=False)
class State:
    """The fields and links that all states have.

    *id* is the state's name: 1 to 80 characters, unique in the whole workflow. Without an *id* the
    name is made of the type and the position: "Pass 2" is the second Pass. It stays the same until
    you put a state of the same type before it.

    ``a >> b >> c`` makes a chain, see `Chain`.
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
        """Whether this type of state always ends the workflow."""
        return False

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield the targets of its transitions, the usual one first."""
        yield from ()

    def links(self) -> Iterator[State | str]:
        """Yield the states that may come next, the usual one first."""
        return map(entry, self.targets())

    def graphs(self) -> Iterator[tuple[Keys, StateGraph | Mapping[str, Any]]]:
        """Yield the branches or the item processor, each with its keys below the state."""
        yield from ()

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the state as JSON. *language* is the query language of its workflow.

        Raises DefinitionError for values that the state's query language doesn't have.
        """
        from sfn_release.authoring.state_writer import write_state

        return write_state(self, naming, language)


@dataclass(slots=True, eq=False, repr=False)
class DataState(State):
    """A state that takes input and returns output, cut by paths or made by *output* (JSONata)."""

    input_path: DataPath = field(default=NOT_GIVEN, kw_only=True)
    output_path: DataPath = field(default=NOT_GIVEN, kw_only=True)
    output: Any = field(default=NOT_GIVEN, kw_only=True)


@dataclass(slots=True, eq=False, repr=False)
class TransitionState(DataState):
    """A state that goes to another one (*next*) or ends the workflow (*end*).

    *assign* sets variables.
    """

    assign: Template = field(default=NOT_GIVEN, kw_only=True)
    next: TransitionTarget | None = field(default=None, kw_only=True)
    end: bool = field(default=False, kw_only=True)

    @property
    def open(self) -> bool:
        """Whether a state can still be linked after it."""
        return self.next is None and not self.terminal

    @property
    def following(self) -> TransitionTarget | None:
        """The target of its transition, None without one."""
        return self.next

    def go_to(self, state: State | str) -> None:
        """Make *state* the next one."""
        self.end = False
        self.next = state

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield the next state."""
        if self.next is not None:
            yield self.next


@dataclass(slots=True, eq=False, repr=False)
class RetryableState(TransitionState):
    """A state that can fail. Its errors are retried first, then caught.

    *retry* and *catch* hold one rule, or several in the order in which they are tried.
    """

    parameters: Template = field(default=NOT_GIVEN, kw_only=True)
    result_selector: Template = field(default=NOT_GIVEN, kw_only=True)
    result_path: DataPath = field(default=NOT_GIVEN, kw_only=True)
    retry: Retries = field(default_factory=list, kw_only=True)
    catch: Catches = field(default_factory=list, kw_only=True)

    def targets(self) -> Iterator[TransitionTarget]:
        """Yield the next state, then the states that handle errors."""
        if self.next is not None:
            yield self.next
        for catcher in as_list(self.catch):
            if isinstance(catcher, Catch) and catcher.next is not None:  # the writer reports others
                yield catcher.next


def entry(target: TransitionTarget) -> State | str:
    """Return the state that a transition goes to, or its id. A chain is entered at its first."""
    found: Any = target
    first: State | str = getattr(found, "first", found)
    return first


def reachable(states: Iterable[State], *, without: State | None = None) -> Iterator[State]:
    """Yield *states* and every state that they lead to, each once, breadth first.

    Transitions of the state *without* aren't followed.
    """
    queue = list(states)
    seen = set() if without is None else {without}
    for state in queue:
        if state not in seen:
            seen.add(state)
            yield state
            queue += [link for link in state.links() if isinstance(link, State)]


def as_list(value: Any) -> Sequence[Any]:
    """Return a list as it is, and anything else as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def own_language(owner: Any, outer: str) -> str:
    """Return the query language of a state or a workflow that stands inside *outer*."""
    own = owner.query_language
    if own is NOT_GIVEN and owner.extra:
        own = owner.extra.get("QueryLanguage")
    return own if own in (JSONPATH, JSONATA) else outer
