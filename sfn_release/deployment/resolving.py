"""Looking up the parameters of an environment that do not stand in releases.toml.

A value comes from the process's environment, or from Systems Manager Parameter Store. It is looked
up when a deployment is prepared, recorded with it, and must still be the same when it is applied:
what a plan has shown is what is deployed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sfn_release.aws.calling import call
from sfn_release.aws.services import ParameterStore
from sfn_release.errors import ConfigError, ConflictError, NotFoundError
from sfn_release.project import Source

if TYPE_CHECKING:
    from sfn_release.deployment.model import Prepared, Site

_PAGE = 10  # names in one call of GetParameters


def look_up(site: Site, names: Iterable[str]) -> dict[str, str]:
    """Return the values of those parameters *names* that have to be looked up.

    Raises ConfigError for a variable that is not set and for an encrypted parameter, NotFoundError
    for one that Parameter Store does not have, AccessError when it may not be read.
    """
    return _values(site, site.environment.sources(names))


def refuse_changed(site: Site, prepared: Prepared) -> None:
    """Raise ConflictError when a value that the plan was made with is another one now."""
    if prepared.target is None or not prepared.target.parameters:
        return
    planned = prepared.target.parameters
    now = _values(site, site.environment.sources(planned))
    for name, value in now.items():
        if value != planned[name]:
            raise ConflictError(
                f"The parameter {name} of {site.name} changed while this was under way.",
                why=f"{site.environment.parameters[name]} was {planned[name]!r} when it was"
                f" planned, and is {value!r}.",
                fix="Run this again: the plan will be made with the new value.",
            )


def _values(site: Site, sources: Mapping[str, Source]) -> dict[str, str]:
    environment, environ = site.environment.name, site.around.environ
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
                f"Parameter Store has no {', '.join(answer['InvalidParameters'])}, which"
                f" {environment} takes parameters from.",
                fix="Create it (aws ssm put-parameter), or correct releases.toml.",
            )
        for found in answer["Parameters"]:
            if found["Type"] == "SecureString":
                raise ConfigError(
                    f"{found['Name']} in Parameter Store is a SecureString, and {environment}"
                    " takes a parameter from it.",
                    why="What fills a definition is recorded in Git and shown in the console: a"
                    " secret has no place there.",
                    fix="Let the task read the secret itself, and put its name or ARN into the"
                    " parameter.",
                )
            values[found["Name"] + found.get("Selector", "")] = found["Value"]
            values[found.get("ARN", "") + found.get("Selector", "")] = found["Value"]
    return values
