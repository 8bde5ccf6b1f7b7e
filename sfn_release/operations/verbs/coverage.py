"""coverage: what the last test run reached, or what production has reached in each release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfn_release.errors import NotFoundError
from sfn_release.operations.coverage_file import read_coverage
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished_executions import finished_executions
from sfn_release.operations.workspace import Workspace
from sfn_release.project import find_project
from sfn_release.testing.coverage.coverage_data import FILE_NAME, CoverageData, merged
from sfn_release.testing.coverage.coverage_report import WorkflowCoverage, workflow_coverage
from sfn_release.testing.coverage.history_counts import HandledError, HistoryCounter
from sfn_release.text import did_you_mean


@dataclass(frozen=True)
class ReleaseCoverage:
    """What the executions of one workflow in one release have reached.

    *version* is None for executions whose state machine version no release made; then there is no
    definition to compare them with, and *coverage* is None. *handled* counts the errors that were
    retried and caught.
    """

    workflow: str
    version: str | None
    executions: int
    coverage: WorkflowCoverage | None
    handled: Mapping[HandledError, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        found = {} if self.coverage is None else self.coverage.to_json()
        found.pop("runs", None)
        return {
            "name": self.workflow,
            "version": self.version,
            "executions": self.executions,
            **found,
            "retried": self._handled("retried"),
            "caught": self._handled("caught"),
        }

    def _handled(self, how: str) -> list[dict[str, Any]]:
        return [
            {"state": error.state, "error": error.error, "count": count}
            for error, count in self.handled.items()
            if error.how == how
        ]


def data_file(directory: Path) -> Path:
    """Return the path of the coverage data: in the project's folder, or in *directory*."""
    try:
        return find_project(directory).parent / FILE_NAME
    except NotFoundError:
        return directory / FILE_NAME


def read_test_coverage(
    directory: Path, files: Sequence[Path] = (), workflows: Sequence[str] = ()
) -> CoverageData:
    """Return the coverage of the last test run, or the sums of several *files*.

    With *workflows*, return theirs alone. Raises UsageError without a file, and NotFoundError for a
    workflow that it doesn't have.
    """
    data = merged(read_coverage(file) for file in files or [data_file(directory)])
    for workflow in workflows:
        if workflow not in data.workflows:
            raise NotFoundError(
                f"The coverage data has no workflow {workflow!r}.",
                why=f"It has: {', '.join(data.workflows) or 'none'}.",
                fix=did_you_mean(workflow, data.workflows),
            )
    return data.only(workflows) if workflows else data


def environment_coverage(
    workspace: Workspace,
    environment: str,
    *,
    workflows: Sequence[str] = (),
    last: int = 1000,
    version: str | None = None,
) -> Iterator[ReleaseCoverage]:
    """Yield what finished executions have reached, by workflow and release, the newest first.

    Reads the *last* executions of each of *workflows*, by default of all that are live. Raises
    NotFoundError for a workflow or a release that was never deployed there, ConfigError for an
    EXPRESS workflow whose logs don't have all that is needed, and AccessError with the missing IAM
    action.
    """
    for workflow in workflows or _live(workspace, environment):
        yield from _workflow(workspace, environment, workflow, last, version)


def _live(workspace: Workspace, environment: str) -> Iterable[str]:
    state = workspace.ledger.deployments.state(workspace.snapshot(), environment)
    if state.serving is None:
        raise NotFoundError(
            f"Nothing is deployed to {environment}, so it has no executions.",
            fix="Deploy a release first:  sfn-release publish VERSION",
        )
    return state.serving.workflows


def _workflow(
    workspace: Workspace, environment: str, workflow: str, last: int, version: str | None
) -> Iterator[ReleaseCoverage]:
    counters: dict[str | None, HistoryCounter | None] = {}
    unknown = 0
    wanted = ExecutionFilter(last=last, version=version)
    for execution in finished_executions(workspace, workflow, environment, wanted):
        if execution.version not in counters:
            counters[execution.version] = _counter(workspace, execution.version, workflow)
        counter = counters[execution.version]
        if counter is None:
            unknown += 1
        else:
            counter.add(execution.events)
    for release, counter in counters.items():
        if counter is None:
            continue
        counts = counter.counts()
        covered = workflow_coverage(workflow, counts)
        yield ReleaseCoverage(workflow, release, counts.runs, covered, dict(counter.handled))
    if unknown or not counters:
        yield ReleaseCoverage(workflow, None, unknown, None)


def _counter(workspace: Workspace, version: str | None, workflow: str) -> HistoryCounter | None:
    """Return a counter for the definition of a workflow in a release, None if there is none."""
    if version is None:
        return None
    release = workspace.ledger.releases.release(workspace.snapshot(), version)
    declaration = release.declarations.get(workflow) if release else None
    return HistoryCounter(declaration.definition) if declaration else None
