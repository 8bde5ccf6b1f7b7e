"""Make the target of a deployment from a release, or the work tree, and an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sfn_release.authoring.declaration import Declaration
from sfn_release.deployment.parameter_lookup import looked_up
from sfn_release.deployment.site import Site
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.operations.secret_values import secret_notes
from sfn_release.plan import Target, TargetWorkflow
from sfn_release.release.record import Action
from sfn_release.release.release import Release, ReleaseContent
from sfn_release.release.rendering import Rendered, parameters_of, render_all, values_of
from sfn_release.release.rollback_history import pushed
from sfn_release.release.serving import RecordedState, Served, Serving, refuse_forged

_SEARCH_DEPTH = 10  # releases of an environment that are searched for content that comes back


def unreleased(
    ledger: Ledger,
    snapshot: Snapshot,
    declarations: Mapping[str, Declaration],
    *,
    version: str | None,
    commit: str,
) -> ReleaseContent:
    """Return the content of the work tree, or of a *version* that is not taken yet.

    Its ``since`` comes from the highest release, whichever version this becomes: the plan of the
    work tree and `publish` find the same.
    """
    highest = next(iter(ledger.releases.versions(snapshot)), None)
    manifest = ledger.releases.manifest(snapshot, highest) if highest else None
    known = manifest.workflows if manifest else {}
    since = {
        name: known[name].since
        for name, declaration in declarations.items()
        if name in known and known[name].digest == declaration.digest
    }
    return ReleaseContent(declarations, version, commit, since)


def target(
    content: ReleaseContent,
    site: Site,
    state: RecordedState,
    action: Action,
    *,
    versions: Mapping[str, str] | None = None,
    rendered: Mapping[str, Rendered] | None = None,
    served: Mapping[str, Served] | None = None,
    below: str | None = None,
    popped: bool = False,
    released: bool = True,
) -> Target:
    """Return the target that brings *content* to *site*.

    *versions* are state machine versions that may have the content already (`earlier_versions`).
    *rendered* are recorded forms to use as they are, with their records in *served*; other
    workflows are rendered afresh. When the rollback stack was *popped*, *below* is the rest of it;
    else the release is pushed. Content that is not *released* yet is checked by every rule
    (`FilledChecks`).
    """
    recorded = rendered or {}
    fresh = [
        declaration for name, declaration in content.declarations.items() if name not in recorded
    ]
    names = parameters_of(fresh, site.environment)
    found = looked_up(site, names, state=state, workflows=content.declarations)
    environment = site.environment.resolved(found.values)
    forms = {**recorded, **render_all(fresh, environment)}
    values = {declaration.name: values_of(declaration, environment) for declaration in fresh}
    workflows = {}
    for name, declaration in content.declarations.items():
        old = served[name] if served and name in recorded else None
        workflows[name] = TargetWorkflow(
            digest=declaration.digest,
            source=declaration.source,
            rendered=forms[name],
            version_arn=(old.version_arn if old else None) or (versions or {}).get(name),
            recorded=old is not None,
            pins=old.pins if old else {},
            found=old.found if old else None,
            parameters=old.parameters if old else values.get(name),
            findings=()
            if name in recorded
            else site.filled.errors(
                declaration,
                forms[name],
                released=released,
                environment=site.environment.name,
                partition=site.environment.partition,
            ),
        )
    return Target(
        action=action,
        version=content.version,
        commit=content.commit,
        release_digest=content.digest,
        workflows=workflows,
        below=below if popped else pushed(state.serving, state.tip, content.version),
        parameters={name: value for used in values.values() for name, value in used.items()},
        notes=tuple(secret_notes(site.environment, found.values)),
        origins=found.origins,
    )


def earlier_versions(
    ledger: Ledger,
    content: ReleaseContent,
    environment: str,
    state: RecordedState,
    *,
    released: bool = True,
) -> dict[str, str]:
    """Return the state machine versions that had the content of workflows here.

    They are looked for where something else is served now, and for a released workflow that isn't
    served under its name: among the versions of this release (when it is *released*), of the
    release that their content comes from, and of the releases that a rollback would go back to.
    """
    served = state.serving.workflows if state.serving else {}
    past = _Past(ledger, environment, state)
    found = {}
    for name, digest in content.digests.items():
        # A pinned workflow may have had the same content with other pins.
        if name not in served and not released:
            continue  # else it may have been renamed meanwhile
        if name in served and served[name].digest == digest and not served[name].pins:
            continue
        versions = [content.version if released else None, content.since.get(name)]
        for workflows in past.searched(version for version in versions if version):
            old = workflows.get(name)
            if old is not None and old.digest == digest and old.version_arn:
                found[name] = old.version_arn
                break
    return found


class _Past:
    """The earlier states of an environment, each read once, when it is needed."""

    def __init__(self, ledger: Ledger, environment: str, state: RecordedState) -> None:
        self._ledger = ledger
        self._environment = environment
        self._state = state
        self._by_version: dict[str, Mapping[str, Served]] = {}
        self._below: list[Serving] = []

    def searched(self, versions: Iterable[str]) -> Iterator[Mapping[str, Served]]:
        """Yield the workflows of *versions*, and then those that a rollback would bring back."""
        for version in dict.fromkeys(versions):
            yield self._workflows_at(version)
        for depth in range(_SEARCH_DEPTH):
            serving = self._entry_at(depth)
            if serving is None:
                return
            yield serving.workflows

    def _workflows_at(self, version: str) -> Mapping[str, Served]:
        if version not in self._by_version:
            commit = self._ledger.deployments.last_success(self._state, version)
            self._by_version[version] = (
                self._ledger.deployments.serving_at(self._environment, commit).workflows
                if commit
                else {}
            )
        return self._by_version[version]

    def _entry_at(self, depth: int) -> Serving | None:
        while len(self._below) <= depth:
            above = self._below[-1] if self._below else self._state.serving
            if above is None or above.below is None:
                return None
            self._below.append(self._ledger.deployments.serving_at(self._environment, above.below))
        return self._below[depth]


def recorded_forms(
    release: Release, serving: Serving, rendered: Mapping[str, Rendered], *, where: str
) -> dict[str, Rendered]:
    """Return the recorded forms that belong to *release*, by workflow digest.

    Raises TamperedError, naming *where* they stand, for a form that the release doesn't render to.
    """
    found = {
        name: form
        for name, form in rendered.items()
        if name in release.manifest.workflows
        and serving.workflows[name].digest == release.manifest.workflows[name].digest
    }
    refuse_forged(serving, found, release, where=where)
    return found
