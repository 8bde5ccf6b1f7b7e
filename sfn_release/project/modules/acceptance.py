"""Accepts what a project declares, or says what Step Functions would refuse of it.

Whatever can be known before a version is taken is refused here.
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

_FILLED = frozenset({"resource", "parameter"})  # rules of what deploying would have to fill
_MOST_TAGS = 50 - 5  # AWS's quota, and the tags by which we know our state machines


def accept(
    entries: Iterable[DeclaredWorkflow], silences: Sequence[Silence] = ()
) -> tuple[tuple[Declaration, ...], int]:
    """Return the declarations, sorted by name, and how many warnings there are about them.

    What *silences* cover does not count.

    Raises DefinitionError for a name that AWS does not take or that stands twice, for a definition
    that Step Functions would refuse, and for settings that it would.
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
                f"{place}: {name!r} cannot be the name of a workflow.",
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
        warnings += _accept_one(entry, silences)
        declarations.append(declaration)
    return tuple(sorted(declarations, key=lambda one: one.name)), warnings


def refuse_calls(declarations: Iterable[Declaration], silences: Sequence[Silence]) -> int:
    """Refuse calls that AWS's services do not have; return how many warnings there are.

    Apart from `accept`, and for what is not released yet: it depends on how new the installed
    botocore is, and a release that stands must build anywhere. Raises DefinitionError.
    """
    warnings = 0
    for declaration in declarations:
        found = check_calls(declaration.definition, type=declaration.type)
        kept, _ = unsilenced(found, silences, declaration.name)
        refuse(kept, f"The workflow {declaration.name!r} ({declaration.source})")
        warnings += len(kept)
    return warnings


def name_problem(name: Any) -> str | None:
    """Say why *name* cannot be the name of a workflow, None if it can."""
    return state_machine_name(name) if isinstance(name, str) else "It is not a text."


def content(declaration: Declaration) -> dict[str, Any]:
    """Return everything that a declaration says, by the names of its fields."""
    return {one.name: getattr(declaration, one.name) for one in fields(declaration)}


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
    refuse(map(as_released, findings), f"The workflow {declaration.name!r} ({place})")
    try:
        canonical({**content(declaration), "definition": None})  # that has been checked above
    except DefinitionError as error:
        raise DefinitionError(f"{place}: {error.message}", why=error.why, fix=error.fix) from error
    return len(findings)


def as_released(finding: Finding) -> Finding:
    """Return a finding as it counts for a release: nothing fills what is not a ``${Parameter}``."""
    return replace(finding, severity="error") if finding.rule in _FILLED else finding


def problems(declaration: Declaration) -> Iterator[str]:
    """Yield what is wrong with the settings: modules give them unchecked."""
    types = get_args(StateMachineType)
    role: Any = declaration.role
    tags: Mapping[str, Any] = declaration.tags
    if declaration.type not in types:
        yield f"{declaration.type!r} cannot be its type: it is {' or '.join(types)}."
    if not isinstance(role, str | None):
        yield f"{role!r} cannot be its role: that is a text."
    if len(tags) > _MOST_TAGS:
        yield f"it has {len(tags)} tags, and AWS leaves room for {_MOST_TAGS}."
    for key, value in tags.items():
        if not isinstance(value, str):
            yield f"the tag {key!r} is {value!r}, not a text."
            continue
        for text, rule in ((key, tag_key), (value, tag_value)):
            wrong = filled(rule)(text)
            if wrong:
                yield f"{text!r} cannot be in a tag. {wrong}"
