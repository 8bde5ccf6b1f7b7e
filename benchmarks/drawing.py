"""Measures how long a state graph as SVG takes, on one core, and how large it is.

    python benchmarks/drawing.py [FOLDER]

You get the best of ten drawings of three workflows: 10 states, 60 states with nested Maps and
Parallels, and 60 states in one level. With a FOLDER of definitions as JSON files, also the time of
all its drawings. It's the time of the processor, so other work on the machine doesn't count.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from measuring import seconds

from sfn_release.authoring.diagrams.drawing import Diagram, graph_of
from sfn_release.errors import DefinitionError
from sfn_release.report.drawing import state_graph_svg

ROUNDS = 10
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3}]


def stage(number: int, then: str | None) -> dict[str, Any]:
    """Return five states: work that is checked, waits, tries again, and may fail."""
    work, check, wait, mend, done = (
        f"{verb} {number}" for verb in ("Work", "Is done", "Wait for", "Mend", "Book")
    )
    return {
        work: {**TASK, "Retry": RETRY, "Catch": [catch(mend)], "Next": check},
        check: {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "done", "Next": done},
                {"Variable": "$.status", "StringEquals": "failed", "Next": mend},
            ],
            "Default": wait,
        },
        wait: {"Type": "Wait", "Seconds": 30, "Next": work},
        mend: {**TASK, "Next": done},
        done: {**TASK, **({"Next": then} if then else {"End": True})},
    }


def catch(target: str) -> dict[str, Any]:
    """Return a catcher of every error."""
    return {"ErrorEquals": ["States.ALL"], "Next": target}


def machine(stages: int, first: int = 1) -> dict[str, Any]:
    """Return a definition of several stages, one after the other."""
    states: dict[str, Any] = {}
    for number in range(first, first + stages):
        last = number == first + stages - 1
        states |= stage(number, None if last else f"Work {number + 1}")
    return {"StartAt": f"Work {first}", "States": states}


def nested() -> dict[str, Any]:
    """Return a definition of 60 states: stages in a Map, and in the branches of a Parallel."""
    found = machine(4)
    found["States"]["Book 4"] = {**TASK, "Next": "Each item"}
    found["States"]["Each item"] = {
        "Type": "Map",
        "ItemProcessor": machine(2, 5),
        "Catch": [catch("Book 4")],
        "Next": "All at once",
    }
    branches = [machine(2, first) for first in (7, 9, 11)]
    found["States"]["All at once"] = {"Type": "Parallel", "Branches": branches, "End": True}
    return found


def drawing(diagram: Diagram) -> tuple[float, int]:
    """Return the seconds of the fastest drawing, and the size of the SVG in bytes."""
    size = len(state_graph_svg(diagram, title="benchmark").encode())
    times = [
        seconds(lambda: state_graph_svg(diagram, title="benchmark"), time.process_time)
        for _ in range(ROUNDS)
    ]
    return min(times), size


def main() -> None:
    """Draw, and print the figures."""
    samples = (
        ("10 states", machine(2), 2),
        ("60 states, nested", nested(), 50),
        ("60 states, one level", machine(12), 50),
    )
    for name, definition, wanted in samples:
        took, size = drawing(graph_of(definition))
        print(f"{name}: {took * 1000:.1f} ms (wanted: ≤ {wanted}), {size / 1000:.0f} kB")
    for folder in sys.argv[1:]:
        draw_folder(Path(folder))


def draw_folder(folder: Path) -> None:
    """Draw each definition below a folder, and print the average."""
    diagrams = []
    for path in sorted(folder.rglob("*.json")):
        try:
            diagrams.append(graph_of(json.loads(path.read_bytes())))
        except (DefinitionError, ValueError):
            continue
    took = seconds(
        lambda: [state_graph_svg(diagram, title="benchmark") for diagram in diagrams],
        time.process_time,
    )
    print(f"{len(diagrams)} definitions: {took / len(diagrams) * 1000:.1f} ms each on average")


if __name__ == "__main__":
    main()
