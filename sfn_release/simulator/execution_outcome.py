"""The outcome of an execution and its history, as the API returns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sfn_release.simulator.text_store import with_texts

if TYPE_CHECKING:
    from sfn_release.simulator.map_runs.map_run_record import MapRun

ExecutionStatus = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


@dataclass(frozen=True)
class Event:
    """One event of an execution's history, as ``GetExecutionHistory`` returns it.

    *previous* is the id of the event that led to this one (0: none). *kept* are its details, with
    handles in place of long texts: see `sfn_release.simulator.text_store`.
    """

    id: int
    previous: int
    type: str
    timestamp: datetime
    kept: Mapping[str, Any]

    @property
    def details(self) -> dict[str, Any]:
        """The details: empty, or one member, named as in the API (``stateEnteredEventDetails``)."""
        details: dict[str, Any] = with_texts(self.kept)
        return details


@dataclass(frozen=True)
class ExecutionOutcome:
    """The end of an execution.

    *output* is a JSON value. Look at *has_output* first: without it, you can't distinguish null
    from a missing output. *error* and *cause* are for executions that didn't succeed, and may be
    None for those too. *events* are the whole history; of a redriven execution, the part since its
    redrive. *checkpoint* is the position of an execution that didn't succeed, as JSON: an
    `Execution` goes on from it when you redrive. *map_runs* belong to its distributed Maps.
    """

    status: ExecutionStatus
    output: Any
    has_output: bool
    error: str | None
    cause: str | None
    events: tuple[Event, ...]
    stopped_at: datetime
    checkpoint: Mapping[str, Any] | None = None
    map_runs: tuple[MapRun, ...] = ()


@dataclass(frozen=True)
class ContextSeed:
    """The values of the context object (``$$``) that come from outside the definition.

    *type* is the state machine's. The context object of EXPRESS executions has no RedriveCount.
    Another *random_seed* draws other UUIDs, random numbers, jitter and task tokens.
    """

    execution_arn: str
    execution_name: str
    role_arn: str
    state_machine_arn: str
    state_machine_name: str
    started_at: datetime
    type: str = "STANDARD"
    random_seed: str = ""
