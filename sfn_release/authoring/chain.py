"""Chains of states, ``a >> b >> c``, and how pieces of a workflow are linked.

A piece has one start and any number of open ends, the states that have no next one yet. Linking a
piece to the next connects every open end. A chain can also be a branch of a Parallel, an item
processor, or the target of a transition. There, its open ends end it.

After a Choice its ways meet again, as after an ``if`` statement, see `ways_on`. They are found when
the next piece is linked, so you can write the states of a Choice after the Choice itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.state import State, TransitionState, reachable
from sfn_release.authoring.state_graph import Copies, Naming, StateGraph
from sfn_release.authoring.states import Choice, Raw
from sfn_release.authoring.value_types import TransitionTarget
from sfn_release.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class Chain:
    """States that follow each other, from *first* to the open *ends*.

    A Choice among the ends stands for all of its open targets.

    >>> from sfn_release.authoring.states import Pass
    >>> Pass("A") >> Pass("B") >> Pass("C")
    Chain(A >> B >> C)
    """

    first: State
    parts: tuple[State, ...]
    ends: tuple[State, ...]

    def __rshift__(self, other: State | Chain | StateGraph) -> Chain:
        following = chain(other)
        link(self.ends, following.first, after=self.parts[-1])
        return Chain(self.first, (*self.parts, *following.parts), open_ends(following))

    def __repr__(self) -> str:
        return f"Chain({' >> '.join(state.id or state.type for state in self.parts)})"

    def prefixed(self, prefix: str) -> Chain:
        """Return a copy of the chain in which every state's id begins with *prefix*.

        You can use it beside the original. See `fragments` for the states that it contains.
        """
        from sfn_release.authoring.fragments import prefixed

        return prefixed(self, prefix)

    def copied(self, copies: Copies) -> Chain:
        """Return the same chain, made of copies of its states."""
        new = copies.states
        parts = tuple(new[state] for state in self.parts)
        return Chain(new[self.first], parts, tuple(new[state] for state in self.ends))

    @property
    def start(self) -> State:
        """The first state."""
        return self.first

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the chain, and all states that they lead to."""
        return tuple(reachable([self.first, *self.parts]))

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the chain as a graph, in JSON. Its open ends end it."""
        from sfn_release.authoring.state_writer import write_states

        states = write_states(self.states, naming, language, self.ends)
        return {"StartAt": naming.id_of(self.first), "States": states}


def chain(piece: State | Chain | StateGraph) -> Chain:
    """Return a state, a chain or a workflow as a chain. Raises DefinitionError for others."""
    if isinstance(piece, Chain):
        return piece
    if isinstance(piece, Choice):
        return Chain(piece, (piece,), (piece,))
    if isinstance(piece, State):
        ended = isinstance(piece, TransitionState) and piece.end
        return Chain(piece, (piece,), () if ended else open_ends([piece]))
    states = getattr(piece, "states", None)
    start = getattr(piece, "start", None)
    if isinstance(start, str):
        start = next((state for state in states or () if state.id == start), None)
    if not isinstance(states, tuple) or not isinstance(start, State):
        kind = type(piece).__name__
        raise DefinitionError(
            f"Only a state, a chain or a workflow can come next, not {kind}."
            if states is None
            else "The workflow that should come next has no first state.",
            fix="Write existing ASL as sfn.Raw(...), and start a workflow with start_from.",
        )
    return Chain(start, states, open_ends(states))


def alone(state: State) -> Chain:
    """Return a state and the states that it leads to, as a graph that ends where it is open."""
    return Chain(state, (state,), ways_on(state))


def open_ends(states: Chain | Iterable[State]) -> tuple[State, ...]:
    """Return the states of a piece that have no next one yet."""
    if isinstance(states, Chain):
        return states.ends
    return tuple(state for state in states if isinstance(state, TransitionState) and state.open)


def link(ends: Iterable[State], following: State, *, after: State) -> None:
    """Make *ends* go to *following*. *after* is the last state, for the error.

    Raises DefinitionError without open ends.
    """
    ends = tuple(ends)
    if not ends:
        raise dead_end(after, following)
    for state in ends:
        if isinstance(state, Choice):
            _link_ways(state, following)
        elif isinstance(state, TransitionState):
            state.go_to(following)


def ways_on(start: State) -> tuple[TransitionState | Choice, ...]:
    """Return the open ends of a state's ways: states without next, Choices without default.

    A way follows the next state, and splits at the rules and the default of a Choice. It stops at
    an id, an End, or a state that ends the workflow. Catchers aren't followed.
    """
    found: list[TransitionState | Choice] = []
    seen: set[State] = set()
    queue: list[State] = [start]
    for state in queue:
        if state in seen:
            continue
        seen.add(state)
        if isinstance(state, Choice):
            if state.default is None:
                found.append(state)
            queue += [entered for target in state.targets() for entered in _onward(target)]
        elif isinstance(state, TransitionState) and not _ends_graph(state):
            if state.open:
                found.append(state)
            queue += _onward(state.following)
    return tuple(found)


def last_steps(ends: Iterable[State]) -> Iterator[TransitionState]:
    """Yield the states that end the workflow when nothing is linked after *ends*."""
    for state in ends:
        if isinstance(state, Choice):
            yield from (way for way in ways_on(state) if isinstance(way, TransitionState))
        elif isinstance(state, TransitionState):
            yield state


def _onward(target: TransitionTarget | None) -> Iterable[State]:
    if isinstance(target, Chain):
        return target.ends
    return [target] if isinstance(target, State) else []


def _ends_graph(state: TransitionState) -> bool:
    return state.end or (isinstance(state, Raw) and bool(state.body.get("End")))


def _link_ways(choice: Choice, following: State) -> None:
    """Make the open ways of a Choice go to *following*, unless they come after it.

    ``Choice(skip: rest, default=work) >> rest`` links work to rest, and doesn't touch rest.
    """
    ways = ways_on(choice)
    if not ways and following not in reachable([choice]):
        raise dead_end(choice, following)
    ahead = set(reachable([following], without=choice))
    for state in ways:
        if state not in ahead:
            state.go_to(following)


def dead_end(last: State, following: State) -> DefinitionError:
    """Return the error that says why *following* can't come after *last*."""
    if isinstance(last, Choice):
        return DefinitionError(
            f"{state_label(following)} can't follow {state_label(last)}: every branch of the Choice"
            " already has a next state.",
            why="Its rules and its default go to states that end, or to ids.",
            fix="Leave one of those states without a next one, or use continue_from.",
        )
    if not isinstance(last, TransitionState) or last.terminal:
        return DefinitionError(f"Nothing can follow {state_label(last)}: a {last.type} ends here.")
    then = "ends the workflow" if last.end else f"goes to {state_label(last.following)}"
    return DefinitionError(
        f"{state_label(last)} {then} already and can't go to {state_label(following)} too.",
        fix="Use a Choice to go to one or the other, or continue_from the state you mean.",
    )


def state_label(state: TransitionTarget | None) -> str:
    """Return how messages call a state."""
    if isinstance(state, Chain):
        return state_label(state.first)
    if isinstance(state, State):
        return f'"{state.id}"' if state.id else f"the {state.type} without an id"
    return f'"{state}"'
