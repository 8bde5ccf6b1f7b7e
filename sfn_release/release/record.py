"""Records: the events of deployments, and when a started deployment may be taken over. Pure.

An environment's branch has one commit per event. Each contains ``deployment.json``, the event (a
`Record`), and ``manifest.json`` with ``definitions/``, the workflows that run after it (a
`serving.Serving`). A deployment has two events: ``started`` before AWS is touched, and its end.
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
    ProjectName,
    RecordId,
    WorkflowName,
)
from sfn_release.release.pins import reopen
from sfn_release.release.rendering import Rendered
from sfn_release.release.strict_json import read_document
from sfn_release.release.version import Version
from sfn_release.text import count

RECORD_SCHEMA = "sfn-release/deployment/1"

Action = Literal[
    "publish", "deploy", "promote", "rollback", "delete", "adopt", "acknowledge", "handover"
]
SAME_RELEASE: tuple[Action, ...] = ("delete", "acknowledge", "handover")
"""Actions that deploy no release: they are recorded under the release that stays."""
DeploymentStatus = Literal["started", "succeeded", "failed", "reverted"]
Change = Literal[
    "created", "updated", "repointed", "unchanged", "retained", "deleted", "adopted", "handed-over"
]

LEASE = timedelta(minutes=15)
"""The time after which a deployment stops by itself."""

TAKEN_OVER = "taken over by"
UNLOCKED = "unlocked by"
"""How the error of an abandoned deployment begins, which another deployer closed."""

SKEW = timedelta(minutes=2)
"""How far the clocks of two deployers may differ."""


@dataclass(frozen=True)
class WorkflowOutcome:
    """The result of a deployment for one workflow; before the end, the planned result.

    *pins* maps references, as the author wrote them, to exact versions. Before the end, a version
    that the deployment will publish has no number yet: *pins*, and the form that *rendered_digest*
    is computed from, have the reference as written.
    """

    digest: str
    rendered_digest: str
    state_machine_arn: Arn | None
    version_arn: Arn | None
    previous_version_arn: Arn | None
    change: Change
    pins: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, live: Rendered) -> bool:
        """Return whether *live* is this result, apart from pins to versions that it published."""
        if live.digest == self.rendered_digest:
            return True
        planned = replace(live, definition=reopen(live.definition, self.pins.values()))
        return planned.digest == self.rendered_digest


@dataclass(frozen=True)
class Lock:
    """The process that runs a started deployment. Its Git folder has the *token* too.

    *ci* names the CI run and its attempt, ``{"run": "github:17", "attempt": 2}``, if there is one.
    """

    token: str
    process: int
    ci: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ReplayOutcome:
    """How many executions of one workflow in *environment* were replayed, and how they ended.

    They were replayed on the release before the deployment, because a policy asked for it.
    *unanswered* needed an answer that was never recorded, *unreplayable* had no whole history.
    """

    environment: EnvironmentName
    executions: int
    same: int
    different: int
    unanswered: int
    unreplayable: int = 0

    def text(self, workflow: str) -> str:
        """Return it in words: ``replayed 3 executions of orders in prod: 2 same, 1 different``."""
        parts = {
            "same": self.same,
            "different": self.different,
            "unanswered": self.unanswered,
            "not replayed": self.unreplayable,
        }
        shown = ", ".join(f"{number} {word}" for word, number in parts.items() if number)
        executions = count(self.executions, "execution")
        return f"replayed {executions} of {workflow} in {self.environment}: {shown}"


_NEW = ("replayed", "parameter_origins", "handed_to")
"""Members that a record has only if they say something, so that older versions can read it."""


@dataclass(frozen=True)
class Record:
    """One event of a deployment. Times are UTC, ISO 8601.

    *parameters* are the values of all parameters that rendering used, with their types (in records
    of 0.2.0 and before: the looked-up ones, as text). *override* is the reason for overriding a
    policy; *promoted_from* is the environment that a promotion took its release from. *warnings*
    list the parts that a successful deployment left out. *acknowledged* are state machine versions
    that no release made, and that don't count as drift. *number* counts the events of an
    environment from 1; events of 0.2.0 and before have none. *replayed* is by workflow; without a
    policy that replays executions, records don't have it, so that older versions can read them.
    *parameter_origins* say which stack or Terraform state a value comes from, with its serial
    number or time; records without such a parameter don't have them, for the same reason. Only a
    handover has *handed_to*, the project that gets the state machine.
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
    replayed: Mapping[WorkflowName, ReplayOutcome] = field(default_factory=dict)
    parameter_origins: Mapping[str, str] = field(default_factory=dict)
    handed_to: ProjectName | None = None

    @property
    def was_abandoned(self) -> bool:
        """Whether another deployer closed it, because its own had gone."""
        return self.status == "failed" and (self.error or "").startswith((TAKEN_OVER, UNLOCKED))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as ``deployment.json`` and ``--json`` hold it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: vars(outcome) for name, outcome in self.workflows.items()}
        members["lock"] = vars(self.lock) if self.lock else None
        members["plan"] = list(self.plan)
        members["warnings"] = list(self.warnings)
        members["acknowledged"] = list(self.acknowledged)
        members["replayed"] = {name: vars(outcome) for name, outcome in self.replayed.items()}
        for name in _NEW:
            if not members[name]:
                del members[name]
        return {"schema": RECORD_SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Record:
        """Read the JSON form; raises TamperedError, naming *where*, for an invalid one."""
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
    """Return the reason why a started deployment may be taken over, None if it may not.

    *abandoned* means that it was started from this Git folder and its process is dead; *ci* is the
    present CI run and attempt.
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
    """Return a time in the format of records: UTC, ISO 8601, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _arn_part(workflows: Mapping[str, WorkflowOutcome], part: int) -> str | None:
    """Return one part of the state machines' ARNs: 3 is their region, 4 their account."""
    arns = [outcome.state_machine_arn for outcome in workflows.values()]
    return next((arn.split(":")[part] for arn in arns if arn and arn.count(":") > part), None)
