"""Fixtures of the command line's tests: real repositories, and a real Step Functions endpoint.

`project` is a repository with one commit; the tests that take it through `environment` run twice,
on `local` and on an environment on AWS whose endpoint is the local service on HTTP.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from unittest.mock import patch

import coverage
import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings

from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.project.modules import build_process
from sfn_release.simulator import Mocks
from support.command_line import CREDENTIALS, Project, config
from support.git import isolate_git, run_git
from support.machine import share_bytecode, work_in_memory
from support.services import moto, reset

# Its import changes how deep the process may recurse: it comes first, so that no test sees that.
_depth = sys.getrecursionlimit()
importlib.import_module("jsonata")
sys.setrecursionlimit(_depth)

# Ctrl-C interrupts the tested code, even if the tests' parent ignores it (`pytest … &`).
signal.signal(signal.SIGINT, signal.default_int_handler)

# Examples have no deadline: a busy machine isn't a failure.
settings.register_profile("sfn-release", deadline=None)
settings.load_profile("sfn-release")


def pytest_configure(config: pytest.Config) -> None:
    """Share bytecode, and work in memory where there is room."""
    share_bytecode(config)
    work_in_memory(config)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Start a worker more than there are cores: tests wait for processes, clocks and timeouts."""
    cores = yield
    return cores if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cores + 1


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives until the end: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's Git settings, AWS credentials and terminal out of every test."""
    isolate_git(monkeypatch, tmp_path / "home")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "NO_COLOR", "COLUMNS", "CI_COMMIT_TAG"):
        monkeypatch.delenv(name, raising=False)
    # A pytest that a test starts is a user's: with these it would write into our own coverage.
    for name in ("PYTEST_ADDOPTS", "COVERAGE_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _measured_processes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Measure the processes of builds and of our pytest plugin, where they are a test's matter.

    Only where the suite is measured: everywhere else, processes are spared coverage's start, a
    fifth of a second each. Builds inherit nothing, so that they are given the variable themselves.
    """
    measured = coverage.Coverage.current()
    if measured is None:
        return
    variable = "COVERAGE_PROCESS_START"
    if request.module.__name__.startswith("test_modules"):
        file = _settings(measured, tmp_path, Path(build_process.__file__).parent)
        plain = build_process._environment
        monkeypatch.setattr(
            build_process, "_environment", lambda job: {**plain(job), variable: file}
        )
    elif request.path.parent.name == "pytest_plugin" or request.path.name == "test_coverage.py":
        monkeypatch.setenv(variable, _settings(measured, tmp_path, PLUGIN))


PLUGIN = Path(build_process.__file__).parents[2] / "pytest_plugin"


def _settings(measured: coverage.Coverage, folder: Path, source: Path) -> str:
    """Write the settings of a process that adds what it runs of *source*; return their path."""
    file = folder / "coverage.ini"
    file.write_text(
        f"[run]\nbranch = true\nparallel = true\npatch = _exit\nsource = {source}\n"
        f"data_file = {Path(measured.config.data_file).absolute()}\n"
    )
    return str(file)


@pytest.fixture(autouse=True, scope="session")
def _models_read_once() -> Iterator[None]:
    """Let every boto3 session share the files that the first one read: reading is slow."""
    once = staticmethod(functools.cache(JSONFileLoader().load_file))
    with patch.object(JSONFileLoader, "load_file", once):
        yield


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve Step Functions on a free port of loopback; the fixture is its URL."""
    database = tmp_path_factory.mktemp("server") / "local.db"
    with start(open_service(database, tasks_for=lambda _scope: Mocks())) as server:
        yield server.url


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Serve AWS's other services (Lambda, STS …) on loopback; the fixture is the URL of moto."""
    with moto() as url:
        yield url


@pytest.fixture
def other_services(moto_server: str) -> str:
    """Return the URL of moto, with all its earlier data deleted."""
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
    made = Project(repository, environment=environment, endpoint=local_server)
    made.write("releases.toml", config(environment, local_server))
    made.commit(hello="Hello Alice")
    return made


@pytest.fixture
def shop(repository: Path) -> Project:
    """Make the same project for tests that need no other environment: on `local` alone."""
    made = Project(repository)
    made.write("releases.toml", config("local", ""))
    made.commit(hello="Hello Alice")
    return made
