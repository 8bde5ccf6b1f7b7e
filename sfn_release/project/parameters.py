"""Fills ``${Name}`` in definitions, roles and log groups.

``${Name}`` stands for a parameter of the environment, in every string of a JSON value: in the keys
of objects too, as CloudFormation's definition substitutions do. ``$${`` is the literal ``${``. A
filled value is not looked at again. Any other ``${`` is an error, because it would reach AWS as it
stands, except in a JSONata expression (``{% … %}``), where ``${"a": 1}`` has a meaning of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sfn_release.canonical import member
from sfn_release.errors import ConfigError
from sfn_release.project.rules import nearest

_REFERENCE = re.compile(r"(?P<escape>\$\$\{)|\$\{(?P<name>[A-Za-z][A-Za-z0-9_]*)\}|(?P<other>\$\{)")
_SHOWN = 40  # characters of what cannot be used


def fill(
    value: Any, parameters: Mapping[str, str], *, where: str, environment: str = "NAME"
) -> Any:
    """Return the JSON *value* with its parameters filled; *value* itself stays as it is.

    *where* says in errors what the value is ("workflow orders"), *environment* whose parameters
    they are. Raises ConfigError for a parameter that is not declared, for a ``${`` that is
    none, and for two keys of one object that become equal.
    """
    return _Filling(parameters, where, environment).value(value, "$")


def parameters_in(value: Any) -> frozenset[str]:
    """Return the names of the parameters that a JSON *value* refers to."""
    found: set[str] = set()
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.update(match["name"] for match in _REFERENCE.finditer(item) if match["name"])
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
        jsonata = string.startswith("{%") and string.rstrip().endswith("%}")

        def replace(match: re.Match[str]) -> str:
            if match["escape"]:
                return "${"
            if match["name"] in self.parameters:
                return self.parameters[match["name"]]
            if match["name"]:
                raise self._undeclared(match["name"], path)
            if jsonata:
                return match[0]
            raise self._not_a_parameter(string[match.start() :], path)

        return _REFERENCE.sub(replace, string)

    def _undeclared(self, name: str, path: str) -> ConfigError:
        near = nearest(name, self.parameters)
        return ConfigError(
            f"{self.where}: the parameter ${{{name}}} is not declared.",
            why=f"It is used at {path}."
            + (f" Declared is {near}; did you mean that?" if near else ""),
            fix="Add to releases.toml, or write $${ for a literal ${ :\n"
            f'    [environments.{self.environment}.parameters]\n    {name} = "…"',
        )

    def _not_a_parameter(self, rest: str, path: str) -> ConfigError:
        shown = rest[: rest.find("}") + 1] or rest
        shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
        return ConfigError(
            f"{self.where}: {shown!r} is not a parameter.",
            why=f"It stands at {path}. A parameter is written ${{Name}}: a letter, then letters,"
            " digits and '_'.",
            fix="Write $${ for a literal ${ .",
        )
