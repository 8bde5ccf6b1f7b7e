"""Deployments: a plan, applied to one environment under a lock that the ledger keeps.

    model         where a deployment goes, and what was decided
    resolving     look the environment's parameters up
    pinning       find the exact versions of what definitions refer to (`lookup` asks AWS for them)
    binding       pin a release's workflows to each other, those that others start first
    adopting      keep what a deployment takes over, before it changes it
    found         the release of what was found
    preparation   read the ledger and AWS, decide, refuse what must be refused
    deleting      decide the deletion of one state machine, and who would miss it
    execute       append ``started`` · apply the plan · append ``succeeded`` or ``failed``
    fence         whether it may still write, asked before every write
    application   carry the plan out, workflows side by side; put back what it changed when it fails
    changes       make one step's change to AWS, or put it back; those to `aliases` apart
    monitoring    watch callers who are being shifted: `alarms`, failed `executions`
    results       what it leaves: outcomes, and what the environment serves from now on

The ``started`` record is the lock: it is appended by compare-and-swap before AWS is touched. Every
write to AWS looks at the clock first, and before callers are switched the ledger is asked whether
the lock is still ours. Recovery is preparing again from what is there, never replaying a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sfn_release.deployment.adoption import adoption, kept_text
from sfn_release.deployment.application import Application
from sfn_release.deployment.changes import Changes, writes
from sfn_release.deployment.clock_check import refuse_wrong_clock
from sfn_release.deployment.deletion import prepare_delete
from sfn_release.deployment.fence import Fence, OvertakenError
from sfn_release.deployment.parameter_lookup import refuse_changed
from sfn_release.deployment.preparation import check_lock, prepare
from sfn_release.deployment.prepared import Decide, Prepared, Site
from sfn_release.deployment.record_content import kept, outcomes, serving_after, untagged_warnings
from sfn_release.deployment.shift_monitor import Monitor
from sfn_release.errors import DeploymentError, SfnReleaseError
from sfn_release.ledger import lock_token
from sfn_release.ledger.git import RefMovedError
from sfn_release.plan import Plan
from sfn_release.plan.steps import step_line
from sfn_release.release.record import LEASE, DeploymentStatus, Lock, Record, timestamp
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Serving

__all__ = [
    "Decide",
    "Prepared",
    "Site",
    "adoption",
    "check_lock",
    "close",
    "execute",
    "kept_text",
    "prepare",
    "prepare_delete",
]


_EXPECTED = (SfnReleaseError, KeyboardInterrupt)


def execute(site: Site, prepared: Prepared, *, reason: str | None = None) -> Record:
    """Carry a prepared deployment out and return its last record.

    Raises RefMovedError, with nothing done, when the ledger moved since it was prepared: prepare
    again. Raises LockedError, with nothing done, when our clock is wrong. Raises the error that
    stopped it, after putting back what it had changed; the record then says ``failed``, and why.
    """
    runtime = site.runtime
    runtime.watcher.planned(prepared.plan)
    refuse_changed(site, prepared)
    refuse_wrong_clock(site)
    state = prepared.state
    if prepared.closing:
        state = close(site, state, f"taken over by {runtime.actor}: {prepared.closing}")
    now = runtime.now()
    expires = now + LEASE + prepared.plan.watching + _paced(prepared.plan)
    lock = Lock(runtime.new_token(), runtime.process, runtime.ci)
    record = Record(
        id=prepared.id,
        environment=site.name,
        action=prepared.plan.action,
        version=prepared.plan.release,
        from_version=prepared.plan.from_version,
        commit=prepared.content.commit,
        release_digest=prepared.content.release_digest,
        status="started",
        actor=runtime.actor,
        host=runtime.host,
        reason=reason,
        started_at=timestamp(now),
        finished_at=None,
        expires_at=timestamp(expires),
        account=None,
        region=site.environment.region,
        config_blob=site.config_blob,
        workflows=outcomes(prepared, {}),
        lock=lock,
        plan=tuple(step_line(step) for step in prepared.plan.steps),
        parameters=prepared.target.parameters if prepared.target else {},
        override=prepared.override,
        promoted_from=prepared.target.promoted_from if prepared.target else None,
        acknowledged=prepared.acknowledged,
    )
    with lock_token.hold(site.notes, record.id, lock.token):
        try:
            started = site.ledger.append(site.name, state, record, at=now)
        except RefMovedError:
            lock_token.forget(site.notes, record.id)
            raise
        finished = _carry_out(site, prepared, started, record, expires=expires)
    lock_token.forget(site.notes, record.id)
    return finished


def _paced(plan: Plan) -> timedelta:
    """Return how long AWS's quotas make a large plan take: after a hundred, a write a second."""
    return timedelta(seconds=max(0, len(plan.steps) - 100))


