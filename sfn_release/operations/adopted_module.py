"""The module of an adopted state machine: declared so that publishing it changes nothing.

A setting that the environment's own default gives is left out. A setting that the default would
replace is written in a form that wins over the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.authoring.importing import ImportedStateMachine
from sfn_release.deployment.found_release import as_literal
from sfn_release.errors import SfnReleaseError
from sfn_release.project import Environment
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)


def adopted_module(form: Rendered, environment: Environment, origin: str) -> ImportedStateMachine:
    """Return the module whose workflow renders to *form* in *environment*.

    *form* has the tags of the state machine. ``${`` in it isn't a placeholder: it is kept.
    """
    logging = _setting(form.logging, environment, environment.logging, normal_logging)
    tracing = _setting(form.tracing, environment, environment.tracing, normal_tracing)
    encryption = _setting(form.encryption, environment, environment.encryption, normal_encryption)
    tags = _filled(environment, environment.tags) or {}
    return ImportedStateMachine(
        name=form.workflow,
        definition=as_literal(form.definition),
        origin=origin,
        type=form.type,
        role=_role(form.role, environment),
        logging=logging,
        tracing=None if tracing is None else bool(tracing["enabled"]),
        encryption=encryption,
        tags={
            as_literal(key): as_literal(value)
            for key, value in form.tags.items()
            if tags.get(key) != value
        },
    )


def _role(role: str, environment: Environment) -> str | None:
    """Return the role to declare, None if the environment gives the same one.

    A literal role yields to the environment's. With a placeholder in it, it doesn't.
    """
    if environment.role_arn is None:
        return str(as_literal(role))
    if _filled(environment, environment.role_arn) == role:
        return None
    start, _, rest = role.partition(":")
    _, _, rest = rest.partition(":")
    return f"{start}:${{AWS::Partition}}:{as_literal(rest)}"


def _setting(
    found: Mapping[str, Any], environment: Environment, default: Any, normal: Any
) -> Mapping[str, Any] | None:
    """Return a setting to declare, None if rendering without it gives the same."""
    inherited = _filled(environment, default) if default else None
    if (default and inherited is None) or normal(inherited) != found:
        return dict(as_literal(found))
    return None


def _filled(environment: Environment, value: Any) -> Any:
    """Return a value of releases.toml with its parameters filled, None if one isn't known yet."""
    try:
        return environment.fill(value, where=environment.name)
    except SfnReleaseError:
        return None
