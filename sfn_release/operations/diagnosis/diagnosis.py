"""Diagnosis: the result of examining one thing, with a fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sfn_release.errors import SfnReleaseError

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Diagnosis:
    """The result of examining one thing.

    *area* is ``git``, ``project``, ``ledger``, ``signatures`` or the name of an environment.
    *subject* names the thing. *fix* says how to solve the problem; it is empty if there is none.
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
        """Return a diagnosis without a problem."""
        return Diagnosis(self.area, subject, "ok", message)

    def warning(self, subject: str, message: str, fix: str) -> Diagnosis:
        """Return a diagnosis that you should look at."""
        return Diagnosis(self.area, subject, "warning", message, fix)

    def problem(self, subject: str, message: str, fix: str) -> Diagnosis:
        """Return a diagnosis that stops a release or a deployment."""
        return Diagnosis(self.area, subject, "problem", message, fix)

    def error(
        self, subject: str, error: SfnReleaseError, *, verdict: Verdict = "problem"
    ) -> Diagnosis:
        """Return the diagnosis of an error."""
        message = " ".join([error.message, *error.why.split("\n")]).strip()
        return Diagnosis(self.area, subject, verdict, message, error.fix)

    def asked(
        self, subject: str, examine: Callable[[], str], *, verdict: Verdict = "problem"
    ) -> Diagnosis:
        """Return a diagnosis with the sentence that *examine* returns, or its error."""
        try:
            return self.ok(subject, examine())
        except SfnReleaseError as error:
            return self.error(subject, error, verdict=verdict)
