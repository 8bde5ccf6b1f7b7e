"""env check: looks up everything that a deployment would need, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.clients import Aws
from sfn_release.deployment.alarms import firing
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.deployment.sources.source_reader import SourceReader
from sfn_release.errors import (
    AccessError,
    PolicyError,
    SfnReleaseError,
)
from sfn_release.operations.former_names import refuse_unknown_former
from sfn_release.operations.name_clashes import refuse_same_names
from sfn_release.operations.open_site import require_remote, site_of
from sfn_release.operations.pin_preview import resolved_pins
from sfn_release.operations.policy_checks import Verdict, verdict
from sfn_release.operations.release_tests import untested
from sfn_release.operations.rendered_tree import pinned_forms
from sfn_release.operations.secret_values import secret_notes
from sfn_release.operations.verbs.plan import prepare_work_tree, work_tree
from sfn_release.operations.verification import Check
from sfn_release.operations.workspace import Workspace, checked_caller
from sfn_release.permissions.role_comparison import not_compared
from sfn_release.plan.preconditions import Submission, refusal, unmet
from sfn_release.project import Environment, toml_text
from sfn_release.release.rendering import Rendered, parameters_of, render
from sfn_release.text import count


@dataclass(frozen=True)
class EnvironmentsChecked:
    """The checks of each environment, in order."""

    checks: tuple[Check, ...]

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks that would stop a deployment."""
        return tuple(check for check in self.checks if check.error is not None)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"ok": not self.problems, "checks": [check.to_json() for check in self.checks]}


def check_environments(
    workspace: Workspace, *, environments: Sequence[str] = ()
) -> EnvironmentsChecked:
    """Return checks of everything that a deployment of the work tree to *environments* needs.

    By default these are the environments in releases.toml, with `local` if it is there or is the
    default. Reads only, and reports all problems at once. Raises BuildError if the workflows don't
    load, NotFoundError for an unknown environment.
    """
    project = workspace.project
    names = list(dict.fromkeys(environments)) or sorted(project.declared)
    chosen = [project.environment(name) for name in names]
    declarations = list(work_tree(workspace).values())
    checks = [_checked("ledger", "the ledger's remote", lambda: _ledger(workspace))]
    if project.first_names:
        checks.append(_checked("ledger", "former names", lambda: _former(workspace, declarations)))
    accounts: dict[str, str] = {}
    for environment in chosen:
        checks += _check_environment(workspace, environment, declarations, accounts)
    return EnvironmentsChecked(tuple(checks))


def _check_environment(
    workspace: Workspace,
    environment: Environment,
    declarations: Sequence[Declaration],
    accounts: dict[str, str],
) -> list[Check]:
    """Return the checks of one environment. If all are well, the last plans a deployment."""
    name = environment.name
    found = [*_environment(workspace, environment, declarations, accounts)]
    others = [other for other in workspace.project.environments.values() if other.name != name]

    def names() -> str:
        refuse_same_names(environment, others, declarations, accounts)
        return "no other environment uses the names of its state machines"

    found.append(_checked(name, "unique state machine names", names))
    if all(check.error is None for check in found):
        # The roles are checked above, all of them.
        site = site_of(workspace, replace(environment, permissions="off"))
        try:
            found.append(_deployment(workspace, site, declarations))
        except SfnReleaseError as error:
            found.append(Check(name, "a deployment", error))
    return found


def _checked(subject: str, text: str, ask: Callable[[], str]) -> Check:
    """Return a check with the result of *ask*, or with *text* and the error that it raises."""
    try:
        return Check(subject, ask())
    except SfnReleaseError as error:
        return Check(subject, text, error)


def _former(workspace: Workspace, declarations: Sequence[Declaration]) -> str:
    refuse_unknown_former(workspace, [declaration.name for declaration in declarations])
    return "releases have the former names of renamed workflows"


def _ledger(workspace: Workspace) -> str:
    workspace.snapshot(offline=False)
    remote = workspace.ledger.remote
    return f"the ledger is on {remote}" if remote else "the ledger is in this clone only"


def _environment(
    workspace: Workspace,
    environment: Environment,
    declarations: Sequence[Declaration],
    accounts: dict[str, str],
) -> Iterator[Check]:
    """Yield a check for each thing that a deployment needs. Add the account to *accounts*."""
    name = environment.name
    aws = workspace.aws(environment)
    if not environment.backend.needs_credentials:
        yield Check(name, f"{environment.label}: needs no credentials")
    else:
        yield _checked(name, "the ledger", lambda: require_remote(workspace, environment))
        who = _checked(name, "credentials", lambda: _identity(environment, aws, accounts))
        yield who
        if isinstance(who.error, AccessError):
            return  # every other call would be refused too
    site = site_of(workspace, environment, aws)
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    yield from _parameters(site, workspace, declarations, values, unknown)
    resolved = environment.resolved(values)
    rendered: dict[str, Rendered] = {}
    for declaration in declarations:
        if unknown & parameters_of([declaration], environment):
            continue  # its missing parameter is reported already

        def workflow(declaration: Declaration = declaration) -> str:
            rendered[declaration.name], line = _workflow(site, resolved, declaration)
            return line

        yield _checked(name, f"workflow {declaration.name}", workflow)
    if environment.pins != "off" and len(rendered) == len(declarations):
        yield _checked(name, "pins", lambda: resolved_pins(workspace, site, rendered))
    yield from _roles(workspace, site, rendered)
    strategy = environment.strategy
    for alarm in strategy.limits.alarms if strategy else ():
        yield _checked(name, f"alarm {alarm}", partial(_alarm, aws, alarm))


