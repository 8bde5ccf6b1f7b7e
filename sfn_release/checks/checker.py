"""Runs the rules over a definition. Pure, and never raises an exception.

`parser` walks the definition once. Then each thing in it, such as a state or a path, is handed to
the inspections that look at such things. You can run thousands of definitions a second, because the
inspections for each shape of thing are chosen only once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sfn_release.canonical import canonical
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.finding import Finding
from sfn_release.checks.parser import parse_definition
from sfn_release.checks.rule import Find, Inspection, Issue, Rule, Subject
from sfn_release.checks.rule_table import BY_NAME, RULES
from sfn_release.checks.task_calls import IntegrationCall
from sfn_release.checks.variables import read_by_state
from sfn_release.errors import DefinitionError

_TYPES = ("STANDARD", "EXPRESS")
_MOST = 100
"""Findings of one rule. A definition with more was written by a broken program."""

_INSPECTIONS: Final = tuple(inspection for rule in RULES for inspection in rule.inspections)
_RULE_OF: Final = tuple(index for index, rule in enumerate(RULES) for _ in rule.inspections)


def check_definition(
    definition: Any,
    *,
    type: str = "STANDARD",
    logging: Mapping[str, Any] | None = None,
    services: bool = False,
) -> tuple[Finding, ...]:
    """Return the findings about a definition in the Amazon States Language.

    *definition* is any value; *type* is the state machine's, STANDARD or EXPRESS, *logging* its
    ``loggingConfiguration``. Errors are what Step Functions refuses. A ``${Parameter}`` may stand
    for any text or number. Findings come in the order of the definition, at most 100 of one rule.

    With *services*, the parameters that Tasks send to AWS's services are compared with the models
    of the installed botocore. A model is read from its file when you first use the service. The
    result depends on the age of botocore: `publish` refuses such errors in a new release, and never
    in an existing one.
    """
    if type not in _TYPES:
        message = f"{type!r} is not a type of state machine."
        return (Finding("settings", "error", "$", "", message, "Use STANDARD or EXPRESS."),)
    return _checked(definition, type, logging, services=services)


def _checked(
    definition: Any,
    type: str,
    logging: Mapping[str, Any] | None = None,
    *,
    services: bool = False,
    only_final: bool = False,
) -> tuple[Finding, ...]:
    text = _canonical_text(definition)
    if isinstance(text, Finding):
        return (text,)
    parsed = parse_definition(definition, type, logging, text=text)
    found = [*_found(parsed, only_final), *(_of_models(parsed) if services else ())]
    if len(found) > 1:
        order = {state.id: index for index, state in enumerate(parsed.states)}
        found.sort(key=lambda finding: order.get(finding.state, -1))
    return tuple(found)


def check_calls(definition: Mapping[str, Any], *, type: str = "STANDARD") -> tuple[Finding, ...]:
    """Return only the findings of botocore's models, for a definition that has been checked."""
    return tuple(_of_models(parse_definition(definition, type)))


def check_draft(
    definition: Any,
    known: Sequence[Finding],
    *,
    type: str = "STANDARD",
    logging: Mapping[str, Any] | None = None,
    services: bool = False,
    only_final: bool = False,
) -> tuple[Finding, ...]:
    """Return the findings about a `Workflow.draft`, with the *known* ones, each only once.

    With *only_final*, the other rules aren't run: a third of the time is for warnings.
    """
    if not definition and known:
        return tuple(known)
    reported = {finding.state for finding in known if finding.rule == "duplicate-state"}
    found = _checked(definition, type, logging, services=services, only_final=only_final)
    return (
        *known,
        *(
            finding
            for finding in found
            if finding.rule != "duplicate-state" or finding.state not in reported
        ),
    )


