"""Build a workflow's graph link by link. `Workflow` has one of these, and its verbs use it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfn_release.authoring.chain import Chain, dead_end, last_steps, link, state_label
from sfn_release.authoring.state import State, TransitionState, reachable
from sfn_release.authoring.state_graph import Copies
from sfn_release.authoring.states import Choice
from sfn_release.errors import DefinitionError


@dataclass(slots=True)
class GraphBuilder:
    """The states so far, and the open *ends* that the next state is linked to.

    The *last* state is the one that was linked last. *closed* are the Choices whose open ways end
    the workflow. Dicts stand for ordered sets.
    """

    start: State | str | None = None
    added: dict[State, None] = field(default_factory=dict)
    last: State | None = None
    ends: tuple[State, ...] = ()
    closed: dict[State, None] = field(default_factory=dict)

    @property
    def states(self) -> tuple[State, ...]:
        """All states in the order of writing, without the states of inner graphs."""
        first = [self.start] if isinstance(self.start, State) else []
        return tuple(reachable([*first, *self.added]))

    def start_with(self, piece: Chain) -> None:
        """Make *piece* the first one. Raises DefinitionError if there is a start already."""
        self.require_no_start()
        self.start = piece.first
        self.continue_with(piece)

    def require_no_start(self) -> None:
        """Raise DefinitionError if there is a start already."""
        if self.start is not None:
            raise DefinitionError(
                f"The workflow already starts from {state_label(self.start)}.",
                fix="Use continue_from to write another chain of the same workflow.",
            )

    def link(self, piece: Chain) -> None:
        """Link *piece* after the open ends. Raises DefinitionError where nothing can follow."""
        last = self._require_last("next_then")
        linked = isinstance(last, TransitionState) and last.next is piece.first and not self.ends
        if not linked:
            if not self.ends:
                raise dead_end(last, piece.first)
            link(self.ends, piece.first, after=last)
        self.continue_with(piece)

    def end(self) -> None:
        """End the workflow after the last state. Raises DefinitionError where it can't end."""
        last = self._require_last("end")
        if isinstance(last, Choice) and not any(last_steps([last])):
            raise DefinitionError(
                f"A Choice can't end the workflow: {state_label(last)} goes to the states of its"
                " rules.",
                fix="End the chains of those states instead.",
            )
        if isinstance(last, TransitionState) and not self.ends and last.next is not None:
            raise DefinitionError(
                f"{state_label(last)} goes to {state_label(last.next)} and can't end the workflow"
                " too."
            )
        self.close()

    def close(self) -> None:
        """End the workflow at its open ends, if it has any.

        The open targets of a Choice are found when the workflow is written.
        """
        for state in self.ends:
            if isinstance(state, TransitionState):
                state.end = True
            else:
                self.closed[state] = None
        self.last, self.ends = None, ()

    def continue_with(self, piece: Chain) -> None:
        """Go on from the end of *piece*, and add its states."""
        for state in piece.parts:
            self.add(state)
        self.last, self.ends = piece.parts[-1], piece.ends

    def add(self, state: State) -> None:
        """Add a state without linking it. Raises DefinitionError for anything else."""
        if not isinstance(state, State):
            raise DefinitionError(
                f"A workflow is made of states, not of {type(state).__name__}.",
                fix='Write existing ASL as sfn.Raw("id", {...}) or Workflow.from_dict({...}).',
            )
        self.added[state] = None

    def copied(self, copies: Copies) -> GraphBuilder:
        """Return the same over the copies of the states."""
        new, start = copies.states, self.start
        if isinstance(start, str):
            start = copies.ids.get(start, start)
        return GraphBuilder(
            new[start] if isinstance(start, State) else start,
            {new[state]: None for state in self.added},
            None if self.last is None else new[self.last],
            tuple(new[state] for state in self.ends),
            {new[state]: None for state in self.closed},
        )

    def _require_last(self, verb: str) -> State:
        if self.last is None:
            why = "hasn't started" if self.start is None else "has ended"
            raise DefinitionError(
                f"{verb}: this chain {why}.",
                fix="Call start_from first, or use continue_from to continue after a state.",
            )
        return self.last
