"""States that contain other states: Parallel and the inline Map.

Their events are linked as AWS links them: the event after a failed or finished iteration is linked
to the last event *inside* it, and the ...StateExited event skips the ...StateSucceeded event.

When a branch or iteration fails, the others are cut off. Each of them that is in a state gets
a ...StateAborted event (after MapIterationAborted), linked to the last event of the failed one, and
only then the failure is recorded. A States.Runtime ends the execution without any of these events.
Measured on AWS: https://github.com/floci-io/floci/issues/2868.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sfn_release.simulator.datasets.map_items import MapItem, iterate
from sfn_release.simulator.failure import EvaluationFailure, StateFailure
from sfn_release.simulator.machine import (
    Checkpoint,
    ExecutionRun,
    Finished,
    Frame,
    walk,
)
from sfn_release.simulator.map_runs.map_run_record import MapRun
from sfn_release.simulator.scheduler import RunTogether, Strand
from sfn_release.simulator.states.item_processor import (
    NestedProgress,
    is_distributed,
    item_processor,
    iteration_input,
)
from sfn_release.simulator.states.retries import with_retries
from sfn_release.simulator.states.state_visit import StateVisit

Resumed = Sequence[Checkpoint | None]


@dataclass(frozen=True)
class _Nesting:
    """The things that all branches or iterations of one attempt share.

    *resumed* are their checkpoints in a redrive; None to run all from the start.
    """

    run: ExecutionRun
    frame: Frame
    visit: StateVisit
    progress: NestedProgress
    resumed: Resumed | None

    def before(self, index: int) -> Checkpoint | None:
        """Return the checkpoint of one branch or iteration."""
        return None if self.resumed is None else self.resumed[index]


_CUT = ("Task", "Wait", "Parallel", "Map")  # the others have failed themselves at that instant


def parallel_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Run all branches side by side; the result is the list of their outputs."""
    language = run.language(frame, visit.definition)
    language.enter(visit)
    progress = NestedProgress()

    def attempt(count: int) -> Strand:
        progress.begin()
        payload = language.arguments(visit)
        branches = visit.field("Branches", list)
        nesting = _Nesting(run, frame, visit, progress, _resumed(visit, count, len(branches)))
        if nesting.resumed is None:
            frame.last = run.history.record("ParallelStateStarted", frame.last)
        progress.started = True
        progress.ended = frame.last
        frame.inner = [None] * len(branches)
        strands = [
            partial(_branch, nesting, index, branch, payload)
            for index, branch in enumerate(branches)
        ]
        try:
            results = yield RunTogether(strands)
        except StateFailure as failure:
            if not failure.ends_execution:
                _record_cut(run, frame.inner, frame.last, progress.failed)
            raise
        frame.last = run.history.record("ParallelStateSucceeded", progress.ended)
        progress.started = False
        exit_ = language.finish(visit, results)
        frame.last = progress.ended
        return exit_

    gave_up = partial(_gave_up, run, frame, progress, "ParallelStateFailed")
    return (yield from with_retries(run, frame, visit, attempt, gave_up))