def _roles(workspace: Workspace, site: Site, rendered: Mapping[str, Rendered]) -> Iterator[Check]:
    """Yield the checks of the workflows' roles: lacking and unknown permissions.

    A role that lacks a permission stops a deployment where the policy says so.
    """
    environment = site.environment
    required = environment.permissions == "required"
    if required and not environment.has_iam:
        yield Check(site.name, not_compared(site.name), warning=True)
    if not environment.has_iam or environment.permissions == "off":
        return
    from sfn_release.operations.roles.compared_roles import compare_roles  # loads service models

    forms = pinned_forms(workspace, site, rendered)
    for compared in compare_roles(site.aws, environment, forms):
        lines = [*compared.missing, *([compared.uncheckable] if compared.unchecked else [])]
        for line in lines:
            error = PolicyError(
                f"{line}.", why='permissions = "required"', fix=compared.advice(site.name)
            )
            yield Check(site.name, line, error if required else None, warning=not required)
        yield from (Check(site.name, line, warning=True) for line in compared.unsure)
        if not lines:
            workflows = count(compared.workflows, "workflow")
            yield Check(
                site.name, f"the role {compared.role} has all needed permissions of {workflows}"
            )


def _parameters(
    site: Site,
    workspace: Workspace,
    declarations: Sequence[Declaration],
    values: dict[str, Any],
    unknown: set[str],
) -> Iterator[Check]:
    """Yield a check for each looked-up parameter. Add to *values*, or to the *unknown* names."""
    environment = site.environment
    wanted = parameters_of(declarations, environment)
    sources = environment.sources(wanted)
    reader = SourceReader(site)
    for parameter, source in sorted(sources.items()):

        def value(parameter: str = parameter, source: object = source) -> str:
            values.update(look_up(site, [parameter], reader=reader))
            note = next(secret_notes(environment, {parameter: values[parameter]}), None)
            return note or f"parameter {parameter} from {source}: {_shown(values[parameter])}"

        yield _checked(site.name, f"parameter {parameter}", value)
    derived = environment.open(wanted) - sources.keys()
    if derived:

        def account() -> str:
            state = workspace.ledger.deployments.state(workspace.snapshot(), site.name)
            names = [declaration.name for declaration in declarations]
            values.update(look_up(site, derived, state=state, workflows=names))
            return f"workflows are in the account {values.get('AWS::AccountId', 'of the role')}"

        checked = _checked(site.name, "the account of the workflows", account)
        unknown |= derived if checked.error else set()
        yield checked
    unknown |= sources.keys() - values.keys()


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else toml_text.toml(value)


def _identity(environment: Environment, aws: Aws, accounts: dict[str, str]) -> str:
    """Return the owner of the credentials; raises AccessError for the wrong account."""
    if not environment.has_sts:
        _ = aws.stepfunctions
        text = "the endpoint is on this machine: any credentials will do"
        return text + (f"; account {environment.account}" if environment.account else "")
    caller = checked_caller(environment, aws)
    accounts[environment.name] = caller["Account"]
    return f"account {caller['Account']} in {environment.region}, as {caller['Arn']}"


def _workflow(site: Site, resolved: Environment, declaration: Declaration) -> tuple[Rendered, str]:
    """Return a workflow as it would be sent, and a line about it.

    Raises the errors of rendering, or one error with all unmet conditions.
    """
    rendered = render(declaration, resolved)
    sending = Submission(
        environment=site.name,
        rendered=rendered,
        alias=resolved.alias,
        tags=rendered.tags,
        findings=site.filled.errors(
            declaration,
            rendered,
            released=False,
            environment=resolved.name,
            partition=resolved.partition,
        ),
    )
    problems = unmet(sending)
    if problems:
        raise refusal(site.name, problems)
    return (
        rendered,
        f"{declaration.name} is the state machine {rendered.name}, with the role {rendered.role}",
    )


def _deployment(workspace: Workspace, site: Site, declarations: Sequence[Declaration]) -> Check:
    """Return a check of publishing the work tree; raises the same errors as publishing would.

    A policy that refuses it is shown, but it isn't a problem of the environment: the same release
    may be allowed tomorrow.
    """
    by_name = {declaration.name: declaration for declaration in declarations}
    prepared, content = prepare_work_tree(workspace, site, by_name, Request())
    changed = sum(workflow.changes for workflow in prepared.plan.workflows)
    nothing = prepared.nothing_to_do
    found = Verdict() if nothing else verdict(workspace, site, prepared, content)
    changes = count(changed, "workflow") if changed else "nothing"
    refusals = (*untested(workspace, by_name), *found.refusals)
    refused = [f"refused today: {_brief(refusal.message)}" for refusal in refusals]
    notes = found.notes
    text = "; ".join([f"publishing the work tree would change {changes}", *notes, *refused])
    return Check(site.name, text, refused=bool(refused))


def _brief(message: str) -> str:
    """Return the first lines of a refusal as one."""
    return " ".join(" ".join(message.splitlines()[:2]).split())


def _alarm(aws: Aws, name: str) -> str:
    found = firing(aws.alarms, [name])
    return f"alarm {name} exists" + (f" and fires: {found[name]}" if found else "")
