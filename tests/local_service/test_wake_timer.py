"""The timer that wakes executions."""

from __future__ import annotations

import gc
import queue
import threading
import weakref
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.local_service.executions.wake_timer import WakeTimer
from sfn_release.simulator import Later, RealClock, TaskCall
from support.machines import ROLE

SOON, LATE = timedelta(milliseconds=200), timedelta(hours=1)
PATIENCE = 60


class Woken:
    """A timer, the ARNs that it wakes, and its looks."""

    def __init__(self) -> None:
        self.arns: queue.Queue[str] = queue.Queue()
        self.looks: queue.Queue[None] = queue.Queue()
        self.pause: float | None = None
        self.timer = WakeTimer(self.arns.put, lambda: self.pause, lambda: self.looks.put(None))
        self.now = RealClock().now()

    def next(self) -> str:
        """Return the next ARN."""
        return self.arns.get(timeout=PATIENCE)


@pytest.fixture
def woken() -> Iterator[Woken]:
    """Return a timer, which is closed in the end."""
    made = Woken()
    yield made
    made.timer.close()


def test_executions_are_woken_when_they_are_due(woken: Woken) -> None:
    """In the order of their times, each once."""
    woken.timer.set("late", woken.now + LATE)
    woken.timer.set("second", woken.now + 2 * SOON)
    woken.timer.set("first", woken.now + SOON)
    assert [woken.next(), woken.next()] == ["first", "second"]
    assert woken.arns.empty()


def test_the_last_time_counts(woken: Woken) -> None:
    """A new time replaces the earlier one, and nothing is woken after a cancellation."""
    woken.timer.set("moved", woken.now + SOON)
    woken.timer.set("moved", woken.now + LATE)
    woken.timer.set("cancelled", woken.now + SOON)
    woken.timer.cancel("cancelled")
    woken.timer.set("last", woken.now + 2 * SOON)
    assert woken.next() == "last"
    assert woken.arns.empty()


def test_heartbeats_do_not_pile_up(woken: Woken) -> None:
    """Each one sets a new time."""
    for number in range(10_000):
        woken.timer.set("beating", woken.now + LATE + timedelta(seconds=number))
    assert len(woken.timer._queue) < 2000
    woken.timer.set("beating", woken.now)
    assert woken.next() == "beating"


def test_it_looks_again_after_a_pause_and_when_asked(woken: Woken) -> None:
    """Without a pause, it looks only when something changes."""
    woken.timer.look()
    woken.pause = 0.01
    woken.timer.look()
    for _ in range(3):
        woken.looks.get(timeout=PATIENCE)


def test_an_ended_execution_is_forgotten_before_its_timeout() -> None:
    """Its memory is free, although the state could have waited for another hour."""
    seen: list[weakref.ref[Any]] = []
    tokens: list[str] = []

    class Waiting:
        def run(self, call: TaskCall) -> Any:
            tokens.append(call.token)
            seen.append(weakref.ref(self))
            return Later(submitted={})

    service = open_service(":memory:", tasks_for=lambda _scope: Waiting())
    client: Any = in_process(service.answer, region="us-east-1")
    definition = """{"StartAt": "W", "States": {"W": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 3600,
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}}}}"""
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE)
    started = client.start_execution(stateMachineArn=machine["stateMachineArn"])
    client.send_task_success(taskToken=tokens[0], output="1")
    assert client.describe_execution(executionArn=started["executionArn"])["status"] == "SUCCEEDED"
    for _ in range(100):
        gc.collect()
        if seen[0]() is None:
            break
        threading.Event().wait(0.05)
    assert seen[0]() is None
    service.close()
