"""The distributed Map: each item, or batch of items, is an execution of its own.

    items → inputs → child executions → results

Those executions have their own histories; the parent's history has the map run only. See
`sfn_release.simulator.map_runs.map_run_items`, `.map_run_children` and `.map_run_results`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sfn_release.simulator.datasets.map_items import MapItem
from sfn_release.simulator.event_recorder import with_error
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.machine import ExecutionRun
from sfn_release.simulator.map_runs.child_execution import ChildExecution
from sfn_release.simulator.map_runs.map_run_children import Children
from sfn_release.simulator.map_runs.map_run_items import (
    ChildInput,
    DatasetRequest,
    MapAttempt,
    child_inputs,
    dataset_request,
    given_items,
    read,
    text_of,
)
from sfn_release.simulator.map_runs.map_run_record import MapRun
from sfn_release.simulator.map_runs.map_run_results import export, exports, finish
from sfn_release.simulator.scheduler import Strand
from sfn_release.simulator.states.item_processor import NestedProgress, item_processor


def run_distributed(attempt: MapAttempt, concurrency: int, progress: NestedProgress) -> Strand:
    """Run the item processor for all items; return the result of the Map. Raises StateFailure.

    *concurrency* is the Map's MaxConcurrency.
    """
    run, frame = attempt.run, attempt.frame
    before = _resumed(attempt)
    items = [] if "ItemReader" in attempt.visit.definition else given_items(attempt)
    if before is None:
        frame.last = run.history.record("MapStateStarted", frame.last, {"length": len(items)})
    request = dataset_request(attempt)
    map_run = _new_map_run(attempt, concurrency, before)
    progress.started = True
    _record_start(attempt, map_run, before is not None)
    try:
        result = yield from _run(attempt, map_run, request or items, before)
    except StateFailure as failure:
        map_run.end("FAILED", run.clock.now())
        details = with_error(failure.error, failure.cause)
        frame.last = run.history.record("MapRunFailed", map_run.event, details)
        raise
    map_run.end("SUCCEEDED", run.clock.now())
    succeeded = run.history.record("MapRunSucceeded", map_run.event)
    run.history.record("MapStateSucceeded", succeeded)
    frame.last = map_run.event
    return result


def _run(
    attempt: MapAttempt,
    map_run: MapRun,
    source: list[MapItem] | DatasetRequest,
    before: Mapping[str, Any] | None,
) -> Strand:
    """Read the items, run the children, write the results."""
    if before is None or not before["children"]:
        items: list[MapItem] = (
            (yield from read(attempt, source)) if isinstance(source, DatasetRequest) else source
        )
        inputs = child_inputs(attempt, items)
        map_run.children += [
            _new_child(attempt.run, map_run, index, given) for index, given in enumerate(inputs)
        ]
        values = [given.value for given in inputs]
    else:
        map_run.children += map(ChildExecution.restored, before["children"])
        map_run.await_redrives()
        values = [json.loads(child.input) for child in map_run.children]
    children = Children(attempt, map_run)
    map_run.abort = children.abort
    try:
        yield from children.run(values)
    except StateFailure:
        if exports(attempt):
            yield from export(attempt, map_run)
        raise
    return (yield from finish(attempt, map_run))


def _resumed(attempt: MapAttempt) -> Mapping[str, Any] | None:
    """Return the checkpoint of the map run that a redrive goes on with; None to start one.

    If that run had succeeded, its results together were too large, and all children run again.
    """
    parts = attempt.visit.resumed
    if attempt.count or not parts or parts[0] is None or "map_run" not in parts[0]:
        return None
    found: Mapping[str, Any] = parts[0]["map_run"]
    return None if found["status"] == "SUCCEEDED" else found


def _new_map_run(attempt: MapAttempt, concurrency: int, before: Mapping[str, Any] | None) -> MapRun:
    """Return the map run of this attempt, known to the execution and to its checkpoint."""
    run, visit = attempt.run, attempt.visit
    arn = run.seed.state_machine_arn
    label = visit.definition.get("Label") or _uuid(run)
    id_ = f"{arn.replace(':stateMachine:', ':mapRun:', 1)}/{label}:{_uuid(run)}"
    if before is not None:
        id_ = before["arn"]
        label = id_.rpartition(":")[0].rpartition("/")[2]
    config = item_processor(visit).get("ProcessorConfig", {})
    map_run = MapRun(
        arn=id_,
        execution_arn=run.seed.execution_arn,
        machine=f"{arn}/{label}",
        state=visit.name,
        type="EXPRESS" if config.get("ExecutionType") == "EXPRESS" else "STANDARD",
        started=run.clock.now(),
        max_concurrency=concurrency,
        tolerated_failure_count=int(attempt.number("ToleratedFailureCount")),
        tolerated_failure_percentage=attempt.number("ToleratedFailurePercentage"),
        redrive_count=0 if before is None else before["redrive_count"] + 1,
        redriven=None if before is None else run.clock.now(),
    )
    run.map_runs.append(map_run)
    attempt.frame.inner = [map_run]
    return map_run


def _record_start(attempt: MapAttempt, map_run: MapRun, redriven: bool) -> None:
    details: dict[str, Any] = {"mapRunArn": map_run.arn}
    type_ = "MapRunStarted"
    if redriven:
        type_, details = "MapRunRedriven", {**details, "redriveCount": map_run.redrive_count}
    map_run.event = attempt.run.history.record(type_, attempt.frame.last, details)


def _new_child(run: ExecutionRun, map_run: MapRun, index: int, given: ChildInput) -> ChildExecution:
    kind, name = "execution", _uuid(run)
    if map_run.type == "EXPRESS":  # as on AWS, its name has an id of the execution too
        kind, name = "express", f"{name}:{_uuid(run)}"
    arn = map_run.machine.replace(":stateMachine:", f":{kind}:", 1)
    text = text_of(given.value)
    return ChildExecution(index, f"{arn}:{name}", name, map_run.machine, text, given.items)


def _uuid(run: ExecutionRun) -> str:
    return str(UUID(int=run.random.getrandbits(128), version=4))
