"""The lock of an environment: the ``started`` record at the tip of its branch.

Another deployer is refused while the lock may be in use. A lock is abandoned when its process is
dead, when a later attempt of the same CI run comes, or when it has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sfn_release.deployment.clock_check import refuse_fast_clock
from sfn_release.deployment.site import Site
from sfn_release.errors import LockedError
from sfn_release.ledger import lock_token
from sfn_release.release.record import SKEW, Record, takeover, timestamp
from sfn_release.release.serving import RecordedState


@dataclass(frozen=True)
class AbandonedLock:
    """The *record* of a deployment that started and never ended, and why it may be closed."""

    record: Record
    reason: str


def check_lock(site: Site, state: RecordedState) -> AbandonedLock | None:
    """Return the lock that has to be closed first, None if there is none.

    Raises LockedError when that deployment may still be running.
    """
    record = state.record
    if record is None or record.status != "started":
        return None
    return AbandonedLock(record, takeover_reason(site, record))


def takeover_reason(site: Site, record: Record) -> str:
    """Return why a deployment that started and never ended may be closed.

    Raises LockedError when it may still be running.
    """
    token = record.lock.token if record.lock else ""
    gone = lock_token.abandoned(site.notes, record.id, token)
    ci = site.runtime.ci
    reason = takeover(record, now=site.runtime.now(), abandoned=gone, ci=ci)
    start = datetime.fromisoformat(record.started_at)
    if reason and not takeover(record, now=start, abandoned=gone, ci=ci):
        refuse_fast_clock(site, record)  # only the time lets us take over
    if reason is None:
        others = timestamp(datetime.fromisoformat(record.expires_at) + SKEW)
        raise LockedError(
            f"{site.name} is being deployed to: {record.action} {record.version}.",
            why=f"By {record.actor} on {record.host}, since {record.started_at}. The lock expires"
            f" at {record.expires_at}. Others can take over from {others}, to allow for clock"
            " skew.",
            fix=f"Wait. If that deployment is dead:  sfn-release unlock --env {site.name}",
        )
    return reason


def close(
    site: Site, state: RecordedState, record: Record, error: str
) -> tuple[RecordedState, Record]:
    """Append ``failed`` to a deployment that never ended; return the new state and that record."""
    now = site.runtime.now()
    failed = record.finish("failed", at=now, error=error)
    closed = site.ledger.append(site.name, state, failed, at=now)
    lock_token.forget(site.notes, record.id)
    site.runtime.watcher.say(
        f"closed {record.action} {record.version} of {record.started_at} by {record.actor}: {error}"
    )
    return closed, closed.record or failed
