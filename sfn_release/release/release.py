"""A release: all workflows of the project at one semantic version, frozen. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, total_ordering
from typing import Annotated, Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import digest, dumps, loads, short
from sfn_release.errors import SfnReleaseError, TamperedError, VersionError
from sfn_release.names import (
    WORKFLOW_NAME,
    EnvironmentName,
    Kind,
    Origin,
    Source,
    TagName,
    WorkflowName,
)
from sfn_release.release.forms import as_written, read_document

SCHEMA = "sfn-release/manifest/1"
_LONGEST = 128  # characters; a version is part of a file's name: that of its Git tag


def parse_version(text: str) -> str:
    """Return *text* as a release version, a leading ``v`` taken off.

    Raises VersionError for what Semantic Versioning 2.0 does not allow, and for build metadata:
    ``1.2.0+a`` and ``1.2.0+b`` have the same precedence, so neither would be the later one, and
    AWS allows no ``+`` in an alias's name.
    """
    import semver

    version = text.removeprefix("v")
    try:
        parsed = semver.Version.parse(version)
    except (ValueError, TypeError) as error:
        raise VersionError(
            f"{text!r} is not a semantic version.",
            why="A version is MAJOR.MINOR.PATCH, with an optional pre-release: 1.2.0, 2.0.0-rc.1.",
            fix="See https://semver.org/.",
        ) from error
    if parsed.build:
        raise VersionError(
            f"{text!r} carries build metadata, which a release cannot.",
            why="Semantic Versioning ignores what follows the +, so two such versions would be"
            " equal and yet have different content.",
            fix=f"Release {parsed.replace(build=None)}; the commit is recorded anyway.",
        )
    if len(version) > _LONGEST:
        raise VersionError(f"A version has at most {_LONGEST} characters, not {len(version)}.")
    if version.endswith(".lock"):
        raise VersionError(f"{text!r} cannot be a Git tag: its name ends with .lock.")
    return version


def is_version(text: str) -> bool:
    """Tell whether *text* is a release version as `parse_version` returns them."""
    try:
        return parse_version(text) == text
    except VersionError:
        return False


VERSION = Kind(
    "release version",
    is_version,
    "It is a semantic version without build metadata, written like 1.2.0 or 2.0.0-rc.1.",
)
Version = Annotated[str, VERSION]


FOUND = "0.0.0-found."
"""How the versions begin that releases of what was found get; the number follows."""


def is_found(version: str) -> bool:
    """Tell whether *version* is of a release of what was found, and not made from a commit.

    >>> is_found("0.0.0-found.1"), is_found("0.0.0")
    (True, False)
    """
    return version.startswith(FOUND)


def refuse_found(version: str) -> None:
    """Raise VersionError for a *version* that can't be published."""
    if is_found(version):
        raise VersionError(
            f"{version} can't be published: these versions are of what was found in AWS.",
            why="A deployment with --adopt makes one, for a rollback to what was there.",
            fix="Publish another version, 0.1.0 for example.",
        )


def next_patch(version: str) -> str:
    """Return the lowest version above *version* that is not a pre-release.

    >>> next_patch("1.2.3"), next_patch("2.0.0-rc.1")
    ('1.2.4', '2.0.0')
    """
    import semver

    return str(semver.Version.parse(version).next_version("patch"))