def close(site: Site, state: RecordedState, error: str) -> RecordedState:
    """Append the end of a deployment that did not come to one itself."""
    assert state.record is not None  # noqa: S101 - there is one to close
    now = site.runtime.now()
    record = state.record.finish("failed", at=now, error=error)
    closed = site.ledger.append(site.name, state, record, at=now)
    lock_token.forget(site.notes, record.id)
    site.runtime.watcher.say(
        f"closed {record.action} {record.version} of {record.started_at} by {record.actor}: {error}"
    )
    return closed


def _carry_out(
    site: Site, prepared: Prepared, started: RecordedState, record: Record, *, expires: datetime
) -> Record:
    """Apply the plan and append the end of the deployment."""
    runtime = site.runtime

    fence = Fence(site, prepared, started, expires)
    application = Application(
        plan=prepared.plan,
        changes=Changes(site.client, fence.check, runtime.pause),
        turn=fence.turn,
        done=runtime.watcher.applied,
        monitor=Monitor(site, prepared, fence.check),
    )
    for operation, calls in writes(prepared.plan.steps).items():
        site.aws.expect(operation, calls)
    runtime.watcher.applying(len(prepared.plan.steps))
    try:
        application.run()
    except OvertakenError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        # A bug keeps its traceback; that callers stay split by one would be worse.
        if application.shifted is None and not isinstance(error, _EXPECTED):
            raise
        told = (
            _fail(site, prepared, started, record, application, error)
            if fence.holds()
            else fence.overtaken(why=str(error))
        )
        if not isinstance(error, SfnReleaseError):
            runtime.watcher.say("  " + (told.why or told.message))
            raise
        raise told from error
    serving, definitions = _served(site, prepared, application)
    now = runtime.now()
    became = outcomes(prepared, application.machines)
    warnings = untagged_warnings(prepared.plan, application.untagged)
    finished = record.finish("succeeded", at=now, workflows=became, warnings=warnings)
    for warning in warnings:
        runtime.watcher.say(f"warning: {warning}")
    try:
        site.ledger.append(
            site.name, started, finished, serving=serving, definitions=definitions, at=now
        )
    except RefMovedError as error:
        raise OvertakenError(
            "Another deployer took this deployment over before it could record its success.",
            fix=f"See who:  sfn-release history --env {site.name}",
        ) from error
    except SfnReleaseError as error:
        error.why += "\n  AWS was changed as planned; only the record of it is missing."
        error.fix = "Run the same command again: it finishes the record."
        raise
    if application.interrupted is not None:
        runtime.watcher.say(f"{record.action} {record.version} was done, and is recorded")
        raise application.interrupted
    return finished


def _fail(
    site: Site,
    prepared: Prepared,
    started: RecordedState,
    record: Record,
    application: Application,
    error: Exception | KeyboardInterrupt,
) -> SfnReleaseError:
    """Put back what was changed, append the end, and return the error to tell.

    The end is ``reverted`` when callers had been shifted and are all back, else ``failed``.
    """
    stopped = isinstance(error, KeyboardInterrupt)
    how = (
        f"the deployment was {str(error) or 'interrupted'}" if stopped else "the deployment failed"
    )
    site.runtime.watcher.say(f"{how}; putting back what it changed")
    restored, stuck = application.put_back()
    at = "" if application.shifted is None else f" at {application.shifted} %"
    if isinstance(error, SfnReleaseError):
        told = error
    elif isinstance(error, KeyboardInterrupt):
        told = DeploymentError(f"Interrupted{at}.")
    else:
        told = DeploymentError(f"A bug of sfn-release stopped the shift{at}: {error!r}.")
    lines = [*restored, *stuck]
    if stopped and not lines:
        lines = ["there was nothing to put back"]
    now = site.runtime.now()
    became = outcomes(prepared, application.machines)
    text = "\n".join([str(told), *lines])
    back = application.shifted is not None and not stuck
    status: DeploymentStatus = "reverted" if back else "failed"
    failed = record.finish(status, at=now, workflows=became, error=text)
    try:
        site.ledger.append(site.name, started, failed, at=now)
    except SfnReleaseError as second:
        lines.append(f"the ledger could not be told: {second.message} {second.why}")
    else:
        lock_token.forget(site.notes, record.id)
    told.why = "\n  ".join([told.why, *lines] if told.why else lines)
    return told


def _served(
    site: Site, prepared: Prepared, application: Application
) -> tuple[Serving, dict[str, Any]]:
    """Return what is served after the plan, reading the forms of what it left alone."""
    before, tip = prepared.state.serving, prepared.state.tip
    forms: Mapping[str, Rendered] = {}
    if before is not None and tip is not None:
        forms = site.ledger.deployments.served(
            site.name, tip, replace(before, workflows=kept(prepared))
        )
    return serving_after(prepared, application.machines, forms, application.untagged)
