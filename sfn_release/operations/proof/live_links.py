"""The links that compare AWS with the record: `live` and `record`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.canonical import short
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.proof.evidence import LiveMachine, RecordEvidence, WorkflowEvidence
from sfn_release.operations.proof.links import Link
from sfn_release.plan import Observed
from sfn_release.plan.drift import compare, tag_differences
from sfn_release.plan.steps import number, routing_text
from sfn_release.release.record import Record, WorkflowOutcome

_HIDDEN = "can't be read: you may not use its KMS key, or it isn't exact JSON"
_KEY = "Allow kms:Decrypt on its KMS key to the role that verifies."
_DEPLOY = "sfn-release deploy {version} --env {environment}"


def live_link(workflow: WorkflowEvidence, environment: str) -> Link:
    """Return whether AWS answers, and the content that callers get can be read."""
    machine = workflow.machine
    for text, fix in _obstacles(workflow, environment):
        return Link(workflow.name, "live", False, text, fix)
    text = _seen(machine, workflow.alias) if isinstance(machine, LiveMachine) else ""
    return Link(workflow.name, "live", True, text)


def _obstacles(workflow: WorkflowEvidence, environment: str) -> Iterator[tuple[str, str]]:
    """Yield the reasons why the live content can't be read, each with a fix."""
    machine, served = workflow.machine, workflow.served
    again = "To create it again:  " + _DEPLOY.format(
        version=served.version, environment=environment
    )
    if machine is None:
        arn = served.state_machine_arn
        yield f"AWS has no state machine {arn}; the record says it exists.", again
        return
    if isinstance(machine, SfnReleaseError):
        yield f"{machine.message} {machine.why}".strip(), machine.fix
        return
    if machine.status == "DELETING":
        yield "The state machine is being deleted.", again
    if machine.alias is None and workflow.alias and served.version_arn is not None:
        said = number(served.version_arn)
        yield f"AWS has no alias {workflow.alias}; the record says it points at {said}.", again
    for version in machine.alias.routing if machine.alias else ():
        if version not in machine.versions:
            yield f"The alias {workflow.alias} points at {number(version)}, which is gone.", again
        elif machine.versions[version] is None:
            yield f"The content of {number(version)} {_HIDDEN}.", _KEY
    if machine.latest is None:
        yield f"The content of $LATEST {_HIDDEN}.", _KEY


def _seen(machine: LiveMachine, alias: str) -> str:
    """Return the content that callers get, in words."""
    if machine.alias is None:
        return f"$LATEST is {_digest(machine.latest)}"
    contents = ", ".join(
        f"{number(version)} is {_digest(content)}" for version, content in machine.versions.items()
    )
    return f"the alias {alias} points at {routing_text(machine.alias.routing)}; {contents}"


def _digest(content: object) -> str:
    found = getattr(content, "digest", None)
    return short(found) if found else "unreadable"


def record_link(workflow: WorkflowEvidence, environment: str) -> Link:
    """Return whether AWS has what the environment's last record says."""
    record = workflow.record
    problem = record.problem or record.problems.get(workflow.name)
    if problem is not None:
        return _unlike(workflow, f"{problem.message} {problem.why}".strip(), problem.fix)
    machine = workflow.machine
    if machine is None or isinstance(machine, SfnReleaseError):
        return _unlike(workflow, "There is nothing to compare the record with.", "")
    found = _differences(workflow, machine)
    if found:
        lines = "; ".join(found)
        text = f"AWS differs from the record ({_made(record, workflow)}): {lines}."
        if workflow.past:
            text += f" {workflow.past}"
        if record.failed is not None:
            text += f" The last deployment, {_attempt(record.failed)}, {record.failed.status}."
        fix = "To go back to the record"
        if workflow.foreign:  # a deployment without --adopt is refused
            fix += ", and keep what is live as a release of its own"
        deploy = _DEPLOY.format(version=workflow.served.version, environment=environment)
        fix += f":  {deploy}{' --adopt' if workflow.foreign else ''}"
        return _unlike(workflow, text, fix)
    served = workflow.served
    version = f"{number(served.version_arn)}, " if served.version_arn else ""
    text = f"{_made(record, workflow)}: {version}{short(served.rendered_digest)}"
    if record.open_attempt is not None:
        text += f"; a deployment is in progress: {_attempt(record.open_attempt)}"
    return Link(workflow.name, "record", True, text)


def _unlike(workflow: WorkflowEvidence, text: str, fix: str) -> Link:
    return Link(workflow.name, "record", False, text, fix)


def _differences(workflow: WorkflowEvidence, machine: LiveMachine) -> list[str]:
    """Return how AWS differs from the record: content, routing, versions, tags."""
    served, record = workflow.served, workflow.record
    attempts = _attempts(workflow)
    observed = Observed(
        arn=machine.arn,
        latest=machine.latest,
        revision=None,
        tags=machine.tags,
        alias=machine.alias,
        versions={
            version: content.digest if content else ""
            for version, content in machine.versions.items()
        },
    )
    tags = tag_differences(served, machine.tags, workflow.tags)
    if attempts:
        tags = []  # a deployment writes the tags last
    drift = compare(
        served,
        observed,
        alias=workflow.alias,
        form=record.forms.get(workflow.name),
        attempts=attempts,
        more=tags,
    )
    version = served.version_arn
    content = machine.versions.get(version) if version else None
    other = []
    if version and content is not None and content.digest != served.rendered_digest:
        # A version never changes. But a state machine that was created again counts from 1 again.
        other.append(
            f"{number(version)} is {short(content.digest)}, the record says"
            f" {short(served.rendered_digest)}: it was published by someone else"
        )
    return [*other, *_elsewhere(workflow, machine), *drift.differences]


def _elsewhere(workflow: WorkflowEvidence, machine: LiveMachine) -> Iterator[str]:
    """Yield the content that callers get in places that the record doesn't name."""
    served = workflow.served
    if machine.namesake is not None:
        yield (
            f"releases.toml names the state machine {machine.namesake}, which exists,"
            f" and the record names {served.state_machine_arn}"
        )
    if machine.configured is not None and machine.configured.routing != served.routing:
        named = machine.configured.arn.rpartition(":")[2]
        recorded = f"the alias {workflow.alias}" if workflow.alias else "no alias"
        yield (
            f"releases.toml names the alias {named}, which points at"
            f" {routing_text(machine.configured.routing)}, and the record names {recorded}"
        )
    known = {served.rendered_digest, *(it.rendered_digest for it in _attempts(workflow))}
    if served.version_arn is None and machine.alias is not None:
        for version, content in machine.versions.items():
            if content is not None and content.digest not in known:
                yield (
                    f"the alias {workflow.alias} points at {number(version)}, which is"
                    f" {short(content.digest)}, and the record names no version"
                )


def _attempts(workflow: WorkflowEvidence) -> tuple[WorkflowOutcome, ...]:
    return workflow.record.attempts(workflow.name)


def _made(record: RecordEvidence, workflow: WorkflowEvidence) -> str:
    """Return the deployment that the workflow is recorded by, in words."""
    if workflow.served.retained or record.record is None:
        return f"left as {workflow.served.version} deployed it"
    return _attempt(record.record)


def _attempt(record: Record) -> str:
    who = record.actor.partition(" <")[0]
    return f"{record.action} {record.version} by {who}, {record.finished_at or record.started_at}"
