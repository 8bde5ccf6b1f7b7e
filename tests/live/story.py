"""The story of the README on the account: the command line, in a scratch repository.

Each step runs a command as you would, and checks what it says. After a step that fails the others
that don't need it still run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lab import FAILURES_OF_AWS, EndlessError, Lab, machines
from .report import Step

STORY_TRANSITIONS = 24
_TIMEOUT = 900  # seconds of one command, of which a canary may take minutes
_DIFFERENCE = 3  # the exit code of `status --check`


def tell(lab: Lab, chosen: Collection[str]) -> Iterator[Step]:
    """Run the steps of the story with the ids *chosen*, and yield each as it ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"{lab.prefix}scratch"))
    try:
        scratch = Scratch(lab, folder)
        scratch.set_up()
        for id, (name, step) in STEPS.items():
            if id in chosen:
                yield _step(name, step, scratch)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _step(name: str, step: Callable[[Scratch], None], scratch: Scratch) -> Step:
    try:
        step(scratch)
    except FAILURES as error:
        return Step(name, ok=False, problem=str(error))
    return Step(name, ok=True)


class UnexpectedError(Exception):
    """A command ended otherwise than it should; the message has its output."""


FAILURES = (
    *FAILURES_OF_AWS,
    EndlessError,
    UnexpectedError,
    subprocess.TimeoutExpired,
    ValueError,
    KeyError,
    OSError,
)


