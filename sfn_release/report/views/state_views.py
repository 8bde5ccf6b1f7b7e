"""The states of a definition, each with the facts that its page shows. Pure.

definition → placed scopes → StateView, in the order of the definition
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.authoring.diagrams.captions import detail
from sfn_release.authoring.diagrams.drawing import ways
from sfn_release.comparison.placed_states import (
    PlacedScope,
    PlacedState,
    inner_bodies,
    placed_scope,
    scopes_of,
)
from sfn_release.report.paths import state_anchor
from sfn_release.report.views.shown_json import indented

_WAYS: Final = {
    "next": "next",
    "choice": "when",
    "default": "otherwise",
    "catch": "on error",
    "inside": "inside",
}
_RETRY: Final = ("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds")
_DEFAULTS: Final = {"IntervalSeconds": "1", "MaxAttempts": "3", "BackoffRate": "2"}
"""The values of a retrier without these fields. Source: "Retrying after an error" of the guide."""
_FACTS: Final = (
    *("Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds"),
    *("HeartbeatSecondsPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    *("Error", "ErrorPath", "Cause", "CausePath", "Items", "ItemsPath", "MaxConcurrency"),
    *("MaxConcurrencyPath", "ToleratedFailurePercentage", "ToleratedFailureCount", "Label"),
)
"""Fields whose values are short."""
_DATA: Final = ("Arguments", "Parameters")


@dataclass(frozen=True)
class Transition:
    """A way to or from a state. *label* and *anchor* are the other state's, empty for an end.

    *kind* is in words; *when* is the condition of a rule, or the errors of a catcher.
    """

    kind: str
    label: str
    anchor: str
    when: str = ""


@dataclass(frozen=True)
class RetryRow:
    """A retrier. Fields that it doesn't have show the value that Step Functions takes."""

    errors: str
    interval: str
    attempts: str
    backoff: str
    longest: str
    jitter: str


@dataclass(frozen=True)
class CatchRow:
    """A catcher, and the state that it leads to. *result* says where the error is put."""

    errors: str
    target: str
    anchor: str
    result: str


@dataclass(frozen=True)
class StateView:
    """One state.

    *label* has the names around it (``Each › Charge``), and *place* says in a sentence where it is.
    *json* is its definition; the states inside of it stand on their own. *facts* are the short
    fields by name.
    """

    name: str
    label: str
    anchor: str
    place: str
    depth: int
    type: str
    detail: str
    comment: str
    json: str
    facts: tuple[tuple[str, str], ...]
    data: tuple[str, str] | None
    retries: tuple[RetryRow, ...]
    catches: tuple[CatchRow, ...]
    entries: tuple[Transition, ...]
    exits: tuple[Transition, ...]


@dataclass(frozen=True)
class StateAnchors:
    """The anchors of a definition's states. *by_label* has every state; *by_name* the first one."""

    by_label: Mapping[str, str]
    by_name: Mapping[str, str]


def state_anchors(definition: Any) -> StateAnchors:
    """Return an anchor for each state; of two with one name, the later has a number at its end."""
    by_label: dict[str, str] = {}
    by_name: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for scope in scopes_of(placed_scope(_object(definition))):
        for state in scope.states:
            anchor = state_anchor(state.name)
            seen[anchor] += 1
            number = seen[anchor]
            by_label[state.label] = anchor if number == 1 else f"{anchor}~{number}"
            by_name.setdefault(state.name, by_label[state.label])
    return StateAnchors(by_label, by_name)


def state_views(definition: Any) -> list[StateView]:
    """Return every state, the inside of a Parallel or Map after it. Takes any JSON."""
    body = _object(definition)
    anchors = state_anchors(body).by_label
    root = placed_scope(body)
    return [*_scope_views(root, None, anchors, body.get("QueryLanguage"), 0)]


def _scope_views(
    scope: PlacedScope,
    holder: PlacedState | None,
    anchors: Mapping[str, str],
    language: Any,
    depth: int,
) -> Iterator[StateView]:
    entries = _entries(scope, holder, anchors)
    for state in scope.states:
        yield _view(state, scope, entries.get(state.name, []), anchors, language, depth)
        inner_language = _object(state.body).get("QueryLanguage", language)
        for inner in state.inner:
            yield from _scope_views(inner, state, anchors, inner_language, depth + 1)


