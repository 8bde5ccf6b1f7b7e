"""Reads the environments of a report: their deployments, and what AWS says now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sfn_release.errors import SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.policy_checks import live_period
from sfn_release.operations.verbs.status import EnvironmentStatus, status, unsigned
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.policy_facts import LivePeriod
from sfn_release.project.promotion_order import board_order
from sfn_release.release.record import SAME_RELEASE, Record
from sfn_release.release.serving import Serving
from sfn_release.report.facts.report_facts import EnvironmentFacts


def read_environments(
    workspace: Workspace,
    snapshot: Snapshot,
    *,
    live: bool,
    progress: Callable[[str], None],
) -> tuple[EnvironmentFacts, ...]:
    """Return the environments of a board, and those that only the ledger has.

    Raises TamperedError if the ledger lost the branch of an environment.
    """
    project = workspace.project
    tips = workspace.ledger.deployments.environments(snapshot)
    declared = project.environments
    shown = [*board_order(project, tips), *(name for name in tips if name not in declared)]
    found = []
    for name in shown:
        progress(f"reading the deployments of {name}")
        found.append(_read(workspace, snapshot, name))
    if live:
        progress("asking AWS")
        states = _live(workspace, [name for name in shown if name in declared])
        found = [replace(facts, live=states.get(facts.name)) for facts in found]
    return tuple(found)


def _read(workspace: Workspace, snapshot: Snapshot, name: str) -> EnvironmentFacts:
    ledger = workspace.ledger
    settings = workspace.project.environments.get(name)
    state = ledger.deployments.state(snapshot, name)
    if state.tip is None:
        ledger.integrity.refuse_lost(snapshot, name)
    records = ledger.deployments.last_events(name, state.tip)
    version = state.serving.version if state.serving else None
    return EnvironmentFacts(
        name=name,
        label=settings.label if settings else name,
        settings=settings,
        tip=state.tip,
        records=tuple(records),
        serving=state.serving,
        deployed=bringer(records, state.serving),
        period=_period(workspace, snapshot, name, state.serving),
        unsigned=unsigned(workspace, snapshot, settings, version, state.tip) if settings else (),
    )


def _period(
    workspace: Workspace, snapshot: Snapshot, name: str, serving: Serving | None
) -> LivePeriod:
    """Return since when an environment serves the whole of its release, unknown for a broken one.

    The list of releases has a warning about a release that can't be read.
    """
    if serving is None:
        return LivePeriod()
    try:
        release = workspace.released(snapshot, serving.version, serving.release_digest)
    except SfnReleaseError:
        return LivePeriod()
    return live_period(workspace, snapshot, name, release.content)


def bringer(records: Sequence[Record], serving: Serving | None) -> Record | None:
    """Return the deployment that brought the release that an environment serves.

    Its content decides, because a local trial and a release can have the same version.
    """
    if serving is None:
        return None
    return next(
        (
            record
            for record in records
            if record.status == "succeeded"
            and record.action not in SAME_RELEASE
            and record.version == serving.version
            and record.release_digest == serving.release_digest
        ),
        None,
    )


def _live(workspace: Workspace, names: list[str]) -> dict[str, EnvironmentStatus]:
    """Ask AWS about each environment. One that can't be asked is unreachable, with the reason."""
    found = {}
    for name in names:
        try:
            (found[name],) = status(workspace, environment=name)
        except SfnReleaseError as error:
            label = workspace.project.environments[name].label
            problem = f"{error.message} {error.why}".strip()
            found[name] = EnvironmentStatus(name, label, None, "unreachable", (), problem=problem)
    return found
