"""The time to build, check and digest workflows, compared with plain dicts as JSON text.

    python benchmarks/authoring.py [--workflows N]

Ours is a `Workflow` of 20 states, its checks and its workflow digest. Theirs is the same definition
as dicts and `json.dumps(indent=2)`, as a script without a library writes it. Each state is
different in each workflow, so that caches don't help. Times are processor time. The shares of
building, writing, checking and digesting are printed first.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import process_time
from typing import Any

from measuring import compare, seconds

import sfn_release as sfn
from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.checker import check_definition

ROUNDS_OF_STATES = 4  # of five states each
GOAL = 4.0


def build(number: int) -> sfn.Workflow:
    """Return workflow *number* as users write it: tasks with errors, choices, waits."""
    workflow = sfn.Workflow(comment=f"Batch {number}", timeout_seconds=3600)
    for step in range(ROUNDS_OF_STATES):
        name = f"{number}-{step}"
        hold = sfn.Pass(f"Hold {name}", parameters={"order": sfn.path("$.order"), "paid": False})
        charge = sfn.task.lambda_invoke(
            "${ChargeFunction}",
            id=f"Charge {name}",
            payload={"order": sfn.path("$.order.id"), "batch": number, "step": step},
            result_path="$.charge",
            timeout_seconds=60,
            retry=[sfn.Retry("States.Timeout", interval_seconds=2, max_attempts=3)],
            catch=sfn.Catch("States.ALL", hold, result_path="$.error"),
        )
        note = sfn.task.optimized(
            "sns:publish",
            {"TopicArn": "${Topic}", "Message": sfn.fn.format("Order {}", sfn.path("$.order.id"))},
            id=f"Note {name}",
            result_path=None,
        )
        wait = sfn.Wait(f"Wait {name}", seconds=step + 1)
        large = sfn.Var("$.order.total") > number + step
        choice = sfn.Choice(f"Is it large {name}", choices=[large.next_then(note)], default=hold)
        chain = charge >> choice >> wait
        if workflow.start is None:
            workflow.start_from(chain)
        else:
            workflow.next_then(chain)
    return workflow.end()


def write(number: int) -> str:
    """Return the same definition as JSON text, made of plain dicts."""
    states: dict[str, Any] = {}
    for step in range(ROUNDS_OF_STATES):
        name = f"{number}-{step}"
        last = step == ROUNDS_OF_STATES - 1
        following = {"End": True} if last else {"Next": f"Charge {number}-{step + 1}"}
        states[f"Charge {name}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {
                "FunctionName": "${ChargeFunction}",
                "Payload": {"order.$": "$.order.id", "batch": number, "step": step},
            },
            "TimeoutSeconds": 60,
            "ResultPath": "$.charge",
            "Retry": [
                {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": 3},
            ],
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": f"Hold {name}"},
            ],
            "Next": f"Is it large {name}",
        }
        states[f"Is it large {name}"] = {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.order.total",
                    "NumericGreaterThan": number + step,
                    "Next": f"Note {name}",
                }
            ],
            "Default": f"Hold {name}",
        }
        states[f"Note {name}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {
                "TopicArn": "${Topic}",
                "Message.$": "States.Format('Order {}', $.order.id)",
            },
            "ResultPath": None,
            "Next": f"Wait {name}",
        }
        states[f"Hold {name}"] = {
            "Type": "Pass",
            "Parameters": {"order.$": "$.order", "paid": False},
            "Next": f"Wait {name}",
        }
        states[f"Wait {name}"] = {"Type": "Wait", "Seconds": step + 1, **following}
    definition = {
        "Comment": f"Batch {number}",
        "TimeoutSeconds": 3600,
        "StartAt": f"Charge {number}-0",
        "States": states,
    }
    return json.dumps(definition, indent=2)


def shares(numbers: range) -> None:
    """Print the shares of the time."""
    workflows: list[sfn.Workflow] = []
    drafts: list[dict[str, Any]] = []
    parts = {
        "build": lambda: workflows.extend(build(number) for number in numbers),
        "write": lambda: drafts.extend(workflow.draft()[0] for workflow in workflows),
        "check": lambda: [check_definition(draft) for draft in drafts],
        "digest": lambda: [Declaration("w", draft).digest for draft in drafts],
    }
    durations = {name: seconds(part, process_time) for name, part in parts.items()}
    whole = sum(durations.values())
    for name, duration in durations.items():
        each = duration / len(numbers)
        print(f"{name:<44} {duration / whole:6.0%}  ({each * 1000:.2f} ms a workflow)")


def main() -> int:
    """Print the shares and the ratio; return 1 when it misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workflows", type=int, default=1000)
    numbers = range(parser.parse_args().workflows)

    def ours() -> None:
        for number in numbers:
            _ = sfn.StateMachine(f"w{number}", build(number)).declare().digest

    def theirs() -> None:
        for number in numbers:
            write(number)

    if build(7).serialize() != json.loads(write(7)):
        raise SystemExit("The two definitions differ.")
    shares(numbers)
    what = f"{len(numbers)} workflows of 20 states, against dicts"
    return 0 if compare(what, ours, theirs, goal=GOAL, rounds=5, clock=process_time) else 1


if __name__ == "__main__":
    sys.exit(main())