def _view(
    state: PlacedState,
    scope: PlacedScope,
    entries: Sequence[Transition],
    anchors: Mapping[str, str],
    language: Any,
    depth: int,
) -> StateView:
    body = _object(state.body)
    return StateView(
        name=state.name,
        label=state.label,
        anchor=anchors[state.label],
        place="" if not scope.label else scope.title,
        depth=depth,
        type=state.type or "unknown",
        detail=detail(body),
        comment=_text(body.get("Comment")) if "Comment" in body else "",
        json=indented(_own(state)),
        facts=tuple(_facts(body, language)),
        data=next(((key, indented(body[key])) for key in _DATA if key in body), None),
        retries=tuple(map(_retry, _objects(body.get("Retry")))),
        catches=tuple(_catch(rule, scope, anchors) for rule in _objects(body.get("Catch"))),
        entries=tuple(entries),
        exits=tuple(_exits(state, scope, anchors)),
    )


def _own(state: PlacedState) -> Any:
    """Return a state without the states inside of it, whose names stand for them."""
    if not isinstance(state.body, Mapping) or not state.inner:
        return state.body
    inside = inner_bodies(state.body)
    return {
        key: ([*map(_named, value)] if isinstance(value, list) else _named(value))
        if key in inside
        else value
        for key, value in state.body.items()
    }


def _named(scope: Mapping[str, Any]) -> dict[str, Any]:
    states = scope.get("States")
    if not isinstance(states, Mapping):
        return dict(scope)
    return {**scope, "States": dict.fromkeys(states, "…")}


def _facts(body: Mapping[str, Any], language: Any) -> Iterator[tuple[str, str]]:
    """Yield the short fields that a reader looks for first."""
    for name in _FACTS:
        if name in body:
            yield name, _text(body[name])
    shown = body.get("QueryLanguage", language)
    if shown is not None:
        yield "QueryLanguage", _text(shown)


def _retry(rule: Mapping[str, Any]) -> RetryRow:
    interval, attempts, backoff, longest = (
        _text(rule[key]) if key in rule else f"{_DEFAULTS[key]} (default)" if key in _DEFAULTS
        else "none"
        for key in _RETRY
    )  # fmt: skip
    jitter = _text(rule.get("JitterStrategy", "NONE (default)"))
    return RetryRow(_errors(rule), interval, attempts, backoff, longest, jitter)


def _catch(rule: Mapping[str, Any], scope: PlacedScope, anchors: Mapping[str, str]) -> CatchRow:
    label, anchor = _target(rule.get("Next"), scope, anchors)
    result = next(
        (f"{key} {_text(rule[key])}" for key in ("ResultPath", "Output") if key in rule), ""
    )
    return CatchRow(_errors(rule), label, anchor, result)


def _errors(rule: Mapping[str, Any]) -> str:
    names = rule.get("ErrorEquals")
    return ", ".join(map(_text, names)) if isinstance(names, list) else _text(names)


def _exits(
    state: PlacedState, scope: PlacedScope, anchors: Mapping[str, str]
) -> Iterator[Transition]:
    body = _object(state.body)
    for target, kind, _, label in ways(body):
        yield Transition(_WAYS[kind], *_target(target, scope, anchors), _when(kind, label))
    for inner in state.inner:
        start = inner.by_name.get(_text(inner.body.get("StartAt")))
        if start is not None:
            yield Transition("starts", start.label, anchors[start.label], inner.title)
    if state.type in {"Succeed", "Fail"}:
        yield Transition("ends the execution" if not scope.label else "ends its part", "", "")
    elif body.get("End") is True and "Next" not in body:
        yield Transition("end" if not scope.label else f"end of {scope.title}", "", "")


def _entries(
    scope: PlacedScope, holder: PlacedState | None, anchors: Mapping[str, str]
) -> dict[str, list[Transition]]:
    """Return the ways into each state of a scope, by its name."""
    found: dict[str, list[Transition]] = {}
    start = scope.body.get("StartAt")
    if isinstance(start, str):
        begun = (
            Transition("start of the execution", "", "")
            if holder is None
            else Transition("started by", holder.label, anchors[holder.label])
        )
        found[start] = [begun]
    for state in scope.states:
        for target, kind, _, label in ways(_object(state.body)):
            way = Transition(_WAYS[kind], state.label, anchors[state.label], _when(kind, label))
            found.setdefault(target, []).append(way)
    return found


def _target(name: Any, scope: PlacedScope, anchors: Mapping[str, str]) -> tuple[str, str]:
    found = scope.by_name.get(name) if isinstance(name, str) else None
    return (found.label, anchors[found.label]) if found else (f"{_text(name)} (missing)", "")


def _when(kind: str, label: str) -> str:
    return label if kind in {"choice", "catch"} else ""


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else indented(value)
