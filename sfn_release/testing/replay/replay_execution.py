"""Replays one recorded execution on a candidate definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator import Tasks
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.replay.replayed import Replayed


def replay_execution(
    recording: FinishedExecution,
    definition: Mapping[str, Any],
    *,
    mocks: Tasks | None = None,
) -> Replayed:
    """Run *definition* on the input of *recording*, with the recorded answers, and compare.

    *mocks* answer the tasks that have no recorded answer; raise NoAnswer for the others. Any
    definition and any history end in a report.
    """
    raise NotImplementedError
