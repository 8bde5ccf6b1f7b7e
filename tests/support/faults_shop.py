"""A small shop to break: its repository, its AWS, and what the ledger says of it.

    shop = Shop.create(folder)            three workflows, one commit, an AWS of its own
    shop.publish("1.0.0")                 with the package's own verbs, from a new workspace
    shop.publish("1.1.0", aws=Faulty(shop.aws, At("alpha.PublishStateMachineVersion", THROTTLED)))
    shop.machines()                       what AWS has, in words
    shop.publish("1.1.0"); shop.ledger()  and what the ledger says of it

Nothing here sleeps: pauses between retries take no time, and the clock is set by hand.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.deployment.runtime import Runtime, ShiftProgress
from sfn_release.ledger import Ledger
from sfn_release.local_service import ACCOUNT, REGION, LocalService, open_service
from sfn_release.names import TAG_PREFIX
from sfn_release.operations import Workspace, delete, deploy, open_workspace, publish, rollback
from sfn_release.plan import Plan
from sfn_release.plan.steps import Step
from sfn_release.project import Environment
from sfn_release.release.record import Record
from sfn_release.simulator import Mocks
from support.faults import Faulty

ENVIRONMENT = "prod"
ALIAS = "live"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"


# The surroundings


class Watcher:
    """Hears what a deployment says, and shows it to nobody; *on_plan* sees every plan."""

    def __init__(self, on_plan: Callable[[Plan], None] = lambda _: None) -> None:
        self.said: list[str] = []
        self._on_plan = on_plan

    def say(self, text: str) -> None:
        """Keep one sentence."""
        self.said.append(text)

    def planned(self, plan: Plan) -> None:
        """See the plan."""
        self._on_plan(plan)

    def applying(self, steps: int) -> None:
        """Hear that applying begins."""

    def applied(self, step: Step) -> None:
        """Hear that one step is done."""

    def seen(self, seen: ShiftProgress) -> None:
        """See how a shift stands."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def forward(self, **duration: float) -> None:
        """Move on by a duration, as `timedelta` takes it."""
        self.time += timedelta(**duration)


def runtime(
    *,
    now: Callable[[], datetime],
    actor: str = "alice",
    ci: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
) -> Runtime:
    """Return surroundings in which no time passes by itself."""
    return Runtime(
        now=now,
        new_id=lambda at: f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        new_token=lambda: secrets.token_hex(16),
        wait=lambda _: None,
        pause=lambda attempt: attempt <= 10,
        actor=actor,
        host="build-1",
        process=os.getpid(),
        ci=ci,
        watcher=watcher or Watcher(),
    )


