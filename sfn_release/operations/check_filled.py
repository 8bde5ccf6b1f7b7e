"""check: what is wrong with a definition once the environments' parameters fill it.

Nothing is looked up. A literal value of releases.toml is filled in; of one that is looked up, the
type is known: a text where a number is needed is found before any deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from sfn_release.asl.finding import Finding
from sfn_release.asl.placeholders import WORKFLOW, alone, references_in, typed
from sfn_release.canonical import keys_of
from sfn_release.checks import check_definition
from sfn_release.declaration import Declaration
from sfn_release.filled import other_partitions, state_at
from sfn_release.project import Environment, Project, Source
from sfn_release.project.parameters import Filling
from sfn_release.project.rules import did_you_mean, toml, toml_key
from sfn_release.project.values import KINDS, kind_of


def filled_findings(
    declaration: Declaration,
    project: Project,
    workflows: Callable[[], Collection[str]],
    known: Iterable[Finding],
) -> tuple[Finding, ...]:
    """Return the errors of *declaration* that its placeholders make.

    They are integrations of another partition, workflows that are not among those of the project
    (*workflows* reads them), and values of the wrong type in the environments that *project*
    declares; each finding names them. What is *known* already is not repeated.
    """
    definition = declaration.definition
    names = references_in(definition)
    found = [*_other_partitions(definition, project)]
    if not names:
        return tuple(found)
    starts = any(name.startswith(WORKFLOW) for name in names)
    found += _no_workflows(definition, workflows()) if starts else ()
    before = {(one.rule, one.path) for one in known}
    where: dict[Finding, list[str]] = {}
    for name in sorted(project.declared):
        environment = project.environments[name]
        if names & {*environment.parameters, *environment.given}:
            for one in _in_environment(declaration, environment):
                if (one.rule, one.path) not in before:
                    where.setdefault(one, []).append(name)
    return (*found, *(_named(one, environments) for one, environments in where.items()))


def _no_workflows(definition: Any, workflows: Collection[str]) -> Iterator[Finding]:
    filling = Filling({f"{WORKFLOW}{name}": "" for name in workflows})
    filling.value(definition, "$")
    for name, path in filling.undeclared.items():
        if name.startswith(WORKFLOW):
            missing = name.removeprefix(WORKFLOW)
            fix = did_you_mean(missing, workflows) or f"There are: {', '.join(sorted(workflows))}."
            message = f"There is no workflow {missing!r} in this project."
            yield Finding("parameter", "error", path, state_at(path), message, fix)


def _other_partitions(definition: Any, project: Project) -> Iterator[Finding]:
    """Yield the integrations of another partition than that of the declared environments."""
    where: dict[str, list[str]] = {}
    for name in sorted(project.declared):
        partition = project.environments[name].partition
        if partition is not None:
            where.setdefault(partition, []).append(name)
    for partition, environments in where.items():
        for one in other_partitions(definition, partition):
            yield _named(one, environments)


def _in_environment(declaration: Declaration, environment: Environment) -> Iterator[Finding]:
    """Yield the errors of a definition as an environment fills it."""
    values: dict[str, Any] = {
        name: typed(f"${{{name}}}", "string") for name in _looked_up(declaration)
    }
    values |= environment.given
    values |= {
        name: typed(f"${{{name}}}", value.type) if isinstance(value, Source) else value
        for name, value in environment.parameters.items()
    }
    filling = Filling(values)
    filled = filling.value(declaration.definition, "$")
    for problem in filling.problems:
        if problem.parameter:
            message = problem.message[:1].upper() + problem.message[1:]
            yield Finding(
                "parameter", "error", problem.path, state_at(problem.path), message, problem.fix
            )
    for one in _errors(filled, declaration):
        fix = one.fix
        name = alone(_at(declaration.definition, one.path))
        if name is not None and name in environment.parameters:
            fix = _correction(name, environment.parameters[name], one.message)
        yield Finding(one.rule, one.severity, one.path, one.state, one.message, fix)


def _looked_up(declaration: Declaration) -> Iterator[str]:
    for name in references_in(declaration.definition):
        if name.startswith((WORKFLOW, "AWS::")):
            yield name


def _errors(definition: Any, declaration: Declaration) -> Iterator[Finding]:
    for one in check_definition(definition, type=declaration.type, logging=declaration.logging):
        if one.severity == "error":
            yield one


def _named(finding: Finding, environments: list[str]) -> Finding:
    message = f"In {', '.join(environments)}: {finding.message}"
    return Finding(
        finding.rule, finding.severity, finding.path, finding.state, message, finding.fix
    )


def _correction(name: str, value: Any, message: str) -> str:
    """Return what to do about a parameter whose type or value does not fit."""
    written = toml_key(name)
    if isinstance(value, Source):
        type = next((type for words, type in _WANTED.items() if words in message), "json")
        source = f'{value.kind} = "{value.name}"'
        return (
            f"${{{name}}} is {KINDS[value.type]} there. Give it a type in releases.toml:"
            f'  {written} = {{ {source}, type = "{type}" }}'
        )
    shown = f"{written} = {toml(value)}"
    return f"${{{name}}} is {KINDS[kind_of(value)]} there:  {shown}  in releases.toml."


_WANTED = {
    "whole number": "integer",
    "a number": "number",
    "true or false": "boolean",
    "an array": "list",
}


def _at(value: Any, path: str) -> str:
    """Return the text at a JSON path, "" for anything else."""
    for key in keys_of(path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else ""
