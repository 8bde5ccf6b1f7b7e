"""`verify` of ledgers of different lengths: the first time, and again after a new deployment.

The figures are CPU seconds of whole commands with their git processes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from costs import cost
from long_ledger import long_project
from measuring import SFN_RELEASE, run

SHORT, LONG = 500, 2_000
RELEASES = 50
WORKFLOWS = 3
ROUNDS = 3
GROWTH = 1.1
"""The cost of a deployment in the long ledger, over its cost in the short one."""
EACH = 0.002
"""Seconds for each deployment, the first time."""
NEXT = 1.0
"""Seconds for the next `verify` of the long ledger."""


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        short, long = (
            long_project(
                Path(name, str(deployments)),
                workflows=WORKFLOWS,
                releases=RELEASES,
                deployments=deployments,
            )
            for deployments in (SHORT, LONG)
        )
        rounds = [
            (cost(short, "verify", "--again").seconds, cost(long, "verify", "--again").seconds)
            for _ in range(ROUNDS)
        ]
        run([SFN_RELEASE, "deploy", "1.2.0"], long)
        following = cost(long, "verify").seconds
    start = statistics.median(
        (shorter * LONG - longer * SHORT) / (LONG - SHORT) for shorter, longer in rounds
    )
    each = statistics.median(longer for _, longer in rounds) / LONG
    growth = statistics.median(
        (longer - start) / (shorter - start) * SHORT / LONG for shorter, longer in rounds
    )
    return 0 if all(
        [
            _met(f"verify of {LONG:,} deployments, ms each", each * 1000, EACH * 1000),
            _met(f"a deployment of {LONG:,} against one of {SHORT:,}", growth, GROWTH),
            _met("the next verify, after one deployment, s", following, NEXT),
        ]
    ) else 1  # fmt: skip


def _met(what: str, value: float, goal: float) -> bool:
    print(f"{what:<48} {value:6.2f}  (goal {goal:g}: {'met' if value <= goal else 'MISSED'})")
    return value <= goal


if __name__ == "__main__":
    sys.exit(main())
