"""yank and unyank: say of a release that nothing may bring it anywhere any more, or may again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.errors import UsageError
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import timestamp
from sfn_release.release.version import parse_version
from sfn_release.release.yank_list import Yank


@dataclass(frozen=True)
class Yanked:
    """What is said of a release now. *yank* is None when nothing is.

    *changed* is False when that was said before; *live_in* are the environments that serve it.
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
    """Let nothing deploy, promote, publish or roll back to a release, in any clone.

    What serves it goes on serving it. A release that is yanked already keeps its first reason.
    Raises NotFoundError for one that does not exist, UsageError without a reason.
    """
    if not reason.strip():
        raise UsageError(
            "A release is yanked for a reason, which others will be told.",
            fix=f'For example:  sfn-release yank {version} --reason "Charges twice"',
        )
    version = parse_version(version)
    runtime = workspace.runtime
    actor, now = runtime.actor or str(workspace.git.repository.identity), runtime.now()
    return _say(workspace, version, Yank(reason.strip(), actor, timestamp(now)))


def unyank(workspace: Workspace, version: str) -> Yanked:
    """Let a yanked release be deployed again; raises NotFoundError for one that does not exist."""
    return _say(workspace, parse_version(version), None)


def _say(workspace: Workspace, version: str, wanted: Yank | None) -> Yanked:
    ledger = workspace.ledger
    workspace.released(workspace.snapshot(), version)
    standing, changed = ledger.set_yank(version, wanted, at=workspace.runtime.now())
    snapshot = ledger.branches.snapshot(offline=True)
    live = [
        name
        for name in sorted(workspace.project.environments)
        if (serving := ledger.deployments.state(snapshot, name).serving)
        and serving.version == version
    ]
    return Yanked(version, standing, changed, tuple(live))
