"""Other emulators of Step Functions, side by side with this one, in one run.

    python benchmarks/emulators.py [--folder FOLDER] [--executions N]

It makes an environment of its own in FOLDER, ``../benchmark-emulators`` by default: a virtual
environment with moto and ministack, and the npm package aws-local-stepfunctions. It needs npm and
the package registries once.

In process, N executions of a workflow of ten states run here and in Node. Over HTTP, eight threads
start N executions of it, and the time ends when the last one has succeeded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from measuring import ENVIRON, PYTHON, seconds

from sfn_release.simulator import ContextSeed, Mocks, VirtualClock, simulate

PACKAGES = ("moto[server,stepfunctions]==5.2.5", "ministack==1.5.33")
NPM = "aws-local-stepfunctions@3.0.0"
IN_PROCESS, OVER_HTTP = 2, 5  # times as fast
ROUNDS = 5
THREADS = 8
INPUT = {"order": {"id": 17, "total": 120.5}, "customer": "Ada"}
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(
    f"{ARN}:execution:ten:first",
    "first",
    "arn:aws:iam::000000000000:role/benchmark",
    f"{ARN}:stateMachine:ten",
    "ten",
    START,
)
IN_NODE = """
import { StateMachine } from 'aws-local-stepfunctions';
const { definition, input, executions } = JSON.parse(process.argv[2]);
const machine = new StateMachine(definition);
const repeat = async (count) => {
  for (let n = 0; n < count; n++) await machine.run(input).result;
};
await repeat(executions / 10);
const begun = performance.now();
await repeat(executions);
console.log((performance.now() - begun) / 1000);
"""


def definition() -> dict[str, Any]:
    """Return a workflow of ten states: Pass with paths, Choice, and Succeed."""
    select = {"order.$": "$.order", "customer.$": "$.customer"}
    states: dict[str, Any] = {}
    for number in range(9):
        following = f"S{number + 1}"
        rule = {"Variable": "$.order.total", "NumericGreaterThan": 100, "Next": following}
        states[f"S{number}"] = (
            {"Type": "Choice", "Choices": [rule], "Default": following}
            if number % 2
            else {"Type": "Pass", "Parameters": select, "Next": following}
        )
    return {"StartAt": "S0", "States": {**states, "S9": {"Type": "Succeed"}}}


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("..") / "benchmark-emulators")
    parser.add_argument("--executions", type=int, default=1000)
    options = parser.parse_args()
    folder = options.folder.resolve()
    _install(folder)
    met = [_in_process(folder, options.executions), _over_http(folder, options.executions)]
    return 0 if all(met) else 1


def _install(folder: Path) -> None:
    """Install the other emulators, unless they're there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "bin" / "moto_server").exists():
        subprocess.run([PYTHON, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-qqq", *PACKAGES], check=True)
    if not (folder / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, NPM], check=True)
    (folder / "run.mjs").write_text(IN_NODE)


def _in_process(folder: Path, executions: int) -> bool:
    """Compare with Node, in turn."""

    def ours() -> None:
        for _ in range(executions):
            simulate(definition_, INPUT, tasks=Mocks(), clock=VirtualClock(START), context=SEED)

    definition_ = definition()
    request = {"definition": definition_, "input": INPUT, "executions": executions}
    command = ["node", "run.mjs", json.dumps(request)]
    ours()
    pairs = []
    for _ in range(ROUNDS):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        pairs.append((seconds(ours), float(done.stdout)))
    return _shown("in process, against aws-local-stepfunctions", pairs, IN_PROCESS)


def _shown(what: str, pairs: list[tuple[float, float]], goal: float) -> bool:
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    met = ratio >= goal
    print(
        f"{what:<46} {ratio:6.2f} times as fast (goal {goal:g}: {'met' if met else 'MISSED'};"
        f" {ours:.2f} s against {theirs:.2f} s, {len(pairs)} rounds)"
    )
    return met


def _over_http(folder: Path, executions: int) -> bool:
    """Compare with the servers of moto and ministack."""
    programs = {
        "ours": [PYTHON, "-m", "sfn_release", "local", "serve", "--port", "18301"],
        "moto": [str(folder / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", "18302"],
        "ministack": [str(folder / "bin" / "ministack")],
    }
    ports = {"ours": 18301, "moto": 18302, "ministack": 18303}
    spent: dict[str, float] = {}
    for name, command in programs.items():
        with _server(command, ports[name]) as client:
            spent[name] = _executed(client, executions)
    met = [
        _shown(f"over HTTP, against {name}", [(spent["ours"], spent[name])], OVER_HTTP)
        for name in ("moto", "ministack")
    ]
    return all(met)


@contextmanager
def _server(command: list[str], port: int) -> Iterator[Any]:
    """Run a server in an empty folder, and yield a client of it."""
    own = {"GATEWAY_PORT": str(port), "EDGE_PORT": str(port), "AWS_DEFAULT_REGION": "us-east-1"}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**ENVIRON, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            if "moto" in command[0]:
                _post(f"{url}/moto-api/config", {"stepfunctions": {"execute_state_machine": True}})
            yield boto3.client(
                "stepfunctions",
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="benchmark",
                aws_secret_access_key="benchmark",  # noqa: S106 - of no account
                config=Config(max_pool_connections=THREADS, retries={"max_attempts": 0}),
            )
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} doesn't answer.")


def _post(url: str, body: Mapping[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request)  # noqa: S310 - loopback


def _executed(client: Any, executions: int) -> float:
    """Return the seconds until *executions* have succeeded; the first one warms the server up."""
    machine = client.create_state_machine(
        name="ten", definition=json.dumps(definition()), roleArn=SEED.role_arn
    )["stateMachineArn"]
    input = json.dumps(INPUT)

    def start(number: int) -> str:
        answer = client.start_execution(stateMachineArn=machine, name=f"run-{number}", input=input)
        arn: str = answer["executionArn"]
        return arn

    def finish(arn: str) -> None:
        while (status := client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            time.sleep(0.005)
        if status != "SUCCEEDED":
            raise SystemExit(f"{arn}: {status}")

    finish(start(-1))
    with ThreadPoolExecutor(THREADS) as threads:

        def run() -> None:
            for _ in threads.map(finish, threads.map(start, range(executions))):
                pass

        return seconds(run)


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