def map_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Run the item processor for each item; the result is the list of their outputs."""
    language = run.language(frame, visit.definition)
    language.enter(visit)
    progress = NestedProgress()

    def attempt(count: int) -> Strand:
        progress.begin()
        concurrency = int(language.number(visit, ("MaxConcurrency",)))
        if is_distributed(visit):
            from sfn_release.simulator.map_runs.map_run import run_distributed
            from sfn_release.simulator.map_runs.map_run_items import MapAttempt

            map_attempt = MapAttempt(run, frame, visit, count)
            results = yield from run_distributed(map_attempt, concurrency, progress)
            progress.started = False
            return language.finish(visit, results)
        items = list(iterate(language.items(visit)))
        nesting = _Nesting(run, frame, visit, progress, _resumed(visit, count, len(items)))
        results = yield from _run_inline(nesting, items, concurrency)
        progress.started = False
        exit_ = language.finish(visit, results)
        frame.last = progress.ended
        return exit_

    gave_up = partial(_gave_up, run, frame, progress, "MapStateFailed")
    return (yield from with_retries(run, frame, visit, attempt, gave_up))


def _run_inline(nesting: _Nesting, items: Sequence[MapItem], concurrency: int) -> Strand:
    """Run the iterations of an inline Map; return the list of their outputs."""
    run, frame, visit, progress = nesting.run, nesting.frame, nesting.visit, nesting.progress
    if nesting.resumed is None:
        details = {"length": len(items)}
        frame.last = run.history.record("MapStateStarted", frame.last, details)
    progress.started = True
    progress.link = progress.ended = start = frame.last
    frame.inner = [None] * len(items)
    strands = [
        partial(
            _iterate,
            nesting,
            index,
            item,
            start if not concurrency or index < concurrency else None,
        )
        for index, item in enumerate(items)
    ]
    try:
        results = yield RunTogether(strands, lambda: concurrency)
    except StateFailure as failure:
        if not failure.ends_execution:
            _record_cut(run, frame.inner, frame.last, progress.failed, visit.name)
        if not failure.ends_execution and progress.failed is not None:
            iteration = {"name": visit.name, "index": progress.failed}
            run.history.record("MapIterationFailed", frame.last, iteration)
        raise
    frame.last = run.history.record("MapStateSucceeded", progress.ended)
    return results


def _resumed(visit: StateVisit, count: int, parts: int) -> Resumed | None:
    """Return the checkpoints of a redriven state's branches or iterations; None to run all.

    If all of them had succeeded, their results together were too large, and all run again.
    """
    if count or len(visit.resumed) != parts:
        return None
    if all(part is not None and "output" in part for part in visit.resumed):
        return None
    return visit.resumed


def _gave_up(
    run: ExecutionRun, frame: Frame, progress: NestedProgress, event: str, failure: StateFailure
) -> None:
    begun = progress.started or isinstance(failure, EvaluationFailure)
    if begun and not failure.ends_execution:
        frame.last = run.history.record(event, frame.last)


def _record_cut(
    run: ExecutionRun,
    strands: Sequence[Frame | Finished | MapRun | None],
    previous: int,
    failed: int | None = None,
    map_name: str | None = None,
) -> None:
    """Record that all branches, or the iterations of Map *map_name*, but one are cut off.

    All events follow event *previous*. A branch or iteration that has ended or that never began
    has none.
    """
    for index, strand in enumerate(strands):
        if not isinstance(strand, Frame) or index == failed:
            continue
        if map_name is not None:
            details = {"name": map_name, "index": index}
            run.history.record("MapIterationAborted", previous, details)
        for part in strand.inner:
            if isinstance(part, MapRun) and part.status == "RUNNING":
                part.abort()
                run.history.record("MapRunAborted", previous)
        if strand.type in _CUT:
            run.history.record(f"{strand.type}StateAborted", previous)
        inner_map = strand.state if strand.type == "Map" else None
        _record_cut(run, strand.inner, previous, map_name=inner_map)


def _branch(nesting: _Nesting, index: int, branch: Mapping[str, Any], input: Any) -> Strand:
    frame, progress, before = nesting.frame, nesting.progress, nesting.before(index)
    if before is not None and "output" in before:
        frame.inner[index] = Finished(before["output"])
        return before["output"]
    inner = frame.inner[index] = frame.nested(frame.last)
    inner.in_branch = True
    try:
        output = yield from walk(nesting.run, inner, branch, input, before)
    except StateFailure:
        frame.last, progress.failed = inner.last, index
        raise
    progress.ended = inner.last
    frame.inner[index] = Finished(output)
    return output


def _iterate(nesting: _Nesting, index: int, item: MapItem, previous: int | None) -> Strand:
    """Run one iteration. It follows event *previous*, or (None) the iteration that ended last.

    An ItemSelector that fails has no iteration's event: it's applied before the iteration starts.
    """
    run, frame, visit, progress = nesting.run, nesting.frame, nesting.visit, nesting.progress
    before = nesting.before(index)
    if before is not None and "output" in before:
        frame.inner[index] = Finished(before["output"])
        return before["output"]
    name = {"name": visit.name, "index": index}
    inner = frame.nested(progress.link if previous is None else previous)
    inner.iteration = (*frame.iteration, (visit.name, index))
    inner.item = item.inline_context(index)
    payload = iteration_input(run, frame, visit, inner.item, item.input())
    frame.inner[index] = inner
    inner.last = run.history.record("MapIterationStarted", inner.last, name)
    try:
        output = yield from walk(run, inner, item_processor(visit), payload, before)
    except StateFailure:
        frame.last, progress.failed = inner.last, index
        raise
    progress.link = inner.last
    progress.ended = run.history.record("MapIterationSucceeded", inner.last, name)
    frame.inner[index] = Finished(output)
    return output
