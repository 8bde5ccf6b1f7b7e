"""Waits for an execution, and shows the tasks that the execution itself waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import AccessError
from sfn_release.operations.served_url import DEFAULT_URL, served_at
from sfn_release.operations.waiting_states import WaitingState, waiting_states
from sfn_release.project import Environment
from sfn_release.text import shorten

_PAGE = 1000  # events in one response of GetExecutionHistory
_LONGEST_PAUSE = 6
_FIRST_LOOK = 4  # polls before the first look at a history on AWS; then after twice as many
_LONGEST = 4_000  # characters of a request to show


@dataclass
class AwaitedExecution:
    """A started execution of an environment.

    A local execution runs in this process. So if you don't wait for its end, it is stopped. Its
    *database* may be served by another process, which takes answers.
    """

    client: StepFunctions
    arn: str
    runtime: Runtime
    environment: Environment
    database: Path | None = None
    _shown: set[int] = field(default_factory=set)
    _next_look: int = _FIRST_LOOK

    @property
    def in_this_process(self) -> bool:
        """Whether the execution ends with this process."""
        return self.environment.backend.can_serve

    def finished(self) -> dict[str, Any]:
        """Return DescribeExecution's response once the execution has ended.

        On Ctrl-C, says what becomes of the execution.
        """
        with self._interruptible():
            poll = 0
            while True:
                answer = call(self.client.describe_execution, executionArn=self.arn)
                if answer["status"] != "RUNNING":
                    return answer
                poll += 1
                self._look(poll)
                self.runtime.pause(min(poll, _LONGEST_PAUSE))

    def left(self, started: dict[str, Any]) -> dict[str, Any]:
        """Return the response for an execution that you don't wait for.

        On AWS that is *started*. A local execution goes on until it ends, or until it needs an
        answer from outside: then it is stopped.
        """
        if not self.in_this_process:
            return started
        with self._interruptible():
            poll = 0
            while True:
                answer = call(self.client.describe_execution, executionArn=self.arn)
                if answer["status"] != "RUNNING":
                    return answer
                waits = self._waits()
                if any(wait.needs_answer for wait in waits):
                    self._show(waits)
                    return self._ended()
                poll += 1
                self.runtime.pause(min(poll, _LONGEST_PAUSE))

    def _ended(self) -> dict[str, Any]:
        """Stop the execution, because the command ends; return its description."""
        self._stop("The command ended, and this execution ran in its process.")
        self.runtime.watcher.say(
            "stopped the execution: it runs in the process of this command. Leave out --no-wait, or"
            " start it through `sfn-release local serve`."
        )
        return call(self.client.describe_execution, executionArn=self.arn)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self._interrupted()
            raise

    def _interrupted(self) -> None:
        if self.in_this_process:
            self._stop("The command was interrupted, and this execution ran in its process.")
            self.runtime.watcher.say("stopped the execution: it ran in the process of this command")
            return
        self.runtime.watcher.say(
            f"the execution is still running: {self.arn}\n"
            f"  to stop it:  aws stepfunctions stop-execution --execution-arn {self.arn}"
        )

    def _stop(self, cause: str) -> None:
        stop = self.client.stop_execution
        call(stop, executionArn=self.arn, error="SfnRelease.Interrupted", cause=cause)

    def _look(self, poll: int) -> None:
        """Show the waits of the execution. On AWS, look later, and less and less often."""
        if not self.in_this_process:
            if poll < self._next_look:
                return
            self._next_look = poll * 2
        self._show(self._waits())

    def _waits(self) -> list[WaitingState]:
        try:
            return waiting_states(history(self.client, self.arn, data=True))
        except AccessError:
            return []  # you may start executions without being allowed to read their history

    def _show(self, waits: list[WaitingState]) -> None:
        """Show each wait once."""
        for wait in waits:
            if wait.event not in self._shown:
                self._shown.add(wait.event)
                for line in self._lines(wait):
                    self.runtime.watcher.say(line)

    def _lines(self, wait: WaitingState) -> Iterator[str]:
        yield f"{wait.state} waits for {wait.reason}"
        if wait.sent is not None:
            yield f"  sent: {shorten(wait.sent, _LONGEST)}"
        served = served_at(self.database)
        endpoint = f" --endpoint-url {served or DEFAULT_URL}" if self.in_this_process else ""
        region = self.environment.given["AWS::Region"]
        service = f"to answer:  aws stepfunctions{endpoint} --region {region}"
        if wait.callback:
            yield f"  {service} send-task-success --task-token TOKEN --task-output '{{}}'"
        elif wait.activity is not None:
            yield f"  {service} get-activity-task --activity-arn {wait.activity}"
        if self.in_this_process and wait.needs_answer and served is None:
            yield "  (first run  sfn-release local serve  in another terminal)"


def history(client: StepFunctions, arn: str, *, data: bool = False) -> list[Mapping[str, Any]]:
    """Return the events of an execution, with their *data* if you want it.

    Raises AccessError if you may not read it.
    """
    events: list[Mapping[str, Any]] = []
    page: dict[str, Any] = {"executionArn": arn, "maxResults": _PAGE}
    while True:
        answer = call(client.get_execution_history, includeExecutionData=data, **page)
        events += answer["events"]
        if not answer.get("nextToken"):
            return events
        page["nextToken"] = answer["nextToken"]
