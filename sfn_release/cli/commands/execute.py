"""execute: start an execution, wait for it, and show its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_given
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.web_pages import execution_link
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfn_release.operations.mocked_start import MockedStart
    from sfn_release.operations.verbs.execute import Execution
    from sfn_release.operations.workspace import Workspace
    from sfn_release.project import Environment

_GOOD = {"SUCCEEDED", "RUNNING"}


@command("execute")
@click.argument("workflow")
@click.option(
    "--input", "given", metavar="JSON|@FILE|-", default="{}", help="The input. Default: {}."
)
@click.option("--version", metavar="VERSION", help="The release to run. Default: the live one.")
@click.option("--tree", is_flag=True, help="Run the work tree on `local`, without a release.")
@click.option("--no-wait", is_flag=True, help="Don't wait for the end.")
@click.option("--name", metavar="NAME", help="The execution's name.")
@click.option("--test-case", metavar="NAME", help="On `local`, the test case of a mock file.")
@click.option(
    "--mock-config",
    metavar="FILE",
    help="The file of --test-case. Default: SFN_MOCK_CONFIG, or MockConfigFile.json.",
)
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME=FOLDER",
    help="On `local`, use a folder as an S3 bucket. Repeatable.",
)
@click.option("--no-schema", is_flag=True, help="Don't check the input against its schema.")
def run(
    session: Session,
    workflow: str,
    given: str,
    version: str | None,
    tree: bool,
    no_wait: bool,
    name: str | None,
    test_case: str | None,
    mock_config: str | None,
    buckets: tuple[str, ...],
    no_schema: bool,
) -> int:
    """Run a workflow and show how it ended.

    Starts an execution, waits for it, and shows its states, its retries, and where and why it
    failed. Exits 1 if the execution doesn't succeed.
    """
    from sfn_release.operations.local_settings import read_buckets
    from sfn_release.operations.verbs.execute import execute
    from sfn_release.operations.verbs.local import unused_mocks

    workspace = session.workspace()
    mocked = _mocked(session, test_case, mock_config)
    folders = read_buckets(session.directory, buckets)
    if tree:
        if version is not None or no_wait:
            raise UsageError(
                "--tree can't be combined with --version or --no-wait.",
                fix="Remove one of them.",
            )
        return _execute_tree(
            session, workspace, workflow, given, name, mocked, folders, schema=not no_schema
        )
    environment = workspace.environment(session.environment)
    done = execute(
        workspace,
        workflow,
        input=read_given(session.directory, given),
        environment=environment.name,
        version=version,
        name=name,
        wait=not no_wait,
        mocked=mocked,
        buckets=folders,
        schema=not no_schema,
    )
    code = _show(session, done, environment)
    for line in unused_mocks(workspace, environment, workflow, mocked):
        terminal.say(f"warning: {line}", style="yellow")
    return code


def _execute_tree(
    session: Session,
    workspace: Workspace,
    workflow: str,
    given: str,
    name: str | None,
    mocked: MockedStart | None,
    buckets: Mapping[str, str],
    *,
    schema: bool,
) -> int:
    """Run a workflow of the work tree."""
    from sfn_release.operations.verbs.execute_tree import execute_tree
    from sfn_release.project import LOCAL

    environment = workspace.environment(session.environment or LOCAL)
    done = execute_tree(
        workspace,
        workflow,
        input=read_given(session.directory, given),
        environment=environment.name,
        name=name,
        mocked=mocked,
        buckets=buckets,
        schema=schema,
    )
    return _show(session, done, environment, tree=True)


def _mocked(session: Session, test_case: str | None, file: str | None) -> MockedStart | None:
    """Return the test case that the options name."""
    if test_case is None:
        if file is not None:
            raise UsageError("--mock-config needs the name of a test case.", fix="Add --test-case.")
        return None
    from sfn_release.operations.mocked_start import MockedStart

    path = None if file is None else str(session.directory / file)
    return MockedStart(test_case, path)


def _show(
    session: Session, done: Execution, environment: Environment, *, tree: bool = False
) -> int:
    session.show(
        "execute",
        done.to_json(),
        lambda: _write_execution(session, done, environment, tree=tree),
    )
    return 0 if done.status in _GOOD else 1


def _release(done: Execution, *, tree: bool) -> str:
    if tree:
        return "(work tree)"
    return done.version or " or ".join(done.possible_versions) or "(unknown release)"


def _doubt(done: Execution) -> str:
    """Return why the release isn't known."""
    if done.possible_versions:
        *_, newest = done.possible_versions
        return f"the deployment of {newest} is not finished, and AWS doesn't say which one ran"
    _, _, number = (done.version_arn or "").rpartition(":")
    return f"no deployment made version {number}: the alias was changed outside of sfn-release"


def _write_execution(
    session: Session, done: Execution, environment: Environment, *, tree: bool
) -> None:
    from sfn_release.cli.output.execution_path import way_lines

    terminal.write_parts(
        terminal.state(done.status),
        f"  {done.workflow} {_release(done, tree=tree)} in {environment.label}",
    )
    if not tree and done.version is None:
        terminal.write_parts(terminal.Styled("  release    ", "dim"), _doubt(done))
    terminal.write_parts(
        terminal.Styled("  execution  ", "dim"),
        execution_link(environment, done.execution_arn, done.execution_arn),
    )
    terminal.write_parts(terminal.Styled("  started    ", "dim"), done.started_at)
    if done.stopped_at:
        terminal.write_parts(terminal.Styled("  stopped    ", "dim"), done.stopped_at)
    if done.error:
        terminal.write_parts(terminal.Styled("  error      ", "dim"), done.error)
    if done.cause:
        terminal.write_parts(terminal.Styled("  cause      ", "dim"), done.cause)
    label = "  states     "
    for line in way_lines(done, verbose=session.verbose):
        terminal.write_parts(terminal.Styled(label, "dim"), line)
        label = " " * len(label)
    if done.status == "SUCCEEDED":
        terminal.write_block(terminal.json_text(done.output))