def variable_references(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the variables that each state reads, as ``DescribeStateMachine`` returns them."""
    return read_by_state(parse_definition(definition, "STANDARD"))


def final(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the errors that Step Functions is known to refuse."""
    for finding in findings:
        rule = BY_NAME.get(finding.rule)
        if finding.severity == "error" and not (rule and rule.can_be_silenced):
            yield finding


def _canonical_text(definition: Any) -> str | Finding:
    """Return a definition as canonical JSON, or the finding about a value that isn't one."""
    try:
        text = canonical(definition).decode()
    except DefinitionError as error:
        return Finding("not-json", "error", "$", "", error.message, error.fix)
    except RecursionError:
        message = "This value contains itself, or is nested too deeply."
        return Finding("not-json", "error", "$", "", message)
    if not isinstance(definition, dict):
        return Finding("wrong-value", "error", "$", "", "A definition must be an object.")
    return text


def _found(definition: ParsedDefinition, only_final: bool) -> Iterator[Finding]:
    """Yield the findings in the order of the rules."""
    issues = _inspected(definition, only_final)
    by_rule: dict[int, list[Issue]] = {}
    for number in sorted(issues):
        by_rule.setdefault(_RULE_OF[number], []).extend(issues[number])
    for index, found in by_rule.items():
        yield from (_finding(RULES[index], issue) for issue in found[:_MOST])


def _inspected(definition: ParsedDefinition, only_final: bool) -> dict[int, list[Issue]]:
    """Hand each thing in a definition to the inspections that look at it.

    Return the issues by the number of the inspection.
    """
    issues: dict[int, list[Issue]] = {}
    full: set[int] = set()  # of a broken definition, nothing is looked at in vain
    for subject, thing, shape in _things(definition):
        for number, find in _plan(subject, shape, only_final):
            if number in full:
                continue
            for issue in find(thing):
                found = issues.setdefault(number, [])
                found.append(issue)
                if len(found) == _MOST:
                    full.add(number)
                    break
    return issues


def _things(definition: ParsedDefinition) -> Iterator[tuple[Subject, Any, Hashable]]:
    """Yield everything that inspections look at, with its kind and its shape."""
    yield "definition", definition, None
    for scope in definition.scopes:
        yield "scope", scope, None
        yield "element", scope, scope.shape
    for state in definition.states:
        yield "state", state, state.shape
        for element in state.elements:
            yield "element", element, element.shape
        for condition in state.conditions:
            yield "condition", condition, condition.shape
        for error in state.error_names:
            yield "error", error, error.name
        yield from _expressions(state)
        if state.resource is not None:
            yield "task", state, state.resource
            if state.resource.call is not None:
                yield "call", IntegrationCall(state, state.resource.call), state.resource
        for callee in state.callees:
            yield "callee", callee, None


def _expressions(state: ParsedState) -> Iterator[tuple[Subject, Any, Hashable]]:
    if state.members:
        yield "template", state, None
    for path in state.paths:
        yield "path", path, path.shape
    for text in state.texts:
        yield "jsonata", text, None
    for assignment in state.assignments:
        yield "assignment", assignment, None


@lru_cache(maxsize=4096)
def _plan(subject: Subject, shape: Hashable, only_final: bool) -> tuple[tuple[int, Find], ...]:
    """Return the inspections that look at things of a shape, with their numbers."""
    return tuple(
        (number, inspection.find)
        for number, inspection in enumerate(_INSPECTIONS)
        if _looks_at(inspection, subject)
        and not (only_final and RULES[_RULE_OF[number]].can_be_silenced)
        and (inspection.applies is None or inspection.applies(shape))
    )


def _looks_at(inspection: Inspection, subject: Subject) -> bool:
    """Whether an inspection looks at things of a kind. A state is an element, too."""
    return inspection.subject == subject or (subject == "state" and inspection.subject == "element")


def _of_models(definition: ParsedDefinition) -> Iterator[Finding]:
    from sfn_release.checks.service_calls import model_issues

    for name, issue in islice(model_issues(definition), _MOST):
        yield _finding(BY_NAME[name], issue)


def _finding(rule: Rule, issue: Issue) -> Finding:
    place, message, fix, wanted = issue
    return Finding(rule.name, rule.severity, place.path, place.state, message, fix, wanted)
