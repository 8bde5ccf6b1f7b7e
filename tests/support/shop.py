"""Helpers of the tests of the engine: projects in real repositories, a clock, a watcher.

A `Shop` is a clone of a project with workflows as ``*.asl.json`` files, which build without a
process of their own. Environments that are not `local` get a Step Functions client of a service of
their own, so that nothing here needs a network.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import sfn_release as sfn
from sfn_release.aws.clients import Aws, no_other
from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.local_service import open_service
from sfn_release.operations.verbs.delete import delete
from sfn_release.operations.verbs.deploy import deploy
from sfn_release.operations.verbs.publish import Published, publish
from sfn_release.operations.verbs.rollback import rollback
from sfn_release.operations.workspace import Workspace, open_workspace
from sfn_release.project import Environment
from sfn_release.release.record import Record
from sfn_release.release.serving import Serving
from sfn_release.simulator import Mocks
from support.git import run_git
from support.repository import Repository
from support.views import History, Machine, history, machines
from support.world import NOON, REGION, Clock, Watcher, world

ROLE = "arn:aws:iam::000000000000:role/shop"
RELEASES = "refs/heads/sfn-release/shop/releases"
LOCAL = "refs/heads/sfn-release/shop/env/local"
PROD = "refs/heads/sfn-release/shop/env/prod"

CONFIG = f"""\
[project]
name = "shop"

[environments.local]
role_arn = "{ROLE}"
parameters = {{ Who = "Alice" }}

