"""The pages of executions: each over its graph, with a line of time and its explanation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfn_release.authoring.diagrams.drawing import Diagram, Node
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.release.record import timestamp
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.pages.page_links import execution_paths
from sfn_release.report.views.execution_marks import execution_picture
from sfn_release.report.views.execution_view import PAGE_ROOM, ExecutionView, execution_view
from sfn_release.report.views.page_graph import LARGEST, drawn_size, page_graph

if TYPE_CHECKING:
    from sfn_release.operations.explained_execution import Explanation


@dataclass(frozen=True)
class ReportedExecution:
    """An execution for a report. *name* names its page. Without *data*, it shows no inputs."""

    name: str
    explained: Explanation
    data: bool = True


def execution_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield a page for each execution of the report, and a list of them; none without any."""
    found = execution_paths(facts)
    if not found:
        return
    listed = []
    for path, reported in found:
        picture = execution_picture(reported.explained)
        room = PAGE_ROOM - min(drawn_size(picture[0]), LARGEST)
        view = execution_view(reported.explained, data=reported.data, room=room)
        listed.append((path, reported, view))
        yield _page(facts, path, reported, view, picture)
    yield render_page(facts, paths.EXECUTIONS, "Executions", "executions.html", listed=listed)


def _page(
    facts: ReportFacts,
    path: str,
    reported: ReportedExecution,
    view: ExecutionView,
    picture: tuple[Diagram, Marks, bool],
) -> Page:
    explained = reported.explained
    timeline = explained.timeline
    diagram, marks, whole = picture
    graph = page_graph(
        diagram,
        room=min(LARGEST, PAGE_ROOM - view.size),
        marks=marks,
        link=_link(view),
        title=f"Way of the execution {reported.name}",
        description="Each state shows how often it was visited, and how it ended.",
    )
    values: dict[str, Any] = {
        "crumbs": [(paths.EXECUTIONS, "Executions")],
        "reported": reported,
        "explained": explained,
        "timeline": timeline,
        "view": view,
        "whole": whole,
        "status": "INCOMPLETE" if explained.cut_off else timeline.status,
        "started": timestamp(timeline.started) if timeline.started else "",
        "stopped": (
            timestamp(timeline.stopped) if timeline.stopped and timeline.status != "RUNNING" else ""
        ),
        "version": (
            explained.release.manifest.version if explained.release else explained.recorded_version
        ),
        "graph": graph,
    }
    return render_page(facts, path, f"Execution {reported.name}", "execution.html", **values)


def _link(view: ExecutionView) -> Any:
    """Return the link of a node to the first visit of its state."""

    def link(node: Node) -> str | None:
        anchor = view.anchors.get(node.id) if node.type not in {"Start", "End"} else None
        return f"#{anchor}" if anchor else None

    return link
