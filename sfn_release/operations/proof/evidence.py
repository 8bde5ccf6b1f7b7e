"""The evidence for the links: state machines as AWS has them, the record, the releases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_release.errors import SfnReleaseError
from sfn_release.plan.steps import ObservedAlias
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record, WorkflowOutcome
from sfn_release.release.release import Release
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving


@dataclass(frozen=True)
class LiveMachine:
    """A state machine as AWS has it. *latest* is the content that callers without the alias get.

    *versions* maps each version that the alias names to its content. A content is None if it can't
    be read; a version that is gone is missing. *alias* is None without one.

    *configured* is the alias that releases.toml names, and *namesake* the ARN of the state machine
    that it names, if AWS has it and the record names another one.
    """

    arn: str
    status: str
    latest: Rendered | None
    alias: ObservedAlias | None = None
    versions: Mapping[str, Rendered | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    configured: ObservedAlias | None = None
    namesake: str | None = None


@dataclass(frozen=True)
class Evidence:
    """One thing that was looked at: *text* describes it, *problem* is the fault in it."""

    text: str
    problem: SfnReleaseError | None = None


@dataclass(frozen=True)
class ReleaseEvidence:
    """A release and the findings about it, as far as they apply.

    *release* is None if the ledger can't give it, with the *problem*. An adopted release, and a
    trial of this clone, have no tag; an adopted one has no commit either. *rebuilt* is by workflow.
    """

    version: str
    release: Release | None = None
    problem: SfnReleaseError | None = None
    tag: Evidence | None = None
    commit: Evidence | None = None
    rebuilt: Mapping[str, Evidence] = field(default_factory=dict)
    signature: Evidence | None = None

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the release."""
        return self.release.manifest if self.release else None


@dataclass(frozen=True)
class RecordEvidence:
    """The last record of an environment, the event *commit*, with everything that is served.

    *record* is the deployment that made the *serving*. *open_attempt* is a deployment that hasn't
    ended, *failed* the last one if it failed. *problem* is what is wrong with the branch, and
    *problems* with the recorded form of a workflow. *forms* are the recorded forms.
    """

    commit: str
    serving: Serving
    record: Record | None
    forms: Mapping[str, Rendered]
    problems: Mapping[str, SfnReleaseError] = field(default_factory=dict)
    problem: SfnReleaseError | None = None
    open_attempt: Record | None = None
    failed: Record | None = None

    def attempts(self, workflow: str) -> tuple[WorkflowOutcome, ...]:
        """Return the result for a workflow that the deployment in progress plans."""
        planned = self.open_attempt.workflows if self.open_attempt else {}
        return (planned[workflow],) if workflow in planned else ()


@dataclass(frozen=True)
class WorkflowEvidence:
    """Everything about one workflow of an environment.

    *alias* is the name of the alias that its callers use, "" for none. *machine* is None if it is
    gone, or the error that kept it from being read. *tags* are the ownership tags that it should
    have, without our prefix. *past* describes earlier deployments of the live content. *released*
    is whether the release that the environment serves has the workflow. *foreign* is whether the
    ledger lacks the deployment that the alias names, or the tags name another owner.
    """

    name: str
    served: Served
    alias: str
    machine: LiveMachine | SfnReleaseError | None
    tags: Mapping[str, str]
    record: RecordEvidence
    release: ReleaseEvidence
    past: str = ""
    released: bool = False
    foreign: bool = False
