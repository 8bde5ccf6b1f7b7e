"""Opens the work tree of a project for simulations alone: quickly, and without its ledger.

A test session waits for it, so it starts no git, and doesn't read the models of AWS's services.
`check` and `publish` hold the definitions against those.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.asl.placeholders import WORKFLOW
from sfn_release.errors import DefinitionError, SfnReleaseError
from sfn_release.project import LOCAL, Project, read_project
from sfn_release.project.backends import Clone
from sfn_release.project.modules import build

if TYPE_CHECKING:
    from sfn_release.deployment.runtime import Runtime
    from sfn_release.operations.work_tree import WorkTree


def open_light_tree(file: Path, runtime: Runtime) -> WorkTree:
    """Build the work tree of the project with the releases.toml *file*, for `local`.

    Raises ConfigError, BuildError, and DefinitionError for a definition that no test could run.
    """
    project = read_project(file)
    environment = project.environment(LOCAL)
    refused: dict[str, DefinitionError] = {}
    loading = threading.Thread(target=_load, args=(project,), daemon=True)
    loading.start()
    declarations = {
        declaration.name: declaration
        for declaration in build(
            project.root,
            project.workflows,
            work_tree=_repository(project.root),
            environ=runtime.environ,
            silences=project.silences,
            refused=refused,
        ).declarations
    }
    loading.join()
    from sfn_release.operations.work_tree import WorkTree

    def look_up(names: Iterable[str]) -> Mapping[str, Any]:
        if environment.sources(environment.open(names)):
            return _looked_up(project.root, runtime, names, declarations)
        account = environment.given["AWS::AccountId"]
        arns = {name: environment.workflow_arn(name, account) for name in declarations}
        return {f"{WORKFLOW}{name}": arn for name, arn in arns.items()}

    clone = Clone(
        project=project.name,
        root=project.root,
        data=project.root / ".git" / "sfn-release",
        source_of=lambda _environment, _machine: None,
        now=runtime.now,
        wait=runtime.wait,
        say=runtime.watcher.say,
    )
    return WorkTree(project, environment, declarations, refused, clone, look_up)


def _load(project: Project) -> None:
    """Load the simulator and the checks, while a process of its own builds the modules."""
    for module in ("operations.tree_simulation", "project.modules.acceptance"):
        import_module(f"sfn_release.{module}")
    from sfn_release.operations.workflow_schemas import tree_schema

    for workflow in project.input_schemas:
        with suppress(SfnReleaseError):  # a run of the workflow raises it again
            tree_schema(project, workflow)


def _repository(root: Path) -> Path:
    """Return the root of the repository around a project; the project's own without one."""
    around = (folder for folder in (root, *root.parents) if (folder / ".git").exists())
    return next(around, root)


def _looked_up(
    root: Path, runtime: Runtime, names: Iterable[str], workflows: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return values of parameters that come from outside the project."""
    from sfn_release.deployment.parameter_lookup import look_up
    from sfn_release.operations.open_site import site_of
    from sfn_release.operations.workspace import open_workspace

    workspace = open_workspace(root, runtime)
    return look_up(site_of(workspace, workspace.environment(LOCAL)), names, workflows=workflows)
