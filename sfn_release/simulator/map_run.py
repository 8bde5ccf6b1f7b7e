"""The distributed Map: each item, or batch of items, is an execution of its own.

Those executions have their own histories; the parent's history has the map run only. Items come
from the state's input or from an ItemReader, which calls `Tasks` like a task and gets the items or
S3's own answer (`sfn_release.simulator.item_reader`). A ResultWriter isn't supported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from sfn_release.simulator.event_recorder import EventCounter, with_error
from sfn_release.simulator.failure import ExecutionFailure, StateFailure
from sfn_release.simulator.item_batches import Batching, batches
from sfn_release.simulator.item_processor import NestedProgress, item_processor, iteration_input
from sfn_release.simulator.item_reader import ReaderCall, read_items
from sfn_release.simulator.machine import ExecutionRun, Frame, walk
from sfn_release.simulator.map_items import MapItem, UnreadableItemsError, iterate
from sfn_release.simulator.scheduler import RunTogether, Strand
from sfn_release.simulator.state_visit import StateVisit
from sfn_release.simulator.task_protocol import NoAnswer, TaskCall, TaskFailure, TaskResult
from sfn_release.simulator.timestamps import write_instant

_FAILED = object()  # stands for the output of a child execution that failed


@dataclass
class _FailureTolerance:
    """The child executions of a map run: how many there are, how many failed, how many may fail."""

    total: int
    count: float | None
    percentage: float | None
    failed: int = 0

    def exceeded(self) -> bool:
        """Return whether too many have failed; without a tolerance, one is too many."""
        if self.count is None and self.percentage is None:
            return self.failed > 0
        share = 100 * self.failed / self.total
        return (self.count is not None and self.failed > self.count) or (
            self.percentage is not None and share > self.percentage
        )


def run_distributed(
    run: ExecutionRun,
    frame: Frame,
    visit: StateVisit,
    input: Any,
    concurrency: int,
    progress: NestedProgress,
) -> Strand:
    """Run the item processor for all items; return the outputs of the successful ones."""
    if "ResultWriter" in visit.definition:
        raise ExecutionFailure(
            "SfnRelease.Unsupported",
            f"The Map {visit.name!r} has a ResultWriter."
            " The local simulator doesn't support it yet.",
        )
    reads = "ItemReader" in visit.definition
    payloads = None if reads else child_inputs(run, frame, visit, input)
    details = {"length": 0 if payloads is None else len(payloads)}
    frame.last = run.history.record("MapStateStarted", frame.last, details)
    tolerance = _tolerance(run, frame, visit, input)
    progress.started = True
    label = visit.definition.get("Label") or _uuid(run)
    arn = run.seed.state_machine_arn.replace(":stateMachine:", ":mapRun:", 1)
    map_run = f"{arn}/{label}:{_uuid(run)}"
    started = run.history.record("MapRunStarted", frame.last, {"mapRunArn": map_run})
    try:
        if payloads is None:
            payloads = child_inputs(run, frame, visit, input)
        tally = _FailureTolerance(len(payloads), *tolerance)
        strands = [
            partial(
                _child,
                run,
                frame,
                visit,
                tally,
                (index, payload),
                f"{run.seed.state_machine_name}/{label}",
            )
            for index, payload in enumerate(payloads)
        ]
        outputs = yield RunTogether(strands, lambda: concurrency)
    except StateFailure as failure:
        frame.last = run.history.record(
            "MapRunFailed", started, with_error(failure.error, failure.cause)
        )
        raise
    succeeded = run.history.record("MapRunSucceeded", started)
    run.history.record("MapStateSucceeded", succeeded)
    frame.last = started
    return [output for output in outputs if output is not _FAILED]


def _child(
    run: ExecutionRun,
    frame: Frame,
    visit: StateVisit,
    tally: _FailureTolerance,
    item: tuple[int, Any],
    parent: str,
) -> Strand:
    """Run one child execution, with its own history, names and variables."""
    index, payload = item
    name = _uuid(run)
    arn = f"{run.seed.execution_arn.rsplit(':', 2)[0]}:{parent}:{name}"
    execution = {
        **run.execution,
        "Id": arn,
        "Name": name,
        "Input": payload,
        "StartTime": write_instant(run.clock.now()),
    }
    own = replace(run, history=EventCounter(run.clock), execution=execution)
    inner = Frame(0, frame.language, {}, (*frame.iteration, (visit.name, index)))
    try:
        return (yield from walk(own, inner, item_processor(visit), payload))
    except StateFailure as failure:
        tally.failed += 1
        if tally.exceeded():
            raise StateFailure(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            ) from failure
        return _FAILED


def _tolerance(
    run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any
) -> tuple[float | None, float | None]:
    """Return the tolerated count and percentage; None for a missing one."""
    language = run.language(frame, visit.definition)

    def limit(field: str) -> float | None:
        given = field in visit.definition or f"{field}Path" in visit.definition
        return language.number(visit, input, field, 0) if given else None

    return limit("ToleratedFailureCount"), limit("ToleratedFailurePercentage")


def child_inputs(run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any) -> list[Any]:
    """Return the input of each child execution: an item, or a batch of items."""
    if "ItemReader" in visit.definition:
        items = _read(run, frame, visit, input)
    else:
        items = list(iterate(run.language(frame, visit.definition).items(visit, input)))
    return _batched(run, frame, visit, input, items)


def _read(run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any) -> list[MapItem]:
    """Read the items of an ItemReader."""
    reader = visit.definition["ItemReader"]
    payload = run.language(frame, visit.definition).reader(visit, input)
    config = reader.get("ReaderConfig", {})
    most = _most_items(run, frame, visit, input, config)
    reading = read_items(reader["Resource"], payload, config, most)
    try:
        call = next(reading)
        while True:
            call = reading.send(_ask(run, frame, visit, call))
    except StopIteration as end:
        items: list[MapItem] = end.value
    except UnreadableItemsError as error:
        raise StateFailure("States.ItemReaderFailed", str(error)) from error
    if "ItemsPointer" in config:
        visit.note("afterItemsPointer", [item.value for item in items])
    return items


def _ask(run: ExecutionRun, frame: Frame, visit: StateVisit, call: ReaderCall) -> Any:
    """Return S3's answer to one call of an ItemReader."""
    task = TaskCall(
        visit.name, call.resource, call.payload, iteration=frame.iteration, reads_items=True
    )
    try:
        answer = run.tasks.run(task)
    except TaskFailure as failure:
        raise StateFailure("States.ItemReaderFailed", failure.cause) from failure
    except NoAnswer as missing:
        raise ExecutionFailure(missing.error, missing.cause) from missing
    return answer.result if isinstance(answer, TaskResult) else answer


