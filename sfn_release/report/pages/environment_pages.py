"""The pages of an environment: its state, its settings, its workflows, and its deployments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sfn_release.project import Environment
from sfn_release.release.serving import Served
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.pages.timeline_pages import entries_of, newest_and_parts
from sfn_release.report.views.board_rows import BoardCell, environment_cells
from sfn_release.report.views.environment_card import environment_card
from sfn_release.text import duration_text

_WORKFLOWS = 150  # rows
_DIFFERENCES = 100  # lines

Row = tuple[BoardCell, Served, str]
"""A workflow's cell, what is served, and its state on AWS, "" if AWS wasn't asked."""


def environment_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the page of each environment, and the parts of its deployments."""
    for environment in facts.environments:
        newest = paths.environment_path(environment.name)
        path_of = partial(paths.environment_path, environment.name)
        records = environment.records[::-1]
        for path, part in newest_and_parts(facts, records, newest, path_of):
            first = path == newest
            rows = _rows(facts, environment) if first else []
            yield render_page(
                facts,
                path,
                environment.name if first else f"{environment.name}, part {part.number}",
                "environment.html",
                crumbs=[
                    (paths.BOARD, "Board"),
                    *([] if first else [(newest, environment.name)]),
                ],
                it=environment_card(facts, environment, differences=_DIFFERENCES),
                first=first,
                rows=rows[:_WORKFLOWS],
                unlisted=max(len(rows) - _WORKFLOWS, 0),
                settings=_settings(environment.settings) if environment.settings else [],
                part=entries_of(facts, part),
                path_of=path_of,
                newest=newest,
            )


def _rows(facts: ReportFacts, environment: EnvironmentFacts) -> list[Row]:
    served = environment.serving.workflows if environment.serving else {}
    live = {it.name: it.state for it in environment.live.workflows} if environment.live else {}
    cells = environment_cells(facts, environment)
    return [
        (cell, served[name], str(live.get(name, ""))) for name, cell in cells.items() if cell.since
    ]


def _settings(environment: Environment) -> list[tuple[str, str]]:
    """Return the settings that say which releases an environment accepts, and how they come."""
    strategy = environment.strategy
    found = {
        "Region": environment.region,
        "Account": environment.account,
        "Alias": environment.alias,
        "Requires": ", ".join(environment.requires),
        "Soak": duration_text(environment.soak) if environment.soak else "",
        "Branches": ", ".join(environment.branches),
        "Strategy": str(strategy) if strategy else "",
        "Signatures": "required" if environment.signed else "",
        "Confirmation": "asked before a rollback" if environment.confirm else "",
        "Pins": environment.pins if environment.pins != "off" else "",
        "Permissions": environment.permissions,
    }
    return [(name, value) for name, value in found.items() if value]
