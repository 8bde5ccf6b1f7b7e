"""The definition that executions are replayed on: of the work tree, or of a release.

It is rendered for the environment that the executions come from, so that the ARNs in the requests
of its tasks agree with the recorded ones. Where a deployment pinned references to exact versions,
an execution of that deployment is replayed with its pins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.operations.open_site import site_of
from sfn_release.operations.work_tree import read_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.pins import pin_open
from sfn_release.release.record import Record
from sfn_release.release.rendering import Rendered, parameters_of, render
from sfn_release.release.version import parse_version
from sfn_release.text import did_you_mean


@dataclass(frozen=True)
class ReplayCandidate:
    """A workflow's definition to replay executions on. *against* is its release, None for the tree.

    *definition* is for executions of an unknown state machine version, *pinned* is by the
    ARN of each version whose deployment had other pins. *others* are the names of the other
    workflows' state machines, each with its workflow.
    """

    workflow: str
    against: str | None
    definition: Mapping[str, Any]
    pinned: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages name it: ``release 1.3.0``, ``the work tree``."""
        return "the work tree" if self.against is None else f"release {self.against}"

    def form(self, version_arn: str | None) -> Mapping[str, Any]:
        """Return the definition for an execution of a state machine version."""
        return self.pinned.get(version_arn or "", self.definition)


def candidate_of(
    workspace: Workspace,
    workflow: str,
    environment: Environment,
    against: str | None,
    *,
    offline: bool = False,
) -> ReplayCandidate:
    """Return the candidate of a workflow: of a release, or of the work tree for None.

    Values of parameters are looked up; *offline*, we use the values of the last deployment's record
    instead, so that you need no credentials. Raises NotFoundError for an unknown workflow or
    release, DefinitionError for a faulty workflow, and the errors of a lookup.
    """
    if against is None:
        tree = read_work_tree(workspace, environment)
        declaration, all_of = tree.declaration(workflow), tree.declarations
    else:
        against = parse_version(against)
        release = workspace.released(workspace.snapshot(), against)
        all_of = release.declarations
        if workflow not in all_of:
            raise NotFoundError(
                f"{against} has no workflow {workflow!r}.",
                why=f"It has: {', '.join(all_of)}.",
                fix=did_you_mean(workflow, all_of),
            )
        declaration = all_of[workflow]
    return candidate_for(
        workspace, environment, declaration, all_of, against=against, offline=offline
    )


def candidate_for(
    workspace: Workspace,
    environment: Environment,
    declaration: Declaration,
    workflows: Collection[str],
    *,
    against: str | None,
    offline: bool = False,
) -> ReplayCandidate:
    """Return the candidate of one of the *workflows* of a release, or of the work tree."""
    form = _rendered(workspace, environment, declaration, workflows, offline=offline)
    deployments, workflow = workspace.ledger.deployments, declaration.name
    tip = workspace.snapshot().refs.get(workspace.ledger.layout.env_ref(environment.name))
    records = deployments.newest_first(environment.name, tip)
    pins = _pins(workflow, records)
    latest = next(iter(pins.values()), {})
    return ReplayCandidate(
        workflow,
        against,
        pin_open(form.definition, latest),
        {arn: pin_open(form.definition, own) for arn, own in pins.items() if own != latest},
        _other_machines(environment, form, workflows),
    )


def _other_machines(
    environment: Environment, form: Rendered, workflows: Collection[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in workflows:
        if name != form.workflow:
            with suppress(ConfigError):  # its name has a parameter without a value
                found[environment.state_machine_name(name)] = name
    found.pop(form.name, None)
    return found


def _pins(workflow: str, records: Collection[Record]) -> dict[str, Mapping[str, str]]:
    """Return the pins of each state machine version, newest first."""
    found: dict[str, Mapping[str, str]] = {}
    for record in records:
        outcome = record.workflows.get(workflow)
        if outcome is not None and outcome.version_arn is not None:
            found.setdefault(outcome.version_arn, outcome.pins)
    return found


def _rendered(
    workspace: Workspace,
    environment: Environment,
    declaration: Declaration,
    workflows: Collection[str],
    *,
    offline: bool,
) -> Rendered:
    names = parameters_of([declaration], environment)
    known: dict[str, Any] = {}
    if offline:
        recorded = _recorded_values(workspace, environment, declaration.name)
        known = {name: recorded[name] for name in environment.open(names) & recorded.keys()}
    environment = environment.resolved(known)
    site = site_of(workspace, environment)
    found = look_up(site, names, workflows=workflows)
    return render(declaration, environment.resolved(found))


def _recorded_values(
    workspace: Workspace, environment: Environment, workflow: str
) -> Mapping[str, Any]:
    """Return the values of parameters that a workflow is served with; {} if it isn't served."""
    state = workspace.ledger.deployments.state(workspace.snapshot(), environment.name)
    served = state.serving.workflows.get(workflow) if state.serving else None
    return (served.parameters or {}) if served else {}