def _most_items(
    run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any, config: Mapping[str, Any]
) -> int:
    """Return MaxItems or the value of MaxItemsPath; 0 means all items."""
    inside = replace(visit, definition=config)
    most = run.language(frame, visit.definition).number(inside, input, "MaxItems", 0)
    if most < 0:
        raise StateFailure("States.ItemReaderFailed", "field MaxItems must be positive")
    return int(most)


def _batched(
    run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any, items: list[MapItem]
) -> list[Any]:
    """Apply ItemSelector to each item, then ItemBatcher."""
    chosen = [
        iteration_input(run, frame, visit, input, item.context(index))
        for index, item in enumerate(items)
    ]
    if "ItemSelector" in visit.definition:
        visit.note("afterItemSelector", chosen)
    batcher = visit.definition.get("ItemBatcher")
    if not batcher:
        return chosen
    inside = replace(visit, definition={**visit.definition, **batcher})
    language = run.language(frame, visit.definition)
    most = int(language.number(inside, input, "MaxItemsPerBatch", 0)) or len(chosen)
    room = int(language.number(inside, input, "MaxInputBytesPerBatch", 0)) or 262_144
    common: dict[str, Any] = {}
    if "BatchInput" in batcher:
        place = ("ItemBatcher", "BatchInput")
        common["BatchInput"] = language.template(visit, input, place, batcher["BatchInput"])
    batched: list[Any] = [batch for _, batch in batches(chosen, Batching(most, room, common))]
    visit.note("afterItemBatcher", batched)
    return batched


def _uuid(run: ExecutionRun) -> str:
    return str(UUID(int=run.random.getrandbits(128), version=4))
