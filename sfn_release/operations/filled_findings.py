"""Finds the errors that a definition has only with an environment's parameters filled in.

Literal values come from releases.toml. The others aren't looked up, but we know their type: text in
place of a number is found before any deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sfn_release.asl.placeholders import WORKFLOW, alone, references_in, typed
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import keys_of
from sfn_release.checks.checker import check_definition
from sfn_release.checks.finding import Finding
from sfn_release.plan.rendered_checks import LITERAL, literal, other_partitions, state_at
from sfn_release.project import Environment, Project, Source
from sfn_release.project.environment_tables import LOCAL
from sfn_release.project.modules.acceptance import as_released, content
from sfn_release.project.parameter_sources import as_toml
from sfn_release.project.parameter_values import KINDS, kind_of
from sfn_release.project.parameters import PlaceholderFiller
from sfn_release.project.toml_text import toml, toml_key
from sfn_release.project.value_rules import GIVEN
from sfn_release.release.rendering import undeclared_in
from sfn_release.text import did_you_mean


def filled_findings(
    declaration: Declaration,
    project: Project,
    workflows: Callable[[], Collection[str]],
    known: Iterable[Finding],
) -> tuple[Finding, ...]:
    """Return the errors of *declaration* in the environments that *project* declares.

    `plan` and `publish` report the same errors: undeclared parameters, unknown workflows
    (*workflows* reads the project's names), values that don't fit their place, and integrations
    that the partition doesn't have. A finding names its environments. *known* findings aren't
    repeated.
    """
    found = [*_other_partitions(declaration.definition, project)]
    names = references_in(content(declaration))
    if not names:
        return tuple(found)
    starts = any(name.startswith(WORKFLOW) for name in names)
    there = frozenset(workflows()) if starts else frozenset()
    found += _undeclared(declaration, project, there)
    before = {(finding.rule, finding.path) for finding in known}
    where: dict[Finding, list[str]] = {}
    for name in sorted(project.declared):
        environment = project.environments[name]
        if names & {*environment.parameters, *environment.given}:
            for finding in _in_environment(declaration, environment):
                if (finding.rule, finding.path) not in before:
                    where.setdefault(finding, []).append(name)
    return (*found, *(_named(finding, environments) for finding, environments in where.items()))


def _undeclared(
    declaration: Declaration, project: Project, workflows: Collection[str]
) -> Iterator[Finding]:
    """Yield one finding for each name that an environment, or the project, doesn't have."""
    given = dict.fromkeys((*GIVEN, *(f"{WORKFLOW}{name}" for name in workflows)), "")
    lacking: dict[tuple[str, str], list[str]] = {}
    for environment in _own(project):
        known = given | dict.fromkeys(project.environments[environment].parameters, "")
        for name, path in undeclared_in(declaration, known).items():
            lacking.setdefault((name, path), []).append(environment)
    for (name, path), environments in lacking.items():
        if name.startswith(WORKFLOW):
            missing = name.removeprefix(WORKFLOW)
            fix = did_you_mean(missing, workflows) or f"There are: {', '.join(sorted(workflows))}."
            message = f"There is no workflow {missing!r} in this project."
            yield Finding("parameter", "error", path, state_at(path), message, fix)
        else:
            message = f"The parameter ${{{name}}} is not declared."
            fix = _declare(name, environments, project)
            finding = Finding("parameter", "error", path, state_at(path), message, fix)
            yield _named(finding, environments)


def _own(project: Project) -> list[str]:
    """Return the environments in releases.toml; `local` only if it is there, or is the only one."""
    implied = {LOCAL} if project.local_is_implied else set()
    return sorted(project.declared - implied or project.declared)


def _declare(name: str, environments: list[str], project: Project) -> str:
    """Return the fix for a parameter that isn't declared in *environments*."""
    declared = {
        parameter
        for environment in project.environments.values()
        for parameter in environment.parameters
    }
    meant = "" if name in declared else did_you_mean(name, declared | GIVEN)
    tables = ", ".join(f"[environments.{environment}.parameters]" for environment in environments)
    return meant or f'Add  {toml_key(name)} = "…"  to {tables} in releases.toml.'


def _other_partitions(definition: Any, project: Project) -> Iterator[Finding]:
    """Yield the integrations that the partition of a declared environment doesn't have."""
    where: dict[str, list[str]] = {}
    for name in sorted(project.declared):
        partition = project.environments[name].partition
        if partition is not None:
            where.setdefault(partition, []).append(name)
    for partition, environments in where.items():
        for finding in other_partitions(definition, partition):
            yield _named(finding, environments)


def _in_environment(declaration: Declaration, environment: Environment) -> Iterator[Finding]:
    """Yield the errors of a definition with an environment's parameters filled in."""
    values: dict[str, Any] = {
        name: typed(f"${{{name}}}", "string") for name in _looked_up(declaration)
    }
    values |= environment.given
    values |= {
        name: _unknown(name, value) if isinstance(value, Source) else literal(value)
        for name, value in environment.parameters.items()
    }
    filler = PlaceholderFiller(values)
    filled = filler.value(declaration.definition, "$")
    for problem in filler.problems:
        if problem.parameter:
            message = problem.message[:1].upper() + problem.message[1:]
            yield Finding(
                "parameter", "error", problem.path, state_at(problem.path), message, problem.fix
            )
    for finding in _errors(filled, declaration):
        name = alone(_at(declaration.definition, finding.path))
        if name is not None and name in environment.parameters:
            yield replace(finding, fix=_correction(name, environment.parameters[name], finding))
        else:
            yield finding


def _unknown(name: str, source: Source) -> str:
    """Return the placeholder of a parameter that is looked up later, with its type if known."""
    return f"${{{name}}}" if source.type is None else typed(f"${{{name}}}", source.type)


def _looked_up(declaration: Declaration) -> Iterator[str]:
    for name in references_in(declaration.definition):
        if name.startswith((WORKFLOW, "AWS::")):
            yield name


def _errors(definition: Any, declaration: Declaration) -> Iterator[Finding]:
    """Yield the errors for which `publish` refuses a filled definition."""
    found = check_definition(
        definition, type=declaration.type, logging=declaration.logging, services=True
    )
    for finding in map(as_released, found):
        if finding.severity == "error" and finding.rule != LITERAL:
            yield finding


def _named(finding: Finding, environments: list[str]) -> Finding:
    return replace(finding, message=f"In {', '.join(environments)}: {finding.message}")


def _correction(name: str, value: Any, finding: Finding) -> str:
    """Return the fix for a parameter whose type or value doesn't fit."""
    written = toml_key(name)
    if isinstance(value, Source):
        return (
            f"${{{name}}} is {KINDS[value.type or 'string']} there. Give it a type in"
            f" releases.toml:  {written} = {as_toml(value, finding.wanted or 'json')}"
        )
    kind = f", which is {KINDS[kind_of(value)]}" if finding.wanted else ""
    return f"releases.toml sets {written} = {toml(value)}{kind}. {finding.fix}".rstrip()


def _at(value: Any, path: str) -> str:
    """Return the text at a JSON path, "" for anything else."""
    for key in keys_of(path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else ""
