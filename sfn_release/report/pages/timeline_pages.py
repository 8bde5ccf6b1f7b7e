"""The timeline: the deployments of all environments, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sfn_release.release.record import Record
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import DEPLOYMENTS_ON_PAGE, ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.texts import moment_of
from sfn_release.report.views.deployment_entry import DeploymentEntry, deployment_entry
from sfn_release.report.views.paging import Part, by_count

_NEVER = datetime.min.replace(tzinfo=UTC)


def timeline_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the timeline, and its parts, of which the first has the oldest deployments."""
    records = [record for it in facts.environments for record in reversed(it.records)]
    records.sort(key=lambda record: moment_of(record.started_at) or _NEVER)
    pages = newest_and_parts(facts, records, paths.TIMELINE, paths.timeline_path)
    for path, part in pages:
        if part.of == 1 and path != paths.TIMELINE:
            continue  # permalinks lead to the environment's page
        yield render_page(
            facts,
            path,
            "Timeline",
            "timeline.html",
            part=entries_of(facts, part),
            total=len(records),
        )


def newest_and_parts(
    facts: ReportFacts, records: Sequence[Record], newest: str, path_of: paths.PathOf
) -> Iterator[tuple[str, Part[Record]]]:
    """Yield this process's share of the pages of *records*, which are oldest first.

    They are the page *newest*, and a page for each part. The newest page shows two parts if the
    last one is short.
    """
    parts = by_count(records, DEPLOYMENTS_ON_PAGE)
    last = parts[-1]
    if last.number > 1 and len(last.items) < DEPLOYMENTS_ON_PAGE // 2:
        before = parts[-2]
        last = Part(before.number, last.of, [*before.items, *last.items])
    numbered = [(path_of(part.number), part) for part in parts if part.items]
    yield from facts.mine([(newest, last), *numbered])


def entries_of(facts: ReportFacts, part: Part[Record]) -> Part[DeploymentEntry]:
    """Return a part with its entries, newest first."""
    entries = [deployment_entry(record, facts.built_at) for record in reversed(part.items)]
    return Part(part.number, part.of, entries)
