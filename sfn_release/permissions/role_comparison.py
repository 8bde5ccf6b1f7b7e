"""A role compared with the workflows that run with it: its gaps, as texts. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_release.permissions.needed import Place
from sfn_release.permissions.role_check import RoleGap
from sfn_release.permissions.role_question import RoleAnswer
from sfn_release.text import count

SHOWN = 10
"""Lines about roles in a plan or a refusal; `permissions` shows each workflow's needs."""


@dataclass(frozen=True)
class RoleComparison:
    """A *role* compared with the needs of *workflows*.

    *trust* says if Step Functions may assume it. *unchecked* is why it couldn't be compared, a
    clause after the role's name; *fix* helps.
    """

    role: str
    workflows: tuple[str, ...]
    place: Place
    gaps: tuple[RoleGap, ...] = ()
    trust: RoleAnswer = field(default=RoleAnswer("allowed"))
    unchecked: str = ""
    fix: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """A line for each permission that the role lacks."""
        return (
            *self._trust("denied", "Step Functions may not assume the role"),
            *(gap.text(self.place) for gap in self.gaps if gap.sure),
        )

    @property
    def unsure(self) -> tuple[str, ...]:
        """A line for each permission that can't be known."""
        return (
            *self._trust("unknown", "it can't be known whether Step Functions may assume the role"),
            *(gap.text(self.place) for gap in self.gaps if not gap.sure),
        )

    @property
    def uncheckable(self) -> str:
        """Why the role couldn't be compared, as one line; empty if it was."""
        if not self.unchecked:
            return ""
        return f"{_named(self.workflows)}: the role {self.role} {self.unchecked}"

    def advice(self, environment: str) -> str:
        """Return the fix of a lacking permission, or of a role that couldn't be compared."""
        return self.fix or policy_hint(environment)

    def _trust(self, decision: str, text: str) -> Iterable[str]:
        if self.trust.decision == decision:
            yield f"{_named(self.workflows)}: {text} {self.role}: {self.trust.why}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "role": self.role,
            "workflows": list(self.workflows),
            "checked": not self.unchecked,
            "why": self.unchecked or None,
            "trusted": {"allowed": True, "denied": False, "unknown": None}[self.trust.decision],
            "gaps": [gap.to_json() for gap in self.gaps],
        }


def role_notes(comparisons: Sequence[RoleComparison], *, refused: bool) -> tuple[str, ...]:
    """Return the notes of a plan about its roles.

    With *refused*, lines that the policy refuses are left out.
    """
    lines = [line for compared in comparisons for line in compared.unsure]
    if not refused:
        lines = [line for compared in comparisons for line in compared.missing] + lines
        lines += [compared.uncheckable for compared in comparisons if compared.unchecked]
    return shown(lines)


def not_compared(environment: str) -> str:
    """Return the note of an environment that requires permissions and has no IAM to ask."""
    return (
        f'permissions = "required": no role was compared, because {environment} has no IAM.'
        " An emulator's IAM needs a URL of its own in endpoint_url"
    )


def policy_hint(environment: str, workflow: str = "") -> str:
    """Return how you see the policy that a role needs: of one workflow, or of all."""
    words = ["sfn-release permissions", *([workflow] if workflow else []), "--env", environment]
    return f"The policy that it needs:  {' '.join(words)}"


def _named(workflows: Sequence[str]) -> str:
    more = len(workflows) - _FEW
    names = ", ".join(workflows[:_FEW])
    return f"{names} and {more} more" if more > 0 else names


_FEW = 3  # workflows of a role that a line names


def shown(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first of many lines, and how many more there are."""
    more = len(lines) - SHOWN
    if more <= 1:
        return tuple(lines)
    return (*lines[:SHOWN], f"and {count(more, 'more permission')}: sfn-release doctor")
