"""Finds the release that an execution ran, by the records of its environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sfn_release.release.record import SAME_RELEASE, Record, timestamp


@dataclass(frozen=True)
class ExecutedReleases:
    """The state machine versions of one *workflow*, and the releases that served them.

    *records* are the deployments of the environment, newest first, each by its last event. A
    version of the state machine belongs to several releases if none of them changed the workflow.
    """

    workflow: str
    records: tuple[Record, ...]

    @classmethod
    def of(cls, workflow: str, records: Iterable[Record]) -> ExecutedReleases:
        """Return the releases of a workflow from an environment's records, newest first."""
        return cls(workflow, tuple(records))

    @cached_property
    def _served(self) -> list[tuple[str, str | None, str]]:
        """(start of the deployment, version ARN, release) of each deployment, newest first."""
        found = []
        for record in self.records:
            outcome = record.workflows.get(self.workflow)
            if outcome is None or record.action in SAME_RELEASE or outcome.change == "retained":
                continue
            found.append((record.started_at, outcome.version_arn, record.version))
        return found

    @property
    def versions(self) -> tuple[str, ...]:
        """The releases that had the workflow, newest deployment first, each once."""
        return tuple(dict.fromkeys(version for _, _, version in self._served))

    def arns(self, version: str) -> tuple[str, ...]:
        """Return the state machine versions that a release was, newest first."""
        found = (arn for _, arn, served in self._served if served == version and arn)
        return tuple(dict.fromkeys(found))

    def release_of(self, version_arn: str | None, started: datetime) -> str | None:
        """Return the release that an execution of a state machine version ran; None if unknown.

        The environment served it last before the execution started. Without a version, as in an
        environment without an alias, it's the release that was live then.
        """
        at = timestamp(started.astimezone(UTC))
        matching = [
            (begun, version)
            for begun, arn, version in self._served
            if version_arn is None or arn == version_arn
        ]
        before = next((version for begun, version in matching if begun <= at), None)
        if before is None and version_arn is not None and matching:
            return matching[-1][1]  # the two clocks differ
        return before
