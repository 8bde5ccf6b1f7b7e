"""The number of definitions that are checked per second with botocore's models, once loaded.

The definitions are the JSON files in a folder that you name, or one definition with ten SDK calls.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from measuring import seconds

from sfn_release.checks.checker import check_definition

GOAL = 300  # definitions a second, on one core
ROUNDS = 5


def definitions(folder: Path | None) -> list[Any]:
    """Return the definitions to check."""
    if folder is not None:
        return [json.loads(path.read_bytes()) for path in sorted(folder.rglob("*.json"))]
    filters = [{"Name": "state", "Values": ["running"]}]
    states = {
        f"Call {number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ec2:describeInstances",
            "Parameters": {"Filters": filters, "MaxResults": 5},
            **({"Next": f"Call {number + 1}"} if number < 9 else {"End": True}),  # noqa: PLR2004 - the tenth is the last
        }
        for number in range(10)
    }
    return [{"StartAt": "Call 0", "States": states}]


def main(folder: Path | None) -> int:
    """Measure, print, and return 1 when the goal is missed."""
    all_of_them = definitions(folder)
    repeat = max(1, 400 // len(all_of_them))

    def check() -> None:
        for definition in all_of_them * repeat:
            check_definition(definition, services=True)

    first = seconds(check)
    best = min(seconds(check) for _ in range(ROUNDS))
    rate = len(all_of_them) * repeat / best
    met = rate >= GOAL
    print(
        f"{rate:,.0f} definitions a second with the models read (goal {GOAL}:"
        f" {'met' if met else 'MISSED'}); the first round took {first - best:.2f} s more"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
