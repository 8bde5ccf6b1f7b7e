"""Fills ``${Name}`` in definitions, roles and log groups.

``${Name}`` stands for a parameter of the environment, in every string of a JSON value: in the keys
of objects too, as CloudFormation's definition substitutions do. ``$${`` is the literal ``${``. A
filled value is not looked at again. Any other ``${`` is an error, because it would reach AWS as it
stands, except in a JSONata expression (``{% … %}``), where ``${"a": 1}`` has a meaning of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sfn_release.asl.placeholders import A_PARAMETER, REFERENCE, no_parameters
from sfn_release.canonical import member
from sfn_release.errors import ConfigError
from sfn_release.project.rules import nearest


def fill(
    value: Any, parameters: Mapping[str, str], *, where: str, environment: str = "NAME"
) -> Any:
    """Return the JSON *value* with its parameters filled; *value* itself stays as it is.

    *where* says in errors what the value is ("workflow orders"), *environment* whose parameters
    they are. Raises ConfigError for a parameter that is not declared, for a ``${`` that is
    none, and for two keys of one object that become equal.
    """
    filling = _Filling(parameters, where, environment)
    filled = filling.value(value, "$")
    if filling.undeclared:
        raise undeclared(filling.undeclared, parameters, where=where, environment=environment)
    return filled


def parameters_in(value: Any) -> frozenset[str]:
    """Return the names of the parameters that a JSON *value* refers to."""
    found: set[str] = set()
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.update(match["name"] for match in REFERENCE.finditer(item) if match["name"])
        elif isinstance(item, Mapping):
            rest.extend(item.keys())
            rest.extend(item.values())
        elif isinstance(item, list | tuple):
            rest.extend(item)
    return frozenset(found)


class _Filling:
    """One run of `fill`; *path* is the JSON path of what is being filled."""

    def __init__(self, parameters: Mapping[str, str], where: str, environment: str) -> None:
        self.parameters = parameters
        self.where = where
        self.environment = environment
        self.undeclared: dict[str, str] = {}  # and where each stands first

    def value(self, item: Any, path: str) -> Any:
        if isinstance(item, str):
            return self.text(item, path)
        if isinstance(item, Mapping):
            return self.object(item, path)
        if isinstance(item, list | tuple):
            return [self.value(content, f"{path}[{index}]") for index, content in enumerate(item)]
        return item

    def object(self, item: Mapping[str, Any], path: str) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for key, content in item.items():
            new = self.text(key, path)
            if new in filled:
                raise ConfigError(
                    f"{self.where}: two keys become {json.dumps(new)} when parameters are filled.",
                    why=f"They stand at {path}.",
                    fix="Give the parameters different values, or the keys different names.",
                )
            filled[new] = self.value(content, member(path, key))
        return filled

    def text(self, string: str, path: str) -> str:
        if "${" not in string:
            return string

        def replace(match: re.Match[str]) -> str:
            if match["escape"]:
                return "${"
            if match["name"] in self.parameters:
                return self.parameters[match["name"]]
            if match["name"]:
                self.undeclared.setdefault(match["name"], path)
            return match[0]

        for shown in no_parameters(string):
            raise _not_a_parameter(self.where, shown, path)
        return REFERENCE.sub(replace, string)


def undeclared(
    names: Mapping[str, str], declared: Iterable[str], *, where: str, environment: str
) -> ConfigError:
    """Return the error that parameters are not declared: *names* are they, and where they stand."""
    known = set(declared)
    used = []
    for name, place in names.items():
        near = nearest(name, known)
        meant = f" Declared is {near}; did you mean that?" if near else ""
        subject = "It" if len(names) == 1 else f"${{{name}}}"
        used.append(f"{subject} is used at {place}.{meant}")
    shown = ", ".join(f"${{{name}}}" for name in names)
    lines = "\n".join(f'    {name} = "…"' for name in names)
    return ConfigError(
        f"{where}: the parameter {shown} is not declared."
        if len(names) == 1
        else f"{where}: the parameters {shown} are not declared.",
        why="\n  ".join(used),
        fix="Add to releases.toml, or write $${ for a literal ${ :\n"
        f"    [environments.{environment}.parameters]\n{lines}",
    )


def _not_a_parameter(where: str, shown: str, path: str) -> ConfigError:
    return ConfigError(
        f"{where}: {shown!r} is not a parameter.",
        why=f"It stands at {path}. {A_PARAMETER}",
        fix="Write $${ for a literal ${ .",
    )
