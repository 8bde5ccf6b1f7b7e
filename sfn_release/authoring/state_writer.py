"""Write states and graphs as JSON, each in its query language.

    write_graph(branch or item processor) → write_states → write_state → put_field

A state that can't be written doesn't hide the others: all problems of a graph are raised together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.authoring.chain import Chain, alone, last_steps
from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.field_writer import put_field, with_extra, write_object
from sfn_release.authoring.json_values import asl_key
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.retry import Catch, Retry
from sfn_release.authoring.state import (
    State,
    TransitionState,
    as_list,
    entry,
    own_language,
)
from sfn_release.authoring.state_graph import Keys, Naming
from sfn_release.authoring.states import Map, Raw
from sfn_release.errors import DefinitionError

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
"""The order in which fields are written: any others follow. The language has no order."""
_APART = frozenset(("id", "extra", "next", "end"))
"""The fields of our classes that aren't written under their own name, or are written last."""
_STRUCTURED = frozenset(
    ("retry", "catch", "choices", "default", "branches", "item_processor", "iterator")
)
"""The fields that hold rules, links or graphs."""

_RuleT = TypeVar("_RuleT", Retry, Catch, ChoiceRule)


class StateError(DefinitionError):
    """States can't be written. *states* holds the id and the error of each; the first is shown."""

    def __init__(self, states: Sequence[tuple[str, DefinitionError]]) -> None:
        _, error = states[0]
        super().__init__(error.message, why=error.why, fix=error.fix)
        self.states = tuple(states)


class PartError(DefinitionError):
    """A part of a state can't be written. *keys* lead to it from the state."""

    def __init__(self, keys: Keys, error: DefinitionError) -> None:
        super().__init__(error.message, why=error.why, fix=error.fix)
        self.keys = keys


def write_states(
    states: Sequence[State], naming: Naming, language: str, ends: Iterable[State] = ()
) -> dict[str, Any]:
    """Return the object "States". If two states have one id, the first one is written.

    *ends* get an End, and so do the open ends of the chains that transitions go to. Raises
    StateError for the states that can't be written.
    """
    ended = _ending_states(states, ends)
    written: dict[str, Any] = {}
    problems: list[tuple[str, DefinitionError]] = []
    for state in states:
        id = naming.id_of(state)
        try:
            body = write_state(state, naming, language)
        except StateError as error:  # of states inside this one
            problems += error.states
        except DefinitionError as error:
            problems.append((id, error))
        except RecursionError:
            message = f'The state "{id}" has a value that contains itself or is nested too deeply.'
            problems.append((id, DefinitionError(message, fix="Use plain values.")))
        else:
            if state in ended and "Next" not in body:
                body["End"] = True
            written.setdefault(id, body)
    if problems:
        raise StateError(problems)
    return written


def _ending_states(states: Sequence[State], ends: Iterable[State]) -> set[TransitionState]:
    """Return the states that end the graph because nothing follows them."""
    targets = [target for state in states for target in state.targets()]
    inner_ends = [end for target in targets if isinstance(target, Chain) for end in target.ends]
    return set(last_steps([*ends, *inner_ends]))


