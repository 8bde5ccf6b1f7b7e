"""adopt: take in a state machine that another tool or project made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfn_release.authoring.importing import ImportedStateMachine
from sfn_release.deployment import deployer
from sfn_release.deployment.adoption import is_as_recorded
from sfn_release.deployment.found_release import found_workflow
from sfn_release.deployment.live_state import MachineQuery, find_machines, observe
from sfn_release.deployment.lock import check_lock
from sfn_release.deployment.prepared import Basis
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import ConfigError, ConflictError, NotFoundError, NotOursError, UsageError
from sfn_release.names import TAG_PREFIX
from sfn_release.operations.adopted_module import adopted_module
from sfn_release.operations.open_site import open_site
from sfn_release.operations.signature_policy import refuse_unsigned
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Observed, TargetWorkflow
from sfn_release.plan.steps import routing_text
from sfn_release.release.record import Record

_ARN = re.compile(
    r"arn:[^:]+:states:(?P<region>[^:]+):[^:]+:stateMachine:(?P<name>[^:]+)(?P<more>:[^:]+)?"
)
_STACK = "aws:cloudformation:stack-name"
_TOOLS = ("terraform", "opentofu", "pulumi")


@dataclass(frozen=True)
class Adopted:
    """An adopted state machine: its *workflow*, and the *module* that declares it.

    *record* is the deployment that saved its content, None if the ledger had it already.
    *warnings* are for people: another tool that still manages it, a split alias.
    """

    workflow: str
    state_machine_arn: str
    module: ImportedStateMachine
    record: Record | None
    warnings: tuple[str, ...]


def adopt(
    workspace: Workspace,
    named: str,
    *,
    environment: str | None = None,
    from_project: str | None = None,
    reason: str | None = None,
    begin: Callable[[ImportedStateMachine], None] = lambda _: None,
) -> Adopted:
    """Take over a state machine, and return the module that declares it.

    Its content becomes a release, and its tags then name this project. *named* is its ARN, or the
    workflow whose name it has in the environment. If its tags name another project, *from_project*
    must be that project. *begin* gets the module before anything is written. It can raise an error
    to refuse the module.

    Raises NotFoundError, NotOursError, ConfigError if no workflow has the name in the environment,
    ConflictError if another deployment is unfinished, and AccessError if the definition can't be
    read.
    """
    site = open_site(workspace, workspace.environment(environment))
    workflow, machine_name, arn = _named(site, named)
    begun: list[Adopted] = []

    def find() -> tuple[Basis, dict[str, Observed]]:
        basis = _basis(site)
        refuse_unsigned(
            workspace, site.environment, basis.snapshot, "Adopting", records=[basis.state.tip]
        )
        machine = _observed(site, workflow, machine_name, arn)
        _refuse_others(site, workflow, machine, from_project)
        if not begun:
            begun.append(_adopted(site, workflow, machine))
            begin(begun[0].module)
        return basis, {workflow: machine}

    basis, machines = find()
    record = None
    if not _is_recorded(site, basis, workflow, machines[workflow]):
        first = [(basis, machines)]
        record = deployer.keep(
            site, lambda: first.pop() if first else find(), Request(adopt=True, reason=reason)
        )
    found = begun[0]
    return Adopted(workflow, found.state_machine_arn, found.module, record, found.warnings)


def _named(site: Site, named: str) -> tuple[str, str, str | None]:
    """Return the workflow, the name of its state machine, and its ARN if *named* is one."""
    if not named.startswith("arn:"):
        return named, site.environment.state_machine_name(named), None
    found = _ARN.fullmatch(named)
    if found is None or found["more"]:
        raise UsageError(
            f"{named} is not the ARN of a state machine.",
            fix="Such an ARN is arn:aws:states:eu-west-1:111122223333:stateMachine:orders, without"
            " a version or an alias.",
        )
    region = site.environment.given["AWS::Region"]
    if found["region"] != region:
        raise UsageError(
            f"{named} is in {found['region']}, but {site.name} is in {region}.",
            fix="Name the environment of that region with --env.",
        )
    return _workflow_of(site, found["name"]), found["name"], named


def _workflow_of(site: Site, machine: str) -> str:
    """Return the workflow whose state machine has the name *machine* here; raise ConfigError."""
    environment = site.environment
    renamed = {environment.state_machine_name(name): name for name in environment.first_names}
    if machine in renamed:
        return renamed[machine]
    template = environment.fill(
        environment.name_template, where=f"name of {environment.name}", texts=True
    )
    before, _, after = template.partition("{workflow}")
    end = len(machine) - len(after)
    if not (machine.startswith(before) and machine.endswith(after) and end > len(before)):
        raise ConfigError(
            f"No workflow can have the state machine {machine} in {environment.name}.",
            why=f'`name` there is "{environment.name_template}".',
            fix=f"Add an environment whose `name` fits, or change `name` in"
            f" [environments.{environment.name}].",
        )
    return machine[len(before) : end]


def _basis(site: Site) -> Basis:
    """Return the ledger's state to adopt after.

    Raises ConflictError when the last deployment didn't succeed, unless it was an adoption.
    """
    snapshot = site.ledger.branches.snapshot_for(site.name)
    state = site.ledger.deployments.state(snapshot, site.name)
    abandoned = check_lock(site, state)
    site.ledger.integrity.refuse_lost(snapshot, site.name)
    if state.unfinished and state.record is not None and state.record.action != "adopt":
        raise ConflictError(
            f"The last deployment to {site.name} did not succeed.",
            why="Its record has to stay the last one until you deal with it.",
            fix=f"See what is open:  sfn-release status --env {site.name}",
        )
    identity = site.runtime.new_id(site.runtime.now())
    return Basis(identity, snapshot, state, site.environment.alias, abandoned)


def _observed(site: Site, workflow: str, name: str, arn: str | None) -> Observed:
    """Return the state machine as AWS has it; raise NotFoundError."""
    wanted = MachineQuery(name, "", arn or find_machines(site.client, [name]).get(name))
    alias = site.environment.alias
    machine = observe(site.client, {workflow: wanted}, alias=alias, search=False)[workflow]
    if machine is None:
        raise NotFoundError(
            f"There is no state machine {name} in {site.environment.label}.",
            fix="Name it by its ARN, and check `region` and the account of the environment.",
        )
    return machine


def _refuse_others(site: Site, workflow: str, machine: Observed, from_project: str | None) -> None:
    """Raise NotOursError for a machine of another project, unless it's *from_project*."""
    project = machine.tags.get(TAG_PREFIX + "project")
    environment = machine.tags.get(TAG_PREFIX + "environment")
    if project is None and from_project is not None:
        raise NotOursError(
            f"{workflow} doesn't belong to the project {from_project}: it has no tags of"
            " sfn-release.",
            fix="Leave out --from-project.",
        )
    handed_over = project == site.project and not environment
    ours = (project, environment) == (site.project, site.name)
    if project in {None, from_project} or handed_over or ours:
        return
    raise NotOursError(
        f"{workflow} belongs to {environment or 'no environment yet'} of the project {project}.",
        why=machine.arn,
        fix=f"Hand it over there:  sfn-release handover {workflow} --to {site.project}\n"
        f"  If that project is gone, adopt it with  --from-project {project}",
    )


