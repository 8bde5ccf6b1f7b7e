"""The verbs that write a workflow: where it starts, what comes next, and how it ends.

Each gives the workflow back, so that they can be chained. The present state is the one that was
written last; after a piece with several open ends it is all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Self, Unpack

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.chain import Chain, called, chain, dead_end, last_steps, link
from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.state import (
    ItsPath,
    Language,
    OpenText,
    Piece,
    Seconds,
    State,
    TransitionState,
    TransitionTarget,
    Whole,
    own_language,
)
from sfn_release.authoring.state_graph import Copies, Naming, StateGraph
from sfn_release.authoring.state_keywords import (
    ChoiceFields,
    DataFields,
    FailFields,
    MapFields,
    ParallelFields,
    StepFields,
)
from sfn_release.authoring.state_names import reachable
from sfn_release.authoring.states import Choice, Fail, Map, Parallel, Succeed, Wait
from sfn_release.errors import DefinitionError


class Building(ABC):
    """What is being written: the states so far, and where to go on."""

    def __init__(self) -> None:
        self.query_language: Language = NOT_GIVEN
        self.extra: Mapping[str, Any] = {}
        self.start: State | str | None = None
        self._added: dict[State, None] = {}
        self._last: State | None = None
        self._ends: tuple[State, ...] = ()
        self._closed: dict[State, None] = {}

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in the order in which they are written; those of branches are theirs."""
        first = [self.start] if isinstance(self.start, State) else []
        return tuple(reachable([*first, *self._added]))

    # -- chains -------------------------------------------------------------------------------

    def start_from(self, piece: State | Chain | StateGraph) -> Self:
        """Make *piece* the first one. Raises DefinitionError if there is one already.

        A piece is a state, a chain (``a >> b``), or another workflow, whose states become this
        one's; what it says of a whole definition, such as its comment, does not.
        """
        if self.start is not None:
            raise DefinitionError(
                f"The workflow starts from {called(self.start)} already.",
                fix="Use continue_from to write another chain of the same workflow.",
            )
        self.start = chain(piece).first
        return self.continue_from(piece)

    def next_then(self, piece: State | Chain | StateGraph) -> Self:
        """Go on to *piece*, which may be a state that ran before: a loop.

        Raises DefinitionError where nothing can follow: before a start, after an end, after a
        Choice, Succeed or Fail, or where another state follows already.
        """
        last = self._present("next_then")
        following = chain(piece)
        if isinstance(last, TransitionState) and last.next is following.first and not self._ends:
            return self.continue_from(piece)
        if not self._ends:
            raise dead_end(last, following.first)
        link(self._ends, following.first, after=last)
        return self.continue_from(piece)

    def end(self) -> Self:
        """End the workflow after the present state, and the chain with it.

        Raises DefinitionError without a present state, and when another one follows it.
        """
        last = self._present("end")
        if isinstance(last, Choice) and not any(last_steps([last])):
            raise DefinitionError(
                f"A Choice can't end the workflow: {called(last)} goes where its rules say.",
                fix="End the chains of the states that it leads to.",
            )
        if isinstance(last, TransitionState) and not self._ends and last.next is not None:
            raise DefinitionError(
                f"{called(last)} goes to {called(last.next)} and can't end the workflow too."
            )
        return self.end_here()

    def end_here(self) -> Self:
        """End the workflow wherever it is open after what was written last, if anywhere.

        The ways of a Choice end where they are still open when the workflow is written.
        """
        for state in self._ends:
            if isinstance(state, TransitionState):
                state.end = True
            else:
                self._closed[state] = None
        self._last, self._ends = None, ()
        return self

    def continue_from(self, piece: State | Chain | StateGraph) -> Self:
        """Go on writing after *piece*, for example after a state that a Choice leads to."""
        whole = chain(piece)
        self._check_language(piece)
        self.add(*whole.parts)
        self._last, self._ends = whole.parts[-1], whole.ends
        return self

    def subflow_from(self, piece: State | Chain | StateGraph) -> Self:
        """Return a new workflow that starts from *piece*; this one stays as it is."""
        return type(self)().start_from(piece)

    def add(self, *states: State) -> Self:
        """Add states without linking them; they are written in the order of adding."""
        for state in states:
            self._check(state)
            self._added[state] = None
        return self

    # -- states that are made on the way ------------------------------------------------------

    def parallel(
        self,
        branches: Piece | Iterable[Piece],
        id: str | None = None,
        **fields: Unpack[ParallelFields],
    ) -> Self:
        """Go on to a Parallel of *branches*; *fields* are its other ones."""
        return self._go_on(Parallel(id, branches=_several(branches), **fields))

    def map(
        self,
        iterator: Piece,
        items_path: ItsPath = NOT_GIVEN,
        max_concurrency: Whole = NOT_GIVEN,
        id: str | None = None,
        **fields: Unpack[MapFields],
    ) -> Self:
        """Go on to a Map that runs *iterator*, its ItemProcessor, for each item.

        *fields* are its other ones.
        """
        return self._go_on(
            Map(
                id,
                item_processor=iterator,
                items_path=items_path,
                max_concurrency=max_concurrency,
                **fields,
            )
        )

    def choice(
        self,
        choices: Sequence[ChoiceRule],
        default: TransitionTarget | None = None,
        id: str | None = None,
        **fields: Unpack[ChoiceFields],
    ) -> Self:
        """Go on to a Choice of *choices*; `continue_from` one of their states after it."""
        return self._go_on(Choice(id, choices=choices, default=default, **fields))

    def wait(
        self,
        id: str | None = None,
        seconds: Seconds = NOT_GIVEN,
        timestamp: OpenText | datetime = NOT_GIVEN,
        seconds_path: ItsPath = NOT_GIVEN,
        timestamp_path: ItsPath = NOT_GIVEN,
        **fields: Unpack[StepFields],
    ) -> Self:
        """Go on to a Wait."""
        return self._go_on(
            Wait(
                id,
                seconds=seconds,
                timestamp=timestamp,
                seconds_path=seconds_path,
                timestamp_path=timestamp_path,
                **fields,
            )
        )

    def succeed(self, id: str | None = None, **fields: Unpack[DataFields]) -> Self:
        """Go on to a Succeed."""
        return self._go_on(Succeed(id, **fields))

    def fail(
        self,
        cause: OpenText = NOT_GIVEN,
        error: OpenText = NOT_GIVEN,
        id: str | None = None,
        **fields: Unpack[FailFields],
    ) -> Self:
        """Go on to a Fail."""
        return self._go_on(Fail(id, cause=cause, error=error, **fields))

    def start_from_parallel(
        self,
        branches: Piece | Iterable[Piece],
        id: str | None = None,
        **fields: Unpack[ParallelFields],
    ) -> Self:
        """Start from a Parallel, as `parallel` makes it."""
        return self.start_from(Parallel(id, branches=_several(branches), **fields))

    def start_from_map(
        self,
        iterator: Piece,
        items_path: ItsPath = NOT_GIVEN,
        max_concurrency: Whole = NOT_GIVEN,
        id: str | None = None,
        **fields: Unpack[MapFields],
    ) -> Self:
        """Start from a Map, as `map` makes it."""
        return self.start_from(
            Map(
                id,
                item_processor=iterator,
                items_path=items_path,
                max_concurrency=max_concurrency,
                **fields,
            )
        )

    def start_from_choice(
        self,
        choices: Sequence[ChoiceRule],
        default: TransitionTarget | None = None,
        id: str | None = None,
        **fields: Unpack[ChoiceFields],
    ) -> Self:
        """Start from a Choice, as `choice` makes it."""
        return self.start_from(Choice(id, choices=choices, default=default, **fields))

    def __rshift__(self, other: State | Chain | StateGraph) -> Chain:
        return chain(self) >> other

    def copied(self, copies: Copies) -> Self:
        """Return the workflow over the copies of its states."""
        new, fresh = copies.states, copy(self)
        if self.start is not None:
            start = self.start
            fresh.start = new[start] if isinstance(start, State) else copies.ids.get(start, start)
        vars(fresh).update(
            _added={new[state]: None for state in self._added},
            _last=None if self._last is None else new[self._last],
            _ends=tuple(new[state] for state in self._ends),
            _closed={new[state]: None for state in self._closed},
        )
        return fresh

    @abstractmethod
    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return what is written, as a graph."""

    def _check_language(self, piece: State | Chain | StateGraph) -> None:
        """Refuse a workflow of another query language: its states would be read as this one's."""
        if not isinstance(piece, Building):
            return
        own, its = own_language(self, JSONPATH), own_language(piece, JSONPATH)
        if own != its:
            raise DefinitionError(
                f"The query language of this workflow is {own}, that of the piece {its}.",
                fix=f"Give both the same query_language, or the states of {its} their own.",
            )

    def _go_on(self, state: State) -> Self:
        return self.start_from(state) if self.start is None else self.next_then(state)

    def _present(self, verb: str) -> State:
        if self._last is None:
            why = "has not started" if self.start is None else "has ended"
            raise DefinitionError(
                f"{verb}: this chain {why}.",
                fix="Call start_from first, or continue_from the state to go on after.",
            )
        return self._last

    @staticmethod
    def _check(state: State) -> None:
        if not isinstance(state, State):
            raise DefinitionError(
                f"A workflow is made of states, not of {type(state).__name__}.",
                fix='Write existing ASL as sfn.Raw("id", {...}) or Workflow.from_dict({...}).',
            )


def _several(branches: Piece | Iterable[Piece]) -> Piece | list[Piece]:
    """Return branches of any iterable as a list; one branch as it is."""
    if isinstance(branches, Iterable) and not isinstance(branches, Mapping):
        return list(branches)
    return branches
