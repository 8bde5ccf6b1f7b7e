"""unlock: close a deployment that was abandoned."""

from __future__ import annotations

from sfn_release.deployment.lock import close
from sfn_release.errors import AwsError, LockedError, NotFoundError
from sfn_release.ledger import Snapshot, lock_token
from sfn_release.operations.open_site import site_of
from sfn_release.operations.signature_policy import refuse_unsigned
from sfn_release.operations.split_callers import mixes
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import UNLOCKED, Record
from sfn_release.release.serving import RecordedState


def unlock(
    workspace: Workspace,
    *,
    environment: str | None = None,
    reason: str | None = None,
    force: bool = False,
) -> Record:
    """Close the deployment that holds an environment's lock, and return its record.

    Its changes in AWS stay until the next deployment or rollback. Raises NotFoundError when
    nothing holds the lock, and without *force* LockedError when its process still runs on this
    machine, started from this clone.
    """
    locked = site_of(workspace, workspace.environment(environment))
    snapshot = workspace.ledger.branches.snapshot_for(locked.name)
    state, record = _held(workspace, snapshot, locked.name)
    if not force:
        refuse_running(workspace, record)
    refuse_unsigned(workspace, locked.environment, snapshot, "Unlocking", records=[state.tip])
    why = f": {reason}" if reason else ""
    _, closed = close(locked, state, record, f"{UNLOCKED} {locked.runtime.actor}{why}")
    return closed


def refuse_running(workspace: Workspace, record: Record) -> None:
    """Raise LockedError when the process of a deployment still runs, started from this clone."""
    lock = record.lock
    notes = site_of(workspace, workspace.environment(record.environment)).notes
    if lock is None or not lock_token.running(notes, record.id, lock.token):
        return
    raise LockedError(
        f"The {record.action} of {record.version} to {record.environment} is still running on this"
        f" machine: process {lock.process}.",
        why="When you unlock it while it runs, it stops in the middle: callers may stay split"
        " between two releases.",
        fix="Press Ctrl-C there (or send SIGTERM): it then puts back everything that it changed.\n"
        f"Only if that doesn't help:  sfn-release unlock --env {record.environment} --force",
    )


def held(workspace: Workspace, *, environment: str | None = None) -> Record:
    """Return the deployment that holds an environment's lock; raises NotFoundError for none."""
    name = workspace.environment(environment).name
    return _held(workspace, workspace.ledger.branches.snapshot_for(name), name)[1]


def split(workspace: Workspace, *, environment: str | None = None) -> list[str]:
    """Return how callers are split by a shift that did not finish, a line for each workflow.

    If AWS can't be asked, the line says so: unlocking needs only the ledger.
    """
    name = workspace.environment(environment).name
    state = workspace.ledger.deployments.state(workspace.ledger.branches.snapshot(), name)
    try:
        return mixes(workspace, name, state)
    except AwsError as error:
        return [f"can't check whether callers are split: {error.message}"]


def _held(workspace: Workspace, snapshot: Snapshot, name: str) -> tuple[RecordedState, Record]:
    state = workspace.ledger.deployments.state(snapshot, name)
    if state.record is None or state.record.status != "started":
        raise NotFoundError(f"{name} isn't locked.")
    return state, state.record