def write_state(state: State, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
    """Return a state as JSON, Next or End last. *language* is that of the graph around it.

    Raises DefinitionError for values that the state's query language doesn't have.
    """
    if isinstance(state, Raw):
        named = state.body.get("QueryLanguage")
        own = own_language(state, named if named in (JSONPATH, JSONATA) else language)
        body = write_object(state.body, own)
    else:
        own = own_language(state, language)
        body = {"Type": state.type}
        kind: Any = type(state)
        for attribute, key in _fields_of(kind):
            value = getattr(state, attribute)
            if value is NOT_GIVEN:
                continue
            if attribute in _STRUCTURED:
                value = _structured(attribute, value, naming, own, language)
                if value is not NOT_GIVEN:
                    body[key] = value
            else:
                put_field(body, key, value, own)
    body = with_extra(body, state.extra, own)
    if isinstance(state, TransitionState):
        if state.next is not None:
            body["Next"] = naming.id_of(entry(state.next))
        if state.end:
            body["End"] = True
    return _with_config_inside(body) if isinstance(state, Map) else body


@cache
def _fields_of(kind: type[State]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a type of state, as attribute and key, in the order of writing."""
    rank = {name: place for place, name in enumerate(_ORDER)}
    names = [field.name for field in fields(kind) if field.name not in _APART]
    names.sort(key=lambda name: rank.get(name, len(rank)))
    return tuple((name, asl_key(name)) for name in names)


def _with_config_inside(body: dict[str, Any]) -> dict[str, Any]:
    """Return a Map with its ProcessorConfig inside its processor, where the language has it."""
    config = body.pop("ProcessorConfig", None)
    if config is not None:
        processor = "ItemProcessor" if "ItemProcessor" in body else "Iterator"
        body[processor] = {"ProcessorConfig": config, **body.get(processor, {})}
    return body


def _structured(attribute: str, value: Any, naming: Naming, language: str, outer: str) -> Any:
    """Return a field that holds rules, links or graphs; NOT_GIVEN for an unused list or link.

    *language* is the state's. *outer* is the graph's, which inner graphs inherit.
    """
    match attribute:
        case "retry":
            return _rules("Retry", value, Retry, Retry.to_asl) or NOT_GIVEN
        case "catch":

            def catcher(rule: Catch) -> dict[str, Any]:
                return rule.to_asl(naming.id_of(entry(rule.target)), language)

            return _rules("Catch", value, Catch, catcher) or NOT_GIVEN
        case "choices":

            def choice(rule: ChoiceRule) -> dict[str, Any]:
                return rule.to_asl(naming.id_of(entry(rule.next)), language)

            return _rules("Choices", value, ChoiceRule, choice)
        case "default":
            return NOT_GIVEN if value is None else naming.id_of(entry(value))
        case "branches":
            return [write_graph(branch, "A branch", naming, outer) for branch in as_list(value)]
        case _:
            return write_graph(value, "An item processor", naming, outer)


def _rules(
    key: str, rules: Any, kind: type[_RuleT], write: Callable[[_RuleT], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return *rules* as JSON. Raises PartError for the first that can't be written."""
    written = []
    for index, rule in enumerate(as_list(rules)):
        try:
            written.append(write(_checked(rule, kind)))
        except DefinitionError as error:
            raise PartError((key, index), error) from error
    return written


def _checked(rule: Any, kind: type[_RuleT]) -> _RuleT:
    """Return *rule*. Raises DefinitionError for another type: not everyone runs a type checker."""
    if isinstance(rule, kind):
        return rule
    if kind is ChoiceRule:
        raise DefinitionError(
            f"Expected a rule of a Choice, got {rule!r}.", fix="Write condition.next_then(state)."
        )
    raise DefinitionError(f"Expected sfn.{kind.__name__}(...), got {rule!r}.")


def write_graph(graph: Any, role: str, naming: Naming, language: str) -> dict[str, Any]:
    """Return a branch or an item processor as JSON. *role* says which, in errors.

    *language* is the query language around it. A graph with another language can't say so itself,
    since AWS refuses it there: each of its states does.
    """
    if isinstance(graph, State):
        graph = alone(graph)
    if isinstance(graph, Mapping):
        return write_object(graph, language)
    if not hasattr(graph, "to_asl"):
        raise DefinitionError(
            f"{role} can't be {graph!r}.",
            why="It must be a state, a chain, a workflow, or a function that returns one of them.",
            fix="Write a >> b for states that follow each other.",
        )
    written: dict[str, Any] = graph.to_asl(naming, language)
    own = getattr(graph, "query_language", NOT_GIVEN)
    if own is NOT_GIVEN:
        return written
    written.pop("QueryLanguage", None)
    return written if own == language else _with_language(written, own)


def _with_language(graph: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a written graph whose states name their query language, unless they already do."""
    states = {id: _state_with_language(body, language) for id, body in graph["States"].items()}
    return {**graph, "States": states}


def _state_with_language(body: Mapping[str, Any], language: str) -> dict[str, Any]:
    own = {"Type": body["Type"], "QueryLanguage": language} if "Type" in body else {}
    named = {**own, **body}
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(named.get(key), dict) and "States" in named[key]:
            named[key] = _with_language(named[key], language)
    if isinstance(named.get("Branches"), list):
        named["Branches"] = [
            _with_language(branch, language)
            if isinstance(branch, dict) and "States" in branch
            else branch
            for branch in named["Branches"]
        ]
    return named
