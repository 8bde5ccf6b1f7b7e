"""`sfn-release local serve` with 100 state machines: its API calls and its memory.

You see the median time of each kind of call over HTTP, from boto3, and the resident memory of the
server after 1,000 executions of a workflow of ten states. `execute` of the example workflow that
`sfn-release init` writes is compared with an interpreter that does nothing.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulators import DEFINITION, ROLE, client_of, expected, order, serving
from measuring import PYTHON, SFN_RELEASE, compare, run, seconds

MACHINES = 100
EXECUTIONS = 1000
CALLS = 200
CALL_GOAL = 5  # ms
MEMORY_GOAL = 120  # MB
COMMAND_GOAL = 15  # times an interpreter


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, "sfn-release") as server:
            client = client_of(server.url)
            for number in range(MACHINES):
                client.create_state_machine(
                    name=f"m{number}", definition=json.dumps(DEFINITION), roleArn=ROLE
                )
            met = [*_calls(client), _memory(client, server.pid)]
        met.append(_command(folder / "project"))
    return 0 if all(met) else 1


def _calls(client: Any) -> list[bool]:
    machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    definition = json.dumps(DEFINITION)
    calls: dict[str, Callable[[], object]] = {
        "ListStateMachines": client.list_state_machines,
        "DescribeStateMachine": lambda: client.describe_state_machine(stateMachineArn=machine),
        "UpdateStateMachine": lambda: client.update_state_machine(
            stateMachineArn=machine, definition=definition
        ),
        "StartExecution": lambda: client.start_execution(stateMachineArn=machine),
        "DescribeExecution": lambda: client.describe_execution(executionArn=execution),
        "GetExecutionHistory": lambda: client.get_execution_history(executionArn=execution),
        "ListExecutions": lambda: client.list_executions(stateMachineArn=machine, maxResults=100),
    }
    return [_call(operation, call) for operation, call in calls.items()]


def _call(operation: str, call: Callable[[], object]) -> bool:
    call()
    took = sorted(seconds(call) * 1000 for _ in range(CALLS))
    median = statistics.median(took)
    met = median <= CALL_GOAL
    print(
        f"{operation:<24} median {median:5.1f} ms (goal {CALL_GOAL}:"
        f" {'met' if met else 'MISSED'}; best {took[0]:.1f}, 90th percentile"
        f" {took[CALLS * 9 // 10]:.1f}, {CALLS} calls)"
    )
    return met


def _memory(client: Any, pid: int) -> bool:
    machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    before = _resident(pid)
    for number in range(EXECUTIONS):
        started = client.start_execution(stateMachineArn=machine, input=json.dumps(order(number)))
        execution = client.describe_execution(executionArn=started["executionArn"])
        assert json.loads(execution["output"]) == expected(number)
    after = _resident(pid)
    met = after <= MEMORY_GOAL
    print(
        f"memory after {EXECUTIONS:,} executions: {after:.0f} MB (goal {MEMORY_GOAL}:"
        f" {'met' if met else 'MISSED'}; {before:.0f} MB before)"
    )
    return met


def _resident(pid: int) -> float:
    # proc(5): VmRSS is the resident set in kB.
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _command(folder: Path) -> bool:
    folder.mkdir()
    run(["git", "init", "--quiet"], folder)
    run([SFN_RELEASE, "init"], folder)
    run(["git", "add", "."], folder)
    run(["git", "commit", "--quiet", "-m", "First"], folder)
    run([SFN_RELEASE, "publish", "1.0.0"], folder)
    return compare(
        "execute hello, against an interpreter",
        lambda: run([SFN_RELEASE, "execute", "hello"], folder),
        lambda: run([PYTHON, "-c", "pass"], folder),
        goal=COMMAND_GOAL,
    )


if __name__ == "__main__":
    sys.exit(main())
