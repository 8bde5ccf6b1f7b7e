"""`status` of 100 workflows over HTTP, compared with a bare boto3 script that describes them.

The script makes one DescribeStateMachine and one DescribeStateMachineAlias for each workflow, with
8 threads. The same project is then rolled back, and the writes are counted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from endpoint import WRITES, Counts, server
from measuring import PYTHON, SFN_RELEASE, compare, run

WORKFLOWS = 100
STEPS = 10
GOAL = 1.2
WRITES_GOAL = 2 * WORKFLOWS
ROLE = "arn:aws:iam::000000000000:role/benchmark"

BARE = """
import sys
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config

client = boto3.client(
    "stepfunctions", region_name="us-east-1", endpoint_url=sys.argv[1],
    config=Config(max_pool_connections=32),
)

def describe(number):
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:w{number:03}"
    client.describe_state_machine(stateMachineArn=arn)
    client.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:live")

with ThreadPoolExecutor(8) as pool:
    list(pool.map(describe, range(int(sys.argv[2]))))
"""


def main() -> int:
    """Compare, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name, server(Path(name, "aws.db")) as (url, calls):
        project = _project(Path(name, "project"), url)

        def bare() -> None:
            run([PYTHON, "-c", BARE, url, str(WORKFLOWS)], project)

        def status(*options: str) -> None:
            run([SFN_RELEASE, "status", "--env", "aws", *options], project)

        met = [compare(f"status of {WORKFLOWS} workflows", status, bare, goal=GOAL)]
        calls()
        status()
        print(f"  calls: {calls()}")
        compare("  status --check, without a goal", lambda: status("--check"), bare, goal=99)
        met.append(_rollback(project, calls))
    return 0 if all(met) else 1


def _project(folder: Path, url: str) -> Path:
    """Return a project with two releases that have both been live."""
    (folder / "workflows").mkdir(parents=True)
    (folder / "releases.toml").write_text(
        '[project]\nname = "benchmark"\n\n[environments.aws]\nregion = "us-east-1"\n'
        f'endpoint_url = "{url}"\nrole_arn = "{ROLE}"\n'
    )
    run(["git", "init", "--quiet"], folder)
    for version in ("1.0.0", "1.1.0"):
        for number in range(WORKFLOWS):
            path = folder / "workflows" / f"w{number:03}.asl.json"
            path.write_text(json.dumps(_definition(number, version)))
        run(["git", "add", "."], folder)
        run(["git", "commit", "--quiet", "-m", version], folder)
        run([SFN_RELEASE, "publish", version, "--env", "aws"], folder)
    return folder


def _definition(number: int, version: str) -> object:
    states: dict[str, object] = {
        f"Step {step}": {"Type": "Pass", "Result": version, "Next": f"Step {step + 1}"}
        for step in range(STEPS)
    }
    states[f"Step {STEPS}"] = {"Type": "Pass", "Result": number, "End": True}
    return {"StartAt": "Step 0", "States": states}


def _rollback(project: Path, calls: Counts) -> bool:
    calls()
    run([SFN_RELEASE, "rollback", "--env", "aws"], project)
    writes = {name: count for name, count in calls().items() if name.startswith(WRITES)}
    met = sum(writes.values()) <= WRITES_GOAL
    verdict = "met" if met else "MISSED"
    print(
        f"writes of a rollback of {WORKFLOWS} workflows: {writes} (goal {WRITES_GOAL}: {verdict})"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
