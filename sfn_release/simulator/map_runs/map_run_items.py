"""The inputs of a map run's child executions: items, chosen and batched.

state input or ItemReader → items → ItemSelector → ItemBatcher → inputs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_DATA_BYTES, MAX_ITEMS
from sfn_release.simulator.datasets.item_reader import read_items
from sfn_release.simulator.datasets.map_items import MapItem, UnreadableItemsError, iterate
from sfn_release.simulator.failure import ExecutionFailure, StateFailure, exceeds_quota
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.map_runs.item_batches import Batching, batches
from sfn_release.simulator.scheduler import SleepUntil, Strand, WaitForMessage
from sfn_release.simulator.states.item_processor import iteration_input
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.states.task_state import ask
from sfn_release.simulator.task_protocol import Later, TaskCall, TaskFailure
from sfn_release.simulator.timestamps import later


@dataclass(frozen=True)
class MapAttempt:
    """One attempt of a distributed Map: the state and its retry count."""

    run: ExecutionRun
    frame: Frame
    visit: StateVisit
    count: int

    def template(self, part: str, field: str, default: Any = None) -> Any:
        """Return the value of a template in a part of the state, such as a reader's Parameters."""
        template = self.visit.definition[part].get(field, default)
        language = self.run.language(self.frame, self.visit.definition)
        return language.template(self.visit, (part, field), template)

    def parameters(self, part: str) -> Any:
        """Return the request of an ItemReader or a ResultWriter, in either query language."""
        field = "Arguments" if "Arguments" in self.visit.definition[part] else "Parameters"
        return self.template(part, field, {})

    def number(self, *place: str) -> float:
        """Return the number at *place* in the state; 0 if it is missing."""
        language = self.run.language(self.frame, self.visit.definition)
        return language.number(self.visit, place)

    def call(self, resource: str, payload: Any, *, reads_items: bool = False) -> Strand:
        """Call a service and return the result. Raises TaskFailure."""
        token = self.run.new_token()
        answer: Any = ask(
            self.run,
            TaskCall(
                self.visit.name,
                resource,
                payload,
                self.count,
                iteration=self.frame.iteration,
                token=token,
                reads_items=reads_items,
            ),
        )
        if isinstance(answer, Later):
            answer = yield WaitForMessage(token)
        if isinstance(answer, ExecutionFailure | TaskFailure):
            raise answer
        if answer.seconds:
            yield SleepUntil(later(self.run.clock.now(), answer.seconds))
        return answer.result


@dataclass(frozen=True)
class ChildInput:
    """The input of one child execution, and the number of items in it."""

    value: Any
    items: int


@dataclass(frozen=True)
class DatasetRequest:
    """What an ItemReader is to read, and at most how many items; 0 for all."""

    resource: str
    payload: Any
    config: Mapping[str, Any]
    most: int


def items_of(attempt: MapAttempt) -> Strand:
    """Return the items of the Map, wherever they come from. Raises StateFailure."""
    request = dataset_request(attempt)
    if request is None:
        return given_items(attempt)
    return (yield from read(attempt, request))


def given_items(attempt: MapAttempt) -> list[MapItem]:
    """Return the items in the state's input. Raises StateFailure."""
    language = attempt.run.language(attempt.frame, attempt.visit.definition)
    return list(iterate(language.items(attempt.visit)))


def dataset_request(attempt: MapAttempt) -> DatasetRequest | None:
    """Return what the ItemReader is to read; None for a Map without one. Raises StateFailure."""
    reader = attempt.visit.definition.get("ItemReader")
    if reader is None:
        return None
    config = reader.get("ReaderConfig", {})
    payload = attempt.parameters("ItemReader")
    most = int(attempt.number("ItemReader", "ReaderConfig", "MaxItems"))
    return DatasetRequest(reader["Resource"], payload, config, most)


def read(attempt: MapAttempt, request: DatasetRequest) -> Strand:
    """Return the items that the ItemReader reads. Raises StateFailure."""
    config, most = request.config, request.most
    if most < 0:
        raise StateFailure("States.ItemReaderFailed", "field MaxItems must be positive")
    reading = read_items(request.resource, request.payload, config, most)
    try:
        call = next(reading)
        while True:
            answer = yield from attempt.call(call.resource, call.payload, reads_items=True)
            call = reading.send(answer)
    except StopIteration as end:
        items: list[MapItem] = end.value
    except UnreadableItemsError as error:
        raise StateFailure("States.ItemReaderFailed", str(error)) from error
    except TaskFailure as failure:
        raise StateFailure("States.ItemReaderFailed", failure.cause) from failure
    if "ItemsPointer" in config:
        attempt.visit.note("afterItemsPointer", [item.value for item in items])
    return items


def child_inputs(attempt: MapAttempt, items: list[MapItem]) -> list[ChildInput]:
    """Apply ItemSelector to each item, then ItemBatcher. Raises StateFailure."""
    chosen = [
        iteration_input(
            attempt.run,
            attempt.frame,
            attempt.visit,
            item.context(index),
            item.input(),
        )
        for index, item in enumerate(items)
    ]
    if "ItemSelector" in attempt.visit.definition:
        attempt.visit.note("afterItemSelector", chosen)
    batcher = attempt.visit.definition.get("ItemBatcher")
    if not batcher:
        return [ChildInput(value, 1) for value in chosen]
    batching = _batching(attempt, batcher)
    found = [ChildInput(batch, count) for count, batch in batches(chosen, batching)]
    attempt.visit.note("afterItemBatcher", [batch.value for batch in found])
    return found


def text_of(value: Any) -> str:
    """Write a child execution's input as JSON. Raises StateFailure beyond AWS's quota."""
    text = compact(value)
    if exceeds_quota(text):
        raise StateFailure(
            "States.DataLimitExceeded",
            "The input of a child execution exceeds the maximum number of bytes service limit.",
        )
    return text


def _batching(attempt: MapAttempt, batcher: Mapping[str, Any]) -> Batching:
    most_items = int(attempt.number("ItemBatcher", "MaxItemsPerBatch"))
    most_bytes = int(attempt.number("ItemBatcher", "MaxInputBytesPerBatch"))
    common: dict[str, Any] = {}
    if "BatchInput" in batcher:
        common["BatchInput"] = attempt.template("ItemBatcher", "BatchInput")
    return Batching(most_items or MAX_ITEMS, most_bytes or MAX_DATA_BYTES, common)
