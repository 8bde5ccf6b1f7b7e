"""coverage: of the last test run, or of the executions of each release in an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.operations.coverage_file import read_coverage
from sfn_release.operations.finished.child_histories import child_histories
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished_executions import finished_executions
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment, find_project
from sfn_release.testing.coverage.coverage_data import FILE_NAME, CoverageData, merged
from sfn_release.testing.coverage.coverage_report import WorkflowCoverage, workflow_coverage
from sfn_release.testing.coverage.history_counts import HandledError, HistoryCounter
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.text import did_you_mean

_CHILDREN = 10  # of each map run and status


@dataclass(frozen=True)
class ReleaseCoverage:
    """The coverage of the executions of one workflow in one release.

    *version* is None for executions whose state machine version no release made; then there is no
    definition to compare them with, and *coverage* is None. *handled* counts the errors that were
    retried and caught. *unseen* are the states of EXPRESS child executions, which have no history.
    *problem* says why no execution can be read, "" if they can.
    """

    workflow: str
    version: str | None
    executions: int
    coverage: WorkflowCoverage | None
    handled: Mapping[HandledError, int] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    problem: str = ""

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
            "unseen": [*self.unseen],
            "problem": self.problem,
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
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> list[ReleaseCoverage]:
    """Return the coverage of finished executions by workflow and release, the newest first.

    Reads the *last* executions of each of *workflows*, by default of all live workflows. From each
    map run, it reads a sample of the child executions. *progress* receives the number of executions
    read.

    A workflow whose executions can't be read is left out, unless you name it. Raises NotFoundError
    if a workflow isn't live there or the release never was, ConfigError if the logs of an EXPRESS
    workflow are incomplete, and AccessError with the missing IAM action.
    """
    wanted = ExecutionFilter(last=last, version=version)
    reading = _Reading(workspace, workspace.environment(environment), wanted, progress)
    found: list[ReleaseCoverage] = []
    problems: list[ConfigError | NotFoundError] = []
    for workflow in workflows or _live(workspace, environment):
        try:
            found += reading.releases(workflow)
        except (ConfigError, NotFoundError) as error:
            if workflows:
                raise
            problems.append(error)
            found.append(ReleaseCoverage(workflow, None, 0, None, problem=error.message))
    if problems and len(problems) == len(found):
        raise problems[0]
    return found


def _live(workspace: Workspace, environment: str) -> Iterable[str]:
    state = workspace.ledger.deployments.state(workspace.snapshot(), environment)
    if state.serving is None:
        raise NotFoundError(
            f"Nothing is deployed to {environment}, so it has no executions.",
            fix="Deploy a release first:  sfn-release publish VERSION",
        )
    return state.serving.workflows


@dataclass
class _Reading:
    """Reads executions of an environment, and counts their states and steps."""

    workspace: Workspace
    environment: Environment
    wanted: ExecutionFilter
    progress: Callable[[int, int | None], None]
    done: int = 0

    def releases(self, workflow: str) -> Iterator[ReleaseCoverage]:
        """Yield the coverage of each release of a workflow."""
        counters: dict[str | None, HistoryCounter | None] = {}
        unknown = 0
        for execution in finished_executions(
            self.workspace, workflow, self.environment.name, self.wanted
        ):
            release = execution.version
            if release not in counters:
                counters[release] = _counter(self.workspace, release, workflow)
            counter = counters[release]
            if counter is None:
                unknown += 1
            else:
                self._count(counter, execution)
            self.done += 1
            self.progress(self.done, None)
        for release, counter in counters.items():
            if counter is not None:
                counts = counter.counts()
                yield ReleaseCoverage(
                    workflow,
                    release,
                    counts.runs,
                    workflow_coverage(workflow, counts),
                    dict(counter.handled),
                    counter.unseen,
                )
        if unknown or not counters:
            yield ReleaseCoverage(workflow, None, unknown, None)

    def _count(self, counter: HistoryCounter, execution: FinishedExecution) -> None:
        counter.add(execution.events)
        if any("mapRunStartedEventDetails" in event for event in execution.events):
            for history in child_histories(self._client, execution.events, most=_CHILDREN):
                counter.add(history, child=True)

    @cached_property
    def _client(self) -> StepFunctions:
        """Reads child executions; most workflows have none."""
        return self.workspace.reach(self.environment).stepfunctions


def _counter(workspace: Workspace, version: str | None, workflow: str) -> HistoryCounter | None:
    """Return a counter for the definition of a workflow in a release, None if there is none."""
    if version is None:
        return None
    release = workspace.ledger.releases.release(workspace.snapshot(), version)
    declaration = release.declarations.get(workflow) if release else None
    return HistoryCounter(declaration.definition) if declaration else None
