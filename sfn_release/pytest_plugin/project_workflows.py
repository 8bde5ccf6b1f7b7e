"""Finds a test's project, and builds its workflows once in a test session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfn_release.errors import NotFoundError, SfnReleaseError, UsageError
from sfn_release.operations.light_tree import open_light_tree
from sfn_release.operations.real_runtime import system_runtime
from sfn_release.project import find_project

if TYPE_CHECKING:
    from sfn_release.deployment.runtime import ShiftProgress
    from sfn_release.operations.tree_simulation import TreeSimulator
    from sfn_release.plan import Plan
    from sfn_release.plan.steps import Step

_BUILT = pytest.StashKey["dict[Path, TreeSimulator]"]()
_FAILED = pytest.StashKey[dict[Path, SfnReleaseError]]()


def workflows_around(item: pytest.Item) -> TreeSimulator:
    """Return the workflows of the project around a test's file, or around pytest's rootdir.

    They are built when a test first asks for them. Raises UsageError if there is no project, and
    the errors of a build.
    """
    return project_at(item.config, _project_of(item))


def built_projects(config: pytest.Config) -> dict[Path, TreeSimulator]:
    """Return the workflows of the projects that tests have asked for, by their releases.toml."""
    return config.stash.get(_BUILT, {})


def project_at(config: pytest.Config, file: Path) -> TreeSimulator:
    """Return the workflows of a project, given its releases.toml. Raises the errors of a build.

    A build that fails isn't tried again for each test.
    """
    built, failed = config.stash.setdefault(_BUILT, {}), config.stash.setdefault(_FAILED, {})
    if file in failed:
        raise failed[file].with_traceback(None)  # without the frames of the other test
    if file not in built:
        try:
            tree = open_light_tree(file, system_runtime(_Captured()))
        except SfnReleaseError as error:
            failed[file] = error
            raise
        from sfn_release.operations.tree_simulation import TreeSimulator

        built[file] = TreeSimulator(tree)
    return built[file]


def _project_of(item: pytest.Item) -> Path:
    for folder in (item.path.parent, item.config.rootpath):
        try:
            return find_project(folder)
        except NotFoundError:
            continue
    raise UsageError(
        "A workflow's name needs a project, and there is no releases.toml around this test.",
        why=f"It was looked for in {item.path.parent} and {item.config.rootpath}, and above them.",
        fix="Run `sfn-release init` to make a project, or pass a StateMachine, a definition or the"
        " path of a file.",
    )


class _Captured:
    """Prints the lines about a run, for pytest to show them if the test fails."""

    def say(self, text: str) -> None:
        """Print a line."""
        print(text)  # noqa: T201 - pytest captures it

    def planned(self, plan: Plan) -> None:
        """Nothing is deployed."""

    def applying(self, steps: int) -> None:
        """Nothing is deployed."""

    def applied(self, step: Step) -> None:
        """Nothing is deployed."""

    def seen(self, seen: ShiftProgress) -> None:
        """Nothing is deployed."""