@total_ordering
class Precedence:
    """A version as Semantic Versioning orders it: ``sorted(versions, key=Precedence)``."""

    def __init__(self, version: str) -> None:
        import semver

        self._version = semver.Version.parse(version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Precedence) and self._version == other._version

    def __lt__(self, other: Precedence) -> bool:
        return bool(self._version < other._version)

    def __hash__(self) -> int:
        return hash(self._version)


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one workflow. *since* is the release that brought its content."""

    digest: str
    definition_digest: str
    since: Version
    states: int
    type: str
    role: str | None
    logging: Mapping[str, Any] | None
    tracing: Mapping[str, Any] | None
    encryption: Mapping[str, Any] | None
    tags: Mapping[str, str]
    source: Source


@dataclass(frozen=True)
class Manifest:
    """What the ledger says of a release, its definitions aside.

    *found* is the environment whose state machines it was found in. Such a release has no tag, and
    no source: its *commit* is `names.NO_COMMIT`.
    """

    project: str
    version: Version
    commit: Origin
    tag: TagName
    date: str
    author: str
    release_digest: str
    workflows: Mapping[WorkflowName, Entry]
    toolchain: Mapping[str, Any] = field(default_factory=dict)
    found: EnvironmentName | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as ``manifest.json`` holds it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: vars(entry) for name, entry in self.workflows.items()}
        if self.found is None:
            del members["found"]  # versions up to 0.2.0 read releases that were made from commits
        return {"schema": SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Manifest:
        """Read the JSON form; raises TamperedError, naming *where*, when it is not one."""
        manifest = read_document(cls, value, schema=SCHEMA, where=where)
        digests = {name: entry.digest for name, entry in manifest.workflows.items()}
        with as_written(where):
            agrees = release_digest(digests) == manifest.release_digest
        if not agrees:
            raise TamperedError(
                f"{where} was edited: its release digest does not fit its workflows."
            )
        return manifest


@dataclass(frozen=True)
class Content:
    """What a deployment brings: the workflows of a release, or those of the work tree.

    *version* is None for the work tree, which has none; its *commit* is the one that it builds on,
    "" before the first. *since* names the release that brought the content of a workflow, where
    one has.
    """

    declarations: Mapping[str, Declaration]
    version: str | None
    commit: str
    since: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digests(self) -> dict[str, str]:
        """The workflow digests."""
        return {name: one.digest for name, one in self.declarations.items()}

    @cached_property
    def digest(self) -> str:
        """The release digest."""
        return release_digest(self.digests)

    def __str__(self) -> str:
        return self.version or WORK_TREE


WORK_TREE = "the work tree"
"""How people read of content that has no version."""


@dataclass(frozen=True)
class Release:
    """A manifest with the definitions it speaks of. *ledger_commit* is where it stands."""

    manifest: Manifest
    declarations: Mapping[str, Declaration]
    ledger_commit: str = ""

    @property
    def version(self) -> str:
        """The release version."""
        return self.manifest.version

    @property
    def digest(self) -> str:
        """The release digest."""
        return self.manifest.release_digest

    @property
    def content(self) -> Content:
        """What a deployment of it brings."""
        since = {name: entry.since for name, entry in self.manifest.workflows.items()}
        return Content(self.declarations, self.version, self.manifest.commit, since)

    def holds(self, digests: Mapping[str, str]) -> bool:
        """Return whether it has workflows of these names with these workflow digests."""
        entries = self.manifest.workflows
        return all(name in entries and entries[name].digest == at for name, at in digests.items())


def release_digest(workflows: Mapping[str, str]) -> str:
    """Return the release digest over ``{workflow name: workflow digest}``."""
    return digest(dict(workflows))


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
) -> Release:
    """Freeze *declarations* as a release.

    *predecessor* is the highest released version below this one: a workflow that it holds with the
    same digest keeps its ``since``.
    """
    by_name = {declaration.name: declaration for declaration in declarations}
    earlier = predecessor.workflows if predecessor else {}
    entries = {}
    for name, declaration in sorted(by_name.items()):
        same = name in earlier and earlier[name].digest == declaration.digest
        entries[name] = Entry(
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
    )
    return Release(manifest, by_name)


def read_release(
    files: Mapping[str, bytes | None], *, where: str, ledger_commit: str = ""
) -> Release:
    """Put a release together from the files of its commit, every digest verified.

    *files* holds ``manifest.json`` and ``definitions/<workflow>.asl.json``. Raises TamperedError.
    """
    manifest = read_manifest(files.get("manifest.json"), where=where)
    declarations = {
        name: read_declaration(manifest, name, files, where=where) for name in manifest.workflows
    }
    return Release(manifest, declarations, ledger_commit)


def read_declaration(
    manifest: Manifest, name: str, files: Mapping[str, bytes | None], *, where: str
) -> Declaration:
    """Put one workflow of a release together; raises TamperedError for a digest that is not its."""
    entry, path = manifest.workflows[name], definition_path(name)
    declaration = Declaration(
        name=name,
        definition=read_json(files.get(path), where=f"{where}:{path}"),
        type=entry.type,  # type: ignore[arg-type]  # the digest below decides
        role=entry.role,
        logging=entry.logging,
        tracing=entry.tracing,
        encryption=entry.encryption,
        tags=entry.tags,
        source=entry.source,
    )
    with as_written(f"{where}:{path}"):
        found = declaration.digest
    if found != entry.digest:
        raise TamperedError(
            f"{where}: the definition of {name} is not the one that was released.",
            why=f"The manifest says {short(entry.digest)}, the file has {short(found)}.",
        )
    return declaration


def read_manifest(content: bytes | None, *, where: str) -> Manifest:
    """Read ``manifest.json``; raises TamperedError, naming *where*."""
    return Manifest.from_json(
        read_json(content, where=f"{where}:manifest.json"), where=f"{where}:manifest.json"
    )


def read_json(content: bytes | None, *, where: str) -> Any:
    """Read a JSON file of the ledger; raises TamperedError, naming *where*."""
    if content is None:
        raise TamperedError(f"{where} is missing from the ledger.")
    try:
        return loads(content)
    except SfnReleaseError as error:
        raise TamperedError(f"{where} is not what was written.", why=error.message) from error


def definition_path(workflow: str) -> str:
    """Return where the ledger keeps a workflow's definition; raises TamperedError for no name."""
    return f"definitions/{WORKFLOW_NAME.checked(workflow)}.asl.json"


def release_files(release: Release) -> dict[str, bytes]:
    """Return the files of a release's commit."""
    files = {"manifest.json": dumps(release.manifest.to_json()).encode()}
    for name, declaration in release.declarations.items():
        files[definition_path(name)] = dumps(declaration.definition).encode()
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
