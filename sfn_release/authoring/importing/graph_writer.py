"""Write a graph of states as statements: first its states, then how they are linked.

A state is written after the states that its rules and catchers name, so that these can be
variables. In a circle of states, an id is written instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sfn_release.authoring.definition_reader import AsWritten
from sfn_release.authoring.importing.identifiers import Identifiers
from sfn_release.authoring.importing.python_syntax import (
    PyAssign,
    PyCall,
    PyDo,
    PyExpression,
    PyItems,
    PyLiteral,
    PyName,
    PyStatement,
)
from sfn_release.authoring.importing.rule_expressions import InexpressibleError
from sfn_release.authoring.importing.state_expressions import StateContext, raw, state_expressions
from sfn_release.authoring.importing.value_expressions import literal, number
from sfn_release.authoring.importing.vocabulary import evaluate, run
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.state import State, TransitionState, own_language
from sfn_release.authoring.state_writer import write_state
from sfn_release.authoring.states import Choice, Raw
from sfn_release.authoring.workflow import Workflow
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError

_LONGEST = 16  # calls in a chain
_REFUSALS = (DefinitionError, TypeError, ValueError, AttributeError)
"""Raised for values that the types don't allow. Such a state is written in another way."""


@dataclass
class Script:
    """The statements so far, and the values of their variables."""

    statements: list[PyStatement] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    identifiers: Identifiers = field(default_factory=Identifiers)

    def do(self, statement: PyStatement) -> None:
        """Add and run a statement. Raises DefinitionError if a builder refuses it."""
        run(statement, self.variables)
        self.statements.append(statement)

    def assign(self, name: str, expression: PyExpression, value: Any) -> None:
        """Add an assignment whose *value* is known already."""
        self.variables[name] = value
        self.statements.append(PyAssign(name, expression))


