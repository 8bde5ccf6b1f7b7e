"""What inline and distributed Maps have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.state_visit import StateVisit


@dataclass
class NestedProgress:
    """How far an attempt has come.

    *started*: whether its inside runs, so that a failure is the inside's; *link*: the last event
    inside the iteration that ended last; *ended*: the event that says so.
    """

    started: bool = False
    link: int = 0
    ended: int = 0


def processor(visit: StateVisit) -> Mapping[str, Any]:
    """Return a Map's item processor, under its present name or its old one."""
    field = "Iterator" if "Iterator" in visit.definition else "ItemProcessor"
    found: Mapping[str, Any] = visit.field(field, dict)
    return found


def is_distributed(visit: StateVisit) -> bool:
    """Say whether a Map state asks for DISTRIBUTED mode."""
    return bool(processor(visit).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED")


def selected(
    run: ExecutionRun, frame: Frame, visit: StateVisit, input: Any, item: Mapping[str, Any]
) -> Any:
    """Return the input of an iteration over *item*, which is the context object's Map.Item."""
    inside = replace(visit, context={**visit.context, "Map": {"Item": item}})
    return run.language(frame, visit.definition).item(inside, input, item["Value"])
