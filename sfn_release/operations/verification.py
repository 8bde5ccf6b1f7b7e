"""One thing that was verified, or checked: in order, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.errors import SfnReleaseError

LEDGER = "ledger"
"""The subject of checks that are of no single release or environment."""


@dataclass(frozen=True)
class Check:
    """What *subject* (a release, an environment) was looked at for; *error* is what is wrong.

    *unknown* says that it could not be looked at, since the remote did not answer.
    """

    subject: str
    text: str
    error: SfnReleaseError | None = None
    unknown: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; ``ok`` is null for what is unknown."""
        error = self.error
        found = (
            {"code": error.code, "message": error.message, "why": error.why, "fix": error.fix}
            if error
            else None
        )
        ok = None if self.unknown else error is None
        return {"subject": self.subject, "text": self.text, "ok": ok, "error": found}
