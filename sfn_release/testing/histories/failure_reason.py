"""Says where and why an execution failed, and where you look next. Pure.

Timeline, definition → failure_reason → the failed visit, a sentence, advice
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.testing.histories.error_advice import FailedState, advice_of
from sfn_release.testing.histories.full_history import full_history, is_full
from sfn_release.testing.histories.handlers import unhandled
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.histories.timeline import Timeline
from sfn_release.testing.inner_machines import states_in
from sfn_release.text import listing

_SHOWN = 5  # states that still ran at the end


@dataclass(frozen=True)
class FailureReason:
    """Why an execution didn't succeed. *visit* is the failed one, None if the history has none.

    *summary* is a sentence, *advice* are sentences about the details and where you look next.
    """

    visit: Visit | None
    error: str | None
    cause: str | None
    summary: str
    advice: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        visit = self.visit
        return {
            "state": visit.state if visit else None,
            "event": visit.event if visit else None,
            "iterations": [list(pair) for pair in visit.iterations] if visit else [],
            "summary": self.summary,
            "advice": list(self.advice),
        }


def failure_reason(
    timeline: Timeline, definition: Mapping[str, Any] | None = None
) -> FailureReason | None:
    """Return why an execution didn't succeed; None if it succeeded or is still running."""
    states = states_in(definition)
    match timeline.status:
        case "ABORTED":
            return _stopped(timeline)
        case "TIMED_OUT":
            return _timed_out(timeline, definition or {})
        case "FAILED":
            return _failed(timeline, states)
        case _:
            return None


def place_of(visit: Visit) -> str:
    """Return the Map iterations and the Parallel around a visit, as text; "" at the top."""
    parts = [f"iteration {index} of {name}" for name, index in reversed(visit.iterations)]
    container = visit.container
    if container is not None and container.type == "Parallel":
        parts.insert(0, f"a branch of {container.state}")
    return ", in ".join(parts)


def _failed(timeline: Timeline, states: Mapping[str, Mapping[str, Any]]) -> FailureReason:
    visit = timeline.failed
    error, cause = timeline.error, timeline.cause
    if is_full(cause):
        summary = f"The history of the execution is full: it failed with {_error(error)}."
        return FailureReason(visit, error, cause, summary, tuple(full_history(timeline.visits)))
    if visit is None:
        summary = f"The execution failed with {_error(error)}."
        why = "The history doesn't show the state that failed."
        return FailureReason(None, error, cause, summary, (why,))
    case = FailedState(timeline, visit, error, cause, states.get(visit.state, {}))
    place = place_of(visit)
    where = f"{visit.state} ({place})" if place else visit.state
    if visit.type == "Fail":
        summary = f"The Fail state {where} ended the execution with {_error(error)}."
        return FailureReason(visit, error, cause, summary, tuple(_why_there(visit)))
    summary = f"{where} failed with {_error(error)}."
    advice = (*advice_of(case), *unhandled(visit, error, states))
    return FailureReason(visit, error, cause, summary, advice)


def _why_there(visit: Visit) -> Iterator[str]:
    """Yield how the execution came to a Fail state: the failure and the choice that led there."""
    way = list(_before(visit))
    choice = next((before for before in way if before.type == "Choice"), None)
    caught = next((before for before in way if before.ended == "caught"), None)
    if caught is not None:
        why = ": ".join(part for part in (caught.error, caught.cause) if part)
        yield f"It came there because {caught.state} failed, and a Catch took it: {why}"
    if choice is not None and (caught is None or way.index(choice) < way.index(caught)):
        after = "it" if way.index(choice) == 0 else "the way there"
        yield f"The Choice {choice.state} led to {after}. Look at its input: {choice.input}"
    if choice is None and caught is None:
        yield "Nothing failed before it: every execution that takes this path ends like this."


def _before(visit: Visit) -> Iterator[Visit]:
    """Yield the visits before a visit in the same machine, branch or iteration, the last first."""
    before = visit.previous
    while before is not None:
        yield before
        before = before.previous


def _stopped(timeline: Timeline) -> FailureReason:
    running = _running(timeline)
    given = " without a reason" if not (timeline.error or timeline.cause) else ""
    summary = f"The execution was stopped (StopExecution){given}."
    advice = [f"The caller's error: {timeline.error}."] if timeline.error else []
    advice += [f"The caller's cause: {timeline.cause}"] if timeline.cause else []
    advice += [_ran(running, "when it was stopped")] if running else []
    last = running[-1] if running else None
    return FailureReason(last, timeline.error, timeline.cause, summary, tuple(advice))


def _timed_out(timeline: Timeline, definition: Mapping[str, Any]) -> FailureReason:
    limit = definition.get("TimeoutSeconds")
    known = isinstance(limit, int | float) and not isinstance(limit, bool)
    after = f"its TimeoutSeconds of {limit:g} s" if known else "its time limit"
    summary = f"The whole execution reached {after}."
    running = _running(timeline)
    advice = [_ran(running, "at that time")] if running else []
    if known:
        advice.append("Raise TimeoutSeconds of the state machine, or make the slow states faster.")
    else:
        advice.append(
            "The limit is the TimeoutSeconds of the state machine: 5 minutes for EXPRESS and a year"
            " for STANDARD without one."
        )
    last = running[-1] if running else None
    return FailureReason(last, timeline.error, timeline.cause, summary, tuple(advice))


def _running(timeline: Timeline) -> list[Visit]:
    """Return the visits that the end of the execution cut off, without the states around them."""
    open_ = [visit for visit in timeline.visits if visit.exited is None]
    around = {id(visit.container) for visit in open_}
    return [visit for visit in open_ if id(visit) not in around]


def _ran(running: list[Visit], when: str) -> str:
    names = list(dict.fromkeys(visit.state for visit in running))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = listing(names) if not more else ", ".join(names[:_SHOWN]) + more
    return f"{shown} {'was' if len(names) == 1 else 'were'} running {when}."


def _error(error: str | None) -> str:
    return error or "no error name"
