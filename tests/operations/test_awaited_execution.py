"""Waiting for an execution that takes its time: what is shown, and what Ctrl-C does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_release.operations.awaited_execution import AwaitedExecution
from sfn_release.operations.real_runtime import system_runtime
from sfn_release.project import parse_project
from support.places import ROOT
from support.world import Watcher

ARN = "arn:aws:states:us-east-1:111111111111:execution:m:e"
EVENTS = [
    {"id": 1, "previousEventId": 0, "type": "ExecutionStarted"},
    {
        "id": 2,
        "previousEventId": 0,
        "type": "WaitStateEntered",
        "stateEnteredEventDetails": {"name": "Pause"},
    },
]


@dataclass
class Client:
    """Step Functions with one execution, which ends after some looks."""

    running: int
    denied: bool = False
    histories: int = 0
    stopped: list[dict[str, Any]] = field(default_factory=list)

    def describe_execution(self, **_: Any) -> dict[str, Any]:
        """Answer as Step Functions does."""
        self.running -= 1
        going = self.running >= 0 and not self.stopped
        return {"status": "RUNNING" if going else "SUCCEEDED", "startDate": datetime.now(UTC)}

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        """Answer as Step Functions does."""
        self.histories += 1
        if self.denied:
            refused = {"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}
            raise ClientError(refused, "GetExecutionHistory")
        return {"events": EVENTS}

    def stop_execution(self, **request: Any) -> dict[str, Any]:
        """Answer as Step Functions does."""
        self.stopped.append(request)
        return {}


def awaited(client: Any, watcher: Watcher, environment: str = "prod") -> AwaitedExecution:
    """Return an execution on AWS, or on `local`."""
    project = parse_project(
        '[project]\nname = "shop"\n[environments.prod]\nregion = "us-east-1"\n'
        'role_arn = "arn:aws:iam::111111111111:role/shop"\n',
        path=ROOT / "releases.toml",
    )
    runtime = replace(system_runtime(watcher, environ={}), pause=lambda _: True)
    return AwaitedExecution(client, ARN, runtime, project.environment(environment))


def test_a_history_on_aws_is_read_less_and_less_often() -> None:
    """Each look costs a call: after 4 polls, then 8, 16, 32. Each wait is shown once."""
    client, watcher = Client(running=40), Watcher()
    assert awaited(client, watcher).finished()["status"] == "SUCCEEDED"
    assert client.histories == 4
    assert watcher.said == ["Pause waits for its time"]


def test_a_history_that_you_may_not_read_is_not_shown() -> None:
    """You may start executions without being allowed to read their history."""
    client, watcher = Client(running=10, denied=True), Watcher()
    assert awaited(client, watcher).finished()["status"] == "SUCCEEDED"
    assert watcher.said == []


@pytest.mark.parametrize("environment", ["prod", "local"])
def test_ctrl_c_leaves_an_execution_on_aws(environment: str) -> None:
    """A local one is stopped, because it runs in the process."""
    client, watcher = Client(running=10), Watcher()
    waiting = awaited(client, watcher, environment)

    def interrupt(_: int) -> bool:
        raise KeyboardInterrupt

    waiting.runtime = replace(waiting.runtime, pause=interrupt)
    with pytest.raises(KeyboardInterrupt):
        waiting.finished()
    assert bool(client.stopped) == (environment == "local")
    said = "stopped the execution" if client.stopped else f"the execution is still running: {ARN}"
    assert watcher.said[-1].startswith(said)


def test_work_in_progress_is_finished_without_waiting_for_answers() -> None:
    """A local execution that needs no answer from outside goes on to its end."""
    client, watcher = Client(running=5), Watcher()
    assert awaited(client, watcher, "local").left({})["status"] == "SUCCEEDED"
    assert (client.stopped, watcher.said) == ([], [])
    assert awaited(client, watcher).left({"status": "mine"}) == {"status": "mine"}
