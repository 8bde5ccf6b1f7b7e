"""State machines under a prefix of their own. They're deleted when the lab closes."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .settings import PREFIX, Settings

_PRICE = 0.000025  # dollars for a state transition of a STANDARD workflow, the dearest region's
LONGEST = 90.0
"""Seconds for one execution."""
_RUN = re.compile(rf"{PREFIX}(\d{{14}})-[0-9a-f]{{4}}-")

Definition = dict[str, Any]


FAILURES_OF_AWS = (BotoCoreError, ClientError)
"""How a call of AWS fails."""


class EndlessError(Exception):
    """No execution has ever ended here: an emulator without an interpreter, such as moto."""

    def __str__(self) -> str:
        return "executions don't end here"


def machines(client: Any) -> Iterator[tuple[str, str]]:
    """Yield name and ARN of every state machine of the account and region."""
    token: dict[str, str] = {}
    while True:
        page = client.list_state_machines(maxResults=1000, **token)
        yield from ((item["name"], item["stateMachineArn"]) for item in page["stateMachines"])
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}


def new_run(now: datetime) -> str:
    """Return a run's id: its time, so that a sweep knows how old it is, and some chance."""
    return f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(2)}"


def begun(name: str) -> datetime | None:
    """Return when the run began that made a state machine of this *name*; None if none did."""
    found = _RUN.match(name)
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def cost(transitions: int) -> str:
    """Return the price of state transitions."""
    return f"about {transitions} state transitions, at most {transitions * _PRICE:.4f} USD"


@dataclass
class Lab:
    """One run's state machines. *transitions* counts the state transitions that it pays for.

    *endless* is set when the first execution doesn't end: then no other is started.
    """

    client: Any
    settings: Settings
    run: str
    transitions: int = 0
    made: list[str] = field(default_factory=list)
    endless: bool = False
    _ended: bool = False
    _count: int = 0

    @property
    def prefix(self) -> str:
        """The beginning of the names of this run."""
        return f"{PREFIX}{self.run}-"

    def create(self, definition: Definition, **options: Any) -> dict[str, Any]:
        """Create a state machine; return AWS's answer."""
        self._count += 1
        name = options.pop("name", None) or f"{self.prefix}q{self._count:02}"
        tags = [{"key": "sfn-release-live", "value": self.run}, *options.pop("tags", [])]
        answer: dict[str, Any] = self.client.create_state_machine(
            name=name,
            definition=json.dumps(definition),
            roleArn=self.settings.role,
            tags=tags,
            **options,
        )
        self.made.append(answer["stateMachineArn"])
        return answer

    def outcome(self, definition: Definition, data: Any = None) -> dict[str, Any]:
        """Run a definition; return its status, and its output or error and cause."""
        self.refuse_endless()
        arn = self.create(definition)["stateMachineArn"]
        started = self.client.start_execution(
            stateMachineArn=arn, input=json.dumps({} if data is None else data)
        )
        return self.wait(started["executionArn"])

    def wait(self, execution: str) -> dict[str, Any]:
        """Wait for the end of an execution; return what it came to. Raises EndlessError."""
        self.refuse_endless()
        end, pause = time.monotonic() + LONGEST, 0.05
        while True:
            found = self.client.describe_execution(executionArn=execution)
            self._ended = self._ended or found["status"] != "RUNNING"
            if found["status"] != "RUNNING" or time.monotonic() > end:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 2)
        self.endless = not self._ended
        self.refuse_endless()
        history = self.client.get_execution_history(executionArn=execution, maxResults=1000)
        entered = [event for event in history["events"] if event["type"].endswith("StateEntered")]
        self.transitions += len(entered) + 1
        answer = {"status": found["status"]}
        answer |= {key: found[key] for key in ("error", "cause") if found.get(key)}
        return answer | ({"output": json.loads(found["output"])} if "output" in found else {})

    def refuse_endless(self) -> None:
        """Raise EndlessError if executions don't end here."""
        if self.endless:
            raise EndlessError

    def close(self) -> list[str]:
        """Delete the state machines of this run; return the ARNs that couldn't be deleted."""
        left = []
        try:
            story = [arn for name, arn in machines(self.client) if name.startswith(self.prefix)]
        except FAILURES_OF_AWS:
            story = []
        for arn in dict.fromkeys([*self.made, *story]):
            try:
                self.client.delete_state_machine(stateMachineArn=arn)
            except FAILURES_OF_AWS:
                left.append(arn)
        self.made.clear()
        return left
