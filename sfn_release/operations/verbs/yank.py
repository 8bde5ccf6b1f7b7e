"""yank and unyank: block a release from being deployed, and allow it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.errors import UsageError, YankedError
from sfn_release.operations.signature_policy import refuse_unsigned_yanks
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import timestamp
from sfn_release.release.version import parse_version
from sfn_release.release.yank_list import Yank


@dataclass(frozen=True)
class Yanked:
    """A release after `yank` or `unyank`. *yank* is None if it isn't yanked now.

    After `unyank`, it is the yank of another release with the same contents. *changed*: this call
    changed it. *live_in* are the environments that serve the release, or its contents under another
    version.
    """

    version: str
    yank: Yank | None
    changed: bool
    live_in: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "version": self.version,
            "yanked": self.yank.to_json() if self.yank else None,
            "changed": self.changed,
            "live_in": list(self.live_in),
        }


def yank(workspace: Workspace, version: str, *, reason: str) -> Yanked:
    """Block a release from being deployed, and return the release's state.

    Every clone refuses to deploy it. Where it is live, it stays live. A release that is already
    yanked keeps its first reason. Raises NotFoundError for an unknown release, UsageError without a
    reason.
    """
    if not reason.strip():
        raise UsageError(
            "You need a reason to yank a release. Others will read it.",
            fix=f'For example:  sfn-release yank {version} --reason "Charges twice"',
        )
    version = parse_version(version)
    runtime = workspace.runtime
    actor, now = runtime.actor or str(workspace.git.repository.identity), runtime.now()
    return _set_yank(workspace, version, Yank(reason.strip(), actor, timestamp(now), version))


def unyank(workspace: Workspace, version: str) -> Yanked:
    """Allow a yanked release to be deployed again, and return the release's state.

    Raises NotFoundError for an unknown release, and YankedError if only another release with the
    same contents was yanked.
    """
    done = _set_yank(workspace, parse_version(version), None)
    if done.yank is not None and not done.changed:
        raise YankedError(
            f"{done.version} itself was not yanked, but it can't be deployed.",
            why=f"{done.yank.subject(done.version)} was {done.yank}.",
            fix=f"Withdraw that yank:  sfn-release unyank {done.yank.version}",
        )
    return done


def _set_yank(workspace: Workspace, version: str, wanted: Yank | None) -> Yanked:
    ledger = workspace.ledger
    snapshot = workspace.snapshot()
    release = workspace.released(snapshot, version)
    refuse_unsigned_yanks(workspace, snapshot)
    standing, changed = ledger.set_yank(version, wanted, at=workspace.runtime.now())
    snapshot = ledger.branches.snapshot(offline=True)  # with the yank
    live = [
        name
        for name in sorted(workspace.project.environments)
        if (serving := ledger.deployments.state(snapshot, name).serving)
        and serving.release_digest == release.digest
    ]
    yanks = ledger.releases.yanked(snapshot)
    return Yanked(version, standing or yanks.of(version, release.digest), changed, tuple(live))
