"""Accepts declarations, or refuses those that Step Functions would refuse.

Problems are found here before a release takes its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, get_args

from sfn_release.authoring.declaration import Declaration, StateMachineType
from sfn_release.canonical import canonical
from sfn_release.checks.checker import check_calls, check_draft
from sfn_release.checks.finding import Finding, refuse
from sfn_release.checks.silence import Silence, unsilenced
from sfn_release.errors import DefinitionError
from sfn_release.project.aws_rules import state_machine_name, tag_key, tag_value
from sfn_release.project.modules.declared_workflows import DeclaredWorkflow
from sfn_release.project.value_rules import filled

_FILLED = frozenset({"resource", "parameter"})  # rules about values that only a deployment fills
_MOST_TAGS = 50 - 5  # AWS's quota, without our ownership tags


def accept(
    entries: Iterable[DeclaredWorkflow],
    silences: Sequence[Silence] = (),
    refused: dict[str, DefinitionError] | None = None,
) -> tuple[tuple[Declaration, ...], int]:
    """Return the declarations, sorted by name, and the number of warnings about them.

    Findings that *silences* cover don't count. With *refused*, the error of a faulty definition
    goes there by its workflow's name, and the others are accepted.

    Raises DefinitionError for a name that AWS doesn't allow or that is used twice, and for a
    definition or settings that Step Functions would refuse.
    """
    found: dict[str, str] = {}
    declarations = []
    warnings = 0
    for entry in entries:
        declaration, place = entry.declaration, entry.place
        name: Any = declaration.name
        problem = name_problem(name)
        if problem:
            raise DefinitionError(
                f"{place}: {name!r} can't be the name of a workflow.",
                why=problem,
                fix="Give it another name.",
            )
        if name in found:
            raise DefinitionError(
                f"Two workflows are named {name!r}.",
                why=f"One is {found[name]}, the other {place}.",
                fix="Give one of them another name.",
            )
        found[name] = place
        try:
            warnings += _accept_one(entry, silences)
        except DefinitionError as error:
            if refused is None:
                raise
            refused[name] = error
        else:
            declarations.append(declaration)
    return tuple(sorted(declarations, key=lambda declaration: declaration.name)), warnings


def refuse_calls(declarations: Iterable[Declaration], silences: Sequence[Silence]) -> int:
    """Refuse calls that AWS's services don't have; return the number of warnings.

    Only for new releases, because the result depends on the installed botocore: an existing release
    must build anywhere. Raises DefinitionError.
    """
    warnings = 0
    for declaration in declarations:
        found = check_calls(declaration.definition, type=declaration.type)
        kept, _ = unsilenced(found, silences, declaration.name)
        refuse(kept, f"The workflow {declaration.name!r} in {declaration.source}")
        warnings += len(kept)
    return warnings


def name_problem(name: Any) -> str | None:
    """Return why *name* can't be the name of a workflow, None if it can."""
    return state_machine_name(name) if isinstance(name, str) else "It is not a string."


def content(declaration: Declaration) -> dict[str, Any]:
    """Return the fields of a declaration by name."""
    return {field.name: getattr(declaration, field.name) for field in fields(declaration)}


def _accept_one(entry: DeclaredWorkflow, silences: Sequence[Silence]) -> int:
    declaration, place = entry.declaration, entry.place
    problem = next(problems(declaration), None)
    if problem:
        raise DefinitionError(f"{place}: {problem}", fix="Correct the StateMachine.")
    findings, _ = unsilenced(
        check_draft(
            declaration.definition,
            entry.findings,
            type=declaration.type,
            logging=declaration.logging,
        ),
        silences,
        declaration.name,
    )
    refuse(map(as_released, findings), f"The workflow {declaration.name!r} in {place}")
    try:
        canonical({**content(declaration), "definition": None})  # that has been checked above
    except DefinitionError as error:
        raise DefinitionError(f"{place}: {error.message}", why=error.why, fix=error.fix) from error
    return len(findings)


def as_released(finding: Finding) -> Finding:
    """Return a finding with its severity for a release, where only ``${Parameter}`` is filled."""
    return replace(finding, severity="error") if finding.rule in _FILLED else finding


def problems(declaration: Declaration) -> Iterator[str]:
    """Yield the problems of the settings, which modules don't check."""
    types = get_args(StateMachineType)
    role: Any = declaration.role
    tags: Mapping[str, Any] = declaration.tags
    if declaration.type not in types:
        yield f"{declaration.type!r} can't be its type. The type is {' or '.join(types)}."
    if not isinstance(role, str | None):
        yield f"{role!r} can't be its role. A role is a string."
    if len(tags) > _MOST_TAGS:
        yield f"it has {len(tags)} tags, but AWS leaves room for {_MOST_TAGS}."
    for key, value in tags.items():
        if not isinstance(value, str):
            yield f"the tag {key!r} is {value!r}, not a string."
            continue
        for text, rule in ((key, tag_key), (value, tag_value)):
            wrong = filled(rule)(text)
            if wrong:
                yield f"{text!r} can't be in a tag. {wrong}"
