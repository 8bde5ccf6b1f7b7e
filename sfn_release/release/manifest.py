"""The manifest of a release: the ledger's summary of it, without the definitions. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.canonical import digest
from sfn_release.errors import TamperedError
from sfn_release.names import EnvironmentName, Origin, SourcePath, TagName, WorkflowName
from sfn_release.release.ledger_files import read_json
from sfn_release.release.strict_json import read_document, report_tampering
from sfn_release.release.version import Version

SCHEMA = "sfn-release/manifest/1"


@dataclass(frozen=True)
class ManifestEntry:
    """One workflow in a manifest. *since* is the release that introduced its content."""

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
    source: SourcePath


@dataclass(frozen=True)
class WorkflowTests:
    """How many tests of a workflow passed and failed before its release."""

    passed: int
    failed: int


@dataclass(frozen=True)
class ReleaseTests:
    """The tests that ran before a release. *override* is the reason why failures were ignored."""

    passed: int
    failed: int
    workflows: Mapping[WorkflowName, WorkflowTests] = field(default_factory=dict)
    override: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        members = {
            **vars(self),
            "workflows": {name: vars(tests) for name, tests in self.workflows.items()},
        }
        if self.override is None:
            del members["override"]
        return members


@dataclass(frozen=True)
class Manifest:
    """A release without its definitions.

    *found* is set for a release of state machines that were found in AWS: the environment they are
    in. Such a release has no tag and no source; its *commit* is `names.NO_COMMIT`. *tests* is None
    for a release that needed none.
    """

    project: str
    version: Version
    commit: Origin
    tag: TagName
    date: str
    author: str
    release_digest: str
    workflows: Mapping[WorkflowName, ManifestEntry]
    toolchain: Mapping[str, Any] = field(default_factory=dict)
    found: EnvironmentName | None = None
    tests: ReleaseTests | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as ``manifest.json`` holds it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: vars(entry) for name, entry in self.workflows.items()}
        if self.found is None:
            del members["found"]  # versions up to 0.2.0 read releases that were made from commits
        if self.tests is None:
            del members["tests"]  # earlier versions read releases that needed none
        else:
            members["tests"] = self.tests.to_json()
        return {"schema": SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Manifest:
        """Read the JSON form; raises TamperedError, naming *where*, for an invalid one."""
        manifest = read_document(cls, value, schema=SCHEMA, where=where)
        digests = {name: entry.digest for name, entry in manifest.workflows.items()}
        with report_tampering(where):
            agrees = release_digest(digests) == manifest.release_digest
        if not agrees:
            raise TamperedError(
                f"{where} was edited: its release digest doesn't match its workflows."
            )
        return manifest


def read_manifest(content: bytes | None, *, where: str) -> Manifest:
    """Read ``manifest.json``; raises TamperedError, naming *where*."""
    return Manifest.from_json(
        read_json(content, where=f"{where}:manifest.json"), where=f"{where}:manifest.json"
    )


def release_digest(workflows: Mapping[str, str]) -> str:
    """Return the release digest over ``{workflow name: workflow digest}``."""
    return digest(dict(workflows))
