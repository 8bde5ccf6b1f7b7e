"""Targets: what a deployment is to bring, from a release and an environment."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.plan import Target, TargetWorkflow
from sfn_release.project import Environment
from sfn_release.record import Action, Serving, State, pushed
from sfn_release.release import Release
from sfn_release.rendering import Rendered, render


def target(
    release: Release,
    environment: Environment,
    state: State,
    action: Action,
    *,
    before: Serving | None = None,
    rendered: Mapping[str, Rendered] | None = None,
    below: str | None = None,
    popped: bool = False,
) -> Target:
    """Return what brings *release* to *environment*.

    *before* is what the environment served when this release was last live in it, if it was.
    *rendered* are recorded forms to use as they are; what it lacks is rendered afresh. When the
    rollback stack was *popped*, *below* is what remains under the release; else it is pushed.
    """
    recorded = rendered or {}
    earlier = before.workflows if before else {}
    workflows = {}
    for name, declaration in release.declarations.items():
        entry = release.manifest.workflows[name]
        workflows[name] = TargetWorkflow(
            digest=entry.digest,
            source=entry.source,
            rendered=recorded.get(name) or render(declaration, environment),
            version_arn=earlier[name].version_arn if name in earlier else None,
        )
    return Target(
        action=action,
        version=release.version,
        commit=release.manifest.commit,
        release_digest=release.digest,
        workflows=workflows,
        below=below if popped else pushed(state.serving, state.tip, release.version),
    )


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
