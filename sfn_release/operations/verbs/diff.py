"""diff: the changes between two sides, by workflow, state and way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.release_changes import WorkflowSet, release_changes
from sfn_release.comparison.semantic_change import SemanticChange, weightiest
from sfn_release.deployment.live_state import MachineQuery, observe
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.errors import NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.open_site import site_of
from sfn_release.operations.verbs.build import build_definitions
from sfn_release.operations.workflow_schemas import tree_schema
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.differences import Difference, differences
from sfn_release.release.pins import pin_open
from sfn_release.release.rendering import Rendered, parameters_of, render_all
from sfn_release.release.serving import Served
from sfn_release.release.version import parse_version


@dataclass(frozen=True)
class WorkflowDiff:
    """The differences of one workflow; empty if it is equal on both sides.

    *changes* explain the differences. A renamed workflow has its new name. *old* and *new* are the
    workflow on each side, None if it isn't there.
    """

    workflow: str
    differences: tuple[Difference, ...]
    changes: tuple[SemanticChange, ...] = ()
    old: Declaration | None = None
    new: Declaration | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "differences": [difference.to_json() for difference in self.differences],
            "class": weightiest(self.changes),
        }


def diff(workspace: Workspace, old: str, new: str | None = None) -> list[WorkflowDiff]:
    """Compare two sides. Each is a version, ``@environment`` (live), or None for the work tree.

    If one side is live, the other is rendered for the same environment with the pins that are live
    there, so that pins make no difference. Raises NotFoundError.
    """
    live = [side[1:] for side in (old, new) if side and side.startswith("@")]
    environment = workspace.environment(live[0]) if live else None
    snapshot = workspace.snapshot()
    before = _side(workspace, snapshot, old, environment)
    after = _side(workspace, snapshot, new, environment)
    changes = release_changes(before, after, first_names=workspace.project.first_names)
    found = []
    for name in sorted({*before.workflows, *after.workflows}):
        one, other = before.workflows.get(name), after.workflows.get(name)
        found.append(WorkflowDiff(name, differences(one, other), changes.get(name, ()), one, other))
    return found


def _side(
    workspace: Workspace, snapshot: Snapshot, side: str | None, environment: Environment | None
) -> WorkflowSet[Declaration]:
    if side is not None and side.startswith("@"):
        return _live(workspace, snapshot, workspace.environment(side[1:]))
    if side is None:
        found = tree_set(workspace)
    else:
        release = workspace.released(snapshot, parse_version(side))
        found = WorkflowSet(release.declarations, release.schemas)
    if environment is None:
        return found
    declarations = found.workflows
    names = parameters_of(declarations.values(), environment)
    state = workspace.ledger.deployments.state(snapshot, environment.name)
    site = site_of(workspace, environment)
    values = look_up(site, names, state=state, workflows=declarations)
    forms = render_all(declarations.values(), environment.resolved(values))
    serving = state.serving
    served = serving.workflows if serving else {}
    pinned = {name: _declared(_pinned(form, served.get(name))) for name, form in forms.items()}
    return replace(found, workflows=pinned)


def tree_set(workspace: Workspace) -> WorkflowSet[Declaration]:
    """Return the workflows of the work tree and their schemas. Raises BuildError, ConfigError."""
    declarations = {declaration.name: declaration for declaration in build_definitions(workspace)}
    schemas = {name: tree_schema(workspace.project, name) for name in declarations}
    return WorkflowSet(
        declarations, {name: schema for name, schema in schemas.items() if schema is not None}
    )


def _pinned(rendered: Rendered, served: Served | None) -> Rendered:
    """Return a workflow with the pins that are live."""
    pins = served.pins if served else {}
    return replace(rendered, definition=pin_open(rendered.definition, pins))


def _live(
    workspace: Workspace, snapshot: Snapshot, environment: Environment
) -> WorkflowSet[Declaration]:
    """Return the workflows that the environment serves as AWS has them now.

    Their schemas are those of the release that it serves.
    """
    serving = workspace.ledger.deployments.state(snapshot, environment.name).serving
    if serving is None:
        raise NotFoundError(f"Nothing was ever deployed to {environment.name}.")
    wanted = {
        name: MachineQuery(
            served.settings["state_machine"], served.rendered_digest, served.state_machine_arn
        )
        for name, served in serving.workflows.items()
    }
    client = workspace.reach(environment).stepfunctions
    observed = observe(client, wanted, alias="", search=False)
    release = workspace.ledger.releases.release(snapshot, serving.version)
    found = {
        name: _declared(machine.latest)
        for name, machine in observed.items()
        if machine is not None and machine.latest is not None
    }
    return WorkflowSet(found, release.schemas if release else {})


def _declared(rendered: Rendered) -> Declaration:
    """Return a rendered workflow in the form that we compare, without tags: we write some."""
    return Declaration(
        name=rendered.workflow,
        definition=rendered.definition,
        type=rendered.type,  # type: ignore[arg-type]  # AWS has only these two
        role=rendered.role,
        logging=rendered.logging,
        tracing=rendered.tracing,
        encryption=rendered.encryption,
    )
