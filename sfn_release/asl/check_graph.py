"""Checks of how states follow each other: every way exists, is used, and ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.asl.finding import nearest
from sfn_release.asl.report import Place

_TERMINAL = ("Succeed", "Fail")
_WITHOUT_NEXT = (*_TERMINAL, "Choice")


def check_graph(
    states: Mapping[str, Any], start: Any, place: Place, homes: Mapping[str, str]
) -> None:
    """Report what is wrong with the transitions of one graph.

    *homes* tells, for a state's id, the path of the graph that it is in.
    """
    for id, body in states.items():
        if not isinstance(body, Mapping):
            continue
        _check_end(body, place.of_state(id))
        for keys, target in links(body):
            if target not in states:
                _dangling(place.of_state(id).at(*keys), target, states, homes)
    if not isinstance(start, str):
        return
    if start not in states:
        _dangling(place.at("StartAt"), start, states, homes)
        return
    _check_ways(states, start, place)


def links(body: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where a state may lead: the keys below the state, and the id there."""
    if not isinstance(body, Mapping):
        return
    for key in ("Next", "Default"):
        if isinstance(body.get(key), str):
            yield (key,), body[key]
    for key in ("Choices", "Catch"):
        rules = body.get(key)
        for index, rule in enumerate(rules if isinstance(rules, list | tuple) else ()):
            if isinstance(rule, Mapping) and isinstance(rule.get("Next"), str):
                yield (key, index, "Next"), rule["Next"]


def _dangling(
    place: Place, target: str, states: Mapping[str, Any], homes: Mapping[str, str]
) -> None:
    if target in homes:
        message = f'The state "{target}" is in {homes[target]}, not in the same graph.'
        place.error("dangling", message, "A transition can't enter or leave a branch.")
    else:
        place.error("dangling", f'There is no state "{target}".', nearest(target, states))


def _check_end(body: Mapping[str, Any], place: Place) -> None:
    type = body.get("Type")
    if not isinstance(type, str):
        return
    if type in _WITHOUT_NEXT:
        for key in ("Next", "End"):
            if key in body:
                goes = "goes where its rules say" if type == "Choice" else "ends by itself"
                place.at(key).error("transition", f"A {type} has no {key}: it {goes}.")
        return
    ends = body.get("End") is True
    if ends and "Next" in body:
        place.error("transition", "It has both Next and End.", "Remove one of the two.")
    elif not ends and "Next" not in body:
        place.error(
            "transition",
            "Nothing says what comes next.",
            "Give it a Next, or end the workflow here (End).",
        )


def _check_ways(states: Mapping[str, Any], start: str, place: Place) -> None:
    ahead = {id: [to for _, to in links(body) if to in states] for id, body in states.items()}
    reached = _reach([start], ahead)
    for id in states:
        if id not in reached:
            place.of_state(id).error(
                "unreachable", f'Nothing leads to "{id}".', "Lead to it, or remove it."
            )
    ends = [id for id, body in states.items() if _ends(body, ahead)]
    if not ends:
        place.at("States").error(
            "no-end", "No state ends this workflow.", "End one, or add a Succeed or a Fail."
        )
        return
    behind: dict[str, list[str]] = {id: [] for id in states}
    for id, targets in ahead.items():
        for target in targets:
            behind[target].append(id)
    leading = _reach(ends, behind)
    caught = [id for id in states if id in reached and id not in leading]
    if caught:
        place.of_state(caught[0]).warning(
            "no-way-out",
            f'From "{caught[0]}" no way leads to an end: the execution runs until it times out.',
            "Lead out of the loop by a Choice.",
        )


def _ends(body: Any, states: Mapping[str, Any]) -> bool:
    """Whether a state ends the graph, or is so wrong already that it may."""
    ways = [target for _, target in links(body)]
    lost = not ways or any(target not in states for target in ways)
    if lost or not isinstance(body, Mapping):
        return True
    return body.get("Type") in _TERMINAL or body.get("End") is True


def _reach(start: list[str], ways: Mapping[str, list[str]]) -> set[str]:
    seen = set(start)
    queue = list(start)
    while queue:
        for target in ways.get(queue.pop(), ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen
