"""The local service and the simulator against other emulators, in one run.

Over HTTP: executions of a workflow of ten states on `sfn-release local serve`, on moto's server in
execute mode and on ministack, with the same client. It starts an execution and waits for its end,
one after the other, as a test does. Then it starts a tenth of them at once, and waits for all; that
has no goal, because the client's own time is a large part of it. In process: the simulator against
the npm package aws-local-stepfunctions. Each output is compared with the expected one.

The other emulators are installed into the folder at the first run. You need Node.js for the
package. Moto and ministack need a few minutes for 1,000 executions.

    python benchmarks/emulators.py [--executions N] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from measuring import ENVIRON, SFN_RELEASE, run, seconds

from simulator import run as simulate

PACKAGES = ("moto[server,stepfunctions]==5.2.5", "ministack==1.5.33")
NODE_PACKAGE = "aws-local-stepfunctions@3.0.0"
HTTP_GOAL = 5  # times faster
PROCESS_GOAL = 2  # times faster
ROUNDS = 10
POLL = 0.001  # seconds
ROLE = "arn:aws:iam::123456789012:role/benchmark"

# Every emulator runs these states: eight of the machine itself, and one in each branch.
DEFINITION = {
    "StartAt": "Receive",
    "States": {
        "Receive": {
            "Type": "Pass",
            "Parameters": {"id.$": "$.order.id", "lines.$": "$.order.lines", "tax": 7},
            "Next": "Add tax",
        },
        "Add tax": {
            "Type": "Pass",
            "Parameters": {"amount.$": "States.MathAdd($.id, $.tax)"},
            "ResultPath": "$.total",
            "Next": "Is it large",
        },
        "Is it large": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.total.amount", "NumericGreaterThan": 1_000_000, "Next": "Refuse"}
            ],
            "Default": "Both",
        },
        "Refuse": {"Type": "Fail", "Error": "TooLarge"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Reserve", "States": {"Reserve": {"Type": "Pass", "End": True}}},
                {
                    "StartAt": "Charge",
                    "States": {
                        "Charge": {"Type": "Pass", "Result": {"charged": True}, "End": True}
                    },
                },
            ],
            "ResultPath": "$.both",
            "Next": "Name",
        },
        "Name": {
            "Type": "Pass",
            "Parameters": {"text.$": "States.Format('Order {}', $.id)"},
            "ResultPath": "$.name",
            "Next": "Is it named",
        },
        "Is it named": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.name.text",
                    "StringMatches": "Order *",
                    "Next": "Summarize",
                }
            ],
            "Default": "Refuse",
        },
        "Summarize": {
            "Type": "Pass",
            "Parameters": {
                "text.$": "$.name.text",
                "amount.$": "$.total.amount",
                "charged.$": "$.both[*].charged",
            },
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}

NODE_SCRIPT = """
const { StateMachine } = require("aws-local-stepfunctions");
const { readFileSync } = require("node:fs");
const { definition, inputs } = JSON.parse(readFileSync(0));
const machine = new StateMachine(definition);
async function runAll(some) {
  const outputs = [];
  for (const input of some) outputs.push(await machine.run(input).result);
  return outputs;
}
(async () => {
  await runAll(inputs.slice(0, 100));
  const begun = performance.now();
  const outputs = await runAll(inputs);
  console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000, outputs }));
})();
"""


def main(folder: Path, executions: int) -> int:
    """Install, measure, print, and return 1 when a goal is missed."""
    _install(folder)
    met = [*_over_http(folder, executions // ROUNDS), _in_process(folder, executions)]
    return 0 if all(met) else 1


def order(number: int) -> dict[str, Any]:
    """Return the input of an execution."""
    return {"order": {"id": number, "lines": list(range(number % 5))}}


def expected(number: int) -> dict[str, Any]:
    """Return the output of the execution on `order` of the same number."""
    return {"text": f"Order {number}", "amount": number + 7, "charged": [True]}


def _install(folder: Path) -> None:
    if not (folder / "venv").exists():
        venv.create(folder / "venv", with_pip=True)
        run([str(folder / "venv/bin/pip"), "install", "--quiet", *PACKAGES], folder)
    if not (folder / "node_modules").exists() and shutil.which("npm"):
        run(["npm", "install", "--silent", "--prefix", str(folder), NODE_PACKAGE], folder)


def _over_http(folder: Path, size: int) -> list[bool]:
    """Compare in rounds of *size* executions one after the other, and as many at once."""
    names = ("sfn-release", "moto", "ministack")
    with contextlib.ExitStack() as stack:
        emulators = {
            name: _Emulator(name, stack.enter_context(serving(folder, name)).url) for name in names
        }
        for emulator in emulators.values():
            emulator.execute(range(2))  # the first ones load modules
        alone = _in_turn({name: emulator.execute for name, emulator in emulators.items()}, 2, size)
        together = _in_turn(
            {name: emulator.execute_at_once for name, emulator in emulators.items()},
            2 + ROUNDS * size,
            size,
        )
    print(f"{ROUNDS * size:,} executions over HTTP, one after the other:")
    ours = alone.pop("sfn-release")
    met = [_faster(name, ours, theirs, HTTP_GOAL) for name, theirs in alone.items()]
    print(f"{ROUNDS * size:,} executions over HTTP, {size} at once:")
    ours = together.pop("sfn-release")
    for name, theirs in together.items():
        _faster(name, ours, theirs)
    return met


def _in_turn(
    emulators: Mapping[str, Callable[[Sequence[int]], None]], first: int, size: int
) -> dict[str, list[float]]:
    """Return each emulator's seconds for each round of *size* orders, numbered from *first* on."""
    spent: dict[str, list[float]] = {name: [] for name in emulators}
    for number in range(first, first + ROUNDS * size, size):
        for name, execute in emulators.items():
            spent[name].append(seconds(partial(execute, range(number, number + size))))
    return spent


