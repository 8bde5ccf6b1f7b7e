"""Records the events of an execution with AWS's ids, links and details."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_EVENTS
from sfn_release.simulator.clock import Clock
from sfn_release.simulator.execution_outcome import Event
from sfn_release.simulator.failure import RUNTIME, HistoryFull
from sfn_release.simulator.text_store import WHOLE, TextStore, with_handles

_MAX_EXPRESS_EVENTS = 200_000
"""AWS limits the time of an EXPRESS execution, not its events. Virtual time needs another end."""


class EventCounter:
    """Counts the events of an EXPRESS child execution, whose history can't be read.

    It keeps no event. *express* is true for every EXPRESS execution, which has no quota of events.
    """

    texts: TextStore | None = None
    """The store of the events' long texts, which the histories of child executions share."""

    def __init__(self, clock: Clock, last: int = 0, *, express: bool) -> None:
        self._clock = clock
        self._count = last
        self._express = express
        self._most = _MAX_EXPRESS_EVENTS if express else MAX_EVENTS

    @property
    def events(self) -> tuple[Event, ...]:
        """All events so far that are kept."""
        return tuple(self.recorded)

    @property
    def recorded(self) -> Sequence[Event]:
        """The same as a view, which grows with the history."""
        return ()

    @property
    def last(self) -> int:
        """The id of the last event; 0 if there is none."""
        return self._count

    def record(self, type: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Count an event and return its id.

        With *details* None, the type has no member for details. Raises HistoryFull when the
        history is full: that ends a workflow that loops for ever. Source: "Avoid reaching the
        history quota" in AWS's developer guide.
        """
        if self._count >= self._most - 1 and not type.startswith("Execution"):
            raise self._full()
        self._count += 1
        self._keep(self._count, previous, type, details)
        return self._count

    def _full(self) -> HistoryFull:
        if self._express:
            return HistoryFull(
                "SfnRelease.TooManyEvents",
                f"The execution has {self._most} events and no end. On AWS it would time out.",
            )
        return HistoryFull(
            RUNTIME, f"The execution reached the maximum number of history events ({self._most})."
        )

    def _keep(self, id: int, previous: int, type: str, details: dict[str, Any] | None) -> None:
        """Keep nothing."""


class EventRecorder(EventCounter):
    """Keeps the events of one execution, in order. *observe* receives each event at once.

    A redriven execution's history goes on after event *last*. *texts* is the store of another
    history, which this one shares.
    """

    def __init__(
        self,
        clock: Clock,
        observe: Callable[[Event], None] | None = None,
        last: int = 0,
        texts: TextStore | None = None,
        *,
        express: bool = False,
    ) -> None:
        super().__init__(clock, last, express=express)
        self._observe = observe
        self._events: list[Event] = []
        self.texts: TextStore = texts or TextStore()

    @property
    def recorded(self) -> Sequence[Event]:
        """All events so far, in a view that grows with the history."""
        return self._events

    def _keep(self, id: int, previous: int, type: str, details: dict[str, Any] | None) -> None:
        kept = {} if details is None else {details_member(type): with_handles(details, self.texts)}
        event = Event(id, previous, type, self._clock.now(), kept)
        self._events.append(event)
        if self._observe is not None:
            self._observe(event)


def with_input(text: str, **details: Any) -> dict[str, Any]:
    """Return *details* with an input's JSON *text*."""
    return {**details, "input": text, "inputDetails": WHOLE}


def with_output(text: str, **details: Any) -> dict[str, Any]:
    """Return *details* with an output's JSON *text*."""
    return {**details, "output": text, "outputDetails": WHOLE}


def with_error(error: str | None, cause: str | None, **details: Any) -> dict[str, Any]:
    """Return *details* with error and cause, unless they're None."""
    found = {"error": error, "cause": cause}
    return {**details, **{key: value for key, value in found.items() if value is not None}}


def with_variables(assigned: Mapping[str, Any], **details: Any) -> dict[str, Any]:
    """Return *details* with the variables that a state has assigned, if any."""
    if not assigned:
        return details
    texts = {name: compact(value) for name, value in assigned.items()}
    return {**details, "assignedVariables": texts, "assignedVariablesDetails": WHOLE}


@lru_cache(maxsize=512)
def details_member(type: str) -> str:
    """Return the name of the member for the details of an event, by the event's type."""
    for suffix in ("StateEntered", "StateExited"):
        if type.endswith(suffix):
            return suffix[0].lower() + suffix[1:] + "EventDetails"
    return type[:1].lower() + type[1:] + "EventDetails"
