"""Walks through the states of a machine, a branch or an iteration.

    state input → StateEntered → the state's behaviour → StateExited → next state's input

The behaviours are in `sfn_release.simulator.states`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.clock import Clock
from sfn_release.simulator.event_recorder import (
    EventCounter,
    with_error,
    with_input,
    with_output,
    with_variables,
)
from sfn_release.simulator.execution_outcome import ContextSeed
from sfn_release.simulator.failure import (
    RUNTIME,
    EvaluationFailure,
    ExecutionFailure,
    ExecutionStopped,
    StateFailure,
    exceeds_quota,
    too_large,
)
from sfn_release.simulator.languages.language_table import LANGUAGES, language_of
from sfn_release.simulator.languages.query_language import QueryLanguage
from sfn_release.simulator.observer import Observer, Transition
from sfn_release.simulator.scheduler import Strand
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.simulator.task_protocol import Tasks
from sfn_release.simulator.timestamps import write_instant

if TYPE_CHECKING:
    from sfn_release.simulator.map_runs.map_run_record import MapRun

Behaviour = Callable[["ExecutionRun", "Frame", StateVisit], Strand]
"""The behaviour of a state type: a strand that returns a StateExit."""


class Texts:
    """Writes values as JSON. It writes a value once that several states pass on unchanged."""

    def __init__(self) -> None:
        self._latest: tuple[Any, str] = (None, "null")

    def of(self, value: Any, name: str) -> str:
        """Write the result of the state or task *name*. Raises StateFailure beyond AWS's quota."""
        if value is self._latest[0]:
            return self._latest[1]
        text = compact(value)
        if exceeds_quota(text):
            raise too_large(name)
        self._latest = (value, text)
        return text


class StopRequest:
    """Another thread's wish to stop the execution; *reason* are its error and cause."""

    def __init__(self) -> None:
        self.reason: tuple[str | None, str | None] | None = None

    def obey(self) -> None:
        """Raise ExecutionStopped if the execution has to stop."""
        if self.reason is not None:
            raise ExecutionStopped(*self.reason)


@dataclass(frozen=True)
class ExecutionRun:
    """One execution: the things that all its states share."""

    tasks: Tasks
    clock: Clock
    history: EventCounter
    random: Random
    seed: ContextSeed
    execution: Mapping[str, Any]
    behaviours: Mapping[str, Behaviour]
    texts: Texts = field(default_factory=Texts)
    stop: StopRequest = field(default_factory=StopRequest)
    work: dict[str, Future[Any]] = field(default_factory=dict)
    """The work in progress of tasks, by the token of the TaskCall."""
    map_runs: list[MapRun] = field(default_factory=list)
    """The map runs of the execution and of its child executions, in the order of their start."""
    observer: Observer = field(default_factory=Observer)
    wait_time_scale: float = 1
    """By how much the time of Wait states is multiplied."""
    endless: list[str] = field(default_factory=list)
    """The states in which a JSONata expression took too long."""

    def language(self, frame: Frame, state: Mapping[str, Any]) -> QueryLanguage:
        """Return the query language of a state. Raises ExecutionFailure for an unknown one."""
        name = state.get("QueryLanguage", frame.language)
        if name not in LANGUAGES:
            known = " or ".join(LANGUAGES)
            raise ExecutionFailure(RUNTIME, f"{name} is not a query language. Use {known}.")
        return language_of(name)

    def new_token(self) -> str:
        """Return a token for one attempt of a task."""
        return f"{self.random.getrandbits(512):0128x}"


@dataclass
class Frame:
    """The position of one strand of an execution: last event, variables, enclosing iterations.

    *in_branch* is true in a branch of a Parallel. *state*, *type* and *input* are those of the
    state that the strand is in, and *inner* the frames of that state's branches or iterations
    (None: not started), or its map run.
    """

    last: int = 0
    language: str = "JSONPath"
    variables: dict[str, Any] = field(default_factory=dict)
    iteration: tuple[tuple[str, int], ...] = ()
    item: Mapping[str, Any] | None = None
    in_branch: bool = False
    state: str | None = None
    type: str = ""
    input: Any = None
    inner: list[Frame | Finished | MapRun | None] = field(default_factory=list)

    def nested(self, last: int) -> Frame:
        """Return the frame of a nested branch or iteration, whose events follow event *last*."""
        return Frame(last, self.language, dict(self.variables), self.iteration, self.item)

    def checkpoint(self) -> dict[str, Any]:
        """Return this position as JSON, for `walk` to go on from it. See `Checkpoint`."""
        return {
            "state": self.state,
            "input": self.input,
            "variables": self.variables,
            "inner": [None if slot is None else slot.checkpoint() for slot in self.inner],
        }


@dataclass(frozen=True)
class Finished:
    """A branch or iteration that has succeeded."""

    output: Any

    def checkpoint(self) -> dict[str, Any]:
        """Return this end as JSON."""
        return {"output": self.output}


