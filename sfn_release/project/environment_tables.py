"""Reads the tables of environments: each table, and the references between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.errors import ConfigError
from sfn_release.project import aws_rules
from sfn_release.project.backends import AWS, BACKENDS, BUILT_IN, Backend
from sfn_release.project.environment import AssumedRole, Environment
from sfn_release.project.parameter_sources import is_source, source_of
from sfn_release.project.parameter_values import normal
from sfn_release.project.parameters import parameters_in
from sfn_release.project.replay_policy import ReplayPolicy
from sfn_release.project.strategy_table import read_strategy
from sfn_release.project.task_settings import TaskSettings
from sfn_release.project.toml_document import TomlDocument
from sfn_release.project.toml_lines import Key
from sfn_release.text import did_you_mean, parse_duration

LOCAL = "local"
_ROLE = 'role_arn = "arn:aws:iam::111111111111:role/shop-workflows"'


def read_environment(document: TomlDocument, name: str, table: Mapping[str, Any]) -> Environment:
    """Return the environment that a table describes; its single values are checked already."""
    at: Key = ("environments", name)
    values = dict(table)
    backend = _backend(document, at, name, values.pop("backend", None))
    document.obey(at, values, backend.rules)
    environment = Environment(
        name=name,
        backend=backend,
        name_template=values.pop("name", "{workflow}"),
        endpoints=_endpoints(values.pop("endpoint_url", {})),
        assume_role=_assumed_role(values.pop("assume_role", None)),
        parameters={key: _parameter(value) for key, value in values.pop("parameters", {}).items()},
        requires=tuple(values.pop("requires", ())),
        soak=parse_duration(values.pop("soak")) if "soak" in values else None,
        branches=tuple(values.pop("branches", ())),
        replay=_replay(values.pop("replay", None)),
        strategy=read_strategy(values.pop("strategy", "all-at-once")),
        tasks=TaskSettings.taken_from(values),
        **values,
    )
    _check_role(document, (*at, "role_arn"), environment)
    _check_name(document, (*at, "name"), environment)
    return environment


def _backend(document: TomlDocument, at: Key, name: str, given: str | None) -> Backend:
    built_in = BUILT_IN.get(name)
    backend = built_in or AWS if given is None else BACKENDS[given]
    if built_in is not None and backend is not built_in:
        document.fail(
            (*at, "backend"),
            f"the environment {name} always has the backend {built_in.name}",
            fix="Give an environment on AWS another name.",
        )
    return backend


def check_requires(document: TomlDocument, environments: Mapping[str, Environment]) -> None:
    """Fail when an environment requires an unknown environment, or itself through others."""
    for name, environment in environments.items():
        at = ("environments", name, "requires")
        for required in environment.requires:
            if required not in environments:
                document.fail(
                    at,
                    f"{name} requires {required!r}, which is not one of the environments",
                    why=f"They are: {', '.join(sorted(environments))}.",
                    fix=did_you_mean(required, environments) or f"Add [environments.{required}].",
                )
            if environments[required].backend.private and not environment.backend.private:
                document.fail(
                    at,
                    f"{name} requires {required}, whose records never leave a clone",
                    fix="Require an environment on AWS, or one at an endpoint_url.",
                )
            if required == name:
                document.fail(at, f"{name} requires itself", fix="Remove it from `requires`.")
            if _leads_to(environments, required, name, frozenset()):
                document.fail(
                    at,
                    f"{name} requires {required}, which requires {name}: neither accepts a release",
                    fix="Remove one of them from `requires`.",
                )


def check_replays(document: TomlDocument, environments: Mapping[str, Environment]) -> None:
    """Fail when an environment replays executions of an unknown one, or of one in a clone only."""
    for name, environment in environments.items():
        if environment.replay is None:
            continue
        at, source = ("environments", name, "replay"), environment.replay.environment
        if source not in environments:
            document.fail(
                at,
                f"{name} replays executions of {source!r}, which is not one of the environments",
                why=f"They are: {', '.join(sorted(environments))}.",
                fix=did_you_mean(source, environments) or f"Add [environments.{source}].",
            )
        if environments[source].backend.private and not environment.backend.private:
            document.fail(
                at,
                f"{name} replays executions of {source}, whose executions never leave a clone",
                fix="Name an environment on AWS, or one at an endpoint_url.",
            )


def _replay(table: Mapping[str, Any] | None) -> ReplayPolicy | None:
    if table is None:
        return None
    return ReplayPolicy(**{**table, "workflows": tuple(table.get("workflows", ()))})


def _leads_to(
    environments: Mapping[str, Environment], start: str, goal: str, seen: frozenset[str]
) -> bool:
    if start == goal:
        return True
    if start in seen or start not in environments:
        return False
    return any(
        _leads_to(environments, name, goal, seen | {start}) for name in environments[start].requires
    )


def _endpoints(value: str | Mapping[str, str]) -> Mapping[str, str]:
    return {"*": value} if isinstance(value, str) else value


def _assumed_role(value: str | Mapping[str, str] | None) -> AssumedRole | None:
    if value is None:
        return None
    return AssumedRole(value) if isinstance(value, str) else AssumedRole(**value)


def _parameter(value: Any) -> Any:
    if not (isinstance(value, dict) and is_source(value)):
        return normal(value)
    return source_of(value)


def _check_role(document: TomlDocument, at: Key, environment: Environment) -> None:
    """Fail for an invalid role, if its parameters are known without a lookup."""
    role = environment.role_arn
    if role is None or environment.open(parameters_in(role)):
        return
    try:
        role = environment.fill(role, where=f"role_arn of {environment.name}", texts=True)
    except ConfigError as error:
        document.fail(at, error.message, why=error.why, fix=error.fix)
    document.require(at, role, aws_rules.role_arn, _ROLE)


def _check_name(document: TomlDocument, at: Key, environment: Environment) -> None:
    """Fail for a template of names that needs a lookup, or that AWS doesn't allow."""
    names = parameters_in(environment.name_template)
    open_ones = sorted(environment.open(names))
    if open_ones:
        account = open_ones == ["AWS::AccountId"]
        document.fail(
            at,
            f"`name` can't contain ${{{open_ones[0]}}}: its value is looked up",
            why="The name identifies a state machine, so it must follow from releases.toml alone.",
            fix='Set the account of the environment:  account = "111111111111"'
            if account
            else "Use a parameter whose value is in releases.toml.",
        )
    try:
        environment.state_machine_name("x")
    except ConfigError as error:
        document.fail(at, error.message, why=error.why, fix=error.fix)
