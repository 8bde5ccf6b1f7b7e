"""env check: everything that a deployment would look up, looked up, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.aws.calling import call
from sfn_release.aws.services import Aws
from sfn_release.declaration import Declaration
from sfn_release.deployment import Site
from sfn_release.deployment.alarms import firing
from sfn_release.deployment.resolving import look_up
from sfn_release.errors import (
    AccessError,
    ConfigError,
    ConflictError,
    SfnReleaseError,
)
from sfn_release.operations.listing import build_definitions
from sfn_release.operations.pinned import resolved_pins
from sfn_release.operations.sites import require_remote, site
from sfn_release.operations.verifying import Check
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment, rules
from sfn_release.rendering import Rendered, parameters_of, render

_GROUP = re.compile(r"arn:aws[\w-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]{1,512}:\*", re.ASCII)
_LOG_GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:/shop/workflows:*"


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
    declarations = build_definitions(workspace)
    checks = [_asked("ledger", "the ledger's remote", lambda: _ledger(workspace))]
    accounts: dict[str, str] = {}
    for environment in chosen:
        checks += _environment(workspace, environment, declarations, accounts)
        others = [one for one in project.environments.values() if one.name != environment.name]
        checks.append(
            _asked(
                environment.name,
                "names that no other environment uses",
                lambda there=environment, them=others: _names(  # type: ignore[misc]
                    there, them, declarations, accounts
                ),
            )
        )
    return EnvironmentsChecked(tuple(checks))


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
    if environment.backend == "local":
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
            rendered[declaration.name] = render(declaration, resolved)
            return _rendered(rendered[declaration.name])

        yield _asked(name, f"workflow {declaration.name}", workflow)
    if environment.pins != "off" and len(rendered) == len(declarations):
        yield _asked(name, "pins", lambda: resolved_pins(workspace, there, rendered))
    strategy = environment.strategy
    for alarm in strategy.alarms if strategy else ():
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
            return f"parameter {parameter} from {source}: {_shown(values[parameter])}"

        yield _asked(there.name, f"parameter {parameter}", value)
    derived = environment.open(wanted) - sources.keys()
    if derived:

        def account() -> str:
            state = workspace.ledger.state(workspace.snapshot(), there.name)
            names = [one.name for one in declarations]
            values.update(look_up(there, derived, state=state, workflows=names))
            return f"workflows are in the account {values.get('AWS::AccountId', 'of the role')}"

        asked = _asked(there.name, "the account that workflows are in", account)
        unknown |= derived if asked.error else set()
        yield asked
    unknown |= sources.keys() - values.keys()


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else rules.toml(value)


def _identity(environment: Environment, aws: Aws, accounts: dict[str, str]) -> str:
    """Return who the credentials belong to; raises AccessError for another account."""
    asks_sts = "sts" in environment.endpoints or not environment.on_this_machine
    if not asks_sts and environment.account is None:
        _ = aws.stepfunctions
        return "the endpoint is on this machine: credentials may be anything"
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


def _rendered(rendered: Rendered) -> str:
    """Return what a workflow would be; raises ConfigError for what AWS would refuse."""
    problem = rules.role_arn(rendered.role)
    if problem:
        raise ConfigError(
            f"{rendered.role!r} is not the role of {rendered.workflow}.", why=problem,
            fix="Correct `role_arn`, or the parameters in it.",
        )  # fmt: skip
    groups = [
        one.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        for one in rendered.logging.get("destinations", ())
    ]
    for group in groups:
        if not _GROUP.fullmatch(group):
            raise ConfigError(
                f"{group!r} is not a log group that Step Functions takes.",
                why="Its ARN ends with :* there.",
                fix=f"For example:  {_LOG_GROUP}",
            )
    if rendered.logging["level"] != "OFF" and not groups:
        raise ConfigError(
            f"{rendered.workflow} logs {rendered.logging['level']} to nowhere.",
            fix="Add `destinations` with a log group to `logging`.",
        )
    return f"{rendered.workflow} is the state machine {rendered.name}, with {rendered.role}"


def _alarm(aws: Aws, name: str) -> str:
    found = firing(aws.alarms, [name])
    return f"alarm {name} exists" + (f" and fires: {found[name]}" if found else "")


def _names(
    environment: Environment,
    others: Sequence[Environment],
    declarations: Sequence[Declaration],
    accounts: Mapping[str, str],
) -> str:
    """Raise ConflictError when another environment has a state machine of the same name."""
    mine = {environment.state_machine_name(one.name): one.name for one in declarations}
    for other in others:
        if not _same_place(environment, other, accounts):
            continue
        theirs = {other.state_machine_name(one.name) for one in declarations}
        both = sorted(theirs & mine.keys())
        if both:
            raise ConflictError(
                f"{environment.name} and {other.name} both name the state machine {both[0]}"
                + (f", and {len(both) - 1} more." if len(both) > 1 else "."),
                why="They are in one region, and in one account as far as releases.toml tells.",
                fix=f'Give one of them its own names:  name = "{{workflow}}-{environment.name}"'
                "  or say which `account` each is in.",
            )
    return "its state machines' names are its own"


def _same_place(one: Environment, other: Environment, accounts: Mapping[str, str]) -> bool:
    """Tell whether two environments are, or may be, in one account and region."""
    if one.backend != other.backend:
        return False
    if one.backend == "local":
        return True
    if (one.region, _endpoint(one)) != (other.region, _endpoint(other)):
        return False
    known = [_account(environment, accounts) for environment in (one, other)]
    if None not in known:
        return known[0] == known[1]
    return (one.profile, one.assume_role) == (other.profile, other.assume_role)


def _endpoint(environment: Environment) -> str | None:
    return environment.endpoints.get("stepfunctions") or environment.endpoints.get("*")


def _account(environment: Environment, accounts: Mapping[str, str]) -> str | None:
    """Return the account of an environment, as releases.toml or STS told it."""
    role = environment.assume_role
    assumed = role.role_arn.split(":")[4] if role else None
    return environment.account or accounts.get(environment.name) or assumed
