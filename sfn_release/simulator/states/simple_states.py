"""The states that neither call nor contain anything: Pass, Succeed, Fail, Wait, Choice."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.scheduler import SleepUntil, Strand
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.timestamps import later


def pass_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Output Result, or the input."""
    yield from ()
    language = run.language(frame, visit.definition)
    language.enter(visit)
    arguments = language.arguments(visit)
    return language.finish(visit, visit.definition.get("Result", arguments))


def succeed_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """End the machine, branch or iteration."""
    yield from ()
    language = run.language(frame, visit.definition)
    language.enter(visit)
    return language.leave(visit)


def fail_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Fail with the state's own error and cause."""
    yield from ()
    language = run.language(frame, visit.definition)
    language.enter(visit)
    raise StateFailure(*language.reason(visit))


def wait_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Wait for an instant, which may be scaled to come sooner or later."""
    language = run.language(frame, visit.definition)
    language.enter(visit)
    now = run.clock.now()
    wake = language.wake(visit, now)
    if run.wait_time_scale != 1 and wake > now:
        wake = later(now, (wake - now).total_seconds() * run.wait_time_scale)
    yield SleepUntil(wake)
    return language.leave(visit)


def choice_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Go to the Next of the first rule that holds, else to Default.

    Without both, AWS fails with States.Runtime, not with the language's States.NoChoiceMatched.
    """
    yield from ()
    language = run.language(frame, visit.definition)
    language.enter(visit)
    rule = language.choose(visit)
    if rule is None and "Default" not in visit.definition:
        raise visit.error(
            "Failed to transition out of the state. The state does not point to a next state."
        )
    exit_ = language.leave(visit, rule)
    return replace(exit_, kind="default" if rule is None else "choice", rule=rule)
