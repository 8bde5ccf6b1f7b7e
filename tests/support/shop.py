"""What the tests of the engine share: projects in real repositories, a clock, a silent watcher.

A `Shop` is a clone of a project with workflows as ``*.asl.json`` files, which build without a
process of their own. Environments that are not `local` get a Step Functions client of a service of
their own, so that nothing here needs a network.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sfn_release as sfn
from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.operations.verbs.deploy import deploy
from sfn_release.operations.verbs.publish import Published, publish
from sfn_release.operations.verbs.rollback import rollback
from sfn_release.operations.workspace import Workspace, open_workspace
from sfn_release.project import Environment
from sfn_release.release.record import Record
from sfn_release.release.serving import Serving
from support.git import run_git
from support.values import definition
from support.world import Clock, SilentWatcher, system_runtime

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


@dataclass
class Shop:
    """A clone of the project. *root* is the repository, *folder* where the project lies in it.

    *clients* are those of Step Functions by environment, *others* those of other services of AWS by
    botocore's ids.
    """

    root: Path
    folder: str = ""
    watcher: SilentWatcher = field(default_factory=SilentWatcher)
    clock: Clock = field(default_factory=Clock)
    clients: dict[str, StepFunctions] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.root / self.folder

    def git(self, *arguments: str) -> str:
        """Run git in the clone and return what it prints, without the last newline."""
        return run_git(self.root, *arguments)

    def write(self, path: str, content: str) -> None:
        """Write a file of the project."""
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def workflow(self, name: str, result: Any) -> None:
        """Write the workflow *name*: one Pass state that yields *result*."""
        self.write(f"workflows/{name}.asl.json", json.dumps(definition(result), indent=2))

    def commit(self, **results: Any) -> str:
        """Commit everything, after writing a workflow for each of *results*; return its id."""
        for name, result in results.items():
            self.workflow(name, result)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")

    def workspace(self) -> Workspace:
        """Open the project as a command does."""
        workspace = open_workspace(self.project, system_runtime(self.watcher, self.clock))
        local = workspace.aws

        def aws(environment: Environment) -> Aws:
            name = environment.name
            if name not in self.clients:
                private = environment.backend.embedded
                region = environment.region or ""
                self.clients[name] = (
                    local(environment).stepfunctions if private else sfn.local(region=region)
                )
            return Aws.of(self.clients[name], self.others.__getitem__)

        return replace(workspace, aws=aws)

    # The verbs, each in a workspace of its own, as commands run them

    def publish(self, version: str, *environments: str, **options: Any) -> Published:
        """Publish the current commit."""
        return publish(self.workspace(), version, environments=environments, **options)

    def release(self, version: str, **results: Any) -> Published:
        """Commit *results* and publish them, without deploying."""
        self.commit(**results)
        return self.publish(version, deploy=False)

    def deploy(self, version: str, environment: str | None = None, **options: Any) -> Record | None:
        """Deploy a release."""
        return deploy(self.workspace(), version, environment=environment, **options)

    def rollback(
        self, version: str | None = None, environment: str | None = None, **options: Any
    ) -> Record | None:
        """Roll back."""
        return rollback(self.workspace(), version, environment=environment, **options)

    def serving(self, environment: str = "local") -> Serving:
        """Return what the ledger says that the environment serves."""
        ledger = self.workspace().ledger
        serving = ledger.deployments.state(
            ledger.branches.snapshot(offline=True), environment
        ).serving
        assert serving is not None
        return serving

    def client(self, environment: str = "local") -> StepFunctions:
        """Return an environment's client."""
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
        found = [json.loads(one["definition"])["States"]["Only"]["Result"] for one in described]
        return found[0], found[1]

    def arn(self, name: str, environment: str = "local") -> str:
        """Return a state machine's ARN."""
        machines = self.client(environment).list_state_machines()["stateMachines"]
        found = [one["stateMachineArn"] for one in machines if one["name"] == name]
        assert len(found) == 1
        return str(found[0])

    def versions(self, name: str, environment: str = "local") -> list[int]:
        """Return the numbers of a machine's AWS versions, newest first."""
        client, arn = self.client(environment), self.arn(name, environment)
        listed = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        return [int(one["stateMachineVersionArn"].rpartition(":")[2]) for one in listed]

    def refs(self) -> dict[str, str]:
        """Return every ref with the object that it names."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)


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


def made_once(tmp_path: Path, name: str, make: Callable[[Shop], object]) -> Shop:
    """Return a copy of the shop *name*, which *make* made once out of the template.

    Its clone, its remote, the time and the AWS of ``prod`` are copied: no test sees another's.
    """
    template = tmp_path.parent / f"template-{name}"
    if not template.exists():
        making = tmp_path.parent / f"making-{name}"
        shop = _at(making, copy_shop(making))
        make(shop)
        (making / "time").write_text(shop.clock.at.isoformat())
        making.rename(template)
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    shop = _at(tmp_path, Shop(tmp_path / "shop"))
    shop.clock.at = datetime.fromisoformat((tmp_path / "time").read_text())
    settings = shop.root / ".git" / "config"  # it has the path of the remote
    settings.write_text(
        settings.read_text().replace(f"{tmp_path.parent}/making-{name}/", f"{tmp_path}/")
    )
    return shop


def _at(folder: Path, shop: Shop) -> Shop:
    """Give ``prod`` an AWS that is a file of *folder*."""
    shop.clients["prod"] = sfn.local(folder / "aws.db", region="eu-west-1")
    return shop


def add_remote(shop: Shop, *, name: str = "origin") -> Path:
    """Give the clone a bare remote with its commits, and return the remote's folder."""
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
    return Shop(root, shop.folder, clock=shop.clock, clients=shared)


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
