"""diff: the differences of two sides by workflow, state and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.deployment.live_state import MachineQuery, observe
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.errors import NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.open_site import site_of
from sfn_release.operations.verbs.build import build_definitions
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.differences import Difference, differences
from sfn_release.release.pins import pin_open
from sfn_release.release.rendering import Rendered, parameters_of, render_all
from sfn_release.release.serving import Served
from sfn_release.release.version import parse_version


@dataclass(frozen=True)
class WorkflowDiff:
    """The differences of one workflow; empty if it is equal on both sides."""

    workflow: str
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "differences": [difference.to_json() for difference in self.differences],
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
    return [
        WorkflowDiff(name, differences(before.get(name), after.get(name)))
        for name in sorted({*before, *after})
    ]


def _side(
    workspace: Workspace, snapshot: Snapshot, side: str | None, environment: Environment | None
) -> Mapping[str, Declaration]:
    if side is not None and side.startswith("@"):
        return _live(workspace, snapshot, workspace.environment(side[1:]))
    if side is None:
        declarations = {
            declaration.name: declaration for declaration in build_definitions(workspace)
        }
    else:
        declarations = dict(workspace.released(snapshot, parse_version(side)).declarations)
    if environment is None:
        return declarations
    names = parameters_of(declarations.values(), environment)
    state = workspace.ledger.deployments.state(snapshot, environment.name)
    site = site_of(workspace, environment)
    found = look_up(site, names, state=state, workflows=declarations)
    forms = render_all(declarations.values(), environment.resolved(found))
    serving = state.serving
    served = serving.workflows if serving else {}
    return {name: _declared(_pinned(form, served.get(name))) for name, form in forms.items()}


def _pinned(rendered: Rendered, served: Served | None) -> Rendered:
    """Return a workflow with the pins that are live."""
    pins = served.pins if served else {}
    return replace(rendered, definition=pin_open(rendered.definition, pins))


def _live(
    workspace: Workspace, snapshot: Snapshot, environment: Environment
) -> dict[str, Declaration]:
    """Return the workflows that the environment serves as AWS has them now."""
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
    return {
        name: _declared(machine.latest)
        for name, machine in observed.items()
        if machine is not None and machine.latest is not None
    }


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
