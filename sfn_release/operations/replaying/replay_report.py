"""The report of many replays: counts, differences, tasks without an answer. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_release.testing.replay.replayed import Replayed
from sfn_release.text import shorten


@dataclass(frozen=True)
class ReplayReport:
    """The results of replaying *executions* of a workflow on a candidate.

    *against* is the candidate's release, None for the work tree. *different*, *unanswered* and
    *unreplayable* have an object for each such execution, in the form of ``--json``. A new task
    puts an execution into both *different* and *unanswered*. *same* counts the executions that are
    in none of the three. *selection* describes the chosen executions. *candidate* is the
    candidate's digest. *shard* is the part of the executions (``2/8``), None for all.
    *interruption* is the Ctrl-C that stopped the replay, None without one; *executions* then counts
    the finished ones.
    """

    workflow: str
    against: str | None
    environment: str | None
    executions: int
    same: int
    different: Sequence[Mapping[str, Any]]
    unanswered: Sequence[Mapping[str, Any]]
    unreplayable: Sequence[Mapping[str, Any]] = ()
    selection: Mapping[str, Any] = field(default_factory=dict)
    candidate: str = ""
    shard: str | None = None
    interruption: KeyboardInterrupt | None = None

    @property
    def stopped(self) -> bool:
        """Whether the replay was stopped before its end."""
        return self.interruption is not None

    @property
    def compared(self) -> int:
        """How many executions could be replayed."""
        return self.executions - len(self.unreplayable)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        members = {**vars(self), "stopped": self.stopped}
        del members["interruption"]
        return members


@dataclass
class ReplayTally:
    """Counts replays as they end."""

    executions: int = 0
    same: int = 0
    different: list[dict[str, Any]] = field(default_factory=list)
    unanswered: list[dict[str, Any]] = field(default_factory=list)
    unreplayable: list[dict[str, Any]] = field(default_factory=list)

    def add(self, replayed: Replayed) -> None:
        """Count one replay. It may be different, and lack an answer after that."""
        self.executions += 1
        execution = {"execution": replayed.execution}
        if replayed.unreplayable:
            self.unreplayable.append({**execution, "reason": replayed.unreplayable})
        self.same += replayed.same
        if replayed.differences:
            first, *others = replayed.differences
            more = [difference.to_json() for difference in others]
            self.different.append({**execution, **first.to_json(), "further": more})
        if replayed.unanswered:
            self.unanswered.append({**execution, **replayed.unanswered[0].to_json()})

    def members(self) -> dict[str, Any]:
        """Return the members of a `ReplayReport` that count."""
        by_execution = {
            name: tuple(sorted(found, key=lambda item: str(item["execution"])))
            for name, found in vars(self).items()
            if isinstance(found, list)
        }
        return {"executions": self.executions, "same": self.same, **by_execution}


_LONGEST = 120  # characters of a value in one line


def one_line_difference(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the first difference, or task without an answer, as one line; "" without any."""
    if not found:
        return ""
    first = found[0]
    if "resource" in first:
        return f"{first['state']} calls {first['resource']} ({first['execution']})"
    values = [shorten(json.dumps(first[key], ensure_ascii=False), _LONGEST) for key in _SIDES]
    at = f" at {first['at']}" if first.get("at") else ""
    return f"{first['state']}: {first['what']}{at} {' → '.join(values)} ({first['execution']})"


_SIDES = ("recorded", "candidate")


@dataclass(frozen=True)
class DifferenceGroup:
    """The executions that part from the candidate at the same state in the same way.

    *first* is an example, in the form of ``--json``.
    """

    state: str
    what: str
    executions: int
    first: Mapping[str, Any]


def grouped_differences(report: ReplayReport) -> list[DifferenceGroup]:
    """Return the differences of a report by state and kind, the most frequent first."""
    return _groups(report.different, "what")


def grouped_unanswered(report: ReplayReport) -> list[DifferenceGroup]:
    """Return the tasks without an answer by state and resource, the most frequent first."""
    return _groups(report.unanswered, "resource")


def _groups(found: Sequence[Mapping[str, Any]], kind: str) -> list[DifferenceGroup]:
    counts = Counter((str(item["state"]), str(item[kind])) for item in found)
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for item in found:
        first.setdefault((str(item["state"]), str(item[kind])), item)
    return [
        DifferenceGroup(state, word, number, first[state, word])
        for (state, word), number in counts.most_common()
    ]
