"""replay: run finished executions again on the work tree or a release, and show differences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from sfn_release.cli.exits import DIFFERENT, INTERRUPTED
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.cli.signals import Terminated
from sfn_release.errors import UsageError
from sfn_release.text import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sfn_release.operations.finished.execution_filter import ExecutionFilter
    from sfn_release.operations.replaying.replay_report import ReplayReport
    from sfn_release.operations.workspace import Workspace
    from sfn_release.simulator import Mocks

_LAST = 100  # executions, without --last and --since


@command("replay")
@click.argument("workflow", required=False)
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER]...")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The newest N. Default: 100.")
@click.option("--against", metavar="VERSION", help="The release to try. Default: the work tree.")
@click.option("--version", metavar="VERSION", help="Only executions of this release.")
@click.option("--since", metavar="TIME", help="Only executions from this time on, or from 7d ago.")
@click.option("--until", metavar="TIME", help="Only executions before this time.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]),
    help="Only executions that ended like this. Repeatable.",
)
@click.option("--mocks", "mock_file", metavar="FILE", help="Answers that were never recorded.")
@click.option(
    "--formerly", multiple=True, metavar="NAME", help="With files: an earlier name of WORKFLOW."
)
@click.option("--save", metavar="FOLDER", help="Keep the histories, one file each.")
@click.option(
    "--redact", multiple=True, metavar="PATHS", help="With --save: mask the data at JSONPaths."
)
@click.option("--shard", metavar="N/M", help="Only part N of M, for jobs side by side.")
@click.option("--merge", is_flag=True, help="Join the --json results of all shards.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes side by side.")
def run(
    session: Session,
    workflow: str | None,
    files: tuple[str, ...],
    last: int | None,
    against: str | None,
    version: str | None,
    since: str | None,
    until: str | None,
    statuses: tuple[str, ...],
    mock_file: str | None,
    formerly: tuple[str, ...],
    save: str | None,
    redact: tuple[str, ...],
    shard: str | None,
    merge: bool,
    jobs: int | None,
) -> int:
    """Replay finished executions on a candidate. Exits 3 on differences.

    Reads the last executions of the environment with their histories. Runs the candidate on the
    same inputs, with the recorded answers of tasks: the work tree, or the release of --against.
    Reports each execution that would take another path, call a task with other arguments, or end
    differently.

    With FILEs or FOLDERs of histories, you need no credentials. Use the files of --save, or the
    output of `aws stepfunctions get-execution-history`.
    """
    chosen: dict[str, object] = {
        "--last": last,
        "--version": version,
        "--since": since,
        "--until": until,
        "--status": statuses,
        "--save": save,
    }
    trial: dict[str, object] = {
        "--against": against,
        "--mocks": mock_file,
        "--shard": shard,
        "--jobs": jobs,
    }
    if redact and not save:
        raise UsageError("--redact masks the files of --save.", fix="Add --save FOLDER.")
    if formerly and not files:
        raise UsageError("--formerly is about files.", fix="Name files or folders of histories.")
    if merge:
        _refuse(chosen | trial | {"--formerly": formerly}, "--merge can't be combined with")
        return _merge(session, [name for name in (workflow, *files) if name])
    if workflow is None:
        raise UsageError("Name the workflow.", fix="For example:  sfn-release replay orders")
    if files:
        _refuse(chosen, "Files can't be combined with")
    workspace = session.workspace()
    options = _options(session, against, mock_file, shard, jobs)
    with session.counting("replayed") as progress:
        if files:
            from sfn_release.operations.verbs.replay import replay_files

            paths = [session.directory / file for file in files]
            report = replay_files(
                workspace, workflow, paths, former=formerly, progress=progress, **options
            )
        else:
            wanted = _wanted(workspace, last, version, since, until, statuses)
            report = _replay(
                session, workspace, workflow, wanted, save, redact, progress=progress, **options
            )
    return _show(session, report)


def _options(
    session: Session,
    against: str | None,
    mock_file: str | None,
    shard: str | None,
    jobs: int | None,
) -> dict[str, Any]:
    """Return the options of both kinds of replay, read."""
    from sfn_release.operations.replaying.shards import Shard

    return {
        "environment": session.environment,
        "against": against,
        "shard": None if shard is None else Shard.parse(shard),
        "mocks": None if mock_file is None else _mocks(session.directory / mock_file),
        "jobs": jobs,
    }


def _wanted(
    workspace: Workspace,
    last: int | None,
    version: str | None,
    since: str | None,
    until: str | None,
    statuses: tuple[str, ...],
) -> ExecutionFilter:
    from sfn_release.operations.finished.execution_filter import ExecutionFilter
    from sfn_release.release.version import parse_version

    now = workspace.runtime.now()
    return ExecutionFilter(
        last=last or (None if since else _LAST),
        version=None if version is None else parse_version(version),
        since=_time("--since", since, now),
        until=_time("--until", until, now),
        statuses=tuple(dict.fromkeys(statuses)),
    )


def _replay(
    session: Session,
    workspace: Workspace,
    workflow: str,
    wanted: ExecutionFilter,
    save: str | None,
    redact: tuple[str, ...],
    **options: Any,
) -> ReplayReport:
    """Replay executions of an environment, and keep them in the folder *save*."""
    from sfn_release.operations.verbs.replay import replay

    if save is None:
        return replay(workspace, workflow, wanted=wanted, **options)
    from sfn_release.operations.replaying.saved_executions import ExecutionFolder
    from sfn_release.testing.histories.redaction import redaction_paths

    environment = workspace.environment(session.environment).name
    paths = redaction_paths(redact)
    with ExecutionFolder(session.directory / save, environment, paths) as folder:
        report = replay(workspace, workflow, wanted=wanted, keep=folder.save, **options)
        folder.complete()
    kept = f", {folder.kept} were there already" if folder.kept else ""
    terminal.say(f"saved {count(folder.saved, 'execution')} in {save}{kept}")
    return report


def _merge(session: Session, files: Sequence[str]) -> int:
    from sfn_release.cli.files import read_text
    from sfn_release.operations.replaying.merged_reports import merged_report

    results: dict[str, Any] = {}
    for file in files:
        if file in results:
            raise UsageError(f"{file} is named twice.", fix="Name the result of each shard once.")
        text = read_text(session.directory / file)
        try:
            results[file] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file} isn't JSON: {error}.", fix="Run that shard again.") from error
    if not results:
        raise UsageError(
            "--merge needs the results of the shards.",
            fix="For example:  sfn-release replay --merge shard-1.json shard-2.json",
        )
    return _show(session, merged_report(results))


def _refuse(options: Mapping[str, object], message: str) -> None:
    for name, value in options.items():
        if value:
            raise UsageError(f"{message} {name}.", fix=f"Remove {name}.")


def _show(session: Session, report: ReplayReport) -> int:
    from sfn_release.cli.output.replay_text import write_replay

    def summary() -> str:
        from sfn_release.cli.output.replay_markdown import replay_markdown

        return replay_markdown(report)

    session.show(
        "replay",
        report.to_json(),
        lambda: write_replay(report, labels=session.progress.labels, verbose=session.verbose),
        summary=summary,
    )
    match report.interruption:
        case None:
            pass
        case Terminated() as ended:
            return ended.exit_code
        case _:
            return INTERRUPTED
    if report.different or report.unanswered:
        return DIFFERENT
    return 0 if report.compared or not report.executions else 1


def _mocks(path: Path) -> Mocks:
    from sfn_release.cli.files import read_text
    from sfn_release.simulator import load_mocks

    return load_mocks(read_text(path).encode(), file=str(path))


def _time(option: str, text: str | None, now: datetime) -> datetime | None:
    """Return the moment that an option names, in UTC; raises UsageError."""
    from sfn_release.text import moment

    if text is None:
        return None
    try:
        return moment(text, now)
    except ValueError as error:
        raise UsageError(
            f"{option} is {text!r}, which isn't a time.",
            fix="Write  2026-01-31,  2026-01-31T09:00:00Z,  or how long ago:  7d,  12h",
        ) from error
