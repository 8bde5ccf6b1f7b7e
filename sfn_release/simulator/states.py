"""What the states do that neither call nor contain anything: Pass, Succeed, Fail, Wait, Choice."""

from __future__ import annotations

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.machine import Frame, Run
from sfn_release.simulator.scheduler import Strand, Until
from sfn_release.simulator.situation import Situation


def pass_state(run: Run, frame: Frame, at: Situation) -> Strand:
    """Give Result, or what came in."""
    yield from ()
    language = run.language(frame, at.definition)
    input = language.input(at)
    arguments = language.arguments(at, input)
    return language.finish(at, input, at.definition.get("Result", arguments))


def succeed_state(run: Run, frame: Frame, at: Situation) -> Strand:
    """End the machine, branch or iteration."""
    yield from ()
    language = run.language(frame, at.definition)
    return language.leave(at, language.input(at))


def fail_state(run: Run, frame: Frame, at: Situation) -> Strand:
    """Fail with the state's own error and cause."""
    yield from ()
    language = run.language(frame, at.definition)
    raise StateFailure(*language.reason(at, language.input(at)))


def wait_state(run: Run, frame: Frame, at: Situation) -> Strand:
    """Let time pass."""
    language = run.language(frame, at.definition)
    input = language.input(at)
    yield Until(language.wake(at, input, run.clock.now()))
    return language.leave(at, input)


def choice_state(run: Run, frame: Frame, at: Situation) -> Strand:
    """Go where the first rule that holds leads, else to Default."""
    yield from ()
    language = run.language(frame, at.definition)
    input = language.input(at)
    rule = language.choose(at, input)
    if rule is None and "Default" not in at.definition:
        failure = at.error("No rule of the choice state matches and it has no Default.")
        raise StateFailure("States.NoChoiceMatched", failure.cause)
    return language.leave(at, input, rule)
