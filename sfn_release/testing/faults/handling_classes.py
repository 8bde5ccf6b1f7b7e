"""Groups the faults of a task that a definition handles alike, so that each group runs once.

Two errors are the same to a definition if the same retriers and catchers apply to both, and if
none of its own texts has one of their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.testing.faults.fault_outcomes import Places
from sfn_release.testing.faults.injections import Answering, Failing, Fault, Overdue, Silent
from sfn_release.testing.faults.state_places import StatePlace

_ELSEWHERE = ("ErrorEquals", "Resource")


class HandlingClasses:
    """Groups faults by the way in which *definition* handles them."""

    def __init__(self, definition: Mapping[str, Any], places: Places) -> None:
        self._places = places
        self._texts = "\n".join(_texts(definition))

    def group(self, place: StatePlace, faults: Iterable[Fault]) -> list[list[Fault]]:
        """Return *faults* in groups, in their order."""
        groups: dict[object, list[Fault]] = {}
        for fault in faults:
            groups.setdefault(self._key(place, fault), []).append(fault)
        return [*groups.values()]

    def _key(self, place: StatePlace, fault: Fault) -> object:
        match fault.answer:
            case Answering() | Silent() | Overdue():
                return fault.error, type(fault.answer)
            case Failing(error, _, seconds, at_submission):
                failure = StateFailure(error)
                handlers = tuple(
                    failure.matches(handler["ErrorEquals"])
                    for name in place.scope
                    for handler in self._handlers(name)
                )
                return handlers, seconds, at_submission, fault.error if self._named(error) else ""

    def _handlers(self, name: str) -> Iterator[Mapping[str, Any]]:
        state = self._places[name].definition
        for field in ("Retry", "Catch"):
            handlers: Sequence[Any] = state.get(field, [])
            yield from handlers

    def _named(self, error: str | None) -> bool:
        """Whether a text of the definition may compare the error's name."""
        if not error:
            return True
        return error in self._texts or f"{error.partition('.')[0]}." in self._texts


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a definition, except the names that handlers compare themselves."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list | tuple):
            waiting += part
        elif isinstance(part, Mapping):
            waiting += [item for key, item in part.items() if key not in _ELSEWHERE]
