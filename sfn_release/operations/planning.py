"""plan: what a deployment would do."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.deployment import prepare
from sfn_release.ledger import Snapshot
from sfn_release.operations.deploy import deploy_target
from sfn_release.operations.listing import build_work_tree
from sfn_release.operations.policies import objections
from sfn_release.operations.sites import open_site
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Plan, Target
from sfn_release.record import State, timestamp
from sfn_release.release import Release, make_release, parse_version

WORK_TREE = "0.0.0-worktree"
"""The version under which a plan shows what is not released."""


def plan_version(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    adopt: bool = False,
) -> Plan:
    """Return what deploying a release would do, or the work tree as it stands for None.

    Nothing is changed. What policies have against it stands in the plan; raises whatever else a
    deployment would be refused for.
    """
    there = workspace.environment(environment)
    wanted = parse_version(version) if version else None
    release = workspace.released(workspace.snapshot(), wanted) if wanted else _unreleased(workspace)

    site = open_site(workspace, there)

    def decide(_: Snapshot, state: State) -> Target:
        return deploy_target(release, site, state)

    prepared = prepare(site, decide, adopt=adopt)
    if prepared.nothing_to_do:
        return prepared.plan
    called = None if wanted else "the work tree"
    found = objections(workspace, site, prepared, release, called=called)
    return replace(prepared.plan, refusals=found)


def _unreleased(workspace: Workspace) -> Release:
    return make_release(
        build_work_tree(workspace).declarations,
        project=workspace.project.name,
        version=WORK_TREE,
        commit=workspace.git.head() or "",
        tag="",
        date=timestamp(workspace.around.now()),
        author="",
        toolchain={},
        predecessor=None,
    )
