"""One execution, explained: its timeline, its release, the reason for its end. As data and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.operations.execution_release import ExecutionRelease
from sfn_release.release.record import timestamp
from sfn_release.testing.histories.failure_reason import FailureReason
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.histories.timeline import Timeline, where_time_went


@dataclass(frozen=True)
class Explanation:
    """One execution, explained. *waits* are the open waits of a running execution.

    *release* is None if the execution didn't run a release of this project. *no_release* says why;
    it's "" outside of a project. *definition* is the definition that ran, None if it isn't known.
    *recorded_version* is the version that a file of ``replay --save`` names. *notes* are about
    missing parts. *cut_off*: the history has no end, so the status isn't known.
    """

    execution_arn: str | None
    workflow: str | None
    environment: str | None
    timeline: Timeline
    release: ExecutionRelease | None = None
    no_release: str = ""
    definition: Mapping[str, Any] | None = None
    reason: FailureReason | None = None
    waits: tuple[str, ...] = ()
    recorded_version: str | None = None
    notes: tuple[str, ...] = ()
    cut_off: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        timeline, release = self.timeline, self.release
        manifest = release.manifest if release else None
        started, stopped = timeline.started, timeline.stopped
        return {
            "execution_arn": self.execution_arn,
            "workflow": self.workflow,
            "environment": self.environment,
            "version": manifest.version if manifest else self.recorded_version,
            "commit": manifest.commit if manifest else None,
            "author": manifest.author if manifest else None,
            "released_at": manifest.date if manifest else None,
            "status": timeline.status,
            "incomplete": self.cut_off,
            "error": timeline.error,
            "cause": timeline.cause,
            "input": _value(timeline.input),
            "output": _value(timeline.output),
            "started_at": timestamp(started) if started else None,
            "stopped_at": timestamp(stopped) if stopped and timeline.status != "RUNNING" else None,
            "redrives": len(timeline.redrives),
            "states": [_state(timeline, visit) for visit in timeline.visits],
            "reason": self.reason.to_json() if self.reason else None,
            "time": [
                {
                    "state": spent.state,
                    "visits": spent.visits,
                    "seconds": spent.total.total_seconds(),
                    "waiting_seconds": spent.waiting.total_seconds(),
                    "between_attempts_seconds": spent.between.total_seconds(),
                }
                for spent in where_time_went(timeline)
            ],
            "waits": list(self.waits),
            "notes": list(self.notes),
        }


def _state(timeline: Timeline, visit: Visit) -> dict[str, Any]:
    """Return the JSON form of a visit."""
    return {
        "name": visit.state,
        "type": visit.type,
        "entered": visit.entered_at or None,
        "exited": visit.exited_at or None,
        "ended": visit.ended,
        "attempts": visit.attempts,
        "input": _value(visit.input),
        "output": _value(visit.output),
        "error": visit.error,
        "cause": visit.cause,
        "iterations": [list(pair) for pair in visit.iterations],
        "container": visit.container.state if visit.container else None,
        "seconds": None if (took := timeline.took_of(visit)) is None else took.total_seconds(),
    }


def _value(text: str | None) -> Any:
    """Return the value of JSON text; the text itself if it was cut off."""
    if text is None:
        return None
    try:
        return loads(text)
    except DefinitionError:
        return text
