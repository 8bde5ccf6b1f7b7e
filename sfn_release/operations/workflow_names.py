"""The names that a workflow had in releases: by releases.toml, and by its state machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfn_release.ledger import Snapshot
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest


def under_its_names(
    workspace: Workspace, snapshot: Snapshot, workflow: str, manifests: Iterable[Manifest]
) -> Iterator[tuple[Manifest, str]]:
    """Yield the releases that have a workflow, with its name there; the newest comes first.

    Where a release lacks the name of the release above it, the workflow has another one of its
    names: of the ``renamed_from`` of releases.toml, or of a record with the same state machine.
    """
    name, names = workflow, None
    for manifest in manifests:
        if name not in manifest.workflows:
            names = _names(workspace, snapshot, workflow) if names is None else names
            name = next((other for other in names if other in manifest.workflows), name)
        if name in manifest.workflows:
            yield manifest, name


def _names(workspace: Workspace, snapshot: Snapshot, workflow: str) -> list[str]:
    """Return the other names of a workflow."""
    first_names = workspace.project.first_names
    first = first_names.get(workflow, workflow)
    declared = {name for name in {*first_names, first} if first_names.get(name, name) == first}
    return sorted((declared | _recorded(workspace, snapshot, workflow)) - {workflow})


def _recorded(workspace: Workspace, snapshot: Snapshot, workflow: str) -> set[str]:
    """Return the names that records give to the state machines of a workflow."""
    deployments = workspace.ledger.deployments
    of_machine: dict[str, set[str]] = {}
    for environment, tip in deployments.environments(snapshot).items():
        for record in deployments.newest_first(environment, tip):
            for name, outcome in record.workflows.items():
                if outcome.state_machine_arn is not None:
                    of_machine.setdefault(outcome.state_machine_arn, set()).add(name)
    return {name for names in of_machine.values() if workflow in names for name in names}
