"""The failure map: of this repository's order workflow, and of a workflow of 40 tasks.

You see the CPU time of the whole command for `orders`, and of the exploration alone for each. The
models of botocore are read anew in each process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from measuring import ENVIRON, SFN_RELEASE

from sfn_release.simulator import ContextSeed, Mocks
from sfn_release.testing.declared.declared_test import STARTED
from sfn_release.testing.faults.exploration import explore
from sfn_release.testing.faults.passing_case import PassingCase

GOAL = 2.0  # seconds
ROUNDS = 5
TASKS = 40
ORDER = {"order_id": "7", "items": [{"sku": "a", "quantity": 1}], "total": 20}
PARAMETERS: dict[str, Any] = {
    "lambda:invoke": {"FunctionName": "f"},
    "dynamodb:updateItem": {"TableName": "t", "Key": {"id": {"S": "1"}}},
    "sqs:sendMessage": {"QueueUrl": "q", "MessageBody": "m"},
    "aws-sdk:s3:getObject": {"Bucket": "b", "Key": "k"},
}
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(
    f"{ARN}:execution:benchmark:first",
    "first",
    "arn:aws:iam::000000000000:role/benchmark",
    f"{ARN}:stateMachine:benchmark",
    "benchmark",
    STARTED,
)


def main() -> int:
    """Measure both workflows; 1 if `orders` takes longer than the goal."""
    spent = [_command() for _ in range(ROUNDS)]
    met = min(spent) <= GOAL
    print(f"`faults orders`: {min(spent):.2f} s (goal {GOAL:g} s: {'met' if met else 'MISSED'})")
    begun = time.process_time()
    found = explore("many", _many())
    taken = time.process_time() - begun
    print(f"{TASKS} tasks, {len(found.faults)} faults, {found.runs} runs: {taken:.2f} s")
    return 0 if met else 1


def _command() -> float:
    """Return the CPU seconds of the whole command, its child processes included."""
    before = _children()
    subprocess.run(
        [SFN_RELEASE, "faults", "orders", "--input", json.dumps(ORDER), "--json"],
        cwd=Path(__file__).parents[1],
        env=ENVIRON,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return _children() - before


def _children() -> float:
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _many() -> PassingCase:
    """Return a case of 40 tasks of four services, half of them with Retry and Catch."""
    retry = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}
    states: dict[str, Any] = {"Done": {"Type": "Succeed"}, "Stop": {"Type": "Fail"}}
    for number in range(TASKS):
        resource = [*PARAMETERS][number % len(PARAMETERS)]
        handlers = {"Retry": [retry], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop"}]}
        states[f"T{number}"] = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Parameters": PARAMETERS[resource],
            "Next": "Done" if number == TASKS - 1 else f"T{number + 1}",
            **(handlers if number % 8 < 4 else {}),  # noqa: PLR2004 - each other four
        }
    definition = {"StartAt": "T0", "States": states}
    answers = {name: {"return": {"a": 1}} for name in states if name[0] == "T"}
    return PassingCase(definition, {}, Mocks(answers).fresh, SEED)


if __name__ == "__main__":
    sys.exit(main())
