"""Pieces of a workflow: ``a >> b >> c``, and pieces inside pieces.

A piece has one beginning and any number of open ends: the states that nothing follows yet. Linking
makes every open end go on to what follows. A branch of a Parallel or an item processor may be a
chain, and so may what a transition leads to: its open ends are its ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.graph import Copies, Graph, Naming
from sfn_release.asl.kinds import JSONPATH
from sfn_release.asl.naming import reachable
from sfn_release.asl.state import State, Step, Target, write_states
from sfn_release.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class Chain:
    """States that follow each other: *first*, and where it goes on from (*ends*).

    >>> from sfn_release.asl.states import Pass
    >>> Pass("A") >> Pass("B") >> Pass("C")
    Chain(A >> B >> C)
    """

    first: State
    parts: tuple[State, ...]
    ends: tuple[State, ...]

    def __rshift__(self, other: State | Chain | Graph) -> Chain:
        following = chain(other)
        link(self.ends, following.first, after=self.parts[-1])
        return Chain(self.first, (*self.parts, *following.parts), open_ends(following))

    def __repr__(self) -> str:
        return f"Chain({' >> '.join(state.id or state.type for state in self.parts)})"

    def prefixed(self, prefix: str) -> Chain:
        """Return a copy of the chain in which every state's id begins with *prefix*.

        It can be used beside the original; see `fragments` for what belongs to it.
        """
        from sfn_release.asl.fragments import prefixed

        return prefixed(self, prefix)

    def copied(self, copies: Copies) -> Chain:
        """Return the chain over the copies of its states."""
        new = copies.states
        parts, ends = (tuple(new[state] for state in each) for each in (self.parts, self.ends))
        return Chain(new[self.first], parts, ends)

    @property
    def start(self) -> State:
        """The first state."""
        return self.first

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the chain and those that they lead to."""
        return tuple(reachable([self.first, *self.parts]))

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the chain as a graph of its own: its open ends end it."""
        states = write_states(self.states, naming, language, self.ends)
        return {"StartAt": naming.id_of(self.first), "States": states}


def chain(piece: State | Chain | Graph) -> Chain:
    """Return a state, a chain or a workflow as a chain; raise DefinitionError for others."""
    if isinstance(piece, Chain):
        return piece
    if isinstance(piece, State):
        ended = isinstance(piece, Step) and piece.end
        return Chain(piece, (piece,), () if ended else open_ends([piece]))
    states = getattr(piece, "states", None)
    start = getattr(piece, "start", None)
    if isinstance(start, str):
        start = next((state for state in states or () if state.id == start), None)
    if not isinstance(states, tuple) or not isinstance(start, State):
        kind = type(piece).__name__
        raise DefinitionError(
            f"What follows is a state or a piece of a workflow, not {kind}."
            if states is None
            else "The piece that follows has no first state.",
            fix="Write existing ASL as sfn.Raw(...), and begin a workflow by start_from.",
        )
    return Chain(start, states, open_ends(states))


def open_ends(states: Chain | Iterable[State]) -> tuple[State, ...]:
    """Return the states that nothing follows: those of a piece that it can go on from."""
    if isinstance(states, Chain):
        return states.ends
    return tuple(state for state in states if isinstance(state, Step) and state.open)


def link(ends: Iterable[State], following: State, *, after: State) -> None:
    """Make *ends* go on to *following*; *after* is what came last, for the error.

    Raises DefinitionError where nothing can follow.
    """
    ends = tuple(ends)
    if not ends:
        raise dead_end(after, following)
    for state in ends:
        if isinstance(state, Step):
            state.go_to(following)


def dead_end(last: State, following: State) -> DefinitionError:
    """Return why *following* can't follow *last*."""
    from sfn_release.asl.states import Choice

    if isinstance(last, Choice):
        return DefinitionError(
            f"A Choice has no single next state: {called(last)} goes where its rules say.",
            fix="Give its rules and its default their states, then continue_from one of them.",
        )
    if not isinstance(last, Step) or last.terminal:
        return DefinitionError(f"Nothing can follow {called(last)}: a {last.type} ends here.")
    then = "ends the workflow" if last.end else f"goes to {called(last.following)}"
    return DefinitionError(
        f"{called(last)} {then} already and can't go to {called(following)} too.",
        fix="Use a Choice where the way parts, or continue_from the state you mean.",
    )


def called(state: Target | None) -> str:
    """Return what people call a state."""
    if isinstance(state, Chain):
        return called(state.first)
    if isinstance(state, State):
        return f'"{state.id}"' if state.id else f"the {state.type} without an id"
    return f'"{state}"'
