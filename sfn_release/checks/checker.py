"""Runs every rule over a definition; pure, and never an exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sfn_release.canonical import canonical
from sfn_release.checks.definition import ParsedDefinition, take_apart
from sfn_release.checks.finding import Finding
from sfn_release.checks.rule import Issue, Rule
from sfn_release.checks.rule_table import BY_NAME, RULES
from sfn_release.checks.variables import read_by_state
from sfn_release.errors import DefinitionError

_TYPES = ("STANDARD", "EXPRESS")
_MOST = 100
"""Findings of one rule: a definition that breaks it oftener was written by a broken program."""


def check_definition(
    definition: Any,
    *,
    type: str = "STANDARD",
    logging: Mapping[str, Any] | None = None,
    services: bool = False,
) -> tuple[Finding, ...]:
    """Return what is wrong with a definition in the Amazon States Language.

    *definition* is any value; *type* is the state machine's, STANDARD or EXPRESS, *logging* its
    ``loggingConfiguration``. Errors are what Step Functions refuses. A ``${Parameter}`` may stand
    for any text or number. Findings come in the order of the definition, at most 100 of one rule.

    With *services*, what Tasks send to AWS's services is compared with the models of the installed
    botocore, whose files are read when a service is first met. What they say depends on how new
    botocore is: `publish` refuses their errors in what is new, and never in what is released.
    """
    if type not in _TYPES:
        message = f"{type!r} is no type of a state machine."
        return (Finding("settings", "error", "$", "", message, "Write STANDARD or EXPRESS."),)
    return _checked(definition, type, logging, services=services)


def _checked(
    definition: Any, type: str, logging: Mapping[str, Any] | None, *, services: bool
) -> tuple[Finding, ...]:
    problem = _unusable(definition)
    if problem:
        return (problem,)
    document = take_apart(definition, type, logging)
    found = [*_found(document), *(_of_models(document) if services else ())]
    order = {state.id: index for index, state in enumerate(document.states)}
    return tuple(sorted(found, key=lambda one: order.get(one.state, -1)))


def check_calls(definition: Mapping[str, Any], *, type: str = "STANDARD") -> tuple[Finding, ...]:
    """Return what botocore's models say against what an otherwise good definition sends."""
    return tuple(_of_models(take_apart(definition, type)))


def check_draft(
    definition: Any,
    known: Sequence[Finding],
    *,
    type: str = "STANDARD",
    logging: Mapping[str, Any] | None = None,
    services: bool = False,
) -> tuple[Finding, ...]:
    """Return what is wrong with a `Workflow.draft`, whose findings are *known*, each thing once."""
    if not definition and known:
        return tuple(known)
    told = {finding.state for finding in known if finding.rule == "duplicate-state"}
    found = _checked(definition, type, logging, services=services)
    return (
        *known,
        *(one for one in found if one.rule != "duplicate-state" or one.state not in told),
    )


def variable_references(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the variables that each state reads, as ``DescribeStateMachine`` has them."""
    return read_by_state(take_apart(definition, "STANDARD"))


def final(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the errors of which it is sure that Step Functions refuses them."""
    for finding in findings:
        rule = BY_NAME.get(finding.rule)
        if finding.severity == "error" and not (rule and rule.can_be_silenced):
            yield finding


def _unusable(definition: Any) -> Finding | None:
    """Report what cannot be taken apart at all."""
    try:
        canonical(definition)
    except DefinitionError as error:
        return Finding("not-json", "error", "$", "", error.message, error.fix)
    except RecursionError:
        message = "This value holds itself, or is nested too deeply."
        return Finding("not-json", "error", "$", "", message)
    if not isinstance(definition, dict):
        return Finding("wrong-value", "error", "$", "", "A definition must be an object.")
    return None


def _found(document: ParsedDefinition) -> Iterator[Finding]:
    for rule in RULES:
        yield from islice(_told(rule, document), _MOST)


def _of_models(document: ParsedDefinition) -> Iterator[Finding]:
    from sfn_release.checks.service_calls import told_by_models

    for name, told in islice(told_by_models(document), _MOST):
        yield _finding(BY_NAME[name], told)


def _told(rule: Rule, document: ParsedDefinition) -> Iterator[Finding]:
    for find in rule.find:
        for told in find(document):
            yield _finding(rule, told)


def _finding(rule: Rule, told: Issue) -> Finding:
    place, message, fix, wanted = told
    return Finding(rule.name, rule.severity, place.path, place.state, message, fix, wanted)
