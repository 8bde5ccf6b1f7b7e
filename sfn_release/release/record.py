"""What the ledger says of deployments: records, what an environment serves, who may deploy. Pure.

An environment's branch has one commit per event. Each holds ``deployment.json``, the event (a
Record), and ``manifest.json`` with ``definitions/``, what the environment serves after it (a
Serving). A deployment has two events: ``started`` before AWS is touched, and its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sfn_release.canonical import loads, short
from sfn_release.errors import DefinitionError, TamperedError
from sfn_release.names import (
    Arn,
    CommitId,
    EnvironmentName,
    Origin,
    RecordId,
    Source,
    WorkflowName,
)
from sfn_release.release.forms import as_written, read_document, read_form
from sfn_release.release.pins import exact_name, reopen
from sfn_release.release.release import Release, Version
from sfn_release.release.render_verification import unlike_release
from sfn_release.release.rendering import Rendered

RECORD_SCHEMA = "sfn-release/deployment/1"
SERVING_SCHEMA = "sfn-release/serving/1"

Action = Literal["publish", "deploy", "promote", "rollback", "delete", "adopt", "acknowledge"]
BRINGS_NOTHING: tuple[Action, ...] = ("delete", "acknowledge")
"""Actions that are recorded under the release that stays, and bring none."""
Status = Literal["started", "succeeded", "failed", "reverted"]
Change = Literal["created", "updated", "repointed", "unchanged", "retained", "deleted", "adopted"]

LEASE = timedelta(minutes=15)
"""How long a deployment may take before it has to stop by itself."""

SKEW = timedelta(minutes=2)
"""How far the clocks of two deployers may differ."""


@dataclass(frozen=True)
class Outcome:
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
    status: Status
    actor: str
    host: str
    reason: str | None
    started_at: str
    finished_at: str | None
    expires_at: str
    account: str | None
    region: str | None
    config_blob: CommitId | None
    workflows: Mapping[WorkflowName, Outcome]
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
            raise TamperedError(f"{where} is not what was written.")
        return record

    def finish(
        self,
        status: Status,
        *,
        at: datetime,
        workflows: Mapping[str, Outcome] | None = None,
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


@dataclass(frozen=True)
class Unqualified:
    """The content that callers without the alias got, where it was not what the alias served.

    *settings* is `Rendered.settings`, *text* the very text of the definition.
    """

    settings: Mapping[str, Any]
    text: str
    rendered_digest: str


@dataclass(frozen=True)
class Found:
    """What a state machine was before sfn-release first wrote to it, beyond its content.

    *text* is the very text of the definition. *routing* maps version ARNs to weights where the
    alias split its callers, else it is empty. *latest* is ``$LATEST`` where that was other content.
    """

    text: str
    routing: Mapping[Arn, int] = field(default_factory=dict)
    latest: Unqualified | None = None

    def unqualified(self, served: Rendered) -> Rendered:
        """Return what ``$LATEST`` was; *served* is what the alias served, or all callers got.

        Raises DefinitionError, or TypeError, for what is not the form of a state machine.
        """
        if self.latest is None:
            return served
        return _form(served.workflow, self.latest.settings, self.latest.text)


@dataclass(frozen=True)
class Served:
    """One workflow as an environment serves it.

    *settings* is `Rendered.settings`; *alias* the name of the alias that callers use, "" for none
    (None in records that do not tell); *alias_description* what we last wrote to it; *version* the
    release that it is of. *retained* marks a workflow that is deployed and not in the
    release that the environment serves. *pins* maps what its definition refers to without a version
    to the version that it was pinned to. *parameters* are the values that filled it, with their
    types: `rendering.fill_and_pin` makes the recorded form from the release, these and the pins
    (None in records that don't have them). *stale_tags* are tags of an earlier release
    that could not be removed. *found* is there in a release of what was found.
    """

    digest: str
    rendered_digest: str
    source: Source
    settings: Mapping[str, Any]
    state_machine_arn: Arn
    version_arn: Arn | None
    alias_description: str | None
    version: Version
    retained: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)
    alias: str | None = None
    parameters: Mapping[str, Any] | None = None
    stale_tags: tuple[str, ...] = ()
    found: Found | None = None

    @property
    def latest_digest(self) -> str:
        """The rendered digest of what ``$LATEST`` is to be."""
        latest = self.found.latest if self.found else None
        return latest.rendered_digest if latest else self.rendered_digest

    @property
    def routing(self) -> Mapping[str, int]:
        """What the alias is to send its callers to: version ARNs with weights; {} without one."""
        if self.found and self.found.routing:
            return self.found.routing
        return {self.version_arn: 100} if self.version_arn else {}

    @property
    def left_behind(self) -> bool:
        """Whether this is what an attempt that did not finish has left, as it was found in AWS."""
        return self.retained and not self.source and self.parameters is None


@dataclass(frozen=True)
class Serving:
    """What an environment serves after a deployment, and what it would roll back to.

    *below* is the commit of the environment's branch whose ``manifest.json`` is the previous entry
    of the rollback stack: successful deployments push, rollbacks pop.
    """

    version: Version
    commit: Origin
    release_digest: str
    deployment: RecordId
    below: CommitId | None
    workflows: Mapping[WorkflowName, Served]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as an environment's ``manifest.json`` holds it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: asdict(served) for name, served in self.workflows.items()}
        return {"schema": SERVING_SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Serving:
        """Read the JSON form; raises TamperedError, naming *where*, when it is not one."""
        serving = read_document(cls, value, schema=SERVING_SCHEMA, where=where)
        for name, served in serving.workflows.items():
            _recorded(name, served, {}, where=where)
            with as_written(where):
                for arn in served.pins.values():
                    exact_name(arn)
        return serving


@dataclass(frozen=True)
class State:
    """The tip of an environment's branch: its last event and what it serves.

    *tip* is the commit, None before the first deployment.
    """

    tip: str | None = None
    record: Record | None = None
    serving: Serving | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the last attempt did not bring what it was to bring."""
        return self.record is not None and self.record.status != "succeeded"


def served_forms(
    serving: Serving, definitions: Mapping[str, Any], *, where: str
) -> dict[str, Rendered]:
    """Return every workflow that *serving* names, retained ones too, as it was sent.

    Raises TamperedError, naming *where*, when a definition is not the one that was sent.
    """
    found = {}
    for name, served in serving.workflows.items():
        rendered = _recorded(name, served, definitions[name], where=where)
        with as_written(where):
            digest = rendered.digest
        if digest != served.rendered_digest:
            raise TamperedError(
                f"{where}: the recorded definition of {name} is not the one that was deployed.",
                why=f"The record says {short(served.rendered_digest)},"
                f" the file has {short(digest)}.",
            )
        found[name] = rendered
    return found


def refuse_forged(
    serving: Serving, forms: Mapping[str, Rendered], release: Release, *, where: str
) -> None:
    """Raise TamperedError for the first of *forms* that is not what *release* renders to.

    *forms* are recorded ones of *serving*, of workflows of *release*.
    """
    for name, form in forms.items():
        served = serving.workflows[name]
        declaration = release.declarations.get(name)
        if declaration is None or release.manifest.workflows[name].digest != served.digest:
            unlike: str | None = f"{release.version} holds no such {name}"
        elif served.found is not None and not release.manifest.found:
            unlike = "it was published, and this says it was found in AWS"
        else:
            unlike = unlike_release(declaration, form, values=served.parameters, pins=served.pins)
        if unlike is not None:
            raise TamperedError(
                f"{where}: the recorded form of {name} is not what {release.version} renders to:"
                f" {unlike}.",
                why="Whoever wrote this record did not deploy the release: nothing of it is sent.",
                fix=f"Deploy the release itself:  sfn-release deploy {release.version}\n"
                "  `git log` of that branch shows who wrote the record.",
            )


def _recorded(name: str, served: Served, definition: Any, *, where: str) -> Rendered:
    with as_written(where):
        form = _form(name, served.settings, definition)
        if served.found is None or definition == {}:
            return form
        return _as_found(served.found, form)


def _as_found(found: Found, form: Rendered) -> Rendered:
    """Return *form* with the text that it was found in, once that text is known to be its own."""
    exact = replace(form, definition=loads(found.text), text=found.text)
    latest = found.unqualified(form)
    if exact.digest != form.digest or (
        found.latest is not None and latest.digest != found.latest.rendered_digest
    ):
        raise DefinitionError(f"the text of {form.workflow} is not its definition")
    return exact


def _form(name: str, settings: Mapping[str, Any], definition: Any) -> Rendered:
    """Return recorded settings with a definition, or its text, as what is sent."""
    members = dict(settings)
    members |= {"workflow": name, "name": members.pop("state_machine", None)}
    text = definition if isinstance(definition, str) else None
    members |= {"definition": loads(text) if text is not None else definition, "text": text}
    return read_form(Rendered, members, f"$.workflows.{name}")


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


def _arn_part(workflows: Mapping[str, Outcome], part: int) -> str | None:
    """Return one part of the state machines' ARNs: 3 is their region, 4 their account."""
    arns = [outcome.state_machine_arn for outcome in workflows.values()]
    return next((arn.split(":")[part] for arn in arns if arn and arn.count(":") > part), None)
