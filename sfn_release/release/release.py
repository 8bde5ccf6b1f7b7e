"""A release: all workflows of the project at one semantic version, frozen. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import dumps, short
from sfn_release.errors import TamperedError
from sfn_release.release.ledger_files import definition_path, read_json, schema_path
from sfn_release.release.manifest import (
    Manifest,
    ManifestEntry,
    ReleaseTests,
    read_manifest,
    release_digest,
)
from sfn_release.release.strict_json import report_tampering


@dataclass(frozen=True)
class ReleaseContent:
    """The content of a deployment: the workflows of a release, or of the work tree.

    *version* is None for the work tree; its *commit* is HEAD, "" before the first commit. *since*
    maps workflows to the release that introduced their content, if one did.
    """

    declarations: Mapping[str, Declaration]
    version: str | None
    commit: str
    since: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digests(self) -> dict[str, str]:
        """The workflow digests."""
        return {name: declaration.digest for name, declaration in self.declarations.items()}

    @cached_property
    def digest(self) -> str:
        """The release digest."""
        return release_digest(self.digests)

    def __str__(self) -> str:
        return self.version or WORK_TREE


WORK_TREE = "the work tree"
"""The name of content without a version."""


@dataclass(frozen=True)
class Release:
    """A manifest with its definitions. *ledger_commit* is its commit in the ledger.

    *schemas* are the JSON Schemas of inputs, by workflow. They aren't part of its identity: no
    digest covers them.
    """

    manifest: Manifest
    declarations: Mapping[str, Declaration]
    ledger_commit: str = ""
    schemas: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The release version."""
        return self.manifest.version

    @property
    def digest(self) -> str:
        """The release digest."""
        return self.manifest.release_digest

    @property
    def content(self) -> ReleaseContent:
        """The content that a deployment of it would send."""
        since = {name: entry.since for name, entry in self.manifest.workflows.items()}
        return ReleaseContent(self.declarations, self.version, self.manifest.commit, since)

    def has_workflows(self, digests: Mapping[str, str]) -> bool:
        """Return whether it has workflows of these names with these workflow digests."""
        entries = self.manifest.workflows
        return all(
            name in entries and entries[name].digest == digest for name, digest in digests.items()
        )


def make_release(
    declarations: Iterable[Declaration],
    *,
    project: str,
    version: str,
    commit: str,
    tag: str,
    date: str,
    author: str,
    toolchain: Mapping[str, Any],
    predecessor: Manifest | None,
    found: str | None = None,
    schemas: Mapping[str, Any] | None = None,
    tests: ReleaseTests | None = None,
) -> Release:
    """Freeze *declarations* as a release, with the *schemas* of their inputs.

    *predecessor* is the highest released version below this one: a workflow that it holds with the
    same digest keeps its ``since``.
    """
    by_name = {declaration.name: declaration for declaration in declarations}
    earlier = predecessor.workflows if predecessor else {}
    entries = {}
    for name, declaration in sorted(by_name.items()):
        same = name in earlier and earlier[name].digest == declaration.digest
        entries[name] = ManifestEntry(
            digest=declaration.digest,
            definition_digest=declaration.definition_digest,
            since=earlier[name].since if same else version,
            states=count_states(declaration.definition),
            type=declaration.type,
            role=declaration.role,
            logging=declaration.logging,
            tracing=declaration.tracing,
            encryption=declaration.encryption,
            tags=dict(declaration.tags),
            source=declaration.source,
        )
    manifest = Manifest(
        project=project,
        version=version,
        commit=commit,
        tag=tag,
        date=date,
        author=author,
        release_digest=release_digest({name: entry.digest for name, entry in entries.items()}),
        workflows=entries,
        toolchain=toolchain,
        found=found,
        tests=tests,
    )
    return Release(manifest, by_name, schemas=schemas or {})


def read_release(
    files: Mapping[str, bytes | None], *, where: str, ledger_commit: str = ""
) -> Release:
    """Return a release from the files of its commit, every digest verified.

    *files* holds ``manifest.json``, ``definitions/<workflow>.asl.json``, and for a workflow that
    has one ``schemas/<workflow>.json``. Raises TamperedError.
    """
    manifest = read_manifest(files.get("manifest.json"), where=where)
    declarations = {
        name: read_declaration(manifest, name, files, where=where) for name in manifest.workflows
    }
    schemas = {
        name: read_json(files[path], where=f"{where}:{path}")
        for name in manifest.workflows
        if (path := schema_path(name)) in files
    }
    return Release(manifest, declarations, ledger_commit, schemas)


def read_declaration(
    manifest: Manifest, name: str, files: Mapping[str, bytes | None], *, where: str
) -> Declaration:
    """Return one workflow of a release; raises TamperedError for another digest."""
    entry, path = manifest.workflows[name], definition_path(name)
    declaration = declaration_of(name, entry, read_json(files.get(path), where=f"{where}:{path}"))
    with report_tampering(f"{where}:{path}"):
        found = declaration.digest
    if found != entry.digest:
        raise TamperedError(
            f"{where}: the definition of {name} differs from the released definition.",
            why=f"The manifest says {short(entry.digest)}, the file has {short(found)}.",
        )
    return declaration


def declaration_of(name: str, entry: ManifestEntry, definition: Any) -> Declaration:
    """Return a released workflow from its manifest's entry and its definition, unchecked."""
    return Declaration(
        name=name,
        definition=definition,
        type=entry.type,  # type: ignore[arg-type]  # as released: a changed one has another digest
        role=entry.role,
        logging=entry.logging,
        tracing=entry.tracing,
        encryption=entry.encryption,
        tags=entry.tags,
        source=entry.source,
    )


def release_files(release: Release) -> dict[str, bytes]:
    """Return the files of a release's commit."""
    files = {"manifest.json": dumps(release.manifest.to_json()).encode()}
    for name, declaration in release.declarations.items():
        files[definition_path(name)] = dumps(declaration.definition).encode()
    for name, schema in release.schemas.items():
        files[schema_path(name)] = dumps(schema).encode()
    return files


def count_states(definition: Any) -> int:
    """Return how many states a definition has, nested scopes included."""
    total = 0
    scopes = [definition]
    while scopes:
        scope = scopes.pop()
        states = scope.get("States") if isinstance(scope, Mapping) else None
        for state in states.values() if isinstance(states, Mapping) else ():
            total += 1
            if isinstance(state, Mapping):
                scopes += [state.get("ItemProcessor"), state.get("Iterator")]
                branches = state.get("Branches")
                scopes += branches if isinstance(branches, list) else []
    return total
