"""`publish` of 100 workflows over HTTP, compared with a bare boto3 script of the same calls.

The server is the local service. It counts the calls, to show that both make the same calls and that
a repeated publish writes nothing.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from endpoint import WRITES, server
from measuring import ENVIRON, PYTHON, SFN_RELEASE, run, seconds

WORKFLOWS = 100
STEPS = 10
ROUNDS = 5
GOALS = {0.0: 1.3, 0.04: 1.15}
"""The ratio to reach, by the added seconds of each call."""
ROLE = "arn:aws:iam::000000000000:role/benchmark"

MODULE = """
import sfn_release as sfn

workflow = sfn.Workflow()
chain = workflow.start_from(sfn.Pass(id="Start", result={{"number": {number}}}))
for step in range({steps}):
    chain = chain.next_then(sfn.Pass(id=f"Step {{step}}"))
chain.end()
machine = sfn.StateMachine(name="w{number:03}", workflow=workflow, role_arn="{role}")
"""

BARE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import boto3
from botocore.config import Config

url, definitions = sys.argv[1], json.load(open(sys.argv[2]))
client = boto3.client(
    "stepfunctions", region_name="us-east-1", endpoint_url=url,
    config=Config(max_pool_connections=32),
)
client.list_state_machines(maxResults=1000)

def create(item):
    name, definition = item
    made = client.create_state_machine(
        name=name, definition=definition, roleArn=sys.argv[3], type="STANDARD",
        publish=True, versionDescription="bare",
        loggingConfiguration={"level": "OFF", "includeExecutionData": False},
        tracingConfiguration={"enabled": False},
        encryptionConfiguration={"type": "AWS_OWNED_KEY"},
        tags=[{"key": f"key{number}", "value": "value"} for number in range(5)],
    )
    client.list_tags_for_resource(resourceArn=made["stateMachineArn"])
    client.describe_state_machine(stateMachineArn=made["stateMachineArn"])
    return made["stateMachineVersionArn"]

def point(version):
    client.create_state_machine_alias(
        name="live", description="bare",
        routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
    )

with ThreadPoolExecutor(8) as pool:
    list(pool.map(point, list(pool.map(create, definitions.items()))))
"""


def main() -> int:
    """Compare, print, and return 1 when a goal is missed."""
    met = [_compare(latency, goal) for latency, goal in GOALS.items()]
    return 0 if all(met) else 1


def _compare(latency: float, goal: float) -> bool:
    """Compare at one *latency* in seconds, and return whether the goal is met."""
    with tempfile.TemporaryDirectory() as name:
        pairs = [_round(Path(name, str(number)), latency) for number in range(ROUNDS)]
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    for ours, bare in pairs:
        print(f"  publish {ours:.2f} s, bare script {bare:.2f} s: {ours / bare:.2f}")
    met = ratio <= goal
    verdict = "met" if met else "MISSED"
    where = f"at {latency * 1000:.0f} ms a call" if latency else "on this machine"
    print(
        f"publish of {WORKFLOWS} workflows {where} / bare script:"
        f" {ratio:.2f} (goal {goal}: {verdict})"
    )
    return met


def _round(folder: Path, latency: float) -> tuple[float, float]:
    project = folder / "project"
    (project / "workflows").mkdir(parents=True)
    for number in range(WORKFLOWS):
        text = MODULE.format(number=number, steps=STEPS, role=ROLE)
        (project / "workflows" / f"w{number:03}.py").write_text(text)
    with server(folder / "ours.db", latency=latency) as (url, calls):
        (project / "releases.toml").write_text(
            '[project]\nname = "benchmark"\n\n[environments.aws]\nregion = "us-east-1"\n'
            f'endpoint_url = "{url}"\nrole_arn = "{ROLE}"\n'
        )
        run(["git", "init", "--quiet"], project)
        run(["git", "add", "."], project)
        run(["git", "commit", "--quiet", "-m", "First"], project)
        built = json.loads(run([SFN_RELEASE, "build", "--json"], project))
        publish = [SFN_RELEASE, "publish", "1.0.0", "--env", "aws"]
        ours = seconds(lambda: run(publish, project))
        first = calls()
        run(publish, project)
        again = {name: count for name, count in calls().items() if name.startswith(WRITES)}
        if again:
            raise SystemExit(f"publishing the same again wrote: {again}")
    definitions = folder / "definitions.json"
    definitions.write_text(
        json.dumps(
            {
                workflow["name"]: json.dumps(workflow["definition"])
                for workflow in built["workflows"]
            }
        )
    )
    with server(folder / "bare.db", latency=latency) as (url, calls):
        bare = seconds(
            lambda: subprocess.run(
                [PYTHON, "-c", BARE, url, str(definitions), ROLE], env=ENVIRON, check=True
            )
        )
        if calls() != first:
            raise SystemExit(f"the bare script makes other calls: {calls()}, not {first}")
    return ours, bare


if __name__ == "__main__":
    sys.exit(main())