[environments.prod]
region = "eu-west-1"
role_arn = "{ROLE}"
parameters = {{ Who = "Alice" }}
"""
"""Environments `local` and `prod`, which have one parameter."""

ALONE = CONFIG.replace('"shop"', '"shop"\nremote = ""')
"""The same for a clone that is the only one: ``prod`` needs no remote."""

_names = itertools.count(1)


@dataclass
class Shop(Repository):
    """A clone of the project, and the accounts that its environments are in.

    *clients* are the Step Functions of environments, *others* other services of AWS by botocore's
    ids. An environment that has no client yet gets an account in memory. A shop that is *over_http*
    reaches every environment as its configuration says. *during* is called at every wait of a
    deployment with the time since it began.
    """

    watcher: Watcher = field(default_factory=Watcher)
    clock: Clock = field(default_factory=Clock)
    clients: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    over_http: bool = False
    actor: str = "ann"
    process: int = 1
    ci: Mapping[str, Any] | None = None
    during: Callable[[timedelta], None] = lambda _: None
    began: datetime = NOON

    def using(self, client: Any, environment: str = "prod") -> Shop:
        """Return the same shop, with *client* as the Step Functions client of an environment."""
        return replace(self, clients={**self.clients, environment: client})

    def workspace(self) -> Workspace:
        """Open the project as a command does."""

        def wait(seconds: float) -> None:
            self.clock.wait(seconds)
            self.during(self.clock.at - self.began)

        runtime = world(
            self.clock,
            self.watcher,
            wait=wait,
            actor=self.actor,
            process=self.process,
            ci=self.ci,
        )
        workspace = open_workspace(self.project, runtime)
        configured = workspace.aws

        def aws(environment: Environment) -> Aws:
            name = environment.name
            if self.over_http:
                return configured(environment)
            if name not in self.clients:
                self.clients[name] = (
                    configured(environment).stepfunctions
                    if not environment.backend.needs_credentials
                    else sfn.local(region=environment.region or "")
                )
            return Aws.of(self.clients[name], self.other)

        return replace(workspace, aws=aws)

    def other(self, service: str) -> Any:
        """Return another service of the account; raises ConfigError for one that isn't there."""
        return self.others[service] if service in self.others else no_other()(service)

    # The verbs, each in a workspace of its own, as commands run them

    def publish(self, version: str, *environments: str, **options: Any) -> Published:
        """Publish the current commit."""
        self.began = self.clock.at
        return publish(self.workspace(), version, environments=environments, **options)

    def release(self, version: str, **results: Any) -> Published:
        """Commit *results* and publish them, without deploying."""
        self.commit(**results)
        return self.publish(version, deploy=False)

    def deploy(self, version: str, environment: str | None = None, **options: Any) -> Any:
        """Deploy a release; return the record, or None if there was nothing to do."""
        self.began = self.clock.at
        return deploy(self.workspace(), version, environment=environment, **options)

    def rollback(
        self, version: str | None = None, environment: str | None = None, **options: Any
    ) -> Record | None:
        """Roll back."""
        self.began = self.clock.at
        return rollback(self.workspace(), version, environment=environment, **options)

    def delete(self, workflow: str, environment: str | None = None, **options: Any) -> Any:
        """Delete a workflow's state machine."""
        return delete(self.workspace(), workflow, environment=environment, **options)

    # The ledger

    def serving(self, environment: str = "local") -> Serving:
        """Return the served state of an environment from the ledger."""
        ledger = self.workspace().ledger
        serving = ledger.deployments.state(
            ledger.branches.snapshot(offline=True), environment
        ).serving
        assert serving is not None
        return serving

    def record(self, environment: str = "prod") -> Any:
        """Return the last record of an environment."""
        ledger = self.workspace().ledger
        return ledger.deployments.state(ledger.branches.snapshot(offline=True), environment).record

    def history(self, environment: str = "prod") -> History:
        """Return the deployments of an environment, read again."""
        return history(self.workspace().ledger, environment)

    # AWS

    def client(self, environment: str = "local") -> StepFunctions:
        """Return an environment's client."""
        if environment in self.clients:
            return cast("StepFunctions", self.clients[environment])
        workspace = self.workspace()
        return workspace.aws(workspace.environment(environment)).stepfunctions

    def live(self, name: str, environment: str = "local", alias: str = "live") -> tuple[Any, Any]:
        """Return the results that callers of the alias and of the bare machine get."""
        client = self.client(environment)
        arn = self.arn(name, environment)
        routes = client.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:{alias}")
        version = routes["routingConfiguration"][0]["stateMachineVersionArn"]
        described = [
            client.describe_state_machine(stateMachineArn=which) for which in (version, arn)
        ]
        found = [
            json.loads(machine["definition"])["States"]["Only"]["Result"] for machine in described
        ]
        return found[0], found[1]

    def arn(self, name: str, environment: str = "local") -> str:
        """Return a state machine's ARN."""
        machines = self.client(environment).list_state_machines()["stateMachines"]
        found = [machine["stateMachineArn"] for machine in machines if machine["name"] == name]
        assert len(found) == 1
        return str(found[0])

    def versions(self, name: str, environment: str = "local") -> list[int]:
        """Return the numbers of a machine's AWS versions, newest first."""
        client, arn = self.client(environment), self.arn(name, environment)
        listed = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        return [int(version["stateMachineVersionArn"].rpartition(":")[2]) for version in listed]

    def machines(self, environment: str = "prod") -> dict[str, Machine]:
        """Return the state machines of an environment's account by name."""
        return machines(self.client(environment))

    def routing(self, workflow: str = "hello", environment: str = "prod") -> dict[int, int]:
        """Return the weights of a workflow's alias by version number."""
        arn = f"{self.arn(workflow, environment)}:live"
        alias = self.client(environment).describe_state_machine_alias(stateMachineAliasArn=arn)
        return {
            int(route["stateMachineVersionArn"].rpartition(":")[2]): route["weight"]
            for route in alias["routingConfiguration"]
        }

    def start(self, version: int, workflow: str = "hello", **given: Any) -> str:
        """Start an execution of a version in ``prod``, as the alias would; return its ARN."""
        answer = self.client("prod").start_execution(
            stateMachineArn=f"{self.arn(workflow, 'prod')}:{version}",
            name=f"run-{next(_names)}",
            input=json.dumps(given),
        )
        return str(answer["executionArn"])


def make_shop(
    folder: Path, *, config: str = CONFIG, workflows: Mapping[str, Any] | None = None
) -> Shop:
    """Make a repository in *folder* with one commit: a project of these *workflows*."""
    shop = Shop(folder)
    folder.mkdir(parents=True)
    shop.git("init", "--quiet")
    shop.write("releases.toml", config)
    shop.commit(**(workflows or {"hello": "one"}))
    return shop


