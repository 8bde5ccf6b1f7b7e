"""States that contain other states: Parallel and the inline Map.

Their events are linked as AWS links them: the event after a failed or finished iteration is linked
to the last event *inside* it, and the ...StateExited event skips the ...StateSucceeded event.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sfn_release.simulator.failure import SiblingFailed, StateFailure
from sfn_release.simulator.item_processor import (
    NestedProgress,
    is_distributed,
    item_processor,
    iteration_input,
)
from sfn_release.simulator.machine import ExecutionRun, Frame, walk
from sfn_release.simulator.map_run import run_distributed
from sfn_release.simulator.retries import with_retries
from sfn_release.simulator.scheduler import RunTogether, Strand
from sfn_release.simulator.state_visit import StateVisit


def parallel_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Run all branches side by side; the result is the list of their outputs."""
    language = run.language(frame, visit.definition)
    input = language.input(visit)
    progress = NestedProgress()

    def attempt(_count: int) -> Strand:
        progress.started = False
        payload = language.arguments(visit, input)
        frame.last = run.history.record("ParallelStateStarted", frame.last)
        progress.started = True
        progress.ended = frame.last
        strands = [
            partial(_branch, run, frame, progress, branch, payload)
            for branch in visit.field("Branches", list)
        ]
        results = yield RunTogether(strands)
        run.history.record("ParallelStateSucceeded", progress.ended)
        frame.last, progress.started = progress.ended, False
        return language.finish(visit, input, results)

    gave_up = partial(_gave_up, run, frame, progress, "ParallelStateFailed")
    return (yield from with_retries(run, frame, visit, attempt, gave_up))


def map_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Run the item processor for each item; the result is the list of their outputs."""
    language = run.language(frame, visit.definition)
    input = language.input(visit)
    progress = NestedProgress()

    def attempt(_count: int) -> Strand:
        progress.started = False
        concurrency = int(language.number(visit, input, "MaxConcurrency", 0))
        if is_distributed(visit):
            results = yield from run_distributed(run, frame, visit, input, concurrency, progress)
            progress.started = False
            return language.finish(visit, input, results)
        items = language.items(visit, input)
        details = {"length": len(items)}
        frame.last = run.history.record("MapStateStarted", frame.last, details)
        progress.started = True
        progress.link = progress.ended = frame.last
        strands = [
            partial(_iterate, run, frame, visit, input, progress, (index, item), frame.last)
            if not concurrency or index < concurrency
            else partial(_iterate, run, frame, visit, input, progress, (index, item), None)
            for index, item in enumerate(items)
        ]
        results = yield RunTogether(strands, concurrency)
        run.history.record("MapStateSucceeded", progress.ended)
        frame.last, progress.started = progress.ended, False
        return language.finish(visit, input, results)

    gave_up = partial(_gave_up, run, frame, progress, "MapStateFailed")
    return (yield from with_retries(run, frame, visit, attempt, gave_up))


def _gave_up(
    run: ExecutionRun, frame: Frame, progress: NestedProgress, event: str, _failure: StateFailure
) -> None:
    if progress.started:
        frame.last = run.history.record(event, frame.last)


def _branch(
    run: ExecutionRun, frame: Frame, progress: NestedProgress, branch: Mapping[str, Any], input: Any
) -> Strand:
    inner = frame.inner(frame.last)
    inner.in_branch = True
    try:
        output = yield from walk(run, inner, branch, input)
    except StateFailure:
        frame.last = inner.last
        raise
    progress.ended = inner.last
    return output


def _iterate(
    run: ExecutionRun,
    frame: Frame,
    visit: StateVisit,
    input: Any,
    progress: NestedProgress,
    item: tuple[int, Any],
    previous: int | None,
) -> Strand:
    """Run one iteration. It follows event *previous*, or (None) the iteration that ended last."""
    index, value = item
    name = {"name": visit.name, "index": index}
    inner = frame.inner(progress.link if previous is None else previous)
    inner.iteration = (*frame.iteration, (visit.name, index))
    inner.item = {"Index": index, "Value": value}
    inner.last = run.history.record("MapIterationStarted", inner.last, name)
    try:
        payload = iteration_input(run, frame, visit, input, inner.item)
        output = yield from walk(run, inner, item_processor(visit), payload)
    except StateFailure:
        run.history.record("MapIterationFailed", inner.last, name)
        frame.last = inner.last
        raise
    except SiblingFailed:
        run.history.record("MapIterationAborted", inner.last, name)
        raise
    progress.link = inner.last
    progress.ended = run.history.record("MapIterationSucceeded", inner.last, name)
    return output
