"""What a project lives with, for a reason: findings that are not told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sfn_release.checks.finding import Finding


@dataclass(frozen=True, slots=True)
class Silence:
    """Do not tell of a *rule*: in one *workflow* or in all, in one *state* or in all of them."""

    rule: str
    reason: str
    workflow: str | None = None
    state: str | None = None

    def covers(self, finding: Finding, workflow: str) -> bool:
        """Whether a finding about *workflow* is one of those."""
        return (
            self.rule == finding.rule
            and self.workflow in (None, workflow)
            and self.state in (None, finding.state)
        )

    def __str__(self) -> str:
        where = [f"workflow {self.workflow}"] if self.workflow else []
        where += [f'state "{self.state}"'] if self.state else []
        return " ".join((self.rule, *(("of", ", ".join(where)) if where else ())))


def told(
    findings: Iterable[Finding], silences: Sequence[Silence], workflow: str
) -> tuple[tuple[Finding, ...], frozenset[Silence]]:
    """Return the findings about *workflow* that are told, and the silences of the others."""
    kept: list[Finding] = []
    used: set[Silence] = set()
    for finding in findings:
        covering = [silence for silence in silences if silence.covers(finding, workflow)]
        used.update(covering)
        if not covering:
            kept.append(finding)
    return tuple(kept), frozenset(used)
