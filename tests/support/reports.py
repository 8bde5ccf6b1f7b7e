"""Facts of a report without Git: releases and environments made in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.project.git_host import git_host_links
from sfn_release.release.record import Record, WorkflowOutcome
from sfn_release.release.release import Release, make_release
from sfn_release.release.serving import Served, Serving
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReleaseFacts, ReportFacts
from sfn_release.report.page import Page

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ACCOUNT = "arn:aws:states:eu-west-1:111111111111:stateMachine"

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class MemoryStore:
    """Definitions and schemas by their digests."""

    definitions: dict[str, Any] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)

    def read(self, definition_digest: str, _commit: str, _workflow: str) -> Any:
        """Return a definition."""
        return self.definitions[definition_digest]

    def read_schema(self, blob: str, _commit: str, _workflow: str) -> Any:
        """Return a schema."""
        return self.schemas[blob]


def report_facts(
    versions: Mapping[str, Definitions],
    *,
    notes: str = "",
    environments: Mapping[str, Sequence[str]] | None = None,
    author: str = "Ana Lima <ana@example.com>",
    reason: str | None = None,
    **more: Any,
) -> ReportFacts:
    """Return the facts of releases with these definitions.

    *environments* maps names to the versions that were deployed there, the oldest first.
    """
    store = MemoryStore()
    found: list[ReleaseFacts] = []
    below: Release | None = None
    releases: dict[str, Release] = {}
    for version, definitions in versions.items():
        declared = [
            Declaration(name, definition, source=f"workflows/{name}.asl.json")
            for name, definition in definitions.items()
        ]
        for it in declared:
            store.definitions[it.definition_digest] = it.definition
        release = make_release(
            declared,
            project="shop",
            version=version,
            commit=COMMIT,
            tag=f"v{version}",
            date="2026-03-01T09:00:00Z",
            author=author,
            toolchain={"python": "3.13", "distributions": {"boto3": "1.40"}},
            predecessor=below.manifest if below else None,
        )
        releases[version] = release
        found.append(
            ReleaseFacts(release.manifest, COMMIT, notes, below=below.version if below else None)
        )
        below = release
    return ReportFacts(
        project="shop",
        built_at=NOW,
        build_id="build",
        tool_version="0.0.0",
        releases=tuple(found),
        environments=tuple(
            _environment(name, [releases[version] for version in deployed], author, reason)
            for name, deployed in (environments or {}).items()
        ),
        definitions=store,  # type: ignore[arg-type]  # it has the two methods
        git_host=git_host_links("git@github.com:acme/shop.git"),
        **more,
    )


def _environment(
    name: str, deployed: Sequence[Release], author: str, reason: str | None
) -> EnvironmentFacts:
    records = [
        _record(name, number, release, author, reason) for number, release in enumerate(deployed, 1)
    ]
    serving = None
    if deployed:
        last = deployed[-1]
        serving = Serving(
            version=last.version,
            commit=COMMIT,
            release_digest=last.digest,
            deployment=records[-1].id,
            below=None,
            workflows={
                workflow: Served(
                    digest=entry.digest,
                    rendered_digest=entry.digest,
                    source=entry.source,
                    settings={},
                    state_machine_arn=f"{ACCOUNT}:{workflow}",
                    version_arn=f"{ACCOUNT}:{workflow}:1",
                    alias_description=None,
                    version=last.version,
                )
                for workflow, entry in last.manifest.workflows.items()
            },
        )
    return EnvironmentFacts(
        name,
        name,
        None,
        COMMIT,
        tuple(reversed(records)),
        serving,
        records[-1] if records else None,
    )


def _record(
    environment: str, number: int, release: Release, actor: str, reason: str | None
) -> Record:
    return Record(
        id=f"20260301T10{number:02d}00Z-00000{number:03d}",
        environment=environment,
        action="deploy",
        version=release.version,
        from_version=None,
        commit=COMMIT,
        release_digest=release.digest,
        status="succeeded",
        actor=actor,
        host="ci",
        reason=reason,
        started_at=f"2026-03-01T10:{number:02d}:00Z",
        finished_at=f"2026-03-01T10:{number:02d}:30Z",
        expires_at="2026-03-01T11:00:00Z",
        account="111111111111",
        region="eu-west-1",
        config_blob=None,
        workflows={
            workflow: WorkflowOutcome(
                entry.digest, entry.digest, f"{ACCOUNT}:{workflow}", None, None, "updated"
            )
            for workflow, entry in release.manifest.workflows.items()
        },
    )


@dataclass
class ReadPage(HTMLParser):
    """A page as a browser reads it: its text, its links, its ids, and everything active."""

    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the links and ids of an element, and what is active in it."""
        for name, value in attrs:
            if name.startswith("on") or name == "style" or (value or "").startswith("javascript:"):
                self.active.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
        source = dict(attrs).get("src") or ""
        loading = {"script", "img", "iframe", "object", "embed", "base", "form"}
        if tag in loading and "assets/" not in source:
            self.active.append(f"{tag} {source}")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def read_page(page: Page) -> ReadPage:
    """Return a page as a browser reads it."""
    found = ReadPage()
    found.feed(page.html)
    return found


def inner_links(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the path and the anchor of each link of a page into the report."""
    import posixpath
    from urllib.parse import unquote

    for link in read_page(page).links:
        if link.startswith(("https:", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), path))
        yield (page.path if not path else target), unquote(anchor)