@dataclass
class Scratch:
    """A repository with one environment, ``live``, on the account."""

    lab: Lab
    folder: Path

    def set_up(self) -> None:
        """Make the repository."""
        settings, prefix = self.lab.settings, self.lab.prefix
        profile = "" if settings.profile == "default" else f'profile = "{settings.profile}"\n'
        endpoint = f'endpoint_url = "{settings.endpoint}"\n' if settings.endpoint else ""
        self.git("init", "--quiet")
        self.write(
            "releases.toml",
            f'[project]\nname = "live-suite"\ndefault_environment = "live"\nremote = ""\n\n'
            f'[environments.live]\nregion = "{settings.region}"\n{profile}{endpoint}'
            f'role_arn = "{settings.role}"\nname = "{prefix}{{workflow}}"\n'
            f'tags = {{ sfn-live = "{self.lab.run}" }}\n'
            f'strategy = {{ type = "canary", percent = 50, interval = "{settings.canary}",'
            " max_failures = 1 }\n",
        )
        self.workflow("hello", "Hello Alice")

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository."""
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def workflow(self, name: str, result: str) -> None:
        """Write a workflow whose output is *result*, and commit it."""
        state = {"Type": "Pass", "Result": result, "End": True}
        definition = {"StartAt": "Greet", "States": {"Greet": state}}
        self.write(f"workflows/{name}.asl.json", json.dumps(definition))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", f"{name}: {result}")

    def git(self, *arguments: str) -> None:
        """Run git."""
        who = ["-c", "user.name=Live", "-c", "user.email=live@example.com"]
        command = ["git", *who, "-c", "commit.gpgsign=false", "-c", "core.hooksPath=", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def run(self, *arguments: str, code: int = 0, transitions: int = 0) -> Any:
        """Run sfn-release with ``--json`` and return its answer; raises UnexpectedError."""
        if transitions:
            self.lab.refuse_endless()
        self.lab.transitions += transitions
        command = [sys.executable, "-m", "sfn_release", "--json", *arguments]
        environ = {**os.environ, "GIT_CONFIG_COUNT": "2"}
        for number, (key, value) in enumerate(
            [("user.name", "Live"), ("user.email", "live@example.com")]
        ):
            environ |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if ran.returncode != code:
            shown = f"sfn-release {' '.join(arguments)} ended with {ran.returncode}, not {code}"
            raise UnexpectedError(f"{shown}\n{ran.stdout[-1500:]}{ran.stderr[-1500:]}")
        with suppress(ValueError):
            return json.loads(ran.stdout)
        return ran.stdout

    def says(self, result: str) -> None:
        """Execute ``hello`` by its alias, and compare the output."""
        found = self.run("execute", "hello", transitions=2)["output"]
        expect(result, found)

    @property
    def arn(self) -> str:
        """The ARN of the state machine of ``hello``."""
        wanted = f"{self.lab.prefix}hello"
        for name, arn in machines(self.lab.client):
            if name == wanted:
                return arn
        raise UnexpectedError(f"there is no state machine {wanted}")


def expect(expected: object, found: object) -> None:
    """Raise UnexpectedError for two values that differ."""
    if expected != found:
        raise UnexpectedError(f"expected {expected!r}, found {found!r}")


def _checked(scratch: Scratch) -> None:
    scratch.run("check")
    scratch.run("env", "check", "--env", "live")


def _published(scratch: Scratch) -> None:
    (record,) = scratch.run("publish", "1.0.0")["deployments"]
    expect("succeeded", record["status"])
    scratch.says("Hello Alice")


def _shifted(scratch: Scratch) -> None:
    scratch.workflow("hello", "Hello Bob")
    (record,) = scratch.run("publish", "1.1.0")["deployments"]
    expect("succeeded", record["status"])
    expect("updated", record["workflows"]["hello"]["change"])
    scratch.says("Hello Bob")


def _versions(scratch: Scratch) -> None:
    (environment,) = scratch.run("status", "--env", "live", "--check")["environments"]
    expect(("1.1.0", "in-sync"), (environment["version"], environment["state"]))
    client = scratch.lab.client
    found = client.list_state_machine_versions(stateMachineArn=scratch.arn)
    expect(2, len(found["stateMachineVersions"]))
    alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{scratch.arn}:live")
    expect([100], [route["weight"] for route in alias["routingConfiguration"]])


def _rolled_back(scratch: Scratch) -> None:
    (record,) = scratch.run("rollback", "--yes")["deployments"]
    expect(("succeeded", "1.0.0"), (record["status"], record["version"]))
    scratch.says("Hello Alice")


def _drifted(scratch: Scratch) -> None:
    state = {"Type": "Pass", "Result": "Mallory", "End": True}
    edited = json.dumps({"StartAt": "Greet", "States": {"Greet": state}})
    scratch.lab.client.update_state_machine(stateMachineArn=scratch.arn, definition=edited)
    (environment,) = scratch.run("status", "--env", "live", "--check", code=_DIFFERENCE)[
        "environments"
    ]
    expect("drifted", environment["state"])
    scratch.run("deploy", "1.0.0")
    scratch.run("status", "--env", "live", "--check")


def _adopted(scratch: Scratch) -> None:
    state = {"Type": "Pass", "Result": "by hand", "End": True}
    by_hand = {"StartAt": "Greet", "States": {"Greet": state}}
    scratch.lab.create(by_hand, name=f"{scratch.lab.prefix}found")
    scratch.workflow("found", "by release")
    scratch.run("publish", "1.2.0", code=1)
    scratch.run("deploy", "1.0.0")
    scratch.run("publish", "1.2.0", "--adopt")
    found = scratch.run("execute", "found", transitions=2)["output"]
    expect("by release", found)


def _verified(scratch: Scratch) -> None:
    scratch.run("verify")
    scratch.run("verify", "--env", "live")
    expect(True, len(scratch.run("history")["deployments"]) >= 4)


def _deleted(scratch: Scratch) -> None:
    names = [name for name, _ in machines(scratch.lab.client)]
    for workflow in ("hello", "found"):
        if f"{scratch.lab.prefix}{workflow}" in names:
            scratch.run("delete", workflow, "--yes")


STEPS: Mapping[str, tuple[str, Callable[[Scratch], None]]] = {
    "check": ("check the project and the environment", _checked),
    "publish": ("publish 1.0.0 and execute it", _published),
    "canary": ("publish 1.1.0 with a canary", _shifted),
    "versions": ("versions and alias are as recorded", _versions),
    "rollback": ("roll back to 1.0.0", _rolled_back),
    "drift": ("find a manual change, and undo it", _drifted),
    "adopt": ("adopt a state machine made by hand", _adopted),
    "verify": ("verify the ledger and what is live", _verified),
    "delete": ("delete the state machines", _deleted),
}
