"""Fills ``${Name}`` in definitions, roles, log groups, names and tags.

``${Name}`` stands for a parameter of the environment, in every string of a JSON value: in the keys
of objects too, as in CloudFormation's definition substitutions. A string that is only ``${Name}``
becomes the parameter's value with its type. Inside a longer text the value is written as text.
Filled values are not filled again.

If you need a literal ``${``, you write ``$${``. Any other ``${`` is an error, because it would
reach AWS unchanged, except in a JSONata expression (``{% … %}``), where ``${"a": 1}`` has its own
meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.asl.placeholders import (
    A_PARAMETER,
    REFERENCE,
    WORKFLOW,
    alone,
    no_parameters,
    references_in,
)
from sfn_release.authoring.json_values import copied
from sfn_release.canonical import member
from sfn_release.errors import ConfigError
from sfn_release.project.parameter_values import KINDS, as_text, kind_of
from sfn_release.project.toml_text import toml_key
from sfn_release.text import nearest


def fill(
    value: Any,
    parameters: Mapping[str, Any],
    *,
    where: str,
    environment: str = "NAME",
    texts: bool = False,
) -> Any:
    """Return the JSON *value* with its parameters filled; *value* itself stays as it is.

    In errors, *where* names the value ("workflow orders"), and *environment* the environment. With
    *texts*, a string stays a string even if it is a single placeholder.

    Raises ConfigError for a parameter that isn't declared, for a list or table inside a text, for
    a ``${`` that isn't a placeholder, and for two keys of one object that become equal.
    """
    filler = PlaceholderFiller(parameters, texts=texts)
    filled = filler.value(value, "$")
    for wrong in filler.problems:
        raise wrong.error(where)
    if filler.undeclared:
        raise undeclared({where: filler.undeclared}, parameters, environment=environment)
    return filled


def parameters_in(value: Any) -> frozenset[str]:
    """Return the names of the parameters and workflows that a JSON *value* refers to."""
    return references_in(value)


@dataclass(frozen=True)
class Problem:
    """A place that can't be filled: its JSON *path*, and the *parameter* that causes it."""

    path: str
    message: str
    why: str = ""
    fix: str = ""
    parameter: str = ""

    def error(self, where: str) -> ConfigError:
        """Return it as the error about *where*."""
        why = f"It is at {self.path}. {self.why}".rstrip()
        return ConfigError(f"{where}: {self.message}", why=why, fix=self.fix)


@dataclass
class PlaceholderFiller:
    """One run of `fill`, which collects its *problems*.

    *undeclared* maps the names that *parameters* doesn't have to where each is used first.
    """

    parameters: Mapping[str, Any]
    texts: bool = False
    problems: list[Problem] = field(default_factory=list)
    undeclared: dict[str, str] = field(default_factory=dict)

    def value(self, item: Any, path: str) -> Any:
        """Return the JSON value *item* at *path*, filled."""
        if isinstance(item, str):
            name = alone(item) if not self.texts else None
            if name is not None and name in self.parameters:
                return copied(self.parameters[name])
            return self._text(item, path)
        if isinstance(item, Mapping):
            return self._object(item, path)
        if isinstance(item, list | tuple):
            return [self.value(content, f"{path}[{index}]") for index, content in enumerate(item)]
        return item

    def _object(self, item: Mapping[str, Any], path: str) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for key, content in item.items():
            new = self._text(key, path)
            if new in filled:
                self.problems.append(
                    Problem(
                        path,
                        f"two keys become {json.dumps(new)} when parameters are filled.",
                        fix="Give the parameters different values, or the keys different names.",
                    )
                )
            filled[new] = self.value(content, member(path, key))
        return filled

    def _text(self, string: str, path: str) -> str:
        if "${" not in string:
            return string

        def replace(match: re.Match[str]) -> str:
            if match["escape"]:
                return "${"
            name = match["name"]
            if name in self.parameters:
                return self._value_in_text(name, path)
            if name:
                self.undeclared.setdefault(name, path)
            return match[0]

        self.problems += [
            Problem(path, f"{shown!r} is not a valid parameter name.", A_PARAMETER, LITERAL)
            for shown in no_parameters(string)
        ]
        return REFERENCE.sub(replace, string)

    def _value_in_text(self, name: str, path: str) -> str:
        """Return the value of a parameter within a longer text."""
        value = self.parameters[name]
        written = as_text(value)
        if written is None:
            self.problems.append(
                Problem(
                    path,
                    f"the parameter ${{{name}}} is {KINDS[kind_of(value)]} and can't be part of"
                    " a longer string.",
                    fix=f'Use it as the whole value ("${{{name}}}"), or make it a string.',
                    parameter=name,
                )
            )
        return written or ""


LITERAL = "Write $${ for a literal ${ ."


def undeclared(
    names: Mapping[str, Mapping[str, str]], declared: Iterable[str], *, environment: str
) -> ConfigError:
    """Return the error for parameters that aren't declared, and workflows that aren't there.

    *names* maps each workflow, or other user, to the names, and to the place of their first use.
    """
    known = set(declared)
    missing = list(dict.fromkeys(name for used in names.values() for name in used))
    parameters = [name for name in missing if not name.startswith(WORKFLOW)]
    problems = [
        *([_named("parameter", parameters, "not declared")] if parameters else []),
        *([_named("workflow", absent, "not in the release")] if (absent := [
            name.removeprefix(WORKFLOW) for name in missing if name.startswith(WORKFLOW)
        ]) else []),
    ]  # fmt: skip
    used = []
    for where, places in names.items():
        for name, place in places.items():
            subject = "It" if len(missing) == len(names) == 1 else f"${{{name}}}"
            inside = f" of {where}" if len(names) > 1 else ""
            used.append(f"{subject} is used at {place}{inside}.{_suggestion(name, known)}")
    lines = "\n".join(f'    {toml_key(name)} = "…"' for name in parameters)
    where = next(iter(names)) if len(names) == 1 else f"{len(names)} workflows of {environment}"
    return ConfigError(
        f"{where}: {'; '.join(problems)}.",
        why="\n  ".join(used),
        fix="Add to releases.toml, or write $${ for a literal ${ :\n"
        f"    [environments.{environment}.parameters]\n{lines}"
        if parameters
        else f"Workflows of this release: {_workflows(known)}.",
    )


def _named(noun: str, names: Collection[str], wrong: str) -> str:
    shown = ", ".join(f"${{{name}}}" if noun == "parameter" else name for name in names)
    if len(names) == 1:
        return f"the {noun} {shown} is {wrong}"
    return f"the {noun}s {shown} are {wrong}"


def _suggestion(name: str, known: Collection[str]) -> str:
    if name.startswith(WORKFLOW):
        near = nearest(name, [other for other in known if other.startswith(WORKFLOW)])
        return f' Did you mean "${{{near}}}"?' if near else ""
    near = nearest(name, [other for other in known if not other.startswith(WORKFLOW)])
    return f' Did you mean "${{{near}}}"?' if near else ""


def _workflows(known: Collection[str]) -> str:
    names = sorted(name.removeprefix(WORKFLOW) for name in known if name.startswith(WORKFLOW))
    return ", ".join(names) or "none"
