"""The list of workflows: the newest form of each, and where which release of it is live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts, WorkflowForm
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.paging import by_weight
from sfn_release.report.views.workflow_view import LivePlace, live_places

_LARGEST = 230_000  # bytes of rows, about; further workflows are in the list of all pages
_TAGS = 400  # bytes of a row without its texts
_PLACE = 170  # bytes of a place, with its two links


@dataclass(frozen=True)
class WorkflowRow:
    """A workflow in the list. *is_current* is false if the newest release lacks it."""

    form: WorkflowForm
    forms: int
    places: tuple[LivePlace, ...]
    is_current: bool


def workflows_index_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the list; workflows that the newest release lacks come last."""
    newest = facts.releases[-1].manifest.workflows if facts.releases else {}
    rows = [
        WorkflowRow(
            forms[-1],
            len(forms),
            tuple(live_places(name, facts.environments, forms)),
            name in newest,
        )
        for name, forms in facts.forms.items()
    ]
    rows.sort(key=lambda row: not row.is_current)
    shown = by_weight(rows, _weigh, _LARGEST)[0].items
    yield render_page(
        facts,
        paths.WORKFLOWS,
        "Workflows",
        "workflows.html",
        rows=shown,
        unlisted=len(rows) - len(shown),
    )


def _weigh(row: WorkflowRow) -> int:
    """Return about how many bytes a row has. A name is there twice, its bytes escaped in a link."""
    name = len(row.form.workflow.encode())
    places = sum(_PLACE + 2 * len(it.environment) for it in row.places)
    return _TAGS + 4 * name + len(row.form.entry.source.encode()) + places
