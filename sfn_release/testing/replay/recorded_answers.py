"""Answers the candidate's tasks as they were answered in the recording.

A recorded answer belongs to one attempt of one visit. What has no recorded answer is reported, and
answered by mocks if there are some. Otherwise the replay ends there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sfn_release.asl.integrations import CALLBACK, is_activity, is_function, service_call
from sfn_release.asl.partitions import known_arn
from sfn_release.simulator import (
    Later,
    NoAnswer,
    TaskCall,
    TaskFailure,
    TaskResult,
    Tasks,
)
from sfn_release.testing.histories.instants import instant_of, seconds_between
from sfn_release.testing.histories.state_visits import TaskAttempt
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.meetings import (
    UNREADABLE,
    Findings,
    Meeting,
    differ,
    parsed,
    text_of,
    value_of,
)
from sfn_release.testing.replay.recorded_clock import RecordedClock
from sfn_release.testing.replay.replayed import Unanswered

_TIMEOUT, _HEARTBEAT = "States.Timeout", "States.HeartbeatTimeout"


class RecordedAnswers:
    """The recorded answers; implements `sfn_release.simulator.Tasks`.

    *mocks* answer what isn't recorded. *cut_short* is true for a recording without an end of its
    own.
    """

    def __init__(
        self, findings: Findings, clock: RecordedClock, mocks: Tasks | None, *, cut_short: bool
    ) -> None:
        self.pending: dict[str, tuple[TaskCall, str]] = {}
        """The calls that wait for an answer that never came, and the reason, by token."""
        self._findings = findings
        self._clock = clock
        self._mocks = mocks
        self._cut_short = cut_short

    def run(self, call: TaskCall) -> Any:
        """Answer *call*. Raises TaskFailure, and NoAnswer for what has no answer."""
        meeting = self._findings.open.get((call.state, call.iteration))
        visit = meeting.recorded if meeting is not None else None
        if meeting is None or visit is None:
            return self._unanswered(call, "The recorded execution didn't get to this task.")
        number = meeting.calls
        meeting.calls += 1
        if number >= len(visit.tasks):
            return self._call_too_many(call, len(visit.tasks))
        attempt = visit.tasks[number]
        if attempt.resource != resource_of(call.resource):
            return self._unanswered(call, f"The recorded task called {attempt.resource}.")
        if self._differ(call, attempt):
            if meeting.renamed:
                return self._unanswered(call, "The recorded execution has no such task.")
            self._report(meeting, call, attempt)
            mocked = self._mocked(call)
            if mocked is not None:
                return mocked
        return self._answer(call, attempt)

    def _call_too_many(self, call: TaskCall, recorded: int) -> Any:
        if self._cut_short:
            return Later()
        times = "once" if recorded == 1 else f"{recorded} times"
        if not recorded:
            return self._unanswered(call, "The recorded state called no task.")
        return self._unanswered(call, f"The recorded task was called {times}, this is one more.")

    def _differ(self, call: TaskCall, attempt: TaskAttempt) -> bool:
        text = self._findings.texts.of(call.payload, call.state)
        return differ(attempt.arguments, text, call.payload)

    def _report(self, meeting: Meeting, call: TaskCall, attempt: TaskAttempt) -> None:
        """Report arguments that differ."""
        received = value_of(attempt.arguments)
        apart = first_apart(received, call.payload)
        if apart is not None:
            self._findings.parted(
                "arguments",
                meeting,
                apart.left,
                apart.right,
                at=apart.at,
                data=(received, call.payload),
            )

    def _answer(self, call: TaskCall, attempt: TaskAttempt) -> Any:
        scheduled = instant_of(attempt.scheduled)
        self._clock.reach(scheduled)
        seconds = seconds_between(scheduled, attempt.stopped)
        submitted = value_of(attempt.submitted)
        if attempt.stopped is not None and _needs_heartbeats(call, attempt, seconds):
            why = f"It took {seconds:g} s, and needs a heartbeat every {call.heartbeat_seconds:g} s"
            return self._unanswered(call, f"{why} now. The history has no heartbeats.")
        match attempt.ended:
            case "running":
                went = "ended" if self._cut_short else "went on"
                why = f"The recorded execution {went} before this task had an answer."
                self.pending[call.token] = call, why
                return Later(submitted=submitted)
            case "succeeded":
                result = parsed(attempt.result)
                if result is UNREADABLE:
                    return self._unanswered(call, "The history doesn't have the task's result.")
                took = _within(call, attempt, seconds)
                return TaskResult(result, took, submitted, attempt.result)
            case "failed":
                raise TaskFailure(
                    text_of(attempt.error),
                    text_of(attempt.cause),
                    seconds=_within(call, attempt, seconds),
                    submitted=submitted,
                    at_submission=attempt.submitted is None,
                )
            case "timed out":
                return self._timeout(call, attempt, seconds, submitted)

    def _timeout(self, call: TaskCall, attempt: TaskAttempt, seconds: float, submitted: Any) -> Any:
        """Let a task time out as recorded, unless it has more time now: its end is unknown then."""
        longest, beat = attempt.timeout_seconds, attempt.heartbeat_seconds
        error = _TIMEOUT
        if beat is not None and (longest is None or seconds < longest - 1):
            error, longest, allowed = _HEARTBEAT, beat, call.heartbeat_seconds
        else:
            allowed = call.timeout_seconds
        if longest is not None and (allowed is None or allowed > longest):
            now = "no limit" if allowed is None else f"{allowed:g} s"
            return self._unanswered(
                call, f"The recorded task timed out after {longest:g} s. Now it has {now}."
            )
        raise TaskFailure(
            error,
            text_of(attempt.cause),
            seconds=seconds if allowed is None else min(seconds, allowed),
            submitted=submitted,
        )

    def _mocked(self, call: TaskCall) -> Any:
        """Return the answer of the mocks; None if they have none."""
        if self._mocks is None:
            return None
        try:
            answer = self._mocks.run(call)
        except NoAnswer:
            return None
        return answer if isinstance(answer, TaskResult | Later) else TaskResult(answer)

    def _unanswered(self, call: TaskCall, reason: str) -> Any:
        """Answer with a mock, or report that there's no answer. Raises NoAnswer then."""
        answer = self._mocked(call)
        if answer is not None:
            return answer
        self._findings.unanswered.append(
            Unanswered(call.state, call.resource, call.payload, reason, call.iteration)
        )
        raise NoAnswer("SfnRelease.NotRecorded", f"{call.state}: {reason}")