def _is_recorded(site: Site, basis: Basis, workflow: str, machine: Observed) -> bool:
    """Return whether the ledger has the machine's content already, so nothing is to be kept.

    Raises ConflictError if the workflow is live here with another state machine or content.
    """
    state = basis.state
    served = state.serving.workflows.get(workflow) if state.serving else None
    if served is None or state.unfinished:
        return False
    if is_as_recorded(served, machine):
        return True
    if served.state_machine_arn != machine.arn:
        raise ConflictError(
            f"{workflow} is live already, with another state machine.",
            why=served.state_machine_arn,
            fix=f"Delete that one first:  sfn-release delete {workflow} --env {site.name}",
        )
    raise ConflictError(
        f"{workflow} is managed already, and was changed by hand.",
        fix=f"See how:  sfn-release status --env {site.name}\n"
        f"  Keep that content:  sfn-release deploy --adopt --env {site.name}",
    )


def _adopted(site: Site, workflow: str, machine: Observed) -> Adopted:
    """Return the module of a machine as it is, with the warnings."""
    kept = found_workflow(site.client, workflow, machine)
    module = adopted_module(kept.rendered, site.environment, machine.arn)
    return Adopted(workflow, machine.arn, module, None, tuple(_warnings(site, machine, kept)))


def _warnings(site: Site, machine: Observed, kept: TargetWorkflow) -> Iterator[str]:
    """Yield the warnings: read them before you publish the module."""
    workflow = kept.rendered.workflow
    stack = machine.tags.get(_STACK)
    if stack:
        yield (
            f"the CloudFormation stack {stack} (SAM, CDK) still manages {workflow} and overwrites"
            " it with its next deployment: give the resource `DeletionPolicy: Retain`, deploy the"
            " stack, then remove the resource from the template"
        )
    for key, value in sorted(machine.tags.items()):
        tool = next((tool for tool in _TOOLS if tool in f"{key} {value}".lower()), None)
        if tool and not key.startswith((TAG_PREFIX, "aws:")):
            yield (
                f"the tag {key}={value} says that {tool} manages {workflow}: it overwrites it with"
                " its next deployment. Remove the resource from its state without destroying it:"
                " for Terraform, a `removed` block with `destroy = false`"
            )
            break
    alias, routing = site.environment.alias, machine.alias.routing if machine.alias else {}
    if len(routing) > 1:
        yield (
            f"the alias {alias} splits its callers ({routing_text(routing)}): the module has the"
            " content that most callers get, and the next deployment moves all to it"
        )
    elif alias and not routing:
        yield (
            f"{workflow} has no alias {alias}: the next deployment creates it. Point callers at it"
        )
    if kept.found is not None and kept.found.latest is not None:
        yield (
            f"$LATEST of {workflow} differs from the version that the alias {alias} serves: the"
            " next deployment changes it to that version"
        )
