"""Environments that would have the same state machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import ConflictError
from sfn_release.project import Environment


def refuse_shared(environments: Sequence[Environment], declarations: Iterable[Declaration]) -> None:
    """Raise ConflictError when two of *environments* are sure to share a state machine.

    One command deploys to all of them: the second would take over the machine that the first just
    made.
    """
    declarations = list(declarations)
    for index, environment in enumerate(environments):
        refuse_same_names(environment, environments[:index], declarations, {}, certain=True)


def refuse_same_names(
    environment: Environment,
    others: Iterable[Environment],
    declarations: Iterable[Declaration],
    accounts: Mapping[str, str],
    *,
    certain: bool = False,
) -> None:
    """Raise ConflictError when one of *others* has a state machine of the same name.

    *accounts* holds the accounts of environments, as far as STS was asked. When it has to be
    *certain*, environments whose accounts are not known are taken for different ones.
    """
    declarations = list(declarations)
    mine = {
        environment.state_machine_name(declaration.name): declaration.name
        for declaration in declarations
    }
    for other in others:
        if not _same_place(environment, other, accounts, certain=certain):
            continue
        theirs = {other.state_machine_name(declaration.name) for declaration in declarations}
        both = sorted(theirs & mine.keys())
        if both:
            raise ConflictError(
                f"{environment.name} and {other.name} use the same state machine, {both[0]}"
                + (f", and {len(both) - 1} more." if len(both) > 1 else "."),
                why=_why(environment),
                fix=f'Give one of them its own names:  name = "{{workflow}}-{environment.name}"'
                f"{_or_account(environment)}",
            )


def _why(environment: Environment) -> str:
    if environment.backend.on_this_machine:
        return "Both are on the local service, which has one account."
    return "Same region, and maybe the same account."


def _or_account(environment: Environment) -> str:
    """Return the other way out: only environments on AWS can have different accounts."""
    if environment.backend.account is not None:
        return ""
    return "  or set the `account` of each environment."


def _same_place(
    environment: Environment, other: Environment, accounts: Mapping[str, str], *, certain: bool
) -> bool:
    """Return whether two environments are, or may be, in one account and region."""
    if environment.backend is not other.backend:
        return False
    if (_region(environment), _endpoint(environment)) != (_region(other), _endpoint(other)):
        return False
    account, other_account = _account(environment, accounts), _account(other, accounts)
    if account is not None and other_account is not None:
        return account == other_account
    if certain:
        return False
    return (environment.profile, environment.assume_role) == (other.profile, other.assume_role)


def _region(environment: Environment) -> str:
    return environment.region or environment.backend.region


def _endpoint(environment: Environment) -> str | None:
    return environment.endpoints.get("stepfunctions") or environment.endpoints.get("*")


def _account(environment: Environment, accounts: Mapping[str, str]) -> str | None:
    """Return the account of an environment, as releases.toml or STS says."""
    role = environment.assume_role
    assumed = role.role_arn.split(":")[4] if role else None
    known = environment.account or accounts.get(environment.name) or assumed
    return known or environment.backend.account
