"""The page of a release: its facts and changes, where it was live, and how you prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from sfn_release.names import NO_COMMIT
from sfn_release.release.manifest import ManifestEntry
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReleaseFacts, ReportFacts
from sfn_release.report.frame import Links, render_page
from sfn_release.report.notes_html import notes_html
from sfn_release.report.page import Page
from sfn_release.report.views.alike_workflows import ComparedGroup, same_texts
from sfn_release.report.views.comparisons import Comparisons, ReleaseComparison
from sfn_release.report.views.stays import Stay, stays


@dataclass(frozen=True)
class ReleaseView:
    """A release as its page shows it. *older* and *newer* are its neighbours by version."""

    release: ReleaseFacts
    older: str | None
    newer: str | None
    notes: str
    comparison: ReleaseComparison | None
    stays: Sequence[Stay]
    replays: Sequence[tuple[str, str]]
    proofs: Sequence[tuple[str, str]]
    toolchain: Sequence[tuple[str, str]]

    @property
    def groups(self) -> Sequence[ComparedGroup]:
        """The changed workflows, those with the same changes together."""
        return same_texts(self.comparison.workflows) if self.comparison else []

    @property
    def from_commit(self) -> bool:
        """Whether it was built from a commit, and not found in AWS."""
        return self.release.manifest.commit != NO_COMMIT


@dataclass
class _DigestRows:
    """The rows of the tables of digests. Most releases share most rows, so each is made once."""

    _known: dict[tuple[str, str, str], Markup] = field(default_factory=dict)

    def of(self, facts: ReportFacts, release: ReleaseFacts) -> Markup:
        """Return the rows of one release."""
        return Markup("").join(
            self._row(facts, release, name, entry)
            for name, entry in release.manifest.workflows.items()
        )

    def _row(
        self, facts: ReportFacts, release: ReleaseFacts, name: str, entry: ManifestEntry
    ) -> Markup:
        key = (name, entry.since, entry.digest)
        if key not in self._known:
            links = Links(paths.release_path(release.version), facts)  # they are all equally deep
            self._known[key] = _ROW.format(
                *(links.workflow(name, entry.since) or links.workflow(name), name),
                *(links.release(entry.since) or "", entry.since, entry.states, entry.digest),
            )
        return self._known[key]


_ROW = Markup(
    '<tr><th scope="row"><a href="{}">{}</a></th><td><a href="{}">{}</a></td><td>{}</td>'
    '<td><code class="digest">{}</code></td></tr>\n'
)


def release_pages(facts: ReportFacts, comparisons: Comparisons) -> Iterator[Page]:
    """Yield a page for each release."""
    lives = stays(facts.environments)
    neighbours = _neighbours([release.version for release in facts.releases])
    replays = _replays(facts)
    rows = _DigestRows()
    for release in facts.mine(facts.releases):
        view = _view(release, comparisons, neighbours[release.version], lives, replays)
        yield render_page(
            facts,
            paths.release_path(release.version),
            f"Release {release.version}",
            "release.html",
            crumbs=[(paths.RELEASES, "Releases")],
            view=view,
            release=release,
            rows=rows.of(facts, release),
            notes=Markup(view.notes),  # noqa: S704 - made by notes_html, which escapes the notes
        )


def _neighbours(versions: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return the versions below and above each version; *versions* are in ascending order."""
    below = {newer: older for older, newer in pairwise(versions)}
    above = dict(pairwise(versions))
    return {version: (below.get(version), above.get(version)) for version in versions}


def _view(
    release: ReleaseFacts,
    comparisons: Comparisons,
    neighbours: tuple[str | None, str | None],
    lives: Mapping[str, list[Stay]],
    replays: Mapping[str, list[tuple[str, str]]],
) -> ReleaseView:
    digest = release.manifest.release_digest
    own = [stay for stay in lives.get(release.version, ()) if stay.digest == digest]
    return ReleaseView(
        release=release,
        older=neighbours[0],
        newer=neighbours[1],
        notes=notes_html(release.notes) if release.notes else "",
        comparison=(comparisons.between(release.below, release.version) if release.below else None),
        stays=own,
        replays=replays.get(release.version, []),
        proofs=[*_proofs(release, sorted({stay.environment for stay in own}))],
        toolchain=[*_toolchain(release.manifest.toolchain)],
    )


def _replays(facts: ReportFacts) -> Mapping[str, list[tuple[str, str]]]:
    """Return the environment and the result of each replay before a deployment, by version."""
    found: dict[str, list[tuple[str, str]]] = {}
    for environment in facts.environments:
        for record in environment.records:
            for workflow, outcome in record.replayed.items():
                line = environment.name, outcome.text(workflow)
                found.setdefault(record.version, []).append(line)
    return found


def _proofs(release: ReleaseFacts, environments: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each command with which you prove something about a release, and its meaning."""
    version = release.version
    yield f"sfn-release verify {version}", "The tag, the ledger and the digests agree."
    if release.manifest.commit == NO_COMMIT:
        return
    yield f"sfn-release verify {version} --rebuild", "The same commit still builds these digests."
    yield f"sfn-release attest {version}", "Writes an in-toto statement about how it was built."
    for name in environments:
        if name in release.live_in:
            words = f"What {name} serves now is this release."
            yield f"sfn-release verify --env {name}", words
        words = f"Writes an in-toto statement about its deployment to {name}."
        yield f"sfn-release attest {version} --env {name}", words


def _toolchain(toolchain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in toolchain.items():
        if isinstance(value, Mapping):
            yield from ((str(key), str(version)) for key, version in value.items())
        else:
            yield name, str(value)
