"""The states in which a running execution waits, read from its history."""

from __future__ import annotations

import json
from typing import Any

import sfn_release as sfn
from sfn_release.operations.waiting_states import WaitingState, waiting_states
from sfn_release.simulator import Later
from support.machines import ROLE

SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
JOB = "arn:aws:states:::glue:startJobRun.sync"


def task(resource: str, **fields: Any) -> dict[str, Any]:
    """Return a state that is the only one of its branch."""
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def test_every_wait_of_a_parallel_state_is_read() -> None:
    """A callback, a job and a Wait, with the request that was sent; not a branch that has ended."""
    client: Any = sfn.local(mocks=lambda _call: Later(), real_time=True)
    branches = {
        "Ask": task(SEND, Parameters={"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}),
        "Run": task(JOB, Parameters={"JobName": "j"}),
        "Pause": {"Type": "Wait", "Seconds": 600, "End": True},
        "Done": {"Type": "Pass", "End": True},
    }
    machine = {
        "StartAt": "All",
        "States": {
            "All": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": name, "States": {name: state}} for name, state in branches.items()
                ],
                "End": True,
            }
        },
    }
    arn = client.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
    started = client.start_execution(stateMachineArn=arn["stateMachineArn"])["executionArn"]
    waits: list[WaitingState] = []
    while len(waits) < len(branches) - 1:
        waits = waiting_states(client.get_execution_history(executionArn=started)["events"])
    client.stop_execution(executionArn=started)
    by_state = {wait.state: wait for wait in waits}
    assert set(by_state) == {"Ask", "Run", "Pause"}
    assert by_state["Ask"].callback
    assert json.loads(by_state["Ask"].sent or "")["QueueUrl"] == "q"
    assert by_state["Run"].reason == "the end of glue:startJobRun.sync"
    assert by_state["Pause"].reason == "its time"


def test_an_activity_waits_for_a_worker() -> None:
    """Before and after a worker has taken it."""
    client: Any = sfn.local()
    activity = client.create_activity(name="approve")["activityArn"]
    machine = {"StartAt": "Work", "States": {"Work": task(activity)}}
    arn = client.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
    started = client.start_execution(stateMachineArn=arn["stateMachineArn"], input='{"n": 1}')

    def wait() -> WaitingState:
        events = client.get_execution_history(executionArn=started["executionArn"])["events"]
        (found,) = waiting_states(events)
        return found

    assert (wait().state, wait().activity, wait().sent) == ("Work", activity, '{"n":1}')
    assert wait().reason == f"a worker of the activity {activity}"
    client.get_activity_task(activityArn=activity)
    assert wait().reason == f"the worker of the activity {activity}"
    client.stop_execution(executionArn=started["executionArn"])
