"""What was found when something was examined: in order, to be looked at, or broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sfn_release.errors import SfnReleaseError

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was examined.

    *area* is ``git``, ``project``, ``ledger`` or the name of an environment; *subject* what it is
    about. *fix* says what to do, and is empty where all is well.
    """

    area: str
    subject: str
    verdict: Verdict
    message: str
    fix: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Findings:
    """Makes the diagnoses of one area."""

    area: str

    def ok(self, subject: str, message: str) -> Diagnosis:
        """Return that *subject* is in order."""
        return Diagnosis(self.area, subject, "ok", message)

    def warning(self, subject: str, message: str, fix: str) -> Diagnosis:
        """Return what is to be looked at."""
        return Diagnosis(self.area, subject, "warning", message, fix)

    def problem(self, subject: str, message: str, fix: str) -> Diagnosis:
        """Return what stops a release or a deployment."""
        return Diagnosis(self.area, subject, "problem", message, fix)

    def error(
        self, subject: str, error: SfnReleaseError, *, verdict: Verdict = "problem"
    ) -> Diagnosis:
        """Return what an error says."""
        message = " ".join([error.message, *error.why.split("\n")]).strip()
        return Diagnosis(self.area, subject, verdict, message, error.fix)

    def asked(
        self, subject: str, examine: Callable[[], str], *, verdict: Verdict = "problem"
    ) -> Diagnosis:
        """Return the sentence that *examine* returns, or the error that it raises."""
        try:
            return self.ok(subject, examine())
        except SfnReleaseError as error:
            return self.error(subject, error, verdict=verdict)
