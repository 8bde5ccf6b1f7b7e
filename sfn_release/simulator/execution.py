"""Runs one execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator.clock import Clock
from sfn_release.simulator.outcome import ContextSeed, Outcome
from sfn_release.simulator.tasks import Tasks


def simulate(
    definition: Mapping[str, Any],
    input: Any = None,
    *,
    tasks: Tasks,
    clock: Clock,
    context: ContextSeed,
) -> Outcome:
    """Run *definition* on *input* and return its outcome; a failing execution is an outcome too."""
    raise NotImplementedError
