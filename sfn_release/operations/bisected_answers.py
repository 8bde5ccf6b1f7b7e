"""The results of releases for one input, and where the result changed. Pure data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.operations.workflow_releases import BisectedRelease
from sfn_release.release.differences import Difference
from sfn_release.testing.run import Run


@dataclass(frozen=True)
class ReleaseAnswer:
    """The end of a release's run."""

    status: str
    output: Any
    has_output: bool
    error: str | None
    cause: str | None
    path: tuple[str, ...]

    def __str__(self) -> str:
        if self.has_output:
            return f"{self.status} with {json.dumps(self.output, ensure_ascii=False)}"
        why = ": ".join(part for part in (self.error, self.cause) if part)
        return f"{self.status} with {why}" if why else self.status

    @classmethod
    def of(cls, run: Run) -> ReleaseAnswer:
        """Return the end of *run*."""
        found = run.outcome
        return cls(run.status, run.output, found.has_output, run.error, run.cause, tuple(run.path))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, without the members that the end doesn't have."""
        members: dict[str, Any] = {"status": self.status}
        if self.has_output:
            members["output"] = self.output
        members |= {"error": self.error} if self.error is not None else {}
        return members | ({"cause": self.cause} if self.cause is not None else {})


@dataclass(frozen=True)
class ReleaseChange:
    """A release with another result than *previous*. *meets*: the result is as expected."""

    previous: BisectedRelease
    release: BisectedRelease
    meets: bool
    before: ReleaseAnswer
    after: ReleaseAnswer
    gap: bool = False


@dataclass(frozen=True)
class Bisected:
    """The outcome of a bisection. *change* is the last change of the result, None without one.

    *others* are earlier changes, if the result changed several times. *differences* compare the two
    definitions of the change. *why* says why there is no change. *notes* are about releases that
    were left out.
    """

    workflow: str
    expected: Mapping[str, Any]
    change: ReleaseChange | None
    others: tuple[ReleaseChange, ...] = ()
    differences: tuple[Difference, ...] = ()
    got: ReleaseAnswer | None = None
    why: str = ""
    releases: int = 0
    runs: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        change = self.change
        release = change.release if change else None
        manifest = release.manifest if release else None
        return {
            "workflow": self.workflow,
            "version": release.version if release else None,
            "previous": change.previous.version if change else None,
            "commit": release.commit if release else None,
            "author": manifest.author if manifest else None,
            "work_tree": release is not None and release.version is None,
            "expected": dict(self.expected),
            "got": self.got.to_json() if self.got else None,
            "meets": change.meets if change else None,
            "before": change.before.to_json() if change else None,
            "differences": [difference.to_json() for difference in self.differences],
            "other_changes": [
                {
                    "version": other.release.version,
                    "previous": other.previous.version,
                    "meets": other.meets,
                }
                for other in self.others
            ],
            "releases": self.releases,
            "runs": self.runs,
            "why": self.why or None,
            "notes": list(self.notes),
        }
