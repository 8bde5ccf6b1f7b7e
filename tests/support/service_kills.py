"""Kills the local service's process while clients start executions, and checks what is left.

    python -m support.service_kills [--threads 16] [--executions 4000] [--machines 100] [--kills 4]

Run it in the folder of the tests. Prints the figures and every fault; exits 1 if there was one.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.machines import MACHINES, ROLE
from support.places import PYTHONPATH

SERVER = """
import sys
from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Later, NoAnswer

class Tasks:
    def run(self, call):
        return Later()

service = open_service(sys.argv[1], tasks_for=lambda scope: Tasks())
server.serve(service, port=0, ready=lambda url: print(url, flush=True))
"""
CALLBACK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "https://queue", "MessageBody.$": "$$.Task.Token"},
    "End": True,
}
STEPS = 5
WAITING_SHARE = 4  # every fourth machine waits for a callback


@dataclass(frozen=True)
class Plan:
    """The size of an attack."""

    threads: int
    executions: int
    machines: int
    kills: int


@dataclass
class Report:
    """The figures of an attack. *faults* are sentences."""

    started: int = 0
    unanswered: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def waits(machine: int) -> bool:
    """Return whether the executions of a machine wait for a callback."""
    return machine % WAITING_SHARE == 0


def definition(machine: int) -> str:
    """Return the definition of a machine: a few Pass states, or a callback that never comes."""
    states: dict[str, Any] = {
        f"S{step}": {"Type": "Pass", "Next": f"S{step + 1}"} for step in range(STEPS)
    }
    states[f"S{STEPS}"] = CALLBACK if waits(machine) else {"Type": "Pass", "End": True}
    return json.dumps({"StartAt": "S0", "States": states})


class Client:
    """A connection to the service. `call` returns the status and the answer."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, operation: str, **members: Any) -> tuple[int, dict[str, Any]]:
        """Call an operation of the API. Raises OSError or HTTPException when the service dies."""
        headers = {
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
        }
        self._connection.request("POST", "/", json.dumps(members), headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def service(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the service on a database in a process of its own; yield the process and its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.kill()


def attack(path: Path, plan: Plan) -> Report:
    """Start executions from many threads, kill the process in between, and check the store."""
    report = Report()
    acknowledged: dict[str, int] = {}
    with service(path) as (_, port), closing(Client(port)) as client:
        for machine in range(plan.machines):
            status, _ = client.call(
                "CreateStateMachine",
                name=f"m{machine}",
                definition=definition(machine),
                roleArn=ROLE,
            )
            assert status == 200
    share = plan.executions // (plan.kills + 1)
    for round_ in range(plan.kills + 1):
        with service(path) as (process, port):
            _start(port, plan, range(round_ * share, (round_ + 1) * share), acknowledged, report)
            process.kill()
    report.started = len(acknowledged)
    _check(path, acknowledged, report)
    return report


def _start(
    port: int, plan: Plan, numbers: range, acknowledged: dict[str, int], report: Report
) -> None:
    """Start executions from all threads, until nine tenths are acknowledged."""
    left = iter(numbers)
    lock = threading.Lock()
    enough = threading.Event()

    def work() -> None:
        with closing(Client(port)) as client:
            while not enough.is_set():
                with lock:
                    number = next(left, None)
                if number is None:
                    return
                _start_one(client, number % plan.machines, number, acknowledged, report)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(plan.threads)]
    for thread in threads:
        thread.start()
    goal = len(acknowledged) + len(numbers) * 9 // 10
    while len(acknowledged) < goal and any(thread.is_alive() for thread in threads):
        enough.wait(0.002)
    # The caller kills the process while the threads go on: they end with a broken connection.
    threading.Timer(0.05, enough.set).start()


def _start_one(
    client: Client, machine: int, number: int, acknowledged: dict[str, int], report: Report
) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        status, answer = client.call(
            "StartExecution", stateMachineArn=f"{MACHINES}:m{machine}", name=f"e{number}"
        )
        if status == 200:
            acknowledged[answer["executionArn"]] = machine
            return
        report.faults.append(f"start {number}: {answer}")
        return
    report.unanswered += 1


def _check(path: Path, acknowledged: dict[str, int], report: Report) -> None:
    """Check the store through a new process, and the database itself."""
    expected = {
        True: ("ABORTED", STEPS * 2 + 6),  # started, steps, entered to submitted, aborted
        False: ("SUCCEEDED", STEPS * 2 + 4),
    }
    with service(path) as (_, port), closing(Client(port)) as client:
        for arn, machine in acknowledged.items():
            _, found = client.call("DescribeExecution", executionArn=arn)
            report.statuses[found.get("status", str(found))] += 1
            status, length = expected[waits(machine)]
            if found.get("status") != status:
                report.faults.append(f"{arn}: {found}")
                continue
            _, history = client.call("GetExecutionHistory", executionArn=arn)
            ids = [event["id"] for event in history["events"]]
            if ids != [*range(1, length + 1)]:
                report.faults.append(f"{arn}: a history of {ids}")
        _, listed = client.call("ListStateMachines", maxResults=1000)
        for machine in listed["stateMachines"]:
            arn = machine["stateMachineArn"]
            _, found = client.call("ListExecutions", stateMachineArn=arn, statusFilter="RUNNING")
            report.faults += [f"RUNNING: {item}" for item in found["executions"]]
    with closing(sqlite3.connect(path)) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        report.faults.append(f"the database: {verdict}")


def main() -> int:
    """Attack with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--executions", type=int, default=4000)
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--kills", type=int, default=4)
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        report = attack(Path(folder) / "local.db", plan)
    shown = ", ".join(f"{status} {count}" for status, count in sorted(report.statuses.items()))
    sys.stdout.write(
        f"{report.started} executions started by {plan.threads} threads in {plan.machines} state"
        f" machines, {plan.kills + 1} kills, {report.unanswered} starts cut off\n{shown}\n"
    )
    sys.stdout.writelines(f"fault: {fault}\n" for fault in report.faults)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
