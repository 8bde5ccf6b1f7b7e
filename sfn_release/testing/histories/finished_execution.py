"""One finished execution with its history: of an environment, or of a file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MACHINE = 6  # the part of an execution's ARN that names its state machine


@dataclass(frozen=True)
class FinishedExecution:
    """A finished execution. *input* and *output* are JSON texts, None where AWS keeps none.

    *workflow* is our name of the state machine. *version* is the release that the execution ran,
    None if no release made its state machine version (*version_arn*). *type* is STANDARD or
    EXPRESS. *status* is SUCCEEDED, FAILED, TIMED_OUT or ABORTED. *events* have the shape of
    ``GetExecutionHistory``, in order. *incomplete* says why events are missing, "" if none are:
    such an execution can't be replayed. *map_state* is the distributed Map of a child execution, if
    it's known. *saved_as* is the workflow that a file of ``replay --save`` names.
    """

    arn: str
    workflow: str
    version: str | None
    status: str
    input: str | None
    output: str | None
    error: str | None
    cause: str | None
    started: datetime
    stopped: datetime | None
    events: Sequence[Mapping[str, Any]]
    type: str = "STANDARD"
    version_arn: str | None = None
    incomplete: str = ""
    map_state: str = ""
    saved_as: str = ""

    @property
    def is_child(self) -> bool:
        """Whether it's a child execution of a distributed Map."""
        return bool(self.map_state) or "/" in self.arn.rpartition(":")[0]

    @property
    def machine(self) -> str:
        """The name of its state machine; "" if its ARN isn't known."""
        parts = self.arn.split(":", _MACHINE + 1)
        known = parts[0] == "arn" and len(parts) > _MACHINE + 1
        return parts[_MACHINE].partition("/")[0] if known else ""

    @property
    def name(self) -> str:
        """The execution's name, or for EXPRESS its name and start id."""
        return self.arn.split(":", 7)[-1]
