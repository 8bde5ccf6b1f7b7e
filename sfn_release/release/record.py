"""What the ledger says of deployments: records, what an environment serves, who may deploy. Pure.

An environment's branch has one commit per event. Each holds ``deployment.json``, the event (a
Record), and ``manifest.json`` with ``definitions/``, what the environment serves after it (a
Serving). A deployment has two events: ``started`` before AWS is touched, and its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sfn_release.errors import TamperedError
from sfn_release.names import (
    Arn,
    CommitId,
    EnvironmentName,
    Origin,
    RecordId,
    WorkflowName,
)
from sfn_release.release.pins import reopen
from sfn_release.release.rendering import Rendered
from sfn_release.release.strict_json import read_document
from sfn_release.release.version import Version

RECORD_SCHEMA = "sfn-release/deployment/1"

Action = Literal["publish", "deploy", "promote", "rollback", "delete", "adopt", "acknowledge"]
SAME_RELEASE: tuple[Action, ...] = ("delete", "acknowledge")
"""Actions that are recorded under the release that stays, and bring none."""
DeploymentStatus = Literal["started", "succeeded", "failed", "reverted"]
Change = Literal["created", "updated", "repointed", "unchanged", "retained", "deleted", "adopted"]

LEASE = timedelta(minutes=15)
"""How long a deployment may take before it has to stop by itself."""

SKEW = timedelta(minutes=2)
"""How far the clocks of two deployers may differ."""


@dataclass(frozen=True)
class WorkflowOutcome:
    """What a deployment did to one workflow, or what it was to do, as long as it has not ended.

    *pins* maps what the definition refers to, as its author wrote it, to exact versions. Before the
    end, a version that the deployment makes itself is not known: there stands what was written, in
    *pins* and in the form that *rendered_digest* is of.
    """

    digest: str
    rendered_digest: str
    state_machine_arn: Arn | None
    version_arn: Arn | None
    previous_version_arn: Arn | None
    change: Change
    pins: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, live: Rendered) -> bool:
        """Tell whether this is what is live, pinned perhaps to versions that it made itself."""
        if live.digest == self.rendered_digest:
            return True
        planned = replace(live, definition=reopen(live.definition, self.pins.values()))
        return planned.digest == self.rendered_digest


@dataclass(frozen=True)
class Lock:
    """Who holds a started deployment. *token* is kept in the deployer's Git folder too.

    *ci* names the CI run and its attempt, ``{"run": "github:17", "attempt": 2}``, if there is one.
    """

    token: str
    process: int
    ci: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Record:
    """One event of a deployment. Times are UTC, ISO 8601.

    *parameters* are the values of all parameters that rendering it used, with their types (records
    of 0.2.0 and before: those that were looked up, as text). *override* is why a policy that
    refused it was overridden; *promoted_from* the environment whose release a promotion took.
    *warnings* say what a success did not do. *acknowledged* are state machine versions that no
    release made, and that are not drift. *number* counts the events of an environment, from 1 on;
    events of 0.2.0 and before have none.
    """

    id: RecordId
    environment: EnvironmentName
    action: Action
    version: Version
    from_version: Version | None
    commit: Origin
    release_digest: str
    status: DeploymentStatus
    actor: str
    host: str
    reason: str | None
    started_at: str
    finished_at: str | None
    expires_at: str
    account: str | None
    region: str | None
    config_blob: CommitId | None
    workflows: Mapping[WorkflowName, WorkflowOutcome]
    error: str | None = None
    lock: Lock | None = None
    plan: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    override: str | None = None
    promoted_from: EnvironmentName | None = None
    warnings: tuple[str, ...] = ()
    acknowledged: tuple[Arn, ...] = ()
    number: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as ``deployment.json`` and ``--json`` hold it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: vars(outcome) for name, outcome in self.workflows.items()}
        members["lock"] = vars(self.lock) if self.lock else None
        members["plan"] = list(self.plan)
        members["warnings"] = list(self.warnings)
        members["acknowledged"] = list(self.acknowledged)
        return {"schema": RECORD_SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Record:
        """Read the JSON form; raises TamperedError, naming *where*, when it is not one."""
        record = read_document(cls, value, schema=RECORD_SCHEMA, where=where)
        if not _is_time(record.expires_at) or not _is_ci(record.lock.ci if record.lock else None):
            raise TamperedError(f"{where} was edited or damaged.")
        return record

    def finish(
        self,
        status: DeploymentStatus,
        *,
        at: datetime,
        workflows: Mapping[str, WorkflowOutcome] | None = None,
        error: str | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Record:
        """Return the record of this deployment's end."""
        return replace(
            self,
            status=status,
            finished_at=timestamp(at),
            workflows=self.workflows if workflows is None else workflows,
            account=_arn_part(workflows or self.workflows, 4),
            region=self.region or _arn_part(workflows or self.workflows, 3),
            error=error,
            warnings=warnings,
            lock=None,
        )


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_ci(value: Mapping[str, Any] | None) -> bool:
    return value is None or (
        value.keys() == {"run", "attempt"} and isinstance(value["attempt"], int)
    )


def takeover(
    record: Record, *, now: datetime, abandoned: bool, ci: Mapping[str, Any] | None
) -> str | None:
    """Return why a started deployment may be taken over, None when it may not.

    *abandoned* says that its token lies in our Git folder and its process is gone; *ci* names our
    own CI run and attempt.
    """
    if abandoned:
        return "its process is gone"
    theirs = record.lock.ci if record.lock else None
    if theirs and ci and theirs["run"] == ci["run"] and theirs["attempt"] < ci["attempt"]:
        return f"it was attempt {theirs['attempt']} of this very CI run"
    if now > datetime.fromisoformat(record.expires_at) + SKEW:
        return f"it expired at {record.expires_at}"
    return None


def timestamp(at: datetime) -> str:
    """Return a time as records hold it: UTC, ISO 8601, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _arn_part(workflows: Mapping[str, WorkflowOutcome], part: int) -> str | None:
    """Return one part of the state machines' ARNs: 3 is their region, 4 their account."""
    arns = [outcome.state_machine_arn for outcome in workflows.values()]
    return next((arn.split(":")[part] for arn in arns if arn and arn.count(":") > part), None)
