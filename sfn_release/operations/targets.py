"""Targets: what a deployment is to bring, from a release and an environment."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.deployment import Site
from sfn_release.deployment.resolving import look_up
from sfn_release.ledger.reader import LedgerReader
from sfn_release.plan import Target, TargetWorkflow
from sfn_release.record import Action, Served, Serving, State
from sfn_release.release import Release
from sfn_release.rendering import Rendered, parameters_of, render_all, values_of
from sfn_release.stack import pushed


def target(
    release: Release,
    site: Site,
    state: State,
    action: Action,
    *,
    versions: Mapping[str, str] | None = None,
    rendered: Mapping[str, Rendered] | None = None,
    served: Mapping[str, Served] | None = None,
    below: str | None = None,
    popped: bool = False,
) -> Target:
    """Return what brings *release* to *site*.

    *versions* are state machine versions that may have the content already (`earlier_versions`).
    *rendered* are recorded forms to use as they are, with what was recorded beside them in
    *served*; what it lacks is rendered afresh. When the rollback stack was *popped*, *below* is
    what remains under the release; else it is pushed.
    """
    recorded = rendered or {}
    fresh = [one for name, one in release.declarations.items() if name not in recorded]
    names = parameters_of(fresh, site.environment)
    found = look_up(site, names, state=state, workflows=release.declarations)
    environment = site.environment.resolved(found)
    forms = {**recorded, **render_all(fresh, environment)}
    values = {one.name: values_of(one, environment) for one in fresh}
    workflows = {}
    for name in release.declarations:
        entry = release.manifest.workflows[name]
        version_arn = (versions or {}).get(name)
        old = served[name] if served and name in recorded else None
        workflows[name] = TargetWorkflow(
            digest=entry.digest,
            source=entry.source,
            rendered=forms[name],
            version_arn=(old.version_arn if old else None) or version_arn,
            recorded=old is not None,
            pins=old.pins if old else {},
            parameters=old.parameters if old else values.get(name),
        )
    return Target(
        action=action,
        version=release.version,
        commit=release.manifest.commit,
        release_digest=release.digest,
        workflows=workflows,
        below=below if popped else pushed(state.serving, state.tip, release.version),
        parameters={name: value for used in values.values() for name, value in used.items()},
    )


def earlier_versions(
    ledger: LedgerReader, release: Release, environment: str, state: State, *, fresh: bool = False
) -> dict[str, str]:
    """Return the state machine versions that had the content of *release*'s workflows here.

    Looked for are workflows that serve something else now: as what this release brought (not when
    it is *fresh*), or as what the release brought that their content is of.
    """
    served = state.serving.workflows if state.serving else {}
    lived: dict[str, Mapping[str, Served]] = {}
    found = {}
    for name, entry in release.manifest.workflows.items():
        # What is pinned may have had the same content with other pins.
        if name not in served or (served[name].digest == entry.digest and not served[name].pins):
            continue
        for version in {release.version: None, entry.since: None}:
            if fresh and version == release.version:
                continue
            if version not in lived:
                commit = ledger.last_success(state, version)
                lived[version] = ledger.serving_at(environment, commit).workflows if commit else {}
            old = lived[version].get(name)
            if old is not None and old.digest == entry.digest and old.version_arn:
                found[name] = old.version_arn
                break
    return found


def recorded_forms(
    release: Release, serving: Serving, rendered: Mapping[str, Rendered]
) -> dict[str, Rendered]:
    """Return the recorded forms that belong to *release*: those of equal workflow digests."""
    return {
        name: form
        for name, form in rendered.items()
        if name in release.manifest.workflows
        and serving.workflows[name].digest == release.manifest.workflows[name].digest
    }
