"""The points of a definition that coverage counts: its states, and every step between them. Pure.

A *step* is one way that the language has from a state to the next: by Next or End, a Choice rule, a
Default, a catcher, a retrier, or into the first state of a machine, branch or iteration.
A *transition* is a pair of states, whichever steps lead from one to the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, assert_never

from sfn_release.authoring.diagrams.captions import condition, shortened
from sfn_release.checks.definition import ParsedScope
from sfn_release.checks.elements import WORK
from sfn_release.checks.location import KeyPath, entries
from sfn_release.checks.parser import parse_definition
from sfn_release.simulator.observer import Transition, TransitionKind

_END = "end"
_START = "start"


class Step(NamedTuple):
    """One way from *state* to *next*; its members are explained at `Transition`."""

    kind: TransitionKind
    state: str
    next: str | None
    rule: int | None = None


def step_of(transition: Transition) -> Step:
    """Return the step that an execution took."""
    return Step(transition.kind, transition.state, transition.next, transition.rule)


@dataclass(frozen=True)
class Points:
    """The points of one definition, in the order of the document.

    *words* say of each step where it starts from, or when it is taken: the condition of a rule, the
    errors of a retrier or catcher, the branch that begins. *child_states* run in child executions.
    """

    states: tuple[str, ...]
    words: Mapping[Step, str]
    child_states: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def steps(self) -> Iterable[Step]:
        """Every step."""
        return self.words.keys()

    @cached_property
    def transitions(self) -> Mapping[tuple[str, str | None], tuple[Step, ...]]:
        """The steps of each pair of states."""
        pairs: dict[tuple[str, str | None], tuple[Step, ...]] = {}
        for step in self.steps:
            if step.kind != "retry":
                pair = (step.state, step.next)
                pairs[pair] = (*pairs.get(pair, ()), step)
        return pairs

    def step_text(self, step: Step) -> str:
        """Return a step in the words of the definition."""
        words = self.words[step]
        match step.kind:
            case "start":
                return f"{words} → {step.next}"
            case "next":
                return f"{step.state} → {_END if step.next is None else step.next}"
            case "choice":
                return f"{step.state}: rule {(step.rule or 0) + 1} ({words})"
            case "default":
                return f"{step.state}: default"
            case "catch":
                return f"{step.state} → {step.next} (catch of {words})"
            case "retry":
                return f"{step.state}: retry of {words}"
            case _:
                assert_never(step.kind)

    def transition_text(self, state: str, next: str | None) -> str:
        """Return a transition in the words of the definition, with the reasons for it."""
        steps = self.transitions[state, next]
        if not state or any(step.kind == "next" for step in steps):
            return self.step_text(steps[0])
        reasons = "; ".join(self._reason(step) for step in steps)
        return f"{state} → {next} ({reasons})"

    def _reason(self, step: Step) -> str:
        match step.kind:
            case "choice":
                return f"rule {(step.rule or 0) + 1}: {self.words[step]}"
            case "catch":
                return f"catch of {self.words[step]}"
            case _:
                return step.kind


def points_of(definition: Mapping[str, Any], *, of_histories: bool = False) -> Points:
    """Return the points of any JSON object; parts that aren't of the language have none.

    A retrier with ``MaxAttempts`` 0 is not a point: it never retries. A Fail has no step. With
    *of_histories*, the states of EXPRESS child executions are left out: they have no histories.
    """
    states: dict[str, None] = {}
    words: dict[Step, str] = {}
    child_states: set[str] = set()
    for scope in parse_definition(definition, "STANDARD").scopes:
        if of_histories and scope.express:
            continue
        if scope.distributed or (scope.holder is not None and scope.holder.id in child_states):
            child_states.update(scope.states)
        start = scope.body.get("StartAt")
        if isinstance(start, str) and start in scope.states:
            words[Step("start", "", start)] = _title(scope)
        for name, body in scope.states.items():
            states[name] = None
            if isinstance(body, Mapping):
                words.update(_retries(name, body))
                words.update(_links(name, body, scope.links[name]))
    return Points(tuple(states), words, frozenset(child_states))


def _retries(name: str, body: Mapping[str, Any]) -> Iterator[tuple[Step, str]]:
    if body.get("Type") in WORK:
        for index, retrier in entries(body.get("Retry")):
            if isinstance(retrier, Mapping) and retrier.get("MaxAttempts") != 0:
                yield Step("retry", name, name, index), _errors(retrier)


def _links(
    name: str, body: Mapping[str, Any], links: Iterable[tuple[KeyPath, str]]
) -> Iterator[tuple[Step, str]]:
    """Yield the steps of a state to others, and to the end."""
    for keys, target in sorted(links, key=_is_default):
        match keys:
            case ("Choices", int(index), _):
                rule = body["Choices"][index]
                yield Step("choice", name, target, index), shortened(condition(rule))
            case ("Default",):
                yield Step("default", name, target), ""
            case ("Catch", int(index), _):
                yield Step("catch", name, target, index), _errors(body["Catch"][index])
            case _:
                yield Step("next", name, target), ""
    if body.get("Type") == "Succeed" or (body.get("End") is True and "Next" not in body):
        yield Step("next", name, None), ""


def _is_default(link: tuple[KeyPath, str]) -> bool:
    return link[0] == ("Default",)


def _errors(rule: Mapping[str, Any]) -> str:
    names = rule.get("ErrorEquals")
    return ", ".join(str(name) for _, name in entries(names)) or "nothing"


def _title(scope: ParsedScope) -> str:
    """Return where a machine begins."""
    if scope.holder is None:
        return _START
    if scope.holder.type == "Parallel":
        return f"{scope.holder.id}: branch {int(scope.place.keys[-1]) + 1}"
    return f"{scope.holder.id}: each item"
