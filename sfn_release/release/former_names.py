"""The names that a workflow had in releases: by releases.toml, and by its state machines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record


def under_its_names(
    workflow: str, manifests: Iterable[Manifest], other_names: Callable[[], Collection[str]]
) -> Iterator[tuple[Manifest, str]]:
    """Yield the releases that have a workflow, with its name there; the newest comes first.

    Where a release lacks the name of the release above it, the workflow has another one of its
    names: its own, or one of *other_names*, which are asked for only then.
    """
    name, names = workflow, None
    for manifest in manifests:
        if name not in manifest.workflows:
            names = [workflow, *sorted(other_names())] if names is None else names
            name = next((other for other in names if other in manifest.workflows), name)
        if name in manifest.workflows:
            yield manifest, name


def other_names(
    workflow: str, first_names: Mapping[str, str], records: Iterable[Record]
) -> frozenset[str]:
    """Return the other names of a workflow: of its ``renamed_from``, and of its state machines.

    *first_names* has the first name of each renamed workflow. *records* are the deployments of all
    environments: two workflows with the ARN of one state machine are one workflow.
    """
    first = first_names.get(workflow, workflow)
    declared = {name for name in {*first_names, first} if first_names.get(name, name) == first}
    of_machine: dict[str, set[str]] = {}
    for record in records:
        for name, outcome in record.workflows.items():
            if outcome.state_machine_arn is not None:
                of_machine.setdefault(outcome.state_machine_arn, set()).add(name)
    recorded = {name for names in of_machine.values() if workflow in names for name in names}
    return frozenset((declared | recorded) - {workflow})