def copy_shop(tmp_path: Path, name: str = "shop") -> Shop:
    """Return a copy of the one template: the fast way to `make_shop` with its defaults."""
    template = tmp_path.parent / "template-shop"
    if not template.exists():
        make_shop(template)
    shutil.copytree(template, tmp_path / name)
    return Shop(tmp_path / name)


def account(shop: Shop, *, aws_time: Callable[[], float] | None = None) -> Shop:
    """Set ``prod``'s account to a file beside the clone, which is copied with it.

    *aws_time* is AWS's clock; without it AWS goes by the real time.
    """
    aws = open_service(
        shop.root.parent / "aws.db",
        tasks_for=lambda _scope: Mocks(),
        clock=aws_time or time.time,
        region=REGION,
    )
    client = in_process(aws.answer, region=REGION)
    weakref.finalize(client, aws.close)
    shop.clients["prod"] = client
    return shop


def copied(shop: Shop, folder: Path) -> Shop:
    """Return the same shop in *folder*: its clone, its remote, the time and its account."""
    shutil.copytree(shop.root.parent, folder, dirs_exist_ok=True)
    moved = replace(
        shop,
        root=folder / shop.root.name,
        clock=Clock(shop.clock.at, tick=shop.clock.tick),
        watcher=Watcher(),
        clients={},
        others={},
    )
    settings = moved.root / ".git" / "config"  # it has the path of the remote
    settings.write_text(settings.read_text().replace(f"{shop.root.parent}/", f"{folder}/"))
    return account(moved)


def made_once(tmp_path: Path, name: str, make: Callable[[Shop], object]) -> Shop:
    """Return a copy of the shop *name*, which *make* made once out of the template.

    The clone, its remote, the time and the account of ``prod`` are copied: no test sees another's.
    """
    template = tmp_path.parent / f"template-{name}"
    if not template.exists():
        making = tmp_path.parent / f"making-{name}"
        shop = account(copy_shop(making))
        make(shop)
        (making / "time").write_text(shop.clock.at.isoformat())
        settings = shop.root / ".git" / "config"
        settings.write_text(settings.read_text().replace(f"{making}/", f"{template}/"))
        making.rename(template)
    at = datetime.fromisoformat((template / "time").read_text())
    return copied(Shop(template / "shop", clock=Clock(at)), tmp_path)


def add_remote(shop: Shop, *, name: str = "origin") -> Path:
    """Add a bare remote with the clone's commits, and return the remote's folder."""
    remote = shop.root.parent / f"{shop.root.name}-{name}.git"
    object_format = shop.git("rev-parse", "--show-object-format")
    run_git(
        shop.root.parent,
        *("init", "--quiet", "--bare", f"--object-format={object_format}", str(remote)),
    )
    shop.git("remote", "add", name, str(remote))
    shop.git("push", "--quiet", name, "HEAD:main")
    return remote


def clone(shop: Shop, name: str = "clone", *options: str) -> Shop:
    """Return another clone of the remote, with the same AWS accounts."""
    root = shop.root.parent / name
    url = shop.git("remote", "get-url", "origin")
    run_git(shop.root.parent, "clone", "--quiet", *options, url, str(root))
    shared = {name: client for name, client in shop.clients.items() if name != "local"}
    return Shop(root, shop.folder, clock=shop.clock, clients=shared, process=shop.process)


def untouched(shop: Shop) -> tuple[Any, ...]:
    """Return everything of a clone that no command may change."""
    index = shop.root / ".git" / "index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    return (
        *before,
        shop.git("--no-optional-locks", "status", "--porcelain=v2", "--branch", "--ignored"),
        shop.git("symbolic-ref", "HEAD"),
        shop.git("rev-parse", "HEAD"),
        sorted(_files(shop.root)),
    )


def _files(root: Path) -> Iterable[tuple[str, bytes]]:
    for path in root.rglob("*"):
        if ".git" not in path.relative_to(root).parts and path.is_file():
            yield str(path), path.read_bytes()
