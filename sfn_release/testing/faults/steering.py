"""Answers of tasks that send a Choice another way: the wanted values, put into usual results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.testing.faults.choice_wishes import ABSENT, Wish, path_names
from sfn_release.testing.faults.injections import Answering, Fault, Injection
from sfn_release.testing.faults.result_faults import answers_freely, own_part, replace_own_part
from sfn_release.testing.run import Call, Run

Path = tuple[str | int, ...]
_DEEPEST: Final = 6


@dataclass(frozen=True)
class _Spot:
    """The place of a value in the answer of a task."""

    call: Call
    path: Path


def steer(run: Run, choice: str, wish: Wish) -> list[Injection] | None:
    """Return answers with which *choice* should get what it wants; None if no task decides it.

    The value is placed into the last task before the Choice whose answer has a member of that name,
    or the value that the Choice compares.
    """
    before = _answered_before(run, choice)
    entered = next((visit.input for visit in run.visits if visit.state == choice), None)
    data = None if entered is None else json.loads(entered)
    changes: dict[str, tuple[Call, list[tuple[Path, Any]]]] = {}
    for path, value in wish.values.items():
        spot = _spot(before, path_names(path), data)
        if spot is None:
            return None
        changes.setdefault(spot.call.state, (spot.call, []))[1].append((spot.path, value))
    return [_injection(call, parts) for call, parts in changes.values()]


def _answered_before(run: Run, choice: str) -> list[Call]:
    """Return the last answered call of each task before the last visit of a Choice, last first."""
    left = [at for at, step in enumerate(run.transitions) if step.state == choice]
    end = left[-1] if left else len(run.transitions)
    found: dict[str, Call] = {}
    for call in run.all_calls:
        if call.step <= end and call.result is not None:
            found.pop(call.state, None)
            found[call.state] = call
    return [*reversed(found.values())]


def _spot(calls: Sequence[Call], names: tuple[str, ...], data: Any) -> _Spot | None:
    """Return where the value of a path comes from, or could come from."""
    name = names[-1] if names else ""
    leaves = [(call, path, value) for call in calls for path, value in _leaves(_own(call))]
    for call, path, _ in leaves:
        if path and path[-1] == name:
            return _Spot(call, path)
    current = _at(data, names)
    for call, path, value in leaves:
        if current is not ABSENT and type(value) is type(current) and value == current:
            return _Spot(call, path)
    for call in calls:
        if name and answers_freely(call.resource) and isinstance(_own(call), Mapping):
            return _Spot(call, (name,))
    return None


def _own(call: Call) -> Any:
    return own_part(call.resource, call.result)


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the values in a value that no other value is in, with their paths."""
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value[:1]))
    if len(path) > _DEEPEST:
        return
    leaf = True
    for key, item in inner:
        leaf = False
        yield from _leaves(item, (*path, key))
    if leaf:
        yield path, value


def _at(data: Any, names: Sequence[str]) -> Any:
    for name in names:
        if not isinstance(data, Mapping) or name not in data:
            return ABSENT
        data = data[name]
    return data


def _injection(call: Call, parts: Sequence[tuple[Path, Any]]) -> Injection:
    def change(own: Any) -> Any:
        for path, value in parts:
            own = _put(own, path, value)
        return own

    result = replace_own_part(call.resource, call.result, change)
    words = ", ".join(_words(path, value) for path, value in parts)
    return Injection(call.state, Fault(words, Answering(result)))


def _words(path: Path, value: Any) -> str:
    name = ".".join(map(str, path)) or "the result"
    if value is ABSENT:
        return f"no {name}"
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _put(value: Any, path: Path, wanted: Any) -> Any:
    """Return *value* with *wanted* at *path*."""
    if not path:
        return None if wanted is ABSENT else wanted
    key, *rest = path
    if isinstance(value, list):
        return [
            _put(item, tuple(rest), wanted) if index == key else item
            for index, item in enumerate(value)
        ]
    members = dict(value) if isinstance(value, Mapping) else {}
    if wanted is ABSENT and not rest:
        members.pop(str(key), None)
    else:
        members[str(key)] = _put(members.get(str(key)), tuple(rest), wanted)
    return members
