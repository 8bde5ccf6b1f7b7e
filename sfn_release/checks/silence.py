"""Silences: findings that a project accepts, with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sfn_release.checks.finding import Finding


@dataclass(frozen=True, slots=True)
class Silence:
    """Hide the findings of a *rule*: of all workflows or one, of all states or one."""

    rule: str
    reason: str
    workflow: str | None = None
    state: str | None = None

    def covers(self, finding: Finding, workflow: str) -> bool:
        """Whether this silence hides a finding about *workflow*."""
        return (
            self.rule == finding.rule
            and self.workflow in (None, workflow)
            and self.state in (None, finding.state)
        )

    def __str__(self) -> str:
        where = [f"workflow {self.workflow}"] if self.workflow else []
        where += [f'state "{self.state}"'] if self.state else []
        return " ".join((self.rule, *(("of", ", ".join(where)) if where else ())))


def unsilenced(
    findings: Iterable[Finding], silences: Sequence[Silence], workflow: str
) -> tuple[tuple[Finding, ...], frozenset[Silence]]:
    """Return the findings about *workflow* that no silence hides, and the silences that hide some.

    You can report a silence that never hides anything: it is out of date, or misspelled.
    """
    kept: list[Finding] = []
    used: set[Silence] = set()
    for finding in findings:
        covering = [silence for silence in silences if silence.covers(finding, workflow)]
        used.update(covering)
        if not covering:
            kept.append(finding)
    return tuple(kept), frozenset(used)
