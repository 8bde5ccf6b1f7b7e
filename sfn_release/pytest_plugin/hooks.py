"""The hooks and fixtures of the pytest plugin. pytest imports this module at its start."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from sfn_release.pytest_plugin import coverage_option, hook_specs
from sfn_release.pytest_plugin.kept_runs import CURRENT, KEPT_RUNS

if TYPE_CHECKING:
    from sfn_release.pytest_plugin.simulate_fixture import Simulate


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the plugin's own hook."""
    pluginmanager.add_hookspecs(hook_specs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of coverage."""
    coverage_option.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Keep a path after the bare ``--sfn-coverage`` from being taken for the name of a workflow."""
    coverage_option.complete(early_config, parser, args)


def pytest_configure(config: pytest.Config) -> None:
    """Measure coverage, if an option asks for it."""
    coverage_option.start(config)


@pytest.fixture(scope="session")
def simulate(pytestconfig: pytest.Config) -> Simulate:
    """Simulate a workflow: of your project by its name, a StateMachine, a definition, a file."""
    from sfn_release.pytest_plugin.simulate_fixture import Simulate

    return Simulate(pytestconfig)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the test whose runs follow; a fixture of any scope, and hypothesis, may make them."""
    item.config.stash[CURRENT] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the runs of a failed test to its report."""
    report = yield
    kept = item.stash.get(KEPT_RUNS, None)
    if kept is not None and report.failed:
        report.sections += kept.sections()
    if call.when == "teardown" and kept is not None:
        del item.stash[KEPT_RUNS]
    return report


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: Any, right: Any
) -> list[str] | None:
    """Explain where the path of a run and the expected one part."""
    item = config.stash.get(CURRENT, None)
    kept = None if item is None else item.stash.get(KEPT_RUNS, None)
    if op != "==" or kept is None:
        return None
    from sfn_release.pytest_plugin.path_difference import path_difference

    return path_difference((run for _, run in reversed(kept.last)), left, right)
