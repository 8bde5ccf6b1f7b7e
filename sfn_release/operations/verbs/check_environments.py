"""env check: everything that a deployment would look up, looked up, and nothing written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.deployment.alarms import firing
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import (
    AccessError,
    SfnReleaseError,
)
from sfn_release.operations.name_clashes import refuse_same_names
from sfn_release.operations.open_site import require_remote, site
from sfn_release.operations.pin_preview import resolved_pins
from sfn_release.operations.policy_checks import objections
from sfn_release.operations.secret_values import secret_notes
from sfn_release.operations.verbs.plan import prepare_work_tree, work_tree
from sfn_release.operations.verification import Check
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.preconditions import Submission, refusal, unmet
from sfn_release.project import Environment, toml_text
from sfn_release.release.rendering import Rendered, parameters_of, render


@dataclass(frozen=True)
class EnvironmentsChecked:
    """What was checked, environment by environment."""

    checks: tuple[Check, ...]

    @property
    def problems(self) -> tuple[Check, ...]:
        """What a deployment would be refused for."""
        return tuple(check for check in self.checks if check.error is not None)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"ok": not self.problems, "checks": [check.to_json() for check in self.checks]}


def check_environments(
    workspace: Workspace, *, environments: Sequence[str] = ()
) -> EnvironmentsChecked:
    """Look up what deployments of the work tree to *environments*, or to all, would need.

    All are those of releases.toml; `local` when that tells of it, or deploys there by default.
    Reads only. What is wrong with one thing hides no other. Raises BuildError for a work tree
    whose workflows do not load, NotFoundError for an environment that is none.
    """
    project = workspace.project
    names = list(dict.fromkeys(environments)) or sorted(project.declared)
    chosen = [project.environment(name) for name in names]
    declarations = list(work_tree(workspace).values())
    checks = [_asked("ledger", "the ledger's remote", lambda: _ledger(workspace))]
    accounts: dict[str, str] = {}
    for environment in chosen:
        checks += _one(workspace, environment, declarations, accounts)
    return EnvironmentsChecked(tuple(checks))


def _one(
    workspace: Workspace,
    environment: Environment,
    declarations: Sequence[Declaration],
    accounts: dict[str, str],
) -> list[Check]:
    """Return the checks of one environment, the whole deployment last if nothing else is wrong."""
    name = environment.name
    found = [*_environment(workspace, environment, declarations, accounts)]
    others = [one for one in workspace.project.environments.values() if one.name != name]

    def names() -> str:
        refuse_same_names(environment, others, declarations, accounts)
        return "its state machines' names are its own"

    found.append(_asked(name, "names that no other environment uses", names))
    if all(one.error is None for one in found):
        there = site(workspace, environment)
        found.append(
            _asked(name, "a deployment", lambda: _deployment(workspace, there, declarations))
        )
    return found


def _asked(subject: str, what: str, ask: Callable[[], str]) -> Check:
    """Return the answer of *ask*, or what it raises."""
    try:
        return Check(subject, ask())
    except SfnReleaseError as error:
        return Check(subject, what, error)


def _ledger(workspace: Workspace) -> str:
    workspace.snapshot(offline=False)
    remote = workspace.ledger.remote
    return f"the ledger is on {remote}" if remote else "the ledger is in this clone alone"


def _environment(
    workspace: Workspace,
    environment: Environment,
    declarations: Sequence[Declaration],
    accounts: dict[str, str],
) -> Iterator[Check]:
    """Yield one line for each thing that a deployment would need; note the account."""
    name = environment.name
    aws = workspace.aws(environment)
    if environment.backend.embedded:
        yield Check(name, "local (not AWS): there is nothing to reach")
    else:
        yield _asked(name, "the ledger", lambda: require_remote(workspace, environment))
        who = _asked(name, "credentials", lambda: _identity(environment, aws, accounts))
        yield who
        if isinstance(who.error, AccessError):
            return  # whatever else is asked would be refused likewise
    there = site(workspace, environment, aws)
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    yield from _parameters(there, workspace, declarations, values, unknown)
    resolved = environment.resolved(values)
    rendered: dict[str, Rendered] = {}
    for declaration in declarations:
        if unknown & parameters_of([declaration], environment):
            continue  # what it lacks is told already

        def workflow(declaration: Declaration = declaration) -> str:
            rendered[declaration.name], line = _workflow(there, resolved, declaration)
            return line

        yield _asked(name, f"workflow {declaration.name}", workflow)
    if environment.pins != "off" and len(rendered) == len(declarations):
        yield _asked(name, "pins", lambda: resolved_pins(workspace, there, rendered))
    strategy = environment.strategy
    for alarm in strategy.limits.alarms if strategy else ():
        yield _asked(name, f"alarm {alarm}", lambda one=alarm: _alarm(aws, one))  # type: ignore[misc]


def _parameters(
    there: Site,
    workspace: Workspace,
    declarations: Sequence[Declaration],
    values: dict[str, Any],
    unknown: set[str],
) -> Iterator[Check]:
    """Yield one line for each looked-up parameter; note the *values*, and names *unknown*."""
    environment = there.environment
    wanted = parameters_of(declarations, environment)
    sources = environment.sources(wanted)
    for parameter, source in sorted(sources.items()):

        def value(parameter: str = parameter, source: object = source) -> str:
            values.update(look_up(there, [parameter]))
            note = next(secret_notes(environment, {parameter: values[parameter]}), None)
            return note or f"parameter {parameter} from {source}: {_shown(values[parameter])}"

        yield _asked(there.name, f"parameter {parameter}", value)
    derived = environment.open(wanted) - sources.keys()
    if derived:

        def account() -> str:
            state = workspace.ledger.deployments.state(workspace.snapshot(), there.name)
            names = [one.name for one in declarations]
            values.update(look_up(there, derived, state=state, workflows=names))
            return f"workflows are in the account {values.get('AWS::AccountId', 'of the role')}"

        asked = _asked(there.name, "the account that workflows are in", account)
        unknown |= derived if asked.error else set()
        yield asked
    unknown |= sources.keys() - values.keys()


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else toml_text.toml(value)


def _identity(environment: Environment, aws: Aws, accounts: dict[str, str]) -> str:
    """Return who the credentials belong to; raises AccessError for another account."""
    if not environment.has_sts:
        _ = aws.stepfunctions
        told = "the endpoint is on this machine: credentials may be anything"
        return told + (f"; account {environment.account}" if environment.account else "")
    caller = call(aws.identity.get_caller_identity)
    accounts[environment.name] = caller["Account"]
    if environment.account not in {None, caller["Account"]}:
        raise AccessError(
            f"The credentials belong to account {caller['Account']}, and releases.toml says"
            f" {environment.account}.",
            why=f"They are those of {caller['Arn']}.",
            fix="Log in to that account, or set `profile` or `assume_role` for the environment.",
        )
    return f"account {caller['Account']} in {environment.region}, as {caller['Arn']}"


def _workflow(there: Site, resolved: Environment, declaration: Declaration) -> tuple[Rendered, str]:
    """Return a workflow as it would be sent, and a line about it.

    Raises what rendering raises, and the error that shows every condition that it does not meet.
    """
    rendered = render(declaration, resolved)
    sending = Submission(
        environment=there.name,
        rendered=rendered,
        alias=resolved.alias,
        tags=rendered.tags,
        findings=there.filled.errors(
            declaration,
            rendered,
            released=False,
            environment=resolved.name,
            partition=resolved.partition,
        ),
    )
    problems = unmet(sending)
    if problems:
        raise refusal(there.name, problems)
    return (
        rendered,
        f"{declaration.name} is the state machine {rendered.name}, with {rendered.role}",
    )


def _deployment(workspace: Workspace, there: Site, declarations: Sequence[Declaration]) -> str:
    """Return what publishing the work tree would do; raises what that would raise.

    A policy may refuse today what it lets in tomorrow: it is shown, and is no problem of the
    environment's.
    """
    by_name = {one.name: one for one in declarations}
    prepared, content = prepare_work_tree(workspace, there, by_name, Request())
    count = sum(one.changes for one in prepared.plan.workflows)
    found = [] if prepared.nothing_to_do else objections(workspace, there, prepared, content)
    changed = f"{count} workflow{'' if count == 1 else 's'}" if count else "nothing"
    told = f"publishing the work tree would change {changed}"
    return "; ".join([told, *(f"refused today: {one.message.splitlines()[0]}" for one in found)])


def _alarm(aws: Aws, name: str) -> str:
    found = firing(aws.alarms, [name])
    return f"alarm {name} exists" + (f" and fires: {found[name]}" if found else "")
