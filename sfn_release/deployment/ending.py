"""End a deployment: finish it, or undo its changes, and append its last record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.deployment.application import Application
from sfn_release.deployment.fence import Fence, OvertakenError
from sfn_release.deployment.prepared import Prepared
from sfn_release.deployment.record_content import kept, outcomes, serving_after, untagged_warnings
from sfn_release.deployment.site import Site
from sfn_release.errors import DeploymentError, SfnReleaseError
from sfn_release.ledger import lock_token
from sfn_release.ledger.git import RefMovedError
from sfn_release.release.record import DeploymentStatus, Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Serving

_EXPECTED = (SfnReleaseError, KeyboardInterrupt)


@dataclass(frozen=True)
class Deployment:
    """A deployment that has started: its ``started`` *record* is at the tip, *state*."""

    site: Site
    prepared: Prepared
    record: Record
    state: RecordedState
    fence: Fence
    application: Application


def finish(deployment: Deployment) -> Record:
    """Append ``succeeded``, with the definitions that are served now; return that record.

    Raises OvertakenError when another deployer took the deployment over, and the Ctrl-C that came
    when callers had been moved already.
    """
    site, prepared, application = deployment.site, deployment.prepared, deployment.application
    serving, definitions = _served(deployment)
    now = site.runtime.now()
    warnings = untagged_warnings(prepared.plan, application.untagged)
    finished = deployment.record.finish(
        "succeeded",
        at=now,
        workflows=outcomes(prepared, application.machines),
        warnings=warnings,
    )
    for warning in warnings:
        site.runtime.watcher.say(f"warning: {warning}")
    try:
        site.ledger.append(
            site.name, deployment.state, finished, serving=serving, definitions=definitions, at=now
        )
    except RefMovedError as error:
        raise OvertakenError(
            "Another deployer took this deployment over before it could record its success.",
            fix=f"See who:  sfn-release history --env {site.name}",
        ) from error
    except SfnReleaseError as error:
        raise error.explained(
            "AWS was changed as planned; only the record is missing.",
            fix="Run the same command again: it finishes the record.",
        ) from error
    lock_token.forget(site.notes, finished.id)
    if application.interrupted is not None:
        site.runtime.watcher.say(f"{finished.action} {finished.version} is done and recorded")
        raise application.interrupted
    return finished


@contextmanager
def ended_if_interrupted(site: Site, record: Record) -> Iterator[None]:
    """When Ctrl-C ends the block, which starts the deployment *record*, append its end.

    AWS isn't changed in the block. Ctrl-C may have come before or after the ledger had the record.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        try:
            _end_unchanged(site, record, str(stopped) or "interrupted")
        except SfnReleaseError as error:
            site.runtime.watcher.say(
                f"warning: the ledger may still say that this deployment runs: {error.message}"
            )
        stopped.add_note(f"nothing was changed in {site.environment.label}")
        raise


def _end_unchanged(site: Site, record: Record, how: str) -> None:
    """Append ``failed`` to a deployment that changed nothing, if the ledger has its start."""
    ledger = site.ledger
    state = ledger.deployments.state(ledger.branches.snapshot_for(site.name), site.name)
    if state.record is None or state.record.id != record.id:
        return
    now = site.runtime.now()
    failed = record.finish("failed", at=now, error=f"{how.capitalize()} before its first change.")
    ledger.append(site.name, state, failed, at=now)
    lock_token.forget(site.notes, record.id)


@contextmanager
def put_back_on_error(deployment: Deployment) -> Iterator[None]:
    """When the block raises, undo its changes, append the end, and raise the error.

    A bug is raised as it is, with its traceback and nothing put back, unless callers are split by
    then: leaving them so would be worse. A deployment that was taken over puts nothing back.
    """
    try:
        yield
    except OvertakenError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if deployment.application.shifted is None and not isinstance(error, _EXPECTED):
            raise
        failure = (
            _put_back(deployment, error)
            if deployment.fence.holds()
            else deployment.fence.overtaken(why=str(error))
        )
        if isinstance(error, SfnReleaseError):
            raise failure from error
        deployment.site.runtime.watcher.say(
            f"warning: {failure.message}" + (f"\n  {failure.why}" if failure.why else "")
        )
        raise


def _put_back(deployment: Deployment, error: Exception | KeyboardInterrupt) -> SfnReleaseError:
    """Undo the changes, append the end, and return the error that explains it.

    The end is ``reverted`` when callers had been shifted and are all back, else ``failed``.
    """
    site, application = deployment.site, deployment.application
    stopped = isinstance(error, KeyboardInterrupt)
    how = (
        f"the deployment was {str(error) or 'interrupted'}" if stopped else "the deployment failed"
    )
    site.runtime.watcher.say(f"{how}; putting back what it changed")
    restored, stuck = application.put_back()
    lines = [*restored, *stuck]
    if stopped and not stuck:
        error.add_note(
            _as_before(deployment) if lines else f"nothing was changed in {site.environment.label}"
        )
    if stopped and not lines:
        lines = ["there was nothing to put back"]
    failure = _failure(error, application.shifted)
    now = site.runtime.now()
    back = application.shifted is not None and not stuck
    status: DeploymentStatus = "reverted" if back else "failed"
    failed = deployment.record.finish(
        status,
        at=now,
        workflows=outcomes(deployment.prepared, application.machines),
        error="\n".join([str(failure), *lines]),
    )
    try:
        site.ledger.append(site.name, deployment.state, failed, at=now)
    except SfnReleaseError as second:
        lines.append(f"this end couldn't be recorded: {second.message} {second.why}")
    else:
        lock_token.forget(site.notes, failed.id)
    return failure.explained(*lines)


def _as_before(deployment: Deployment) -> str:
    """Return the note of an interrupted deployment whose changes are all undone."""
    name, before = deployment.site.environment.label, deployment.prepared.basis.state.serving
    if deployment.application.shifted is None or before is None:
        return f"{name} serves what it served before"
    return f"all callers in {name} are back on {before.version}"


def _failure(error: Exception | KeyboardInterrupt, shifted: int | None) -> SfnReleaseError:
    at = "" if shifted is None else f" at {shifted} %"
    if isinstance(error, SfnReleaseError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return DeploymentError(f"Interrupted{at}.")
    return DeploymentError(f"A bug of sfn-release stopped the shift{at}: {error!r}.")


def _served(deployment: Deployment) -> tuple[Serving, dict[str, Any]]:
    """Return the served state now; unchanged workflows keep their recorded forms."""
    site, prepared, application = deployment.site, deployment.prepared, deployment.application
    before, tip = prepared.basis.state.serving, prepared.basis.state.tip
    forms: Mapping[str, Rendered] = {}
    if before is not None and tip is not None:
        forms = site.ledger.deployments.served(
            site.name, tip, replace(before, workflows=kept(prepared))
        )
    return serving_after(prepared, application.machines, forms, application.untagged)
