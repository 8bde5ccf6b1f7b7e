"""at: what was live in an environment at a given time. Git only, no AWS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sfn_release.errors import UsageError
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import SAME_RELEASE, Record, timestamp
from sfn_release.release.serving import Serving
from sfn_release.text import moment


@dataclass(frozen=True)
class LiveAt:
    """The release that was live in an environment at a given time, according to the records.

    *serving* is None before the first success. *deployed* is the deployment that made it live.
    *last* is the last event before that time. If its status is ``started``, the deployment was
    still running. If it is ``failed``, some workflows may be unchanged. *next* is the event that
    ended a running *last*. *until* is the next deployment that succeeded, None if there is none.
    """

    environment: str
    at: datetime
    serving: Serving | None = None
    deployed: Record | None = None
    last: Record | None = None
    next: Record | None = None
    until: Record | None = None

    @property
    def under_way(self) -> Record | None:
        """The deployment that was running, None without one.

        Callers got the release before it, or its own.
        """
        return self.last if self.last and self.last.status == "started" else None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        serving, deployed = self.serving, self.deployed
        return {
            "environment": self.environment,
            "at": timestamp(self.at),
            "version": serving.version if serving else None,
            "commit": serving.commit if serving else None,
            "release_digest": serving.release_digest if serving else None,
            "deployment": deployed.id if deployed else None,
            "action": deployed.action if deployed else None,
            "deployed_by": deployed.actor if deployed else None,
            "deployed_at": happened(deployed) if deployed else None,
            "until": happened(self.until) if self.until else None,
            "workflows": [
                {
                    "name": name,
                    "version": served.version,
                    "digest": served.digest,
                    "rendered_digest": served.rendered_digest,
                    "state_machine_arn": served.state_machine_arn,
                    "version_arn": served.version_arn,
                    "retained": served.retained,
                }
                for name, served in (serving.workflows if serving else {}).items()
            ],
            "handed_over": dict(serving.handed_over) if serving else {},
            "under_way": self.under_way.to_json() if self.under_way else None,
        }


def at(workspace: Workspace, time: str, *, environment: str | None = None) -> LiveAt:
    """Return the release that was live in an environment at *time*.

    *time* is ISO 8601, or a duration before now. The times of deployments come from the clocks of
    the machines that deployed. So a time very close to a deployment can belong to either side.
    Raises UsageError if *time* can't be read or is in the future.
    """
    now = workspace.runtime.now()
    asked = _moment(time, now)
    chosen = workspace.environment(environment)
    snapshot = workspace.snapshot()
    tip = snapshot.refs.get(workspace.ledger.layout.env_ref(chosen.name))
    later: list[Record] = []
    events = workspace.ledger.deployments.events_back(chosen.name, tip)
    for commit, record in events:
        if datetime.fromisoformat(happened(record)) > asked:
            later.append(record)
            continue
        serving = workspace.ledger.deployments.state_at(chosen.name, commit).serving
        before = chain([record], (earlier for _, earlier in events))
        return LiveAt(
            environment=chosen.name,
            at=asked,
            serving=serving,
            deployed=next(filter(_brought, before), None) if serving else None,
            last=record,
            next=later[-1] if later and later[-1].id == record.id else None,
            until=_first_success(later),
        )
    return LiveAt(chosen.name, asked, until=_first_success(later))


def happened(record: Record) -> str:
    """Return when an event happened: its deployment's start, or its end."""
    return record.started_at if record.finished_at is None else record.finished_at


def _moment(text: str, now: datetime) -> datetime:
    try:
        asked = moment(text, now)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time.",
            fix="Give a date or a time, such as 2026-01-31 or 2026-01-31T09:00, or a duration,"
            " such as 3h, which means three hours ago. Times are UTC unless they have an offset.",
        ) from None
    if asked > now:
        raise UsageError(
            f"{timestamp(asked)} is in the future: it is {timestamp(now)}.",
            fix="To see what is live now, run:  sfn-release status",
        )
    return asked


def _brought(record: Record) -> bool:
    return record.status == "succeeded" and record.action not in SAME_RELEASE


def _first_success(later: list[Record]) -> Record | None:
    """Return the earliest success of *later*, which are newest first."""
    return next((record for record in reversed(later) if record.status == "succeeded"), None)