def client_of(url: str) -> Any:
    """Return a client of the Step Functions at *url*."""
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="benchmark",  # noqa: S106 - no secret
    )


class _Emulator:
    """An emulator with the machine, and a client for it."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._client = client_of(url)
        self._machine = self._client.create_state_machine(
            name="order", definition=json.dumps(DEFINITION), roleArn=ROLE
        )["stateMachineArn"]

    def execute(self, numbers: Sequence[int]) -> None:
        """Execute the orders, one after the other."""
        for number in numbers:
            self._await_end(number, self._start(number))

    def execute_at_once(self, numbers: Sequence[int]) -> None:
        """Start an execution of each order, then wait for all."""
        started = [(number, self._start(number)) for number in numbers]
        for number, arn in started:
            self._await_end(number, arn)

    def _start(self, number: int) -> str:
        arn: str = self._client.start_execution(
            stateMachineArn=self._machine,
            name=f"order-{number}",
            input=json.dumps(order(number)),
        )["executionArn"]
        return arn

    def _await_end(self, number: int, arn: str) -> None:
        while True:
            execution = self._client.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                break
            time.sleep(POLL)
        if execution["status"] != "SUCCEEDED" or json.loads(execution["output"]) != expected(
            number
        ):
            raise SystemExit(f"{self.name}: {execution}")


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    pid: int


@contextlib.contextmanager
def serving(folder: Path, name: str) -> Iterator[Server]:
    """Run an emulator's server. Its log goes to *folder*."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = str(free.getsockname()[1])
    binaries = folder / "venv/bin"
    commands: Mapping[str, Sequence[str]] = {
        "sfn-release": (SFN_RELEASE, "local", "serve", "--port", port),
        "moto": (str(binaries / "moto_server"), "-p", port),
        "ministack": (str(binaries / "ministack"),),
    }
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        environ = {**ENVIRON, "GATEWAY_PORT": port, "HOME": home, "XDG_DATA_HOME": home}
        with (folder / f"{name}.log").open("w") as log:
            server = subprocess.Popen(
                commands[name], cwd=home, env=environ, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            _await_port(int(port), server)
            if name == "moto":
                _execute_for_real(url)
            yield Server(url, server.pid)
        finally:
            server.terminate()
            server.wait()


def _await_port(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise SystemExit("A server did not start. Its log is in the folder of the emulators.")


def _execute_for_real(url: str) -> None:
    """Switch moto to its interpreter; without it, executions just succeed after a while."""
    config = json.dumps({"stepfunctions": {"execute_state_machine": True}})
    with contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"))) as moto:
        moto.request("POST", "/moto-api/config", config)
        assert moto.getresponse().status < 300  # noqa: PLR2004 - HTTP's successes


def _in_process(folder: Path, executions: int) -> bool:
    if not shutil.which("node"):
        print("in process: there is no Node.js to run aws-local-stepfunctions")
        return True
    inputs = [order(number) for number in range(executions)]
    outputs = [expected(number) for number in range(executions)]
    job = json.dumps({"definition": DEFINITION, "inputs": inputs})

    def theirs() -> float:
        done = subprocess.run(
            ["node", "-e", NODE_SCRIPT],
            cwd=folder,
            env=ENVIRON,
            input=job,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        assert answer["outputs"] == outputs
        return float(answer["seconds"])

    def ours() -> float:
        begun = time.perf_counter()
        found = [simulate(DEFINITION, input) for input in inputs]
        took = time.perf_counter() - begun
        assert found == outputs
        return took

    ours()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    print(f"{executions:,} executions in process:")
    mine, base = zip(*pairs, strict=True)
    return _faster("aws-local-stepfunctions", mine, base, PROCESS_GOAL)


def _faster(
    name: str, ours: Sequence[float], theirs: Sequence[float], goal: float | None = None
) -> bool:
    ratios = [base / mine for mine, base in zip(ours, theirs, strict=True)]
    ratio = statistics.median(ratios)
    met = goal is None or ratio >= goal
    verdict = "" if goal is None else f"goal {goal}: {'met' if met else 'MISSED'}; "
    print(
        f"  faster than {name:<24} {ratio:6.1f} times ({verdict}{min(ratios):.1f} to"
        f" {max(ratios):.1f} in {len(ratios)} rounds; {sum(ours):.2f} s against"
        f" {sum(theirs):.2f} s)"
    )
    return met


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=cache / "sfn-release-emulators")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sys.exit(main(options.folder.resolve(), options.executions))