Checkpoint = Mapping[str, Any]
"""A strand's position: ``{"state", "input", "variables", "inner": [...]}``, or ``{"output"}``.

The *inner* part of a distributed Map is its map run: ``{"map_run": {...}}``.
"""


@dataclass(frozen=True)
class Stretch:
    """The part of a machine that runs: from the state *first* to the state *last*, inclusive.

    Without a *first* state, it's from the machine's StartAt. It ends at an end of the machine
    anyway, and after the first visit of *last* that doesn't fail, whichever state follows.
    """

    first: str | None = None
    last: str | None = None


def walk(
    run: ExecutionRun,
    frame: Frame,
    machine: Mapping[str, Any],
    input: Any,
    resume: Checkpoint | None = None,
    stretch: Stretch = Stretch(),
) -> Strand:
    """Run *machine* from its StartAt to an end and return its output. Raises StateFailure.

    With *resume*, go on from that position instead of starting. With a *stretch*, run that part.
    """
    frame.language = machine.get("QueryLanguage", frame.language)
    name = machine.get("StartAt") if stretch.first is None else stretch.first
    if resume is not None and resume["state"] is not None:
        name, input = resume["state"], resume["input"]
        frame.variables = dict(resume["variables"])
    else:
        resume = None
        if stretch.first is None:
            run.observer.transition(Transition("start", "", name))
    while name is not None:
        exit_ = yield from _visit(run, frame, machine, name, input, resume)
        resume = None
        run.observer.transition(Transition(exit_.kind, name, exit_.next, exit_.rule, exit_.error))
        frame.variables.update(exit_.assigned)
        name, input = exit_.next if name != stretch.last else None, exit_.output
    return input


REENTERED = ("Pass", "Succeed", "Fail")
"""The states that a redrive enters again. It goes on inside the others.

Source: "Redrive behavior of individual states" in AWS's developer guide.
"""


def _visit(
    run: ExecutionRun,
    frame: Frame,
    machine: Mapping[str, Any],
    name: str,
    input: Any,
    resume: Checkpoint | None,
) -> Strand:
    """Enter, run and exit one state; return its StateExit."""
    run.stop.obey()
    state = machine.get("States", {}).get(name)
    type_ = str(state.get("Type")) if isinstance(state, Mapping) else ""
    frame.state, frame.type, frame.input, frame.inner = name, type_, input, []
    if type_ not in run.behaviours:
        raise StateFailure(RUNTIME, f"The state '{name}' does not exist or has no known Type.")
    previous = frame.last
    if resume is None or type_ in REENTERED:
        text = run.texts.of(input, name)
        details = with_input(text, name=name)
        frame.last = run.history.record(f"{type_}StateEntered", frame.last, details)
    visit = StateVisit(
        name,
        state,
        input,
        _context(run, frame, name),
        frame.variables,
        frame.last,
        run.random,
        run.clock,
        () if resume is None else resume["inner"],
        previous,
    )
    try:
        exit_: StateExit = yield from run.behaviours[type_](run, frame, visit)
    except StateFailure as failure:
        record_evaluation(run, frame, visit, failure)
        # As recorded on AWS: a task that ends its branch of a Parallel gets TaskStateAborted too,
        # and the next event is linked to the failure.
        if type_ == "Task" and frame.in_branch and frame.last > visit.entered:
            run.history.record("TaskStateAborted", frame.last)
        raise
    text = run.texts.of(exit_.output, name)
    details = with_output(text, **with_variables(exit_.assigned, name=name))
    frame.last = run.history.record(f"{type_}StateExited", frame.last, details)
    return exit_


_MOST_ENDLESS = 3


def record_evaluation(
    run: ExecutionRun, frame: Frame, visit: StateVisit, failure: StateFailure
) -> None:
    """Record EvaluationFailed for a JSONata field that can't be computed, once."""
    if not isinstance(failure, EvaluationFailure) or failure.recorded:
        return
    failure.recorded = True
    # As recorded on AWS: it follows the event before the state's entry, unless a result is refused.
    first = frame.last == visit.entered and not failure.refused
    details = with_error(
        failure.error, failure.cause, location=failure.location, state=failure.state
    )
    previous = visit.previous if first else frame.last
    frame.last = run.history.record("EvaluationFailed", previous, details)
    if failure.endless:
        run.endless.append(failure.state)
        if len(run.endless) >= _MOST_ENDLESS:
            # Caught or retried, each of thousands would take its seconds.
            raise ExecutionFailure(
                RUNTIME,
                f"{_MOST_ENDLESS} JSONata expressions of this execution took too long, the last in"
                f" the state '{failure.state}'.",
            ) from failure


def _context(run: ExecutionRun, frame: Frame, name: str) -> dict[str, Any]:
    """Return the context object of a state at its entry."""
    machine = {"Id": run.seed.state_machine_arn, "Name": run.seed.state_machine_name}
    context: dict[str, Any] = {
        "Execution": run.execution,
        "StateMachine": machine,
        "State": {"Name": name, "EnteredTime": write_instant(run.clock.now())},
    }
    if frame.item is not None:
        context["Map"] = {"Item": frame.item}
    return context
