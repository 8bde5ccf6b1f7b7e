"""Reads the sources of parameters: each stack, state and list of exports once.

A source that can't be read fails for each of its parameters, and is asked only once too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import ParameterStore
from sfn_release.deployment.site import Site
from sfn_release.deployment.sources.stack_outputs import (
    export_of,
    output_of,
    read_exports,
    read_stack,
    stack_origin,
)
from sfn_release.deployment.sources.state_files import fetch_state
from sfn_release.errors import ConfigError, NotFoundError, SfnReleaseError
from sfn_release.project import Source
from sfn_release.project.parameter_sources import (
    StackExport,
    StackOutput,
    StateAttribute,
    StateOutput,
    StoredParameter,
    Variable,
)
from sfn_release.project.parameter_values import convert, kept
from sfn_release.project.terraform_addresses import parse_address, parse_attribute

_PAGE = 10  # names in one call of GetParameters


@dataclass(frozen=True)
class FoundValue:
    """A value as its source has it, text or JSON, and its *origin*: the state that was read."""

    value: Any
    origin: str | None = None


@dataclass
class SourceReader:
    """The sources of one environment, at one time. *site* is where they are read."""

    site: Site
    _read: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def values(self, sources: Mapping[str, Source]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the value of each source, of its type, and the origins that are known.

        Raises ConfigError for a variable that isn't set, for a value of another type and for a
        secret; NotFoundError where there's no such parameter, stack, state, output or attribute;
        and the errors of a call.
        """
        values, origins = {}, {}
        stored = {source.ssm for source in sources.values() if isinstance(source, StoredParameter)}
        for name, source in sources.items():
            found = self._found(name, source, stored)
            values[name] = self._typed(name, source, found.value)
            if found.origin is not None:
                origins[name] = f"{source} ({found.origin})" if found.origin else str(source)
        return values, origins

    def _found(self, name: str, source: Source, stored: set[str]) -> FoundValue:
        match source:
            case Variable():
                return FoundValue(_variable(self.site, name, source.env))
            case StoredParameter():
                paths = sorted(stored)
                texts = self._once(("ssm", *paths), lambda: self._stored(paths))
                return FoundValue(texts[source.ssm])
            case StackOutput():
                region = self.site.environment.region or ""
                read = lambda: read_stack(self.site.aws.stacks, source.stack, region)  # noqa: E731
                stack = self._once(("stack", source.stack), read)
                value = output_of(stack, source.output, source.stack)
                return FoundValue(value, stack_origin(stack))
            case StackExport():
                exports = self._once(("exports",), lambda: read_exports(self.site.aws.stacks))
                return FoundValue(*export_of(exports, source.export))
            case StateOutput() | StateAttribute():
                read_state = lambda: fetch_state(self.site, source.tfstate)  # noqa: E731
                state, origin = self._once(("state", source.tfstate), read_state)
                if isinstance(source, StateOutput):
                    return FoundValue(state.output(source.output), origin)
                address, path = parse_address(source.resource), parse_attribute(source.attribute)
                if address is None or path is None:  # releases.toml is checked: not reached
                    raise ConfigError(f"{source} is not an attribute of a resource.")
                return FoundValue(state.attribute(address, path), origin)
            case _:
                assert_never(source)

    def _once(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        """Return what *read* returns, or raise its error, as the first time."""
        if key not in self._read:
            try:
                self._read[key] = read()
            except SfnReleaseError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, SfnReleaseError):
            raise found
        return found

    def _stored(self, paths: list[str]) -> dict[str, str]:
        return _parameters(self.site.aws.parameter_store, paths, self.site.name)

    def _typed(self, name: str, source: Source, value: Any) -> Any:
        try:
            if isinstance(source, StateOutput | StateAttribute):
                return kept(value, source.type)
            return convert(value, source.type)
        except ConfigError as error:
            why = f'releases.toml says  type = "{source.type}"' if source.type else ""
            raise ConfigError(
                f"The parameter {name} of {self.site.name} comes from {source}: {error.message}",
                why=error.why or why,
                fix=error.fix,
            ) from error


def _variable(site: Site, name: str, variable: str) -> str:
    environ = site.runtime.environ
    if not environ.get(variable):
        raise ConfigError(
            f"The parameter {name} of {site.name} comes from the environment variable"
            f" {variable}, which is {'empty' if variable in environ else 'not set'}.",
            fix=f"Set it:  export {variable}=…",
        )
    return environ[variable]


def _parameters(store: ParameterStore, paths: list[str], environment: str) -> dict[str, str]:
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
