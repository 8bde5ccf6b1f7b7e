"""The case that an exploration starts from: a definition, an input, and the answers of tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.simulator import ContextSeed, Tasks
from sfn_release.testing.faults.fault_outcomes import FaultRun
from sfn_release.testing.faults.injections import InjectedTasks, Injection
from sfn_release.testing.faults.state_places import read_places
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition


@dataclass(frozen=True)
class PassingCase:
    """The case to start from: a *definition*, an *input*, and *tasks* that makes its answers.

    *tasks* is called for each run, because mocks count their calls.
    """

    definition: Mapping[str, Any]
    input: Any
    tasks: Callable[[], Tasks]
    context: ContextSeed

    def run(
        self,
        injections: Sequence[Injection] = (),
        usual: Run | None = None,
        most_steps: int | None = None,
    ) -> FaultRun:
        """Run the case with *injections*. *usual* is the run without the last of them."""
        tasks = InjectedTasks(self.tasks(), injections)
        run = run_definition(
            self.definition,
            self.input,
            tasks=tasks,
            context=self.context,
            most_steps=most_steps,
        )
        return FaultRun(run, tuple(injections), tuple(tasks.hits), usual)

    def without_jitter(self) -> PassingCase:
        """Return the case with retries that wait as long as they can."""
        copy: dict[str, Any] = json.loads(json.dumps(self.definition))
        for place in read_places(copy).values():
            retriers = place.definition.get("Retry")
            for retrier in retriers if isinstance(retriers, list) else ():
                if isinstance(retrier, dict):
                    retrier.pop("JitterStrategy", None)
        return replace(self, definition=copy)
