"""Look up the parameters of an environment whose values aren't in releases.toml.

A value comes from a variable, Parameter Store, a CloudFormation stack or a Terraform state
(`source_reader`). It is looked up when a deployment is prepared, recorded with it, and must still
be the same when it is applied: a plan is deployed with the values that it showed.
``${AWS::AccountId}`` and the ARNs of workflows (``${workflow:NAME}``) follow from where the
environment is: `account_of`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.placeholders import WORKFLOW
from sfn_release.aws.api_calls import call
from sfn_release.canonical import canonical
from sfn_release.deployment.site import Site
from sfn_release.deployment.sources.source_reader import SourceReader
from sfn_release.errors import (
    AccessError,
    AwsError,
    ConfigError,
    ConflictError,
    NetworkError,
)
from sfn_release.project.value_rules import GIVEN
from sfn_release.release.serving import RecordedState

_ROLE_COLONS = 5  # arn:aws:iam::account:role/name


@dataclass(frozen=True)
class LookedUp:
    """Values by parameter. *origins* are the states of stacks and of Terraform they come from."""

    values: dict[str, Any]
    origins: dict[str, str]


def look_up(
    site: Site,
    names: Iterable[str],
    *,
    state: RecordedState | None = None,
    workflows: Collection[str] = (),
    reader: SourceReader | None = None,
) -> dict[str, Any]:
    """Return the values of parameters as `looked_up` does, without their origins."""
    return looked_up(site, names, state=state, workflows=workflows, reader=reader).values


def looked_up(
    site: Site,
    names: Iterable[str],
    *,
    state: RecordedState | None = None,
    workflows: Collection[str] = (),
    reader: SourceReader | None = None,
) -> LookedUp:
    """Return the values of those parameters *names* that have to be looked up.

    *workflows* are the release's: ``workflow:NAME`` is the ARN of one of them, with the
    environment's alias if there is one. *state* is the environment's recorded state, which
    knows the account. A *reader* of your own shares what it reads among several calls.

    Raises the errors of `SourceReader.values`, and ConfigError for an account that can't be known.
    """
    environment = site.environment
    wanted = environment.open(names)
    reader = reader or SourceReader(site)
    values, origins = reader.values(environment.sources(wanted))
    starts = {f"{WORKFLOW}{name}": name for name in workflows}
    derived = sorted(name for name in wanted - values.keys() if name in starts or name in GIVEN)
    if not derived:
        return LookedUp(values, origins)
    account = environment.given.get("AWS::AccountId") or account_of(site, state)
    values["AWS::AccountId"] = account
    for name in derived:
        if name in starts:
            values[name] = environment.workflow_arn(starts[name], account)
    return LookedUp(values, origins)


def account_of(site: Site, state: RecordedState | None = None) -> str:
    """Return the account that an environment's state machines are in.

    It is, in this order, the account of releases.toml, the account of the served machines
    (*state*), the one of the role to assume or, on AWS, of the workflows' role; else STS is asked.
    An emulator on this machine is asked at its own endpoint, and never AWS in its place. Raises
    ConfigError where there is no STS to ask, and AccessError when it refuses.
    """
    environment = site.environment
    if known := environment.given.get("AWS::AccountId"):
        return known
    served = state.serving.workflows.values() if state and state.serving else ()
    for machine in served:
        return machine.state_machine_arn.split(":")[4]
    assumed = environment.assume_role
    roles = [assumed.role_arn if assumed else None]
    roles += [] if environment.endpoints else [environment.role_arn]
    for role in roles:
        account = role.split(":")[4] if role and role.count(":") >= _ROLE_COLONS else ""
        if account.isdecimal():
            return account
    if environment.has_sts:
        return _asked(site)
    if "*" not in environment.endpoints:
        raise _unknown_account(environment.name)
    try:
        return _asked(site)
    except (AccessError, NetworkError):
        raise
    except AwsError as error:
        raise _unknown_account(environment.name) from error


def _asked(site: Site) -> str:
    return str(call(site.aws.identity.get_caller_identity)["Account"])


def _unknown_account(name: str) -> ConfigError:
    return ConfigError(
        f"The account of {name} is unknown.",
        why="An ARN or ${AWS::AccountId} needs it, and this endpoint has no STS.",
        fix=f'Add to [environments.{name}]:  account = "000000000000"',
    )


def refuse_changed(site: Site, planned: Mapping[str, Any]) -> None:
    """Raise ConflictError when a parameter no longer has its *planned* value."""
    now, _ = SourceReader(site).values(site.environment.sources(planned))
    for name, value in now.items():
        if canonical(value) != canonical(planned[name]):  # 1 and true are equal in Python
            raise ConflictError(
                f"The parameter {name} of {site.name} changed during this deployment.",
                why=f"It comes from {site.environment.parameters[name]}. It was"
                f" {planned[name]!r} when the plan was made, and is {value!r} now.",
                fix="Run this again: the plan will be made with the new value.",
            )
