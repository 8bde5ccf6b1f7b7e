"""What inline and distributed Maps have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.simulator.machine import Frame, Run
from sfn_release.simulator.situation import Situation


@dataclass
class Progress:
    """How far an attempt has come.

    *started*: whether its inside runs, so that a failure is the inside's; *link*: the last event
    inside the iteration that ended last; *ended*: the event that says so.
    """

    started: bool = False
    link: int = 0
    ended: int = 0


def processor(at: Situation) -> Mapping[str, Any]:
    """Return a Map's item processor, under its present name or its old one."""
    field = "Iterator" if "Iterator" in at.definition else "ItemProcessor"
    found: Mapping[str, Any] = at.field(field, dict)
    return found


def is_distributed(at: Situation) -> bool:
    """Say whether a Map state asks for DISTRIBUTED mode."""
    return bool(processor(at).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED")


def selected(run: Run, frame: Frame, at: Situation, input: Any, item: Mapping[str, Any]) -> Any:
    """Return the input of an iteration over *item*, which is the context object's Map.Item."""
    inside = replace(at, context={**at.context, "Map": {"Item": item}})
    return run.language(frame, at.definition).item(inside, input, item["Value"])
