"""Findings about a whole definition, whatever JSON it is: pure, and never an exception.

`check_definition` walks the graphs of a definition (the workflow itself, branches, item processors)
and has each checked in two ways: state by state (`check_state`) and as a graph (`check_graph`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.check_graph import check_graph
from sfn_release.asl.check_state import check_state, state_language
from sfn_release.asl.fields import INNER, ROOT
from sfn_release.asl.finding import Finding
from sfn_release.asl.kinds import JSONATA, JSONPATH
from sfn_release.asl.report import Place, Report
from sfn_release.canonical import canonical
from sfn_release.errors import DefinitionError

MAX_BYTES = 1024 * 1024
"""The length of a definition that CreateStateMachine takes (botocore's model, ``Definition``)."""


@dataclass(frozen=True, slots=True)
class _Graph:
    body: Any
    place: Place
    language: str
    root: bool


def check_definition(definition: Any, *, type: str = "STANDARD") -> tuple[Finding, ...]:
    """Return what is wrong with a definition in the Amazon States Language.

    *definition* is any value; *type* is the state machine's, STANDARD or EXPRESS. Errors are what
    Step Functions refuses. A ``${Parameter}`` may stand for any text or number.
    """
    report = Report(type)
    root = Place(report)
    try:
        canonical(definition)
    except DefinitionError as error:
        root.error("not-json", error.message, error.fix)
        return tuple(report.findings)
    except RecursionError:
        root.error("not-json", "This value is nested too deeply.")
        return tuple(report.findings)
    size = len(json.dumps(definition, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_BYTES:
        root.error(
            "too-large",
            f"The definition has {size:,} bytes; Step Functions takes {MAX_BYTES:,}.",
            "Move a part of it to a workflow of its own, and start that by a Task.",
        )
    if not isinstance(definition, Mapping):
        root.error("wrong-value", "A definition must be an object.")
        return tuple(report.findings)
    graphs = list(_graphs(definition, root))
    homes = _homes(graphs)
    for graph in graphs:
        _check_one(graph, homes)
    return tuple(report.findings)


def _graphs(definition: Mapping[str, Any], place: Place) -> Iterator[_Graph]:
    """Yield the definition and every graph inside it, outer ones first."""
    queue = [_Graph(definition, place, JSONPATH, root=True)]
    for graph in queue:
        yield graph
        if not isinstance(graph.body, Mapping):
            continue
        language = state_language(graph.body, graph.language)
        for id, state in _states(graph.body).items():
            if isinstance(state, Mapping):
                here = Place(place.report, graph.place.of_state(id).path, id)
                queue += [
                    _Graph(body, at, language, root=False) for body, at in _inner(state, here)
                ]


def _inner(state: Mapping[str, Any], place: Place) -> Iterator[tuple[Any, Place]]:
    if state.get("Type") == "Parallel" and isinstance(state.get("Branches"), list | tuple):
        for index, branch in enumerate(state["Branches"]):
            yield branch, place.at("Branches", index)
    if state.get("Type") == "Map":
        for key in ("ItemProcessor", "Iterator"):
            if isinstance(state.get(key), Mapping):
                yield state[key], place.at(key)


def _check_one(graph: _Graph, homes: Mapping[str, str]) -> None:
    place = graph.place
    what = "A definition" if graph.root else "A branch"
    if not isinstance(graph.body, Mapping):
        place.error("wrong-value", f"{what} must be an object.")
        return
    place.check_fields(graph.body, ROOT if graph.root else INNER, what)
    for key in ("StartAt", "States"):
        if key not in graph.body:
            place.missing(what, key)
    if "ProcessorConfig" in graph.body:
        _check_processor(graph.body["ProcessorConfig"], place.at("ProcessorConfig"))
    states = _states(graph.body)
    if "States" in graph.body and isinstance(graph.body["States"], Mapping) and not states:
        place.at("States").error("wrong-value", "A workflow needs at least one state.")
        return
    language = state_language(graph.body, graph.language)
    if graph.language == JSONATA and language == JSONPATH:
        place.at("QueryLanguage").error("language", "JSONata can't go back to JSONPath inside.")
    for id, state in states.items():
        here = place.of_state(id)
        check_state(id, state, language, here)
        if homes[id] != place.path:
            here.error(
                "duplicate-state",
                f'There is another state "{id}" in {homes[id]}.',
                "Names are unique in the whole workflow, branches included: rename one.",
            )
    if states:
        check_graph(states, graph.body.get("StartAt"), place, homes)


def _check_processor(config: Any, place: Place) -> None:
    if not isinstance(config, Mapping):
        return
    mode = config.get("Mode", "INLINE")
    if mode not in ("INLINE", "DISTRIBUTED"):
        place.at("Mode").error("wrong-value", "Mode must be INLINE or DISTRIBUTED.")
    elif mode == "DISTRIBUTED" and config.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
        place.error(
            "wrong-value", "ExecutionType must be STANDARD or EXPRESS in a distributed Map."
        )


def _homes(graphs: list[_Graph]) -> dict[str, str]:
    """Return, for each state's id, the path of the first graph that has it."""
    homes: dict[str, str] = {}
    for graph in graphs:
        for id in _states(graph.body):
            homes.setdefault(id, graph.place.path)
    return homes


def _states(body: Any) -> Mapping[str, Any]:
    states = body.get("States") if isinstance(body, Mapping) else None
    return states if isinstance(states, Mapping) else {}
