"""Pieces of a workflow: ``a >> b >> c``, and pieces inside pieces.

A piece has one beginning and any number of open ends: the states that nothing follows yet. Linking
makes every open end go on to what follows. A branch of a Parallel or an item processor may be a
chain, and so may what a transition leads to: its open ends are its ends.

After a Choice its ways meet again, as after an ``if``: see `ways_on`. They are looked up when the
next piece is linked, so you can go on writing the states of a Choice after the Choice itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.state import State, TransitionState, TransitionTarget, write_states
from sfn_release.authoring.state_graph import Copies, Naming, StateGraph
from sfn_release.authoring.state_names import reachable
from sfn_release.authoring.states import Choice, Raw
from sfn_release.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class Chain:
    """States that follow each other: *first*, and where it goes on from (*ends*).

    A Choice among the ends stands for the ways that it leaves open.

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

        It can be used beside the original; see `fragments` for what belongs to it.
        """
        from sfn_release.authoring.fragments import prefixed

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


def chain(piece: State | Chain | StateGraph) -> Chain:
    """Return a state, a chain or a workflow as a chain; raise DefinitionError for others."""
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
            f"What follows is a state or a piece of a workflow, not {kind}."
            if states is None
            else "The piece that follows has no first state.",
            fix="Write existing ASL as sfn.Raw(...), and begin a workflow by start_from.",
        )
    return Chain(start, states, open_ends(states))


def alone(state: State) -> Chain:
    """Return a state, and what it leads to, as a graph that ends wherever it is open."""
    return Chain(state, (state,), ways_on(state))


def open_ends(states: Chain | Iterable[State]) -> tuple[State, ...]:
    """Return the states that nothing follows: those of a piece that it can go on from."""
    if isinstance(states, Chain):
        return states.ends
    return tuple(state for state in states if isinstance(state, TransitionState) and state.open)


def link(ends: Iterable[State], following: State, *, after: State) -> None:
    """Make *ends* go on to *following*; *after* is what came last, for the error.

    Raises DefinitionError where nothing can follow.
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
    """Return where the ways from a state are open: Steps without a next, Choices without a default.

    A way goes along what comes next, and parts at the rules and the default of a Choice. It ends
    with an id, an End, or a state that ends the workflow. Catchers are not part of it.
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
            queue += [one for target in state.targets() for one in _onward(target)]
        elif isinstance(state, TransitionState) and not _ended(state):
            if state.open:
                found.append(state)
            queue += _onward(state.following)
    return tuple(found)


def last_steps(ends: Iterable[State]) -> Iterator[TransitionState]:
    """Yield the steps that end the workflow when nothing follows *ends*."""
    for state in ends:
        if isinstance(state, Choice):
            yield from (way for way in ways_on(state) if isinstance(way, TransitionState))
        elif isinstance(state, TransitionState):
            yield state


def _onward(target: TransitionTarget | None) -> Iterable[State]:
    if isinstance(target, Chain):
        return target.ends
    return [target] if isinstance(target, State) else []


def _ended(state: TransitionState) -> bool:
    return state.end or (isinstance(state, Raw) and bool(state.body.get("End")))


def _link_ways(choice: Choice, following: State) -> None:
    """Make the open ways of a Choice go on to *following*, but for those that come after it.

    ``Choice(skip: rest, default=work) >> rest`` leads from work to rest, and leaves rest alone.
    """
    ways = ways_on(choice)
    if not ways and following not in reachable([choice]):
        raise dead_end(choice, following)
    ahead = set(reachable([following], without=choice))
    for state in ways:
        if state not in ahead:
            state.go_to(following)


def dead_end(last: State, following: State) -> DefinitionError:
    """Return why *following* can't follow *last*."""
    if isinstance(last, Choice):
        return DefinitionError(
            f"{called(following)} can't follow {called(last)}: the Choice leaves no way open.",
            why="Its rules and its default lead to states that end, or name states by their ids.",
            fix="Leave a state that it leads to without a next one, or continue_from such a state.",
        )
    if not isinstance(last, TransitionState) or last.terminal:
        return DefinitionError(f"Nothing can follow {called(last)}: a {last.type} ends here.")
    then = "ends the workflow" if last.end else f"goes to {called(last.following)}"
    return DefinitionError(
        f"{called(last)} {then} already and can't go to {called(following)} too.",
        fix="Use a Choice where the way parts, or continue_from the state you mean.",
    )


def called(state: TransitionTarget | None) -> str:
    """Return what people call a state."""
    if isinstance(state, Chain):
        return called(state.first)
    if isinstance(state, State):
        return f'"{state.id}"' if state.id else f"the {state.type} without an id"
    return f'"{state}"'
