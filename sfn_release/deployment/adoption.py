"""Adopt state machines that another tool or ledger made: keep their content first.

Before the first write to such a machine, its content becomes a state machine version, and a release
of found machines (``0.0.0-found.1``). That release holds everything that the environment serves at
that moment, so that a rollback to it brings back all of it. The definition is kept to the letter,
with its settings in AWS: role, type, logging, tracing, encryption, tags, and the alias.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sfn_release.deployment.found_release import (
    found_release,
    found_workflow,
    readable,
    served_by,
)
from sfn_release.deployment.live_state import version_dates
from sfn_release.deployment.prepared import Basis, Prepared, PreparedDeployment
from sfn_release.deployment.site import Site
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import RefMovedError
from sfn_release.plan import (
    Observed,
    Plan,
    Target,
    WorkflowPlan,
    is_of_another_ledger,
    is_ours,
    plan,
)
from sfn_release.plan.steps import PublishVersion, Step, TagStateMachine
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.rollback_history import pushed
from sfn_release.release.serving import RecordedState, Served


def machines_to_adopt(
    site: Site,
    state: RecordedState,
    target: Target,
    observed: Mapping[str, Observed | None],
    known: frozenset[str],
    attempts: Sequence[Record],
) -> dict[str, Observed]:
    """Return the machines of *target* that the deployment takes over from others.

    Machines that match our last record needn't be kept again. A machine whose adoption was
    interrupted is still to be kept, though it may have our tags. Raises AccessError for a machine
    whose definition can't be read.
    """
    served = state.serving.workflows if state.serving else {}
    begun = {
        name
        for attempt in attempts
        if attempt.action == "adopt"
        for name, outcome in attempt.workflows.items()
        if outcome.change == "adopted"
    }
    found = {}
    for name in target.workflows:
        machine, recorded = observed.get(name), served.get(name)
        if machine is None or (recorded and is_as_recorded(recorded, machine)):
            continue
        ours = is_ours(machine, site.project, site.name)
        if name in begun or not ours or is_of_another_ledger(machine, known, recorded):
            readable(name, machine.latest, machine.arn)
            found[name] = machine
    return found


def is_as_recorded(served: Served, observed: Observed) -> bool:
    """Return whether the ledger can bring back the live content already."""
    latest = observed.latest is not None and observed.latest.digest == served.latest_digest
    routing = observed.alias.routing if observed.alias else {}
    aliased = not served.alias or routing == served.routing
    return served.state_machine_arn == observed.arn and latest and aliased


@dataclass(frozen=True)
class _Keeping:
    """How found machines are kept: their *release*, and the plan of the deployment that does it."""

    release: Release
    target: Target
    observed: Mapping[str, Observed]
    plan: Plan


def _keeping(
    site: Site,
    snapshot: Snapshot,
    state: RecordedState,
    adopting: Mapping[str, Observed],
    identity: str,
) -> _Keeping:
    """Decide how the machines that are *adopting* are kept. Reads only."""
    kept = {name: found_workflow(site.client, name, machine) for name, machine in adopting.items()}
    release = found_release(site, snapshot, state, kept)
    target = Target(
        action="adopt",
        version=release.version,
        commit=release.manifest.commit,
        release_digest=release.digest,
        workflows={
            name: replace(workflow, digest=release.manifest.workflows[name].digest)
            for name, workflow in kept.items()
        },
        below=pushed(state.serving, state.tip, release.version),
    )
    observed = {
        name: replace(machine, versions=served_by(kept[name])) for name, machine in adopting.items()
    }
    return _Keeping(release, target, observed, _plan(site, state, target, observed, identity))


def with_kept(
    site: Site,
    snapshot: Snapshot,
    state: RecordedState,
    decided: Plan,
    adopting: Mapping[str, Observed],
) -> Plan:
    """Return the plan with the steps that keep the adopted machines, before all others.

    Those are carried out as a deployment of their own, and the plan is decided again after it.
    """
    if not adopting:
        return decided
    keeping = _keeping(site, snapshot, state, adopting, identity="")
    steps = {planned.workflow: planned.steps for planned in keeping.plan.workflows}
    restore = f"sfn-release rollback {keeping.release.version} --env {site.name}"
    workflows = tuple(
        _after_keeping(planned, steps[planned.workflow], restore)
        if planned.workflow in adopting
        else planned
        for planned in decided.workflows
    )
    return replace(decided, workflows=workflows)


def _after_keeping(planned: WorkflowPlan, keep: tuple[Step, ...], restore: str) -> WorkflowPlan:
    """Return a workflow's plan after *keep*: nothing is written twice.

    *restore* is the command that goes back to the kept content.

    Content that stays as it is gets one version: the kept one.
    """
    published = any(isinstance(step, PublishVersion) for step in keep)
    again = published and all(isinstance(step, PublishVersion) for step in planned.prepare)
    written = {
        key: value
        for step in keep
        if isinstance(step, TagStateMachine)
        for key, value in step.tags.items()
    }
    tags = tuple(_untagged(step, written) for step in planned.tags)
    note = (
        f"{planned.workflow} was made by another tool or ledger. Its current content is saved as"
        f" a release first. To restore it: `{restore}`"
    )
    return replace(
        planned,
        keep=keep,
        prepare=() if again else planned.prepare,
        tags=tags,
        notes=(note, *planned.notes),
    )


def _untagged(step: Step, written: Mapping[str, str]) -> Step:
    """Return a step without the tags that were already *written*."""
    if not isinstance(step, TagStateMachine):
        return step
    tags = {key: value for key, value in step.tags.items() if written.get(key) != value}
    return replace(step, tags=tags)


def adoption(site: Site, prepared: Prepared) -> PreparedDeployment | None:
    """Return the deployment that keeps the adopted machines of *prepared* first; None for none.

    Its release is written. Raises RefMovedError when another deployer wrote such a release at the
    same time.
    """
    if not isinstance(prepared, PreparedDeployment) or not prepared.adopting:
        return None
    return kept_deployment(site, prepared.basis, prepared.adopting)


def kept_deployment(
    site: Site, basis: Basis, adopting: Mapping[str, Observed]
) -> PreparedDeployment:
    """Return the deployment that keeps the machines of *adopting*; its release is written.

    Raises RefMovedError when another deployer wrote such a release at the same time.
    """
    private = site.environment.backend.private
    snapshot = site.ledger.branches.snapshot(offline=private)
    identity = site.runtime.new_id(site.runtime.now())
    keeping = _keeping(site, snapshot, basis.state, adopting, identity)
    release = keeping.release
    standing, _ = site.ledger.add_release(
        release, notes="", at=site.runtime.now(), push=not private
    )
    if standing.digest != release.digest:
        raise RefMovedError(f"{release.version} was taken by another deployer.")
    return PreparedDeployment(
        basis=replace(basis, id=identity, left={}),
        target=replace(keeping.target, commit=standing.manifest.commit),
        plan=keeping.plan,
        observed=keeping.observed,
        acknowledged=tuple(
            arn
            for observed in keeping.observed.values()
            for arn in sorted(version_dates(site.client, observed.arn))
        ),
    )


def kept_text(site: Site, adopted: PreparedDeployment) -> str:
    """Return the line for an adoption that succeeded."""
    version = adopted.target.called
    return (
        f"the current content of {', '.join(sorted(adopted.observed))} is saved as {version}."
        f" To restore it: `sfn-release rollback {version} --env {site.name}`"
    )


def _plan(
    site: Site,
    state: RecordedState,
    target: Target,
    observed: Mapping[str, Observed],
    identity: str,
) -> Plan:
    """Return the plan: versions and tags of the found machines; all others stay as they are."""
    decided = plan(
        target,
        project=site.project,
        environment=site.name,
        alias=site.environment.alias,
        deployment=identity,
        serving=None,
        observed=observed,
        adopt=True,
    )
    serving = state.serving
    others = tuple(
        WorkflowPlan(name, "retained" if served.retained else "unchanged", served.version_arn)
        for name, served in sorted(serving.workflows.items() if serving else ())
        if name not in target.workflows
    )
    return replace(
        decided,
        from_version=serving.version if serving else None,
        workflows=(*decided.workflows, *others),
    )
