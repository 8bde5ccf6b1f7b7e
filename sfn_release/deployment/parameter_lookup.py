"""Look up the parameters of an environment whose values aren't in releases.toml.

A value comes from the process's environment, or from Systems Manager Parameter Store. It is looked
up when a deployment is prepared, recorded with it, and must still be the same when it is applied:
a plan is deployed with the values that it showed. ``${AWS::AccountId}`` and the ARNs of workflows
(``${workflow:NAME}``) follow from where the environment is: `account_of`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sfn_release.asl.placeholders import WORKFLOW
from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import ParameterStore
from sfn_release.deployment.site import Site
from sfn_release.errors import (
    AccessError,
    AwsError,
    ConfigError,
    ConflictError,
    NetworkError,
    NotFoundError,
)
from sfn_release.project import Source
from sfn_release.project.parameter_values import convert
from sfn_release.project.value_rules import GIVEN
from sfn_release.release.serving import RecordedState

_PAGE = 10  # names in one call of GetParameters
_ROLE_COLONS = 5  # arn:aws:iam::account:role/name


def look_up(
    site: Site,
    names: Iterable[str],
    *,
    state: RecordedState | None = None,
    workflows: Collection[str] = (),
) -> dict[str, Any]:
    """Return the values of those parameters *names* that have to be looked up.

    *workflows* are the release's: ``workflow:NAME`` is the ARN of one of them, with the
    environment's alias if there is one. *state* is the environment's recorded state, which
    knows the account.

    Raises ConfigError for a variable that is not set, for a value of another type, for an encrypted
    parameter and for an account that can't be known; NotFoundError for a parameter that Parameter
    Store does not have; AccessError when it may not be read.
    """
    environment = site.environment
    wanted = environment.open(names)
    values = _values(site, environment.sources(wanted))
    starts = {f"{WORKFLOW}{name}": name for name in workflows}
    derived = sorted(name for name in wanted - values.keys() if name in starts or name in GIVEN)
    if not derived:
        return values
    account = environment.given.get("AWS::AccountId") or account_of(site, state)
    values["AWS::AccountId"] = account
    for name in derived:
        if name in starts:
            values[name] = environment.workflow_arn(starts[name], account)
    return values


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
    now = _values(site, site.environment.sources(planned))
    for name, value in now.items():
        if value != planned[name]:
            raise ConflictError(
                f"The parameter {name} of {site.name} changed during this deployment.",
                why=f"{site.environment.parameters[name]} was {planned[name]!r} when the"
                f" plan was made, and is {value!r} now.",
                fix="Run this again: the plan will be made with the new value.",
            )


def _values(site: Site, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Return the values that *sources* have now, converted to their types."""
    texts = _texts(site, sources)
    values = {}
    for name, source in sources.items():
        try:
            values[name] = convert(texts[name], source.type)
        except ConfigError as error:
            raise ConfigError(
                f"The parameter {name} of {site.name} comes from {source}: {error.message}",
                why=error.why or f'releases.toml says  type = "{source.type}"',
                fix=error.fix,
            ) from error
    return values


def _texts(site: Site, sources: Mapping[str, Source]) -> dict[str, str]:
    environment, environ = site.environment.name, site.runtime.environ
    values = {}
    for name, source in sources.items():
        if source.kind == "env":
            if not environ.get(source.name):
                raise ConfigError(
                    f"The parameter {name} of {environment} comes from the environment variable"
                    f" {source.name}, which is {'empty' if source.name in environ else 'not set'}.",
                    fix=f"Set it:  export {source.name}=…",
                )
            values[name] = environ[source.name]
    stored = {name: source.name for name, source in sources.items() if source.kind == "ssm"}
    if stored:
        found = _stored(site.aws.parameter_store, sorted({*stored.values()}), environment)
        values |= {name: found[path] for name, path in stored.items()}
    return values


def _stored(store: ParameterStore, paths: list[str], environment: str) -> dict[str, str]:
    """Return the values of parameters in Parameter Store."""
    values: dict[str, str] = {}
    for start in range(0, len(paths), _PAGE):
        page = paths[start : start + _PAGE]
        # Without decryption a SecureString shows its type, and not its value.
        answer = call(store.get_parameters, Names=page, WithDecryption=False)
        if answer["InvalidParameters"]:
            raise NotFoundError(
                f"{environment} uses a parameter that Parameter Store doesn't have:"
                f" {', '.join(answer['InvalidParameters'])}.",
                fix="Create it (aws ssm put-parameter), or correct releases.toml.",
            )
        for found in answer["Parameters"]:
            if found["Type"] == "SecureString":
                raise ConfigError(
                    f"{found['Name']} in Parameter Store is a SecureString, and {environment}"
                    " takes a parameter from it.",
                    why="Values that fill a definition are recorded in Git and shown in the"
                    " console, so they can't be secrets.",
                    fix="Let the task read the secret itself, and put its name or ARN into the"
                    " parameter.",
                )
            values[found["Name"] + found.get("Selector", "")] = found["Value"]
            values[found.get("ARN", "") + found.get("Selector", "")] = found["Value"]
    return values
