"""The states that no run reached, each with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sfn_release.testing.faults.choice_wishes import read_paths
from sfn_release.testing.faults.failure_map import Unexplored
from sfn_release.testing.faults.fault_outcomes import Places
from sfn_release.testing.faults.state_places import StatePlace
from sfn_release.testing.inner_machines import machines_of_state
from sfn_release.text import listing


def unreached_states(
    places: Places, seen: Collection[str], unanswered: Mapping[str, str]
) -> Iterator[Unexplored]:
    """Yield each state that isn't in *seen*. *unanswered* are the tasks that nothing answers."""
    for place in places.values():
        if place.name not in seen:
            yield Unexplored(place.name, _reason(place, places, seen, unanswered))


def _reason(
    place: StatePlace, places: Places, seen: Collection[str], unanswered: Mapping[str, str]
) -> str:
    for container in place.containers:
        if container not in seen:
            return f"It's inside {container}, which no run reached."
    before = [(other, how) for other in places.values() for how in _ways(other, place.name)]
    for other, how in before:
        if other.name in unanswered:
            return f"It comes after {other.name}, which has no mock."
        if other.name in seen and how:
            return how
    for other, _ in before:
        if other.name in seen:
            return f"No run went on from {other.name}."
    if before:
        names = listing([*dict.fromkeys(other.name for other, _ in before)])
        return f"It comes after {names}, which no run reached."
    inside = [other for other in places.values() if _starts(other, place.name)]
    return f"No run went into {inside[0].name}." if inside else "No state leads to it."


def _ways(place: StatePlace, to: str) -> Iterator[str]:
    """Yield why a state didn't lead to another, for each of its ways there; "" for a Next."""
    state = place.definition
    if state.get("Next") == to:
        yield ""
    for index, rule in enumerate(_mappings(state.get("Choices"))):
        if rule.get("Next") == to:
            paths = read_paths(rule)
            reads = f", which reads {listing(paths)}" if paths else ""
            yield (
                f"No answer made {place.name} choose it by rule {index + 1}{reads}."
                " Start from another input to explore it."
            )
    if state.get("Default") == to:
        yield f"No answer made {place.name} choose its Default."
    for index, catcher in enumerate(_mappings(state.get("Catch"))):
        if catcher.get("Next") == to:
            yield f"No error reached Catch {index + 1} of {place.name}."


def _starts(place: StatePlace, name: str) -> bool:
    return any(part.get("StartAt") == name for part in machines_of_state(place.definition))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    parts = value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, Mapping)]
