"""Check definitions as an environment fills them in: as `check` does, in the form that is sent.

A build has checked every definition as it is declared, where a ``${Parameter}`` may stand for
anything. Filled, it may be text where a number belongs, or lead to a state that does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sfn_release.asl.partitions import integrations_of_others
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import keys_of
from sfn_release.checks.finding import Finding
from sfn_release.checks.silence import Silence, unsilenced
from sfn_release.release.rendering import Rendered

LITERAL = "parameter"  # the rule about ${…} that nothing fills: here, they are literal text


@dataclass(frozen=True)
class _Known:
    """A form that was checked, and every finding about it."""

    definition: Mapping[str, Any]
    type: str
    services: bool
    findings: tuple[Finding, ...]


class FilledChecks:
    """The errors of filled definitions. Each form is checked once, however many environments.

    *silences* are the project's.
    """

    def __init__(self, silences: Sequence[Silence] = ()) -> None:
        self._silences = silences
        self._known: dict[str, list[_Known]] = {}

    def errors(
        self,
        declaration: Declaration,
        rendered: Rendered,
        *,
        released: bool,
        environment: str,
        partition: str | None = None,
    ) -> tuple[Finding, ...]:
        """Return the errors in *rendered* that *declaration* does not have by itself.

        A definition that holds no parameter is not checked again. Of one that is *released*
        already, only errors count that Step Functions is known to refuse: the rules of the others
        may be newer than the release. *partition* is that of the *environment*, None on `local`.
        """
        foreign: tuple[Finding, ...] = ()
        if partition is not None and not released:
            foreign = tuple(other_partitions(rendered.definition, partition))
        if rendered.definition == declaration.definition:
            return foreign
        from sfn_release.checks.checker import final
        from sfn_release.project.modules.acceptance import as_released

        found = self._findings(declaration.name, rendered, services=not released)
        if not released:
            kept, _ = unsilenced(found, self._silences, declaration.name)
            found = tuple(as_released(finding) for finding in kept)
        errors = [finding for finding in found if finding.severity == "error"]
        counted = list(final(errors)) if released else errors
        return (
            *foreign,
            *(_with_origin(finding, declaration, rendered, environment) for finding in counted),
        )

    def _findings(self, name: str, rendered: Rendered, *, services: bool) -> tuple[Finding, ...]:
        key = (rendered.definition, rendered.type, services)
        checked = self._known.setdefault(name, [])
        for known in checked:
            if (known.definition, known.type, known.services) == key:
                return known.findings
        from sfn_release.checks.checker import check_definition

        found = check_definition(
            literal(rendered.definition),
            type=rendered.type,
            logging=rendered.logging,
            services=services,
        )
        found = tuple(finding for finding in found if finding.rule != LITERAL)
        checked.append(_Known(*key, found))
        return found


def _with_origin(
    finding: Finding, declaration: Declaration, rendered: Rendered, environment: str
) -> Finding:
    """Return a finding that shows the value which *environment* fills in at its place."""
    declared, filled = _at(declaration.definition, finding), _at(rendered.definition, finding)
    if not isinstance(declared, str) or declared == filled:
        return finding
    shown = json.dumps(filled, ensure_ascii=False)
    where = f"With the parameters of {environment}, this is: {shown}."
    return replace(finding, message=f"{finding.message} {where}")


def _at(value: Any, finding: Finding) -> Any:
    """Return the value at the path of a finding, None where the path leads nowhere."""
    for key in keys_of(finding.path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def literal(value: Any) -> Any:
    """Return a JSON value in which a literal ``${`` is not taken for a parameter.

    In a JSONata expression (``{% … %}``) it never is.
    """
    if isinstance(value, str):
        expression = value.startswith("{%") and value.rstrip().endswith("%}")
        return value if expression or "${" not in value else value.replace("${", "$_{")
    if isinstance(value, Mapping):
        return {literal(key): literal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    return value


def other_partitions(definition: Any, partition: str) -> Iterator[Finding]:
    """Yield the integrations that are not of *partition*, which is an environment's.

    AWS takes such a definition, and every execution that gets there fails with States.Runtime: "The
    resource belongs to a different partition from the running execution." Source: aws-cdk's issue
    4597, and reports from China and GovCloud since.
    """
    for path, other in integrations_of_others(definition, partition):
        message = f"The integration belongs to the partition {other}, not {partition}."
        fix = (
            "Write arn:${AWS::Partition}:states:::..., or in Python"
            ' sfn.Workflow(partition="${AWS::Partition}").'
        )
        yield Finding("integration", "error", path, state_at(path), message, fix)


def state_at(path: str) -> str:
    """Return the id of the innermost state that a JSON path leads into."""
    keys = keys_of(path)
    return next((str(b) for a, b in reversed([*pairwise(keys)]) if a == "States"), "")
