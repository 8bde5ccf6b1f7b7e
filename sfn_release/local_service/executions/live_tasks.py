"""The tasks of a live execution: those that the API answers, and all others."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sfn_release.asl.integrations import CALLBACK
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.local_service.executions.live_execution import LiveExecution
from sfn_release.local_service.executions.open_tasks import OpenTask
from sfn_release.local_service.executions.task_tokens import TaskTokens
from sfn_release.simulator import Later, NoAnswer, TaskCall, TaskResult, Tasks

_ACTIVITY = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:activity:[^:]+")


class LiveTasks:
    """Asks *tasks* first. An activity that they don't answer waits for a worker.

    *is_activity* returns whether an activity exists. While a callback task is submitted, its
    answer may already come through the API; it wins over a returned result.
    """

    def __init__(
        self,
        tasks: Tasks,
        run: LiveExecution,
        tokens: TaskTokens,
        is_activity: Callable[[str], bool],
    ) -> None:
        self._tasks = tasks
        self._run = run
        self._tokens = tokens
        self._is_activity = is_activity

    def run(self, call: TaskCall) -> Any:
        """Answer *call*, or say that the answer comes later."""
        activity = call.resource if _ACTIVITY.fullmatch(call.resource) else None
        if activity is None and not call.resource.endswith(CALLBACK):
            return self._run.ask(lambda: self._tasks.run(call))
        self._run.open(OpenTask(call.token, activity, compact(call.payload) if activity else None))
        self._tokens.open(call.token, self._run)
        try:
            answer = self._run.ask(lambda: self._tasks.run(call))
        except NoAnswer:
            if activity is None or not self._is_activity(activity):
                self._tokens.close(call.token)
                raise
            return Later()
        if isinstance(answer, Later):
            return answer
        if self._run.answered(call.token):
            return Later(submitted=answer.submitted if isinstance(answer, TaskResult) else answer)
        self._tokens.close(call.token)
        return answer