@dataclass
class GraphWriter:
    """Writes one graph.

    *chained* writes Next and End as chains. Otherwise they become fields of the states, for
    definitions with mistakes that chains can't express.
    """

    workflow: Workflow
    language: str
    script: Script
    chained: bool
    names: dict[str, str] = field(default_factory=dict)

    @cached_property
    def states(self) -> Mapping[str, State]:
        """The states by their ids."""
        return {str(state.id): state for state in self.workflow.states}

    def write(self, variable: str) -> None:
        """Write the graph as the workflow *variable*, its chains last."""
        self._write_states()
        fields = tuple(_fields(self.workflow))
        self.script.do(PyAssign(variable, PyCall("sfn.Workflow", (), fields)))
        start = self.workflow.start
        begins = self.chained and str(start) in self.names
        if start is not None and not begins:
            self.script.do(PyAssign(f"{variable}.start", PyLiteral(str(start))))
        if self.chained:
            for calls in self._chains(str(start) if begins else None):
                for chain in _chains(variable, calls):
                    self.script.do(PyDo(chain))
        self._add_rest(variable)

    def expression(self, name: str) -> PyExpression:
        """Write the graph, and return an expression for it: a call, or a variable like *name*."""
        plain = self._plain()
        if plain:
            self._write_states()
            names = tuple(PyName(self.names[id]) for id in plain)
            return PyCall("sfn.Workflow.of", names, tuple(_fields(self.workflow)))
        variable = self.script.identifiers.new(name, "branch")
        self.write(variable)
        return PyName(variable)

    # -- states -------------------------------------------------------------------------------

    def _write_states(self) -> None:
        states = self.states
        begun: set[str] = set()
        for start in states:
            queue = [(start, False)]
            while queue:  # depth first: the targets of a state are written before it
                current, targets_done = queue.pop()
                if targets_done:
                    self._write_state(states[current])
                elif current not in begun:
                    begun.add(current)
                    queue.append((current, True))
                    targets = [target for target in _targets(states[current]) if target in states]
                    queue += [(target, False) for target in reversed(targets) if self.chained]

    def _write_state(self, state: State) -> None:
        id = str(state.id)
        name = self.script.identifiers.new(id)
        language = own_language(state, self.language)
        writer = StateContext(language, self._link, self._graphs(state, name), self._linked(state))
        body = write_state(state, AsWritten(), self.language)
        without = {key: value for key, value in body.items() if key not in ("Next", "End")}
        expected = without if writer.linked else body
        way, value = self._best(state, writer, expected)
        if value is None:
            way = raw(id, body)
            value = evaluate(way, self.script.variables)
        self.script.assign(name, way, value)
        self.names[id] = name

    def _best(
        self, state: State, writer: StateContext, expected: Mapping[str, Any]
    ) -> tuple[PyExpression, Any]:
        """Return the first expression that makes the whole state, and the state that it makes."""
        try:
            for way in state_expressions(state, writer):
                try:
                    made = evaluate(way, self.script.variables)
                    written = write_state(made, AsWritten(), self.language)
                except _REFUSALS:
                    continue
                if first_difference(written, expected) is None:
                    return way, made
        except InexpressibleError:
            pass  # no expression makes the state: the caller writes it as a Raw
        return PyLiteral(None), None

    def _linked(self, state: State) -> bool:
        """Whether a chain writes the transition of a state."""
        if not self.chained or not isinstance(state, TransitionState) or isinstance(state, Raw):
            return False
        if state.next is not None:
            return not state.end and state.next in self.states
        return True

    def _link(self, id: str) -> PyExpression:
        return PyName(self.names[id]) if id in self.names else PyLiteral(id)

    def _graphs(self, state: State, name: str) -> Mapping[str, PyExpression]:
        """Write the graphs inside a state, and return the expressions for its fields."""
        found: dict[str, PyExpression] = {}
        branches: list[PyExpression] = []
        for keys, graph in state.graphs():
            branch = keys[0] == "Branches"
            inner = self._inner(graph, f"{name}_branch" if branch else f"{name}_item")
            if branch:
                branches.append(inner)
            else:
                found["item_processor" if keys[0] == "ItemProcessor" else "iterator"] = inner
        return found | ({"branches": PyItems(tuple(branches))} if branches else {})

    def _inner(self, graph: Any, name: str) -> PyExpression:
        if not isinstance(graph, Workflow):
            return literal(graph)
        language = own_language(graph, self.language)
        return GraphWriter(graph, language, self.script, self.chained).expression(name)

    # -- transitions --------------------------------------------------------------------------

    def _plain(self) -> list[str]:
        """Return the ids of a graph that is a single chain, in order; none for other graphs."""
        states = self.states
        given = {name for name, _ in _fields(self.workflow)}
        ids = self._follow(str(self.workflow.start), set()) if self.chained else []
        if len(ids) != len(states) or given - {"query_language"}:
            return []
        whole = all(
            not isinstance(states[id], Choice | Raw) and not list(_targets(states[id]))
            for id in ids
        )
        last = states[ids[-1]] if ids else None
        ends = last is not None and (
            last.terminal or (isinstance(last, TransitionState) and last.end)
        )
        return ids if whole and ends and all(map(self._linked_or_ends, ids)) else []

    def _linked_or_ends(self, id: str) -> bool:
        state = self.states[id]
        return state.terminal or self._linked(state)

    def _follow(self, id: str, written: set[str]) -> list[str]:
        """Return the ids along Next, starting from *id*, until one is *written* or repeats."""
        states = self.states
        ids: list[str] = []
        while id in states and id not in written:
            written.add(id)
            ids.append(id)
            state = states[id]
            if (
                not self._linked(state)
                or not isinstance(state, TransitionState)
                or state.next is None
            ):
                break
            id = str(state.next)
        return ids

    def _chains(self, start: str | None) -> Iterator[list[PyCall]]:
        """Yield the calls of each chain, the one from *start* first."""
        states = self.states
        written: set[str] = set()
        if start is not None:
            yield self._calls("start_from", start, written)
        followed = {
            state.next
            for state in states.values()
            if isinstance(state, TransitionState) and self._linked(state)
        }
        heads = [id for id in states if id not in followed]
        for id in (*heads, *states):
            state = states[id]
            goes_on = isinstance(state, TransitionState) and (state.next is not None or state.end)
            if id not in written and goes_on and self._linked(state):
                yield self._calls("continue_from", id, written)

    def _calls(self, verb: str, id: str, written: set[str]) -> list[PyCall]:
        states = self.states
        ids = self._follow(id, written)
        calls = [PyCall(verb, (self._link(ids[0]),))]
        calls += [PyCall("next_then", (self._link(id),)) for id in ids[1:]]
        last = states[ids[-1]]
        if isinstance(last, TransitionState) and self._linked(last):
            if last.next is not None:
                calls.append(PyCall("next_then", (self._link(str(last.next)),)))
            elif last.end:
                calls.append(PyCall("end"))
        return calls

    def _add_rest(self, variable: str) -> None:
        """Add the states that no other state links to as an object."""
        workflow = self.script.variables[variable]
        known = {id(state) for state in workflow.states}
        rest = [
            name for name in self.names.values() if id(self.script.variables[name]) not in known
        ]
        if rest:
            self.script.do(PyDo(PyCall(f"{variable}.add", tuple(map(PyName, rest)))))


def _chains(variable: str, calls: list[PyCall]) -> Iterator[PyCall]:
    """Yield the calls as chains on the variable, each short enough to read."""
    rest = calls
    while rest:
        chain = PyCall(f"{variable}.{rest[0].name}", rest[0].args)
        for call in rest[1:_LONGEST]:
            chain = PyCall(call.name, call.args, of=chain)
        yield chain
        last, rest = rest[:_LONGEST][-1], rest[_LONGEST:]
        if rest:
            rest = [PyCall("continue_from", last.args), *rest]


def _targets(state: State) -> Iterator[str]:
    """Yield the ids that a state's rules, default and catchers name."""
    following = state.next if isinstance(state, TransitionState) else None
    for link in list(state.links())[0 if following is None else 1 :]:
        yield str(link)


def _fields(workflow: Workflow) -> Iterator[tuple[str, PyExpression]]:
    for name in ("comment", "version", "timeout_seconds", "query_language"):
        value = getattr(workflow, name)
        if value is not NOT_GIVEN:
            yield name, number(value) if name == "timeout_seconds" else literal(value)
    if workflow.extra:
        yield "extra", literal(workflow.extra)