class _Wire:
    """One boto3 client for the whole process, since making one is slow; *service* answers it."""

    service: LocalService | None = None

    def __init__(self) -> None:
        self.client = in_process(self.handle, region=REGION)

    def handle(self, operation: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer as the service that is opened."""
        assert self.service is not None
        return self.service.answer(operation, body)


@functools.cache
def _wire() -> _Wire:
    return _Wire()


# The shop


@dataclass(frozen=True)
class Machine:
    """A state machine in words: *latest* is its unqualified content, *live* what callers get.

    *versions* are the contents of its versions, oldest first.
    """

    latest: str
    live: str | None
    versions: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def release(self) -> str | None:
        """The release that brought the present content, as the tags say."""
        return self.tags.get(TAG_PREFIX + "version")


@dataclass(frozen=True)
class Told:
    """What the ledger says of the environment: its deployments and every event, newest first.

    *refs* are all refs of the ledger, releases too.
    """

    deployments: tuple[Record, ...]
    events: tuple[str, ...]
    refs: Mapping[str, str]

    @property
    def open(self) -> list[str]:
        """The deployments that did not end."""
        return [record.id for record in self.deployments if record.status == "started"]

    def count(self, action: str, version: str, status: str) -> int:
        """Return how many deployments ended so."""
        wanted = f"{action} {version} {status}"
        found = [f"{one.action} {one.version} {one.status}" for one in self.deployments]
        return found.count(wanted)


@dataclass
class Shop:
    """A project, its clone in ``root``, and an AWS account of its own below *folder*."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    endpoint: str = ""
    _ledger: Ledger | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        contents: Mapping[str, int],
        *,
        tags: Mapping[str, str] | None = None,
        remote: bool = False,
        endpoint: str = "",
    ) -> Shop:
        """Make a shop whose first commit holds *contents*, with a bare ``origin`` if *remote*.

        *endpoint* is where other processes find its AWS.
        """
        shop = cls(folder, endpoint=endpoint)
        shop.root.mkdir(parents=True)
        run_git(shop.root, "init", "-q", "--template=", "-b", "main")
        sign(shop.root)
        if remote:
            run_git(folder, "init", "-q", "--template=", "-b", "main", "--bare", "origin.git")
            # A relative URL, so that the whole folder can be copied.
            run_git(shop.root, "remote", "add", "origin", "../origin.git")
        shop.commit(contents, tags=tags)
        if remote:
            run_git(shop.root, "push", "-q", "origin", "main")
        return shop

    @property
    def root(self) -> Path:
        """The clone."""
        return self.folder / "root"

    def packed(self) -> Shop:
        """Pack the repository, so that copies are made fast."""
        run_git(self.root, "gc", "-q")
        return self

    def copy(self, folder: Path) -> Shop:
        """Return the same shop elsewhere: repository, remote, AWS and the time."""
        shutil.copytree(self.folder, folder)
        other = Shop(folder)
        other.clock.time = self.clock.time
        return other

    def commit(self, contents: Mapping[str, int], *, tags: Mapping[str, str] | None = None) -> None:
        """Commit workflows whose contents are ``{name: number}``, and no others.

        *tags* are what the environment gives every state machine.
        """
        remote = bool(run_git(self.root, "remote"))
        settings = _settings(remote=remote, tags=tags or {}, endpoint=self.endpoint)
        (self.root / "releases.toml").write_text(settings, encoding="utf-8")
        commit(self.root, contents)

    def clone(self, name: str) -> Path:
        """Clone ``origin`` into another folder of the shop."""
        root = self.folder / name
        run_git(self.folder, "clone", "-q", "--template=", "origin.git", name)
        run_git(root, "remote", "set-url", "origin", "../origin.git")  # the shop may be copied
        sign(root)
        return root

    @contextmanager
    def opened(self) -> Iterator[StepFunctions]:
        """Open this shop's AWS and give a client for it."""
        wire = _wire()
        running = open_service(
            self.folder / "aws.db", tasks_for=lambda _name, _tags: Mocks(), account=ACCOUNT
        )
        before, wire.service = wire.service, running
        try:
            yield wire.client
        finally:
            wire.service = before
            running.close()

    @property
    def aws(self) -> StepFunctions:
        """The client of whichever shop is opened."""
        return _wire().client

    def workspace(
        self,
        *,
        aws: StepFunctions | Faulty | None = None,
        root: Path | None = None,
        system_runtime: Runtime | None = None,
    ) -> Workspace:
        """Open the project as a new process would."""
        opened = open_workspace(root or self.root, system_runtime or runtime(now=self.clock))
        client = aws or self.aws

        def services(environment: Environment) -> Aws:
            if environment.name != ENVIRONMENT:
                return opened.aws(environment)
            return Aws.of(client)

        return replace(opened, aws=services)

    def publish(self, version: str, **options: Any) -> None:
        """Publish the current commit to the environment."""
        publish(self.workspace(**options), version)

    def deploy(self, version: str, **options: Any) -> None:
        """Deploy a release."""
        deploy(self.workspace(**options), version)

    def rollback(self, version: str | None = None, **options: Any) -> None:
        """Roll back."""
        rollback(self.workspace(**options), version)

    def delete(self, workflow: str, **options: Any) -> None:
        """Delete a workflow's state machine."""
        delete(self.workspace(**options), workflow)

    def machines(self) -> dict[str, Machine]:
        """Return what AWS has."""
        found = {}
        for machine in _ask("ListStateMachines")["stateMachines"]:
            arn = machine["stateMachineArn"]
            listed = _ask("ListStateMachineVersions", stateMachineArn=arn)["stateMachineVersions"]
            versions = [_content(version["stateMachineVersionArn"]) for version in listed]
            alias = _ask("DescribeStateMachineAlias", stateMachineAliasArn=f"{arn}:{ALIAS}")
            routes = alias.get("routingConfiguration", ())
            tags = _ask("ListTagsForResource", resourceArn=arn)["tags"]
            found[machine["name"]] = Machine(
                latest=_content(arn),
                live=" + ".join(_content(one["stateMachineVersionArn"]) for one in routes) or None,
                versions=tuple(reversed(versions)),
                tags={tag["key"]: tag["value"] for tag in tags},
            )
        return found

    def ledger(self) -> Told:
        """Return what the ledger says, read anew and from the remote if there is one."""
        if self._ledger is None:
            self._ledger = self.workspace().ledger
        refs = self._ledger.branches.snapshot().refs
        events = self._ledger.deployments.events(
            ENVIRONMENT, refs.get(self._ledger.layout.env_ref(ENVIRONMENT))
        )
        latest: dict[str, Record] = {}
        for _, record in events:
            latest.setdefault(record.id, record)
        return Told(tuple(latest.values()), tuple(commit for commit, _ in events), refs)


def _ask(operation: str, **request: Any) -> dict[str, Any]:
    """Ask the opened AWS, without boto3 for speed; an error is an answer too."""
    _, _, answer = _wire().handle(operation, json.dumps(request).encode())
    return cast("dict[str, Any]", json.loads(answer))


def _content(arn: str) -> str:
    definition = json.loads(_ask("DescribeStateMachine", stateMachineArn=arn)["definition"])
    return str(definition["States"]["Only"]["Result"])


def sign(root: Path) -> None:
    """Give a clone a name to commit under."""
    run_git(root, "config", "user.name", "Alice")
    run_git(root, "config", "user.email", "alice@example.com")


def commit(root: Path, contents: Mapping[str, int]) -> None:
    """Commit workflows whose contents are ``{name: number}``, and no others."""
    workflows = root / "workflows"
    shutil.rmtree(workflows, ignore_errors=True)
    workflows.mkdir()
    for name, number in contents.items():
        only = {"Type": "Pass", "Result": f"{name} {number}", "End": True}
        definition = {"StartAt": "Only", "States": {"Only": only}}
        (workflows / f"{name}.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    run_git(root, "add", "--all")
    run_git(root, "commit", "-q", "-m", json.dumps(contents))


def _settings(*, remote: bool, tags: Mapping[str, str], endpoint: str) -> str:
    return "\n".join(
        [
            "[project]",
            'name = "shop"',
            f'default_environment = "{ENVIRONMENT}"',
            *([] if remote else ['remote = ""']),
            "[environments.local]",
            f'role_arn = "{_ROLE}"',
            f"[environments.{ENVIRONMENT}]",
            f'region = "{REGION}"',
            f'role_arn = "{_ROLE}"',
            *([f'endpoint_url = "{endpoint}"'] if endpoint else []),
            f"[environments.{ENVIRONMENT}.tags]",
            *(f"{key} = {json.dumps(value)}" for key, value in tags.items()),
            "",
        ]
    )


def run_git(folder: Path, *arguments: str) -> str:
    """Run git as a person would; return what it printed."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
