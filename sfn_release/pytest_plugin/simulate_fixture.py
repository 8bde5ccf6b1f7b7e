"""The callable behind the fixture `simulate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pytest

from sfn_release.errors import UsageError
from sfn_release.project.modules.single_file import is_file
from sfn_release.pytest_plugin.kept_runs import CURRENT, KEPT_RUNS, KeptRuns
from sfn_release.pytest_plugin.project_workflows import workflows_around

if TYPE_CHECKING:  # they're loaded while a process builds the project
    from sfn_release.authoring.declaration import StateMachineType
    from sfn_release.testing.run import Run
    from sfn_release.testing.scenario import Conditions
    from sfn_release.testing.simulate_workflow import Subject


class Simulate:
    """Simulates workflows for the test that runs."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def __repr__(self) -> str:
        return "simulate"

    @property
    def _item(self) -> pytest.Item:
        return self._config.stash[CURRENT]

    def __call__(
        self,
        workflow: Subject,
        input: Any = {},  # noqa: B006 - never changed
        *,
        parameters: Mapping[str, Any] | None = None,
        type: StateMachineType | None = None,
        **conditions: Unpack[Conditions],
    ) -> Run:
        """Run *workflow* on *input* in this process, in virtual time, and return the run.

        *workflow* is the name of a workflow in the project around the test. It has the parameters
        of `local`, and tasks without a mock are answered as in `execute --tree`: by its mock file,
        handlers and other workflows. `sfn_release.testing.simulate` explains the other forms of a
        workflow, and all arguments.
        """
        __tracebackhide__ = True  # pytest's own mark
        try:
            if isinstance(workflow, str) and not is_file(workflow):
                _refuse_own(workflow, parameters, type)
                return workflows_around(self._item).simulate(
                    workflow,
                    input,
                    conditions,
                    finished=lambda run: self._finished(workflow, workflow, run),
                    stacklevel=2,
                )
            return self._simulate(workflow, input, parameters, type, conditions)
        except Exception as error:
            from sfn_release.testing.answers import ask_function
            from sfn_release.testing.own_frames import hide_own_frames

            hide_own_frames(error, ask_function)
            raise

    def _simulate(
        self,
        workflow: Subject,
        input: Any,
        parameters: Mapping[str, Any] | None,
        type: StateMachineType | None,
        conditions: Conditions,
    ) -> Run:
        """Run a workflow that needs no project."""
        from sfn_release.testing.scenario import run_scenario
        from sfn_release.testing.simulate_workflow import declaration_of, runnable_of

        found = declaration_of(self._path(workflow), type)
        return run_scenario(
            runnable_of(found, parameters),
            input,
            conditions,
            finished=lambda run: self._finished(None, found.name, run),
            stacklevel=3,
        )

    def _path(self, workflow: Subject) -> Subject:
        """Return a file's path: relative to the test's folder, or else to the current one."""
        if not isinstance(workflow, str | Path):
            return workflow
        beside = self._item.path.parent / workflow
        return beside if beside.is_file() else workflow

    def _finished(self, workflow: str | None, name: str, run: Run) -> None:
        kept = self._item.stash.setdefault(KEPT_RUNS, KeptRuns())
        kept.keep(name, run)
        self._item.ihook.pytest_sfn_run_finished(item=self._item, workflow=workflow, run=run)


def _refuse_own(workflow: str, parameters: object, type: object) -> None:
    """Raise UsageError for parameters or a type of a workflow of the project."""
    if parameters is not None or type is not None:
        raise UsageError(
            f"{workflow!r} is a workflow of your project, so it has its type and parameters.",
            fix="Change the parameters of `local` in releases.toml, or pass the StateMachine.",
        )