@lru_cache(maxsize=2048)
def resource_of(resource: str) -> str:
    """Return a Resource as histories name it: ``lambda:invoke``, or the ARN of a function."""
    known = known_arn(resource)
    call = service_call(known)
    if call is None or is_function(known) or is_activity(known):
        return known
    service = f"{call.service}:{call.sdk}" if call.sdk else call.service
    return f"{service}:{call.action}{call.wait}"


def _needs_heartbeats(call: TaskCall, attempt: TaskAttempt, seconds: float) -> bool:
    """Whether a task must send heartbeats now, or more often, which the history doesn't have."""
    beats, before = call.heartbeat_seconds, attempt.heartbeat_seconds
    if beats is None or attempt.ended == "timed out" or not _has_heartbeats(call):
        return False
    return seconds > beats and (before is None or beats < before)


def _has_heartbeats(call: TaskCall) -> bool:
    return call.resource.endswith(CALLBACK) or is_activity(call.resource)


def _within(call: TaskCall, attempt: TaskAttempt, seconds: float) -> float:
    """Return how long a task takes that ended in its time: within limits that aren't stricter now.

    The history has the time of its events, a little longer than AWS's own measure. It has no
    heartbeats, so an unchanged HeartbeatSeconds was met.
    """
    before, allowed = attempt.timeout_seconds, call.timeout_seconds
    if before is not None and allowed is not None and allowed >= before:
        seconds = min(seconds, allowed)
    beats = call.heartbeat_seconds
    return min(seconds, beats) if beats is not None and _has_heartbeats(call) else seconds
