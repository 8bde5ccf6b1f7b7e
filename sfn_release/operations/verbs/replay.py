"""replay: run finished executions again on a candidate, and report where they differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sfn_release.canonical import digest
from sfn_release.errors import NotFoundError
from sfn_release.operations.finished.child_histories import child_executions
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished_executions import finished_executions
from sfn_release.operations.replaying.candidates import ReplayCandidate, candidate_of
from sfn_release.operations.replaying.recorded_environment import recorded_environment
from sfn_release.operations.replaying.replay_jobs import replay_side_by_side
from sfn_release.operations.replaying.replay_report import ReplayReport, ReplayTally
from sfn_release.operations.replaying.replay_work import RecordedFile, Recording, ReplayWork
from sfn_release.operations.replaying.shards import Shard
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.simulator import Mocks
from sfn_release.simulator.mocks import task_names
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import history_files, read_history_file
from sfn_release.text import did_you_mean

Progress = Callable[[int, int | None], None]
"""Receives how many executions are done, of how many; None while that isn't known."""

_NEWEST = ExecutionFilter()
_CHILDREN = 10  # child executions of each map run and each status


def replay(
    workspace: Workspace,
    workflow: str,
    *,
    environment: str | None = None,
    wanted: ExecutionFilter = _NEWEST,
    against: str | None = None,
    shard: Shard | None = None,
    mocks: Mocks | None = None,
    jobs: int | None = None,
    progress: Progress = lambda _done, _total: None,
    keep: Callable[[FinishedExecution], None] = lambda _execution: None,
) -> ReplayReport:
    """Replay finished executions of a workflow on a candidate, and return the report.

    The candidate is the release *against*, or the work tree, rendered for that environment. *mocks*
    answer tasks without a recorded answer. *shard* is the part of the executions to replay. *keep*
    gets each execution as it was read. An execution with a distributed Map is followed by child
    executions that have a history: at most ten of each status for each map run. After Ctrl-C, the
    report has the executions that were done by then.

    Raises NotFoundError if there is no such execution, and the errors of `finished_executions` and
    `candidate_of`.
    """
    chosen = workspace.environment(environment)
    candidate = candidate_of(workspace, workflow, chosen, against)
    _warn_of_mocks(workspace, candidate, mocks)
    found = finished_executions(workspace, workflow, chosen.name, wanted, belongs=_shard_has(shard))

    def kept() -> Iterator[Recording]:
        client = None
        for execution in found:
            keep(execution)
            yield execution
            if any("mapRunStartedEventDetails" in event for event in execution.events):
                client = client or workspace.reach(chosen).stepfunctions
                for child in child_executions(client, execution, most=_CHILDREN):
                    keep(child)
                    yield child

    selection = {"environment": chosen.name, **wanted.to_json()}
    report = _replayed(
        kept(), ReplayWork(candidate, mocks), chosen, selection, shard, jobs, progress, wanted.last
    )
    if not report.executions and not report.stopped and shard is None:
        raise NotFoundError(
            f"{chosen.name} has no finished execution of {workflow}{wanted}.",
            fix="Start one with  sfn-release execute, or choose others with --since, --version or"
            " --env. Step Functions keeps executions for 90 days.",
        )
    return report


def replay_files(
    workspace: Workspace,
    workflow: str,
    paths: Sequence[Path],
    *,
    environment: str | None = None,
    against: str | None = None,
    shard: Shard | None = None,
    mocks: Mocks | None = None,
    former: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ReplayReport:
    """Replay the histories in files or folders, and return the report. Needs no credentials.

    Executions of other workflows are skipped. *former* are earlier names of this workflow.

    *environment* is where the executions ran. The candidate gets the parameters of the last
    deployment there. By default, the ARN of the first execution decides, if the file has it.

    Raises NotFoundError for a folder without histories, FileError for a file that isn't one.
    """
    files = _files(paths)
    if environment is None and files:
        first = read_history_file(files[0].path, workflow)
        environment = recorded_environment(workspace, first.arn, workflow)
    chosen = workspace.environment(environment)
    candidate = candidate_of(workspace, workflow, chosen, against, offline=True)
    _warn_of_mocks(workspace, candidate, mocks)
    taken = [file for file in files if shard is None or shard.has(file.name)]
    selection = {"files": len(files), "digest": digest([file.name for file in files])}
    return _replayed(
        taken,
        ReplayWork(candidate, mocks, frozenset(former)),
        chosen,
        selection,
        shard,
        jobs,
        progress,
        len(taken),
    )


def _warn_of_mocks(workspace: Workspace, candidate: ReplayCandidate, mocks: Mocks | None) -> None:
    """Warn of mocks that no task of the candidate can use: a misspelled name changes nothing."""
    names = [*task_names(candidate.definition)]
    for key in mocks.unused(names) if mocks is not None else ():
        workspace.runtime.watcher.say(
            f"warning: the mock {json.dumps(key, ensure_ascii=False)} is neither a state nor a"
            f" Resource of {candidate.workflow}. {did_you_mean(key, names)}".rstrip()
        )


def _shard_has(shard: Shard | None) -> Callable[[str], bool]:
    return shard.has if shard is not None else lambda _arn: True


def _files(paths: Sequence[Path]) -> list[RecordedFile]:
    """Return the files of *paths*, each once, named by their place in the folder given."""
    found: dict[Path, RecordedFile] = {}
    for path in paths:
        for file in history_files(path):
            name = file.relative_to(path).as_posix() if file != path else file.name
            found.setdefault(file.resolve(), RecordedFile(file, name))
    return list(found.values())


def _replayed(
    recordings: Iterable[Recording],
    work: ReplayWork,
    environment: Environment,
    selection: Mapping[str, Any],
    shard: Shard | None,
    jobs: int | None,
    progress: Progress,
    total: int | None,
) -> ReplayReport:
    tally = ReplayTally()
    interruption: KeyboardInterrupt | None = None
    progress(0, total)
    try:
        with closing(replay_side_by_side(recordings, work, jobs)) as replays:
            for replayed in replays:
                tally.add(replayed)
                done = tally.executions  # with child executions, there may be more
                progress(done, None if total is None else max(total, done))
    except KeyboardInterrupt as asked:
        interruption = asked
    candidate: ReplayCandidate = work.candidate
    return ReplayReport(
        workflow=candidate.workflow,
        against=candidate.against,
        environment=environment.name,
        selection=selection,
        candidate=digest([candidate.definition, candidate.pinned]),
        shard=None if shard is None else str(shard),
        interruption=interruption,
        **tally.members(),
    )
