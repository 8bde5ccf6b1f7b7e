"""Times `report` of a long ledger: 1,000 releases of 50 workflows, and 3,000 deployments.

Each release changes one workflow. Give other numbers to see how it grows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from long_ledger import add_changing_releases, add_deployments, change, new_project
from measuring import SFN_RELEASE, run, seconds

SECONDS = 10
PAGE = 300_000  # bytes
ENVIRONMENTS = ("staging", "prod")


def main() -> int:
    """Time, print, and return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--workflows", type=int, default=50)
    parser.add_argument("--deployments", type=int, default=1000, help="of each environment")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="make the project in this folder, or use it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = asked.keep or Path(name, "project")
        if not project.exists():
            make_project(project, asked.releases, asked.workflows, asked.deployments)
        answer: dict[str, Any] = {}

        def report() -> None:
            answer.update(
                json.loads(run([SFN_RELEASE, "report", "--out", "site", "--json"], project))
            )

        times = [seconds(report) for _ in range(asked.rounds)]
    largest = answer["largest"]
    met = min(times) <= SECONDS and largest["bytes"] <= PAGE
    print(
        f"{answer['pages']:,} pages, {answer['bytes'] / 1e6:.1f} MB, in {min(times):.1f} s"
        f" (goal {SECONDS}; all rounds: {', '.join(f'{time:.1f}' for time in times)}); the largest"
        f" page is {largest['path']} with {largest['bytes']:,} bytes (goal {PAGE:,}):"
        f" {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


def make_project(folder: Path, releases: int, workflows: int, deployments: int) -> None:
    """Make a project whose ledger has these numbers."""
    project = new_project(folder, workflows=workflows)
    with (project / "releases.toml").open("a") as file:
        for environment in ENVIRONMENTS:
            file.write(f'\n[environments.{environment}]\nregion = "eu-west-1"\n')
    run(["git", "commit", "--quiet", "--all", "-m", "Environments"], project)
    run([SFN_RELEASE, "publish", "1.0.0"], project)
    change(project, "Changed")
    run([SFN_RELEASE, "publish", "1.1.0"], project)
    add_changing_releases(project, releases - 2)
    add_deployments(project, deployments - 2)
    for environment in ENVIRONMENTS:
        add_deployments(project, deployments, environment)


if __name__ == "__main__":
    sys.exit(main())
