"""The rows of the board: a workflow, and how each environment serves it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_release.plan.steps import routing_text
from sfn_release.release.record import Change, Record
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReportFacts
from sfn_release.report.views.environments_before import environments_before

_BRINGING: frozenset[Change] = frozenset({"created", "updated", "repointed", "adopted"})
_QUIET = frozenset({"in-sync", "retained", "deleted"})


@dataclass(frozen=True)
class BoardCell:
    """A workflow in an environment. *version* is the release that it comes from, as in `status`.

    *since* is the release that brought its content, which may be an earlier one. *is_known* is
    false if no release of the report has that content. *arrived* is when it came here, None if no
    record says so. *differs_from* are the environments before this one, as `environments_before`
    has them, that serve other content. *routing* has the weights while callers are shifted, *state*
    is the word for drift. *given_to* is the project that has the state machine now.
    """

    workflow: str
    version: str = ""
    since: str = ""
    is_known: bool = True
    arrived: str | None = None
    differs_from: tuple[str, ...] = ()
    retained: bool = False
    deleted: bool = False
    routing: str = ""
    state: str = ""
    given_to: str = ""


@dataclass(frozen=True)
class BoardRow:
    """A workflow, and how each environment serves it; None where it isn't deployed."""

    workflow: str
    cells: tuple[BoardCell | None, ...]


def board_rows(facts: ReportFacts) -> list[BoardRow]:
    """Return a row for each workflow that an environment serves, or that the last release has."""
    names = {
        name
        for environment in facts.environments
        if environment.serving
        for name in (*environment.serving.workflows, *environment.serving.handed_over)
    }
    if facts.releases:
        names |= facts.releases[-1].manifest.workflows.keys()
    arrivals = [_arrivals(environment) for environment in facts.environments]
    before = environments_before(facts)
    rows = []
    for name in sorted(names):
        digests = {
            environment.name: environment.serving.workflows[name].digest
            for environment in facts.environments
            if environment.serving and name in environment.serving.workflows
        }
        cells = []
        for environment, arrived in zip(facts.environments, arrivals, strict=True):
            own = digests.get(environment.name)
            others = tuple(
                other
                for other in before.get(environment.name, ())
                if own is not None and digests.get(other, own) != own
            )
            cells.append(_cell(facts, environment, name, arrived.get(name), others))
        rows.append(BoardRow(name, tuple(cells)))
    return rows


def environment_cells(facts: ReportFacts, environment: EnvironmentFacts) -> Mapping[str, BoardCell]:
    """Return the cell of each workflow that an environment serves, by name."""
    arrived = _arrivals(environment)
    served = environment.serving.workflows if environment.serving else {}
    cells = {
        name: _cell(facts, environment, name, arrived.get(name), ()) for name in sorted(served)
    }
    return {name: cell for name, cell in cells.items() if cell is not None}


def _cell(
    facts: ReportFacts,
    environment: EnvironmentFacts,
    workflow: str,
    arrived: Record | None,
    differs_from: tuple[str, ...],
) -> BoardCell | None:
    serving = environment.serving
    if serving is None:
        return None
    if workflow in serving.handed_over:
        return BoardCell(workflow, given_to=serving.handed_over[workflow])
    served = serving.workflows.get(workflow)
    version = (served.version if served else None) or serving.version
    release = facts.by_version.get(version)
    entry = release.manifest.workflows.get(workflow) if release else None
    if served is None:
        return BoardCell(workflow, deleted=True) if entry is not None else None
    same = entry is not None and entry.digest == served.digest
    live = environment.live
    seen = next((it for it in live.workflows if it.name == workflow), None) if live else None
    return BoardCell(
        workflow,
        version=version,
        since=entry.since if entry is not None and same else version,
        is_known=same,
        arrived=arrived.finished_at if arrived else None,
        differs_from=differs_from,
        retained=served.retained,
        routing=routing_text(seen.routing) if seen and len(seen.routing) > 1 else "",
        state=seen.state if seen and seen.state not in _QUIET else "",
    )


def _arrivals(environment: EnvironmentFacts) -> Mapping[str, Record]:
    """Return the deployment that brought the present content of each workflow."""
    wanted = {*environment.serving.workflows} if environment.serving else set()
    found: dict[str, Record] = {}
    for record in environment.records:
        if not wanted:
            break
        if record.status == "succeeded":
            brought = {
                name
                for name in wanted
                if name in record.workflows and record.workflows[name].change in _BRINGING
            }
            found |= dict.fromkeys(brought, record)
            wanted -= brought
    return found
