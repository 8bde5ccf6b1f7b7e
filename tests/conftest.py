"""Fixtures of the command line's tests: real repositories, and a real Step Functions endpoint.

`project` is a repository with one commit; the tests that take it through `environment` run twice,
on `local` and on an environment on AWS whose endpoint is the local service on HTTP.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import itertools
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import coverage
import pytest
from aws_kit import moto, reset
from botocore.loaders import JSONFileLoader
from hypothesis import settings
from support import definition, isolate_git, run_git

from sfn_release.cli import main
from sfn_release.local import service
from sfn_release.local.server import start
from sfn_release.project.modules import process
from sfn_release.simulator import Mocks

# Its import changes how deep the process may recurse: it comes first, so that no test sees that.
_depth = sys.getrecursionlimit()
importlib.import_module("jsonata")
sys.setrecursionlimit(_depth)

# Ctrl-C interrupts what is tested, even if whoever runs the tests ignores it (`pytest … &`).
signal.signal(signal.SIGINT, signal.default_int_handler)

# Examples are judged by what they do: a busy machine is no failure.
settings.register_profile("sfn-release", deadline=None)
settings.load_profile("sfn-release")

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
ROLE = "arn:aws:iam::000000000000:role/shop"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON object on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A repository with a project at its root, and the environment that its tests deploy to."""

    root: Path
    environment: str = "local"
    endpoint: str = ""

    @property
    def named(self) -> str:
        """How output names the environment."""
        return "local (not AWS)" if self.environment == "local" else self.environment

    def run(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run a command line here, in this process."""
        return run("-C", str(self.root), *arguments, stdin=stdin)

    def ok(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run a command line that must succeed."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.code == 0, ran.out + ran.err
        return ran

    def json(self, *arguments: str) -> Any:
        """Return the JSON object of a command that must succeed."""
        return self.ok("--json", *arguments).json

    def git(self, *arguments: str) -> str:
        """Run git here."""
        return run_git(self.root, *arguments)

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def workflow(self, name: str, result: Any) -> None:
        """Write the workflow *name*: one Pass state that yields *result*."""
        self.write(f"workflows/{name}.asl.json", json.dumps(definition(result)))

    def commit(self, **results: Any) -> None:
        """Commit everything, after writing a workflow for each of *results*."""
        for name, result in results.items():
            self.workflow(name, result)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")

    def publish(self, version: str, *options: str, **results: Any) -> Ran:
        """Commit *results* and publish them."""
        self.commit(**results)
        return self.ok("publish", version, *options)


def run(*arguments: str, stdin: str | None = None) -> Ran:
    """Run a command line in this process, in a pipe."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch("sys.stdin", io.StringIO(stdin or "")),
    ):
        code = main(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


def config(environment: str, endpoint: str) -> str:
    """Return a releases.toml; state machines on the shared endpoint have names of their own."""
    common = f'role_arn = "{ROLE}"\nparameters = {{ Who = "Alice" }}\n'
    text = f'[project]\nname = "shop"\ndefault_environment = "{environment}"\n'
    text += f"\n[environments.local]\n{common}"
    if environment == "aws":
        text += f'\n[environments.aws]\nregion = "us-east-1"\nendpoint_url = "{endpoint}"\n'
        text += f'name = "{{workflow}}-{next(_numbers)}"\n{common}'
    return text


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's Git settings, AWS credentials and terminal out of every test."""
    isolate_git(monkeypatch, tmp_path / "home")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "NO_COLOR", "COLUMNS", "CI_COMMIT_TAG"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _measured_builds(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Measure the processes of builds too, where the suite is measured and builds are its matter.

    They inherit nothing, so that the variables by which coverage begins are given to them here;
    everywhere else they are spared its start, a fifth of a second each.
    """
    measured = coverage.Coverage.current()
    if measured is None or not request.module.__name__.startswith("test_build"):
        return
    settings = tmp_path / "coverage.ini"
    settings.write_text(
        f"[run]\nbranch = true\nparallel = true\npatch = _exit\n"
        f"source = {Path(process.__file__).parent}\n"
        f"data_file = {Path(measured.config.data_file).absolute()}\n"
    )
    given = {"COVERAGE_PROCESS_START": str(settings)}
    plain = process._environment
    monkeypatch.setattr(process, "_environment", lambda job: {**plain(job), **given})


@pytest.fixture(autouse=True, scope="session")
def _models_read_once() -> Iterator[None]:
    """Let every boto3 session share what the first one has read: it is most of what one costs."""
    once = staticmethod(functools.cache(JSONFileLoader().load_file))
    with patch.object(JSONFileLoader, "load_file", once):
        yield


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve Step Functions on a free port of loopback; the fixture is its URL."""
    database = tmp_path_factory.mktemp("server") / "local.db"
    with start(service(database, tasks_for=lambda _name, _tags: Mocks())) as server:
        yield server.url


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Serve AWS's other services (Lambda, STS …) on loopback; the fixture is the URL of moto."""
    with moto() as url:
        yield url


@pytest.fixture
def other_services(moto_server: str) -> str:
    """Give the URL of moto, which has forgotten what was there before."""
    reset(moto_server)
    return moto_server


@pytest.fixture(params=["local", "aws"])
def environment(request: pytest.FixtureRequest) -> str:
    """Run a test on both kinds of environment."""
    return str(request.param)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make an empty repository in a folder whose name is not a legal project's."""
    root = tmp_path / "My Shop"
    root.mkdir()
    run_git(root, "init", "--quiet")
    run_git(root, "config", "user.name", "Ann")
    run_git(root, "config", "user.email", "ann@example.com")
    return root


@pytest.fixture
def project(repository: Path, environment: str, local_server: str) -> Project:
    """Make a project with the workflow `hello`, committed."""
    made = Project(repository, environment, local_server)
    made.write("releases.toml", config(environment, local_server))
    made.commit(hello="Hello Alice")
    return made


@pytest.fixture
def shop(repository: Path) -> Project:
    """Make the same project for what is no matter of the environment: on `local` alone."""
    made = Project(repository)
    made.write("releases.toml", config("local", ""))
    made.commit(hello="Hello Alice")
    return made
