"""Reads the facts of a report from the ledger: Git only, unless AWS is to be asked too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from sfn_release import __version__
from sfn_release.errors import SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.git_pages import git_host_of
from sfn_release.operations.recorded_notes import TagFacts, recorded_notes
from sfn_release.operations.workspace import Workspace
from sfn_release.release.ledger_files import SCHEMAS
from sfn_release.release.manifest import Manifest
from sfn_release.release.version import Precedence, is_found
from sfn_release.report.facts.definition_store import DefinitionStore
from sfn_release.report.facts.environment_reading import read_environments
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReleaseFacts, ReportFacts

_NO_TAG = TagFacts()


def read_facts(
    workspace: Workspace,
    *,
    live: bool = False,
    progress: Callable[[str], None] = lambda _text: None,
) -> ReportFacts:
    """Return everything that the pages of a report show.

    With *live*, AWS is asked about every environment of releases.toml. An environment that isn't
    reached is shown as such. Raises TamperedError for an edited ledger, GitError.
    """
    progress("reading the ledger")
    snapshot = workspace.snapshot()
    warnings = [snapshot.warning] if snapshot.warning else []
    environments = read_environments(workspace, snapshot, live=live, progress=progress)
    releases = _releases(workspace, snapshot, environments, warnings)
    built_at = workspace.runtime.now()
    return ReportFacts(
        project=workspace.project.name,
        built_at=built_at,
        build_id=build_id(snapshot, built_at if live else None),
        tool_version=__version__,
        releases=releases,
        environments=environments,
        definitions=DefinitionStore(workspace.ledger),
        git_host=git_host_of(workspace),
        is_live=live,
        warnings=tuple(warnings),
        first_names=workspace.project.first_names,
    )


def _releases(
    workspace: Workspace,
    snapshot: Snapshot,
    environments: tuple[EnvironmentFacts, ...],
    warnings: list[str],
) -> tuple[ReleaseFacts, ...]:
    ledger = workspace.ledger
    live: dict[tuple[str, str], list[str]] = {}
    for environment in environments:
        if (serving := environment.serving) is not None:
            live.setdefault((serving.version, serving.release_digest), []).append(environment.name)
    commits = ledger.releases.commits(snapshot)
    yanks = ledger.releases.yanked(snapshot)
    manifests = ledger.releases.manifests(snapshot)
    manifests.sort(key=lambda manifest: Precedence(manifest.version))
    tags = _notes(workspace, snapshot, manifests, warnings)
    schemas = _schemas(workspace, [commits[manifest.version] for manifest in manifests])
    alone = ledger.remote is None
    found, below = [], None
    for manifest in manifests:
        trial = manifest.version in snapshot.trials and not alone
        found.append(
            ReleaseFacts(
                manifest=manifest,
                ledger_commit=commits[manifest.version],
                notes=tags.get(manifest.version, _NO_TAG).notes,
                live_in=tuple(live.get((manifest.version, manifest.release_digest), ())),
                below=below,
                yank=yanks.of(manifest.version, manifest.release_digest),
                trial=trial,
                pushed=alone or not (trial or ledger.layout.releases_ref in snapshot.kept),
                schemas=schemas[commits[manifest.version]],
                signature=tags.get(manifest.version, _NO_TAG).signature,
            )
        )
        if not is_found(manifest.version):
            below = manifest.version
    return tuple(found)


def _schemas(workspace: Workspace, commits: list[str]) -> dict[str, Mapping[str, str]]:
    """Return the blob ids of the input schemas of each release, by its commit and workflow."""
    folders = workspace.ledger.git.objects.trees([(commit, SCHEMAS) for commit in commits])
    return {
        commit: {name.removesuffix(".json"): entry[2] for name, entry in folder.items()}
        for commit, folder in zip(commits, folders, strict=True)
    }


def _notes(
    workspace: Workspace, snapshot: Snapshot, manifests: list[Manifest], warnings: list[str]
) -> Mapping[str, TagFacts]:
    """Return the notes and signatures by version. A remote that isn't reached is a warning."""
    try:
        return recorded_notes(workspace, snapshot, manifests)
    except SfnReleaseError as error:
        warnings.append(f"the notes of releases can't be read: {error.message}")
        return {}


def build_id(snapshot: Snapshot, asked_at: datetime | None = None) -> str:
    """Return a text that changes when the ledger does, and with the time when AWS was asked."""
    refs = "\n".join(f"{ref} {commit}" for ref, commit in sorted(snapshot.refs.items()))
    trials = "\n".join(sorted(snapshot.trials.values()))
    return sha256(f"{refs}\n{trials}\n{asked_at}".encode()).hexdigest()[:16]
