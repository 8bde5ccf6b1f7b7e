"""Former names of workflows that no release has: a typo would create another state machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sfn_release.checks.finding import Finding
from sfn_release.errors import ConfigError, GitError, NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.verbs.check import Checked, CheckedFinding
from sfn_release.operations.workspace import Workspace
from sfn_release.project import FILE_NAME
from sfn_release.project.renamed_workflows import KEY
from sfn_release.text import did_you_mean


def refuse_unknown_former(
    workspace: Workspace, workflows: Iterable[str], *, adopt: bool = False
) -> None:
    """Raise ConfigError for the first of *workflows* whose former name no release has.

    An environment that never had the former name isn't refused: another one had it. Before the
    first release nothing is known, and with *adopt* the state machine may come from elsewhere.
    """
    if adopt or not workspace.project.first_names:
        return
    wrong = _unknown_former(workspace, workspace.ledger.branches.snapshot(offline=True))
    for workflow in sorted(wrong.keys() & {*workflows}):
        raise wrong[workflow]


def with_former_names(open_workspace: Callable[[], Workspace], checked: Checked) -> Checked:
    """Add an error for each checked workflow whose former name no release has.

    Outside of a Git repository there are no releases to compare with: nothing is added.
    """
    try:
        workspace = open_workspace()
        snapshot = workspace.ledger.branches.snapshot(offline=True)
        wrong = _unknown_former(workspace, snapshot)
    except (GitError, NotFoundError):
        return checked
    found = [
        CheckedFinding(
            workflow,
            Finding("settings", "error", "$", "", f"{error.message} {error.why}", error.fix),
            FILE_NAME,
        )
        for workflow, error in sorted(wrong.items())
        if workflow in checked.renamed
    ]
    return replace(checked, findings=(*checked.findings, *found))


def _unknown_former(workspace: Workspace, snapshot: Snapshot) -> dict[str, ConfigError]:
    """Return an error for each renamed workflow whose first name no release has."""
    first_names = workspace.project.first_names
    released = {
        name
        for manifest in (workspace.ledger.releases.manifests(snapshot) if first_names else ())
        for name in manifest.workflows
    }
    if not released:
        return {}
    wrong = {name: first for name, first in first_names.items() if first not in released}
    return {
        name: ConfigError(
            f"No release has a workflow {first!r}.",
            why=f'[workflows.{name}] of {FILE_NAME} says that {name} was "{first}" before:'
            f" a state machine {first} would be created.",
            fix=did_you_mean(first, released - {name})
            or f"Correct {KEY}, or remove it: {name} gets a state machine of its own then.",
        )
        for name, first in wrong.items()
        if not _serves_machine(workspace, snapshot, name)
    }


def _serves_machine(workspace: Workspace, snapshot: Snapshot, workflow: str) -> bool:
    """Return whether an environment has the state machine already: it was adopted."""
    for environment in workspace.project.environments.values():
        serving = workspace.ledger.deployments.state(snapshot, environment.name).serving
        served = serving.workflows.get(workflow) if serving else None
        machine = environment.state_machine_name(workflow)
        if served is not None and served.settings["state_machine"] == machine:
            return True
    return False
