"""The results of declared tests, as `sfn-release test` reports them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sfn_release.errors import ConfigError, SfnReleaseError
from sfn_release.testing.declared.declared_test import DeclaredTest
from sfn_release.testing.declared.run_differences import RunDifference
from sfn_release.testing.run import Run

DeclaredStatus = Literal["passed", "failed"]


@dataclass(frozen=True)
class DeclaredResult:
    """The result of one test. It failed if there are *differences* or an *error*.

    *error* is why it couldn't run. *warnings* are about mocks that answer as AWS never would or
    that no task uses, about a part that didn't end where it should, and about a recorded failure.
    *seconds* is how long it took on this machine. *recorded*: its expectations were written just
    now, from this run.
    """

    test: DeclaredTest
    run: Run | None = None
    differences: tuple[RunDifference, ...] = ()
    error: SfnReleaseError | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0
    recorded: bool = False

    @property
    def status(self) -> DeclaredStatus:
        """The status."""
        return "failed" if self.differences or self.error is not None else "passed"

    @property
    def difference(self) -> str | None:
        """The differences as text, a line each, or the error; None for a test that passed."""
        if self.error is not None:
            why = self.error.why.replace("\n  ", "\n")
            return "\n".join(filter(None, (self.error.message, why, self.error.fix)))
        if not self.differences:
            return None
        return "\n".join(difference_lines(self.differences, self.run))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.test.workflow,
            "name": self.test.name,
            "status": self.status,
            "difference": self.difference,
            "differences": [difference.to_json() for difference in self.differences],
            "file": self.test.file,
            "line": self.test.line,
            "warnings": list(self.warnings),
            "recorded": self.recorded,
        }


@dataclass(frozen=True)
class UnreadTest:
    """A test, or a whole *file* of tests, that can't be read, because of *error*.

    *workflows* are those of the module beside the file.
    """

    file: str
    error: ConfigError
    workflows: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        error = self.error
        members = {"message": error.message, "why": error.why, "fix": error.fix}
        return {"file": self.file, "code": error.code, **members}


@dataclass(frozen=True)
class DeclaredReport:
    """The results of all tests that ran, and the *unread* ones.

    *untested* are workflows without a test, by name. *deselected* counts tests that were left out.
    """

    results: tuple[DeclaredResult, ...]
    unread: tuple[UnreadTest, ...] = ()
    untested: tuple[str, ...] = ()
    deselected: int = 0

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(result.status == "passed" for result in self.results)

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return len(self.results) - self.passed

    @property
    def ok(self) -> bool:
        """Whether there were tests, and all of them could be read and passed."""
        return bool(self.results) and not self.failed and not self.unread

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "tests": [result.to_json() for result in self.results],
            "passed": self.passed,
            "failed": self.failed,
            "errors": [unread.to_json() for unread in self.unread],
            "untested": list(self.untested),
        }


def difference_lines(differences: tuple[RunDifference, ...], run: Run | None) -> Iterator[str]:
    """Yield a line for each difference, and one about the error that ended the run."""
    for difference in differences:
        yield f"{difference.of:<7} {difference}"
    if run is not None and run.error is not None:
        place = run.path[-1] if run.path else "no state"
        cause = f": {run.cause}" if run.cause else ""
        yield f"ended   in {place} with {run.error}{cause}"
