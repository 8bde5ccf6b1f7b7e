"""Links to pages: those of the navigation, comparisons, executions and coverage. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_release.report import paths
from sfn_release.report.views.compared_pairs import compared_pairs

if TYPE_CHECKING:
    from sfn_release.report.facts.report_facts import ReportFacts
    from sfn_release.report.pages.execution_page import ReportedExecution
    from sfn_release.report.views.coverage_sources import CoveredWorkflow


@dataclass(frozen=True)
class PageLink:
    """The *path* of a page, its *name*, and a *detail* that tells it from others."""

    path: str
    name: str
    detail: str = ""


def execution_paths(facts: ReportFacts) -> list[tuple[str, ReportedExecution]]:
    """Return the path of each execution's page; executions of one name get numbers."""
    found: Sequence[ReportedExecution] = facts.extra.get("executions", ())
    seen: dict[str, int] = {}
    made = []
    for reported in found:
        number = seen[reported.name] = seen.get(reported.name, 0) + 1
        name = reported.name if number == 1 else f"{reported.name}~{number}"
        made.append((paths.execution_path(name), reported))
    return made


def execution_links(facts: ReportFacts) -> list[PageLink]:
    """Return the pages of executions, with how each one ended."""
    found = []
    for path, reported in execution_paths(facts):
        workflow = reported.explained.workflow
        status = reported.explained.timeline.status
        found.append(PageLink(path, reported.name, f"{status} {workflow}" if workflow else status))
    return found


def coverage_links(facts: ReportFacts) -> list[PageLink]:
    """Return the pages of coverage, with the file that each comes from."""
    found: Sequence[CoveredWorkflow] = facts.extra.get("coverage", ())
    return [
        PageLink(paths.coverage_path(covered.name, number), covered.name, covered.source)
        for number, covered in enumerate(found, 1)
    ]


def comparison_links(facts: ReportFacts) -> list[PageLink]:
    """Return the pages that compare two releases, the newest first."""
    pairs = compared_pairs(facts, facts.extra.get("compare", ()))
    return [
        PageLink(paths.comparison_path(it.older, it.newer), f"{it.older} and {it.newer}")
        for it in reversed(pairs)
    ]


def overview_links(facts: ReportFacts) -> list[PageLink]:
    """Return the pages in the head of every page. Some reports have executions, or coverage."""
    more = (("executions", paths.EXECUTIONS), ("coverage", paths.COVERAGE))
    return [
        PageLink(paths.BOARD, "Board"),
        PageLink(paths.TIMELINE, "Timeline"),
        PageLink(paths.RELEASES, "Releases"),
        PageLink(paths.WORKFLOWS, "Workflows"),
        *(PageLink(path, key.capitalize()) for key, path in more if facts.extra.get(key)),
    ]
