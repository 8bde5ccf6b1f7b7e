"""Measures how long the changes between two releases of 1,000 workflows take, on one core.

    python benchmarks/diff.py

Each workflow has 20 tasks. In the second release, each has a renamed state, a new state, another
argument and another timeout. You get the processor time of the better pass of two, and its growth
from 250 workflows to 1,000: a linear one is 4.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.release_changes import WorkflowSet, release_changes

WORKFLOWS = 1000
TASKS = 20
PASSES = 2
GOAL = 5.0  # seconds
MOST_GROWTH = 5.0


def task(number: int, following: str) -> dict[str, Any]:
    """Return a Task that calls a function."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"f{number}", "Payload": {"x.$": f"$.m{number}"}},
        "ResultPath": f"$.r{number}",
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        "Next": following,
    }


def definition(workflow: int, *, changed: bool) -> dict[str, Any]:
    """Return the definition of a workflow in the first release, or in the second."""
    states = {
        f"S{at}": task(workflow * TASKS + at, f"S{at + 1}" if at + 1 < TASKS else "Done")
        for at in range(TASKS)
    }
    states["Done"] = {"Type": "Succeed"}
    if changed:
        states["Renamed"] = {**states.pop("S5"), "TimeoutSeconds": 60}
        states["S4"]["Next"] = "Renamed"
        states["S7"]["Parameters"]["Payload"]["z"] = 1
        states["New"] = {"Type": "Wait", "Seconds": 3, "Next": "S9"}
        states["S8"]["Next"] = "New"
    return {"StartAt": "S0", "States": states}


def release(count: int, *, changed: bool) -> WorkflowSet[Declaration]:
    """Return the workflows of a release."""
    names = [f"w{at}" for at in range(count)]
    return WorkflowSet(
        {name: Declaration(name, definition(at, changed=changed)) for at, name in enumerate(names)}
    )


def measured(count: int) -> float:
    """Return the processor time of the best pass, in seconds."""
    times = []
    for _ in range(PASSES):
        old, new = release(count, changed=False), release(count, changed=True)
        start = time.process_time()
        release_changes(old, new)
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    """Print the time and the growth. Return 1 if they miss the goal."""
    measured(10)  # modules are imported by now
    part, whole = measured(WORKFLOWS // 4), measured(WORKFLOWS)
    growth = whole / part
    print(f"{WORKFLOWS} workflows: {whole:.2f} s (goal {GOAL}), growth {growth:.1f}")
    return int(whole > GOAL or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
