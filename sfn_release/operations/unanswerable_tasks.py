"""Tasks of a run in which nobody can answer from outside, such as `execute --tree`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sfn_release.simulator import Later, NoAnswer, TaskCall, Tasks

_STEP_FUNCTIONS = (":states:startExecution", ":aws-sdk:sfn:")


@dataclass(frozen=True)
class UnanswerableTasks:
    """Answers tasks as *tasks* does, unless the answer would come from outside.

    A task with a timeout or a heartbeat runs into it, and *say* takes a line about it. Any other
    would wait for as long as an execution may last, so it fails with SfnRelease.NobodyAnswers. If
    *nested*, executions that a task started may answer it.
    """

    tasks: Tasks
    say: Callable[[str], None]
    nested: bool = False

    def run(self, call: TaskCall) -> Any:
        """Return the answer of *tasks*. Raises NoAnswer if it would never come."""
        answer = self.tasks.run(call)
        if not isinstance(answer, Later) or answer.work is not None or answer.timeout is not None:
            return answer
        if self.nested and any(name in call.resource for name in _STEP_FUNCTIONS):
            return answer
        problem = (
            f"{call.state} waits for a task token's answer, and nobody can send one to an execution"
            " of the work tree."
        )
        fix = (
            "Publish the workflow and execute the release, or add the end of the task to its mock:"
            ' "return", "payload" or "error".'
        )
        if self.nested or (call.timeout_seconds is None and call.heartbeat_seconds is None):
            raise NoAnswer("SfnRelease.NobodyAnswers", f"{problem} {fix}")
        self.say(f"warning: {problem} It runs into its timeout. {fix}")
        return answer
