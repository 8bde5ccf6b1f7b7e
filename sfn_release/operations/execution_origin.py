"""The release, the commit and the deployment behind an execution. As data and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sfn_release.names import NO_COMMIT
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record, timestamp


@dataclass(frozen=True)
class Deployed:
    """A release, and the deployment that brought it. *manifest* is None if the ledger lost it."""

    record: Record
    manifest: Manifest | None

    @property
    def commit(self) -> str | None:
        """The source commit; None for a release that was adopted."""
        return None if self.record.commit == NO_COMMIT else self.record.commit

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        record, manifest = self.record, self.manifest
        return {
            "version": record.version,
            "commit": self.commit,
            "author": manifest.author if manifest else None,
            "deployed_by": record.actor,
            "deployed_at": record.finished_at or record.started_at,
            "action": record.action,
            "deployment": record.id,
        }


@dataclass(frozen=True)
class ExecutionOrigin:
    """The release behind an execution. *others* are releases with the same content.

    *commit_author* is the author and date of the source commit, None if this clone doesn't have it.
    *version_arn* is the state machine version that was started, None if the start didn't name one.
    *parent* is the execution that started it, if it is a child of a distributed Map.
    """

    execution_arn: str
    workflow: str
    environment: str
    deployed: Deployed
    others: tuple[Deployed, ...] = ()
    rendered_digest: str | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    started: datetime | None = None
    commit_author: str | None = None
    parent: str | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "execution_arn": self.execution_arn,
            "workflow": self.workflow,
            "environment": self.environment,
            **self.deployed.to_json(),
            "commit_author": self.commit_author,
            "others": [other.to_json() for other in self.others],
            "rendered_digest": self.rendered_digest,
            "state_machine_version_arn": self.version_arn,
            "state_machine_alias_arn": self.alias_arn,
            "started_at": timestamp(self.started) if self.started else None,
            "parent_execution_arn": self.parent,
            "notes": list(self.notes),
        }
