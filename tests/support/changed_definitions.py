"""Changes definitions in one place, for tests of what finds the change.

Each `Change` knows the state that it changes. `CHANGES` are all kinds; each returns a changed copy,
or None where a definition has no place for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sfn_release.testing.histories.state_visits import Visit

Definition = dict[str, Any]
_CONSTANTS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals", "Matches")


@dataclass(frozen=True)
class Change:
    """A *definition* with a change of a *kind* in the state *state*.

    *containers* are the Maps and Parallels around the state. The history has no error of a Fail
    inside of them, so another error is visible at its container first.
    """

    kind: str
    state: str
    definition: Definition
    containers: tuple[str, ...] = ()

    @property
    def visible_at(self) -> tuple[str, ...]:
        """The states at which the change can first be seen."""
        return (self.state, *self.containers) if self.kind == "another Error" else (self.state,)


@dataclass
class Place:
    """A state in a copy of a definition, with its machine, and its recorded visits."""

    name: str
    state: Definition
    machine: Definition
    visits: list[Visit]
    following: set[str | None]
    random: Random

    @property
    def jsonata(self) -> bool:
        """Whether the state is in JSONata."""
        return "JSONata" in (self.machine.get("QueryLanguage"), self.state.get("QueryLanguage"))


def changes(
    definition: Definition, visits: list[Visit], random: Random, kinds: list[str] | None = None
) -> Iterator[Change]:
    """Yield every change of *definition* at visited states, and one at each unvisited state."""
    for name in [name for name, _, _ in _states(definition)]:
        for kind, make in CHANGES.items():
            if kinds is not None and kind not in kinds:
                continue
            changed = json.loads(json.dumps(definition))
            place = _place(changed, name, visits, random)
            if (kind == "an unvisited state") == bool(place.visits):
                continue
            if make(place):
                yield Change(kind, name, changed, _containers(place.visits))


def _containers(visits: list[Visit]) -> tuple[str, ...]:
    found: list[str] = []
    around = visits[0].container if visits else None
    while around is not None:
        found.append(around.state)
        around = around.container
    return tuple(found)


def _place(definition: Definition, name: str, visits: list[Visit], random: Random) -> Place:
    here = [visit for visit in visits if visit.state == name]
    before = {id(visit.previous): visit.state for visit in visits if visit.previous}
    following = {before.get(id(visit)) for visit in here}
    state, machine = next(
        (state, machine) for other, state, machine in _states(definition) if other == name
    )
    return Place(name, state, machine, here, following, random)


def _states(
    machine: Definition, language: str = ""
) -> Iterator[tuple[str, Definition, Definition]]:
    language = machine.get("QueryLanguage", language)
    for name, state in machine["States"].items():
        yield name, state, {**machine, "QueryLanguage": language} if language else machine
        for key in ("ItemProcessor", "Iterator"):
            if key in state and state[key].get("ProcessorConfig", {}).get("Mode") != "DISTRIBUTED":
                yield from _states(state[key], language)
        for branch in state.get("Branches", ()):
            yield from _states(branch, language)


def _renamed(place: Place) -> bool:
    name, new = place.name, f"{place.name} II"
    states = place.machine["States"]
    text = json.dumps(states)
    if "State.Name" in text:
        return False
    order = [(new if key == name else key, value) for key, value in states.items()]
    states.clear()
    states.update(order)
    for state in states.values():
        for holder in (state, *state.get("Choices", ()), *state.get("Catch", ())):
            for key in ("Next", "Default"):
                if holder.get(key) == name:
                    holder[key] = new
    return place.machine.get("StartAt") != name


def _next_swapped(place: Place) -> bool:
    if "Next" not in place.state or place.state["Next"] not in place.following:
        return False
    others = [
        name for name in place.machine["States"] if name not in (place.name, place.state["Next"])
    ]
    if not others:
        return False
    place.state["Next"] = place.random.choice(others)
    return True


def _ended(place: Place) -> bool:
    if "Next" not in place.state or place.state["Next"] not in place.following:
        return False
    del place.state["Next"]
    place.state["End"] = True
    return True


def _choice_target(place: Place) -> bool:
    if place.state["Type"] != "Choice":
        return False
    holders = [*place.state["Choices"], place.state]
    others = [name for name in place.machine["States"] if name != place.name]
    for holder in holders:
        for key in ("Next", "Default"):
            if key in holder and holder[key] in place.following:
                left = [name for name in others if name != holder[key]]
                if not left:
                    return False
                holder[key] = place.random.choice(left)
    return True


def _choice_constant(place: Place) -> bool:
    if place.state["Type"] != "Choice":
        return False
    for rule in place.state["Choices"]:
        for key, value in rule.items():
            if key.endswith(_CONSTANTS) and not isinstance(value, dict | list):
                rule[key] = _other(value)
                return True
        if "Condition" in rule:
            rule["Condition"] = "{% not(" + rule["Condition"][2:-2] + ") %}"
            return True
    return False


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) and value[:4].isdigit() and "T" in value:
        return "1999-01-01T00:00:00Z"
    return f"{value}, changed" if isinstance(value, str) else value + 7


def _dropped(key: str) -> Callable[[Place], bool]:
    def change(place: Place) -> bool:
        return place.state.pop(key, None) is not None

    return change


def _arguments(place: Place) -> bool:
    field = "Arguments" if place.jsonata else "Parameters"
    arguments = place.state.get(field)
    if place.state["Type"] != "Task" or not isinstance(arguments, dict):
        return False
    if place.state["Resource"].rpartition(":::")[2].startswith("lambda:invoke"):
        arguments = arguments.get("Payload")
        if not isinstance(arguments, dict):
            return False
    arguments["Changed"] = 1
    return True


def _set(key: str, value: Any, *types: str, jsonata: bool = False) -> Callable[[Place], bool]:
    def change(place: Place) -> bool:
        if place.state["Type"] not in types or place.jsonata != jsonata:
            return False
        before = place.state.get(key, ...)
        place.state[key] = value
        return bool(before != value)

    return change


def _expression(place: Place) -> bool:
    """Replace one path or one expression."""
    found: list[tuple[Any, str]] = []
    pending: list[Any] = [
        place.state.get(key)
        for key in ("Parameters", "Arguments", "ResultSelector", "Output", "Assign", "ItemSelector")
    ]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            found += [
                (value, key)
                for key, item in value.items()
                if isinstance(item, str) and (key.endswith(".$") or item.startswith("{%"))
            ]
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    if not found:
        return False
    holder, key = place.random.choice(found)
    holder[key] = "$$.Execution.StartTime" if key.endswith(".$") else '{% "changed" %}'
    return True


def _resource(place: Place) -> bool:
    if place.state["Type"] != "Task":
        return False
    place.state["Resource"] = "arn:aws:lambda:us-east-1:111111111111:function:another-one"
    return True


def _fail(place: Place) -> bool:
    if place.state["Type"] != "Fail":
        return False
    place.state.pop("ErrorPath", None)
    place.state["Error"] = "Changed.Error"
    return True


def _longer(place: Place) -> bool:
    if place.state["Type"] != "Wait" or "Seconds" not in place.state:
        return False
    place.state["Seconds"] = 1
    return True


def _comment(place: Place) -> bool:
    place.state["Comment"] = "Changed"
    return True


def _unvisited(place: Place) -> bool:
    place.state["Comment"] = "Changed"
    if place.state["Type"] == "Fail":
        place.state["Cause"] = "Changed"
    if place.state["Type"] == "Task":
        place.state["Resource"] = "arn:aws:states:::sns:publish"
    return True


_PLACED = ("Pass", "Task", "Map", "Parallel")
CHANGES: dict[str, Callable[[Place], bool]] = {
    "a renamed state": _renamed,
    "a swapped Next": _next_swapped,
    "an End in place of Next": _ended,
    "another target of a Choice": _choice_target,
    "another constant of a Choice": _choice_constant,
    "a dropped Catch": _dropped("Catch"),
    "a dropped Retry": _dropped("Retry"),
    "a dropped ResultSelector": _dropped("ResultSelector"),
    "another argument": _arguments,
    "another ResultPath": _set("ResultPath", "$.changed", *_PLACED),
    "no result": _set("ResultPath", None, *_PLACED),
    "another InputPath": _set("InputPath", "$.changed", *_PLACED, "Choice", "Succeed"),
    "no input": _set("InputPath", None, *_PLACED),
    "another OutputPath": _set("OutputPath", "$.changed", *_PLACED, "Succeed", "Wait"),
    "another Result": _set("Result", {"changed": 1}, "Pass"),
    "another Output": _set("Output", {"changed": 1}, *_PLACED, "Succeed", jsonata=True),
    "another expression": _expression,
    "another Resource": _resource,
    "another Error": _fail,
    "another wait": _longer,
    "a comment": _comment,
    "an unvisited state": _unvisited,
}
