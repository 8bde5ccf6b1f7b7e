"""When each release was live where: from the deployments of the environments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfn_release.release.record import SAME_RELEASE, Action

if TYPE_CHECKING:
    from sfn_release.release.record import Record
    from sfn_release.report.facts.report_facts import EnvironmentFacts


@dataclass(frozen=True)
class Stay:
    """A release in an environment, from one deployment to the next that changed the release.

    *until* is None while it's live. *deployment* brought it, and *ended_by* is the deployment after
    it. *digest* is the release digest: a version may be a local trial with another content.
    """

    environment: str
    version: str
    digest: str
    deployment: str
    action: Action
    actor: str
    reason: str
    since: str
    until: str | None = None
    ended_by: str = ""
    ended_with: str = ""


def stays(environments: Iterable[EnvironmentFacts]) -> dict[str, list[Stay]]:
    """Return the stays of each version, the newest first."""
    found: dict[str, list[Stay]] = {}
    for environment in environments:
        for stay in _stays(environment.name, environment.records):
            found.setdefault(stay.version, []).append(stay)
    for several in found.values():
        several.sort(key=lambda stay: stay.since, reverse=True)
    return found


def _stays(environment: str, newest_first: Iterable[Record]) -> Iterator[Stay]:
    present: Stay | None = None
    for record in reversed([*newest_first]):
        if record.status != "succeeded" or record.action in SAME_RELEASE:
            continue
        at = record.finished_at or record.started_at
        brought = (record.version, record.release_digest)
        if present is not None:
            if (present.version, present.digest) == brought:
                continue  # deployed again, so it stays
            yield replace(
                present,
                until=at,
                ended_by=record.id,
                ended_with=f"{record.action} {record.version}",
            )
        present = Stay(
            environment=environment,
            version=record.version,
            digest=record.release_digest,
            deployment=record.id,
            action=record.action,
            actor=record.actor,
            reason=record.reason or "",
            since=at,
        )
    if present is not None:
        yield present
