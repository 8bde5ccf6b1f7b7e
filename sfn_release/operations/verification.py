"""Check: the result of verifying one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.errors import SfnReleaseError

LEDGER = "ledger"
"""The subject of checks that belong to no single release or environment."""


@dataclass(frozen=True)
class Check:
    """One check of a *subject*, a release or an environment. *text* describes it.

    *error* is the problem, None if all is well. *unknown*: the remote didn't answer, so we couldn't
    check. *refused*: a policy refuses a deployment today, which isn't a problem of the environment.
    *warning*: it stops no deployment, but look at it.
    """

    subject: str
    text: str
    error: SfnReleaseError | None = None
    unknown: bool = False
    refused: bool = False
    warning: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; ``ok`` is null if it is unknown."""
        error = self.error
        members = (
            {"code": error.code, "message": error.message, "why": error.why, "fix": error.fix}
            if error
            else None
        )
        ok = None if self.unknown else error is None
        return {
            "subject": self.subject,
            "text": self.text,
            "ok": ok,
            "refused": self.refused,
            "warning": self.warning,
            "error": members,
        }


def grouped(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return *checks* with those of one subject together, in the order of their first checks."""
    order: dict[str, int] = {}
    for check in checks:
        order.setdefault(check.subject, len(order))
    return tuple(sorted(checks, key=lambda check: order[check.subject]))
