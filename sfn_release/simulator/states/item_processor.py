"""Item processors: the part that inline and distributed Maps share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.states.state_visit import StateVisit


@dataclass
class NestedProgress:
    """The progress of one attempt at a Parallel or Map.

    *started* is true while its branches or iterations run, so a failure is theirs. *link* is the
    last event inside the iteration that ended last, *ended* the event that records its end.
    *failed* is the index of the branch or iteration that has failed.
    """

    started: bool = False
    link: int = 0
    ended: int = 0
    failed: int | None = None

    def begin(self) -> None:
        """Forget the attempt before."""
        self.started, self.failed = False, None


def item_processor(visit: StateVisit) -> Mapping[str, Any]:
    """Return a Map's item processor, which older definitions call Iterator."""
    field = "Iterator" if "Iterator" in visit.definition else "ItemProcessor"
    found: Mapping[str, Any] = visit.field(field, dict)
    return found


def is_distributed(visit: StateVisit) -> bool:
    """Return whether a Map state is in DISTRIBUTED mode."""
    return bool(item_processor(visit).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED")


def iteration_input(
    run: ExecutionRun,
    frame: Frame,
    visit: StateVisit,
    item: Mapping[str, Any],
    default: Any,
) -> Any:
    """Return the input of an iteration over *item*, the context object's Map.Item.

    Without an ItemSelector that is *default*.
    """
    inside = replace(visit, context={**visit.context, "Map": {"Item": item}})
    return run.language(frame, visit.definition).item(inside, default)
