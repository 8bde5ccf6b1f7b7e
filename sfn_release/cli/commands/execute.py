"""execute, delete and unlock: what is done to one workflow or one environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_text
from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import told
from sfn_release.cli.session import Session, confirm
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.operations.execute import Execution
    from sfn_release.operations.workspace import Workspace
    from sfn_release.project import Environment

_GOOD = {"SUCCEEDED", "RUNNING"}


@command("execute")
@click.argument("workflow")
@click.option("--input", "given", metavar="JSON|@FILE|-", default="{}", help="Its input.")
@click.option("--version", metavar="VERSION", help="The release to start; default: what is live.")
@click.option("--tree", is_flag=True, help="Run the work tree on `local`; nothing is released.")
@click.option("--no-wait", is_flag=True, help="Start it only.")
@click.option("--name", metavar="NAME", help="The execution's name.")
def execute(
    session: Session,
    workflow: str,
    given: str,
    version: str | None,
    tree: bool,
    no_wait: bool,
    name: str | None,
) -> int:
    """Start a workflow, wait for it and show how it ended.

    Shows the way it took: its states, retries, and where and why it failed. Exits 1 when the
    execution does not succeed.
    """
    from sfn_release.operations.execute import execute as act
    from sfn_release.operations.local import unused_mocks

    workspace = session.workspace()
    if tree:
        return _execute_tree(session, workspace, workflow, given, version, name, no_wait=no_wait)
    environment = workspace.environment(session.environment)
    done = act(
        workspace,
        workflow,
        input=_input(session, given),
        environment=environment.name,
        version=version,
        name=name,
        wait=not no_wait,
    )
    code = _show(session, done, environment)
    for line in unused_mocks(workspace, environment, workflow):
        terminal.tell(f"warning: {line}", style="yellow")
    return code


def _execute_tree(
    session: Session,
    workspace: Workspace,
    workflow: str,
    given: str,
    version: str | None,
    name: str | None,
    *,
    no_wait: bool,
) -> int:
    """Run a workflow of the work tree."""
    from sfn_release.operations.execute_tree import execute_tree
    from sfn_release.project import LOCAL

    if version is not None or no_wait:
        raise UsageError(
            "--tree can't be combined with --version or --no-wait. Remove one.",
            fix="Give one of them.",
        )
    environment = workspace.environment(session.environment or LOCAL)
    done = execute_tree(
        workspace, workflow, input=_input(session, given), environment=environment.name, name=name
    )
    return _show(session, done, environment)


def _show(session: Session, done: Execution, environment: Environment) -> int:
    session.show(
        "execute",
        done.to_json(),
        lambda: _write_execution(done, environment, verbose=session.verbose),
    )
    return 0 if done.status in _GOOD else 1


@command("delete")
@click.argument("workflow")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
def delete(session: Session, workflow: str, yes: bool, reason: str | None) -> None:
    """Delete the state machine of a workflow.

    With all its versions and aliases. The releases that hold it stay, so that deploying or
    rolling back to one creates it again.
    """
    from sfn_release.operations.delete import delete as act

    def ask() -> None:
        confirm(f"Delete {workflow} from {environment.label}?", yes=yes)

    workspace = session.workspace(ask)
    environment = workspace.environment(session.environment)
    record = act(workspace, workflow, environment=environment.name, reason=reason)
    told(session, "delete", record, environment, otherwise=f"does not serve {workflow}")


@command("acknowledge")
@reason_option
def acknowledge(session: Session, reason: str | None) -> None:
    """Accept state machine versions that no release made.

    Somebody published them by hand, and `status --check` reports them as drift. This records that
    you know of them; nothing is changed in AWS. To delete one instead, use the AWS CLI, as
    `status` shows.
    """
    from sfn_release.operations.acknowledge import acknowledge as act

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    record = act(workspace, environment=environment.name, reason=reason)

    def text() -> None:
        where = environment.label
        if record is None:
            terminal.write(f"No unknown versions in {where}: nothing to acknowledge")
            return
        for arn in record.acknowledged:
            terminal.write(f"acknowledged in {where}: {arn}")

    session.show("acknowledge", {"deployments": [record.to_json()] if record else []}, text)


@command("unlock")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
def unlock(session: Session, yes: bool, reason: str | None) -> None:
    """Close a deployment that was abandoned.

    What it had changed in AWS stays until the next deployment or rollback.
    """
    from sfn_release.operations.unlock import held, split
    from sfn_release.operations.unlock import unlock as act

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    record = held(workspace, environment=environment.name)
    terminal.tell(
        f"{environment.label} is locked: {record.action} {record.version} by {record.actor}"
        f" on {record.host}, since {record.started_at}, until {record.expires_at}"
    )
    callers = split(workspace, environment=environment.name)
    for line in callers:
        terminal.tell(f"  {line}")
    if callers:
        terminal.tell("  afterwards: sfn-release deploy --resume, or sfn-release rollback")
    confirm(f"Close it as failed, so that others can deploy to {environment.label}?", yes=yes)
    closed = act(workspace, environment=environment.name, reason=reason)

    def text() -> None:
        terminal.write(
            f"unlocked {environment.label}: {closed.action} {closed.version} of"
            f" {closed.started_at} is recorded as {closed.status}"
        )

    session.show("unlock", {"deployments": [closed.to_json()]}, text)


def _input(session: Session, given: str) -> str:
    """Return the input's text: as given, of a file, or of standard input.

    A byte order mark, which some editors and shells write, is not part of it.
    """
    return _given(session, given).removeprefix("\ufeff")


def _given(session: Session, given: str) -> str:
    if given == "-":
        if sys.stdin is None:
            raise UsageError("There is no standard input to read.")
        return sys.stdin.read()
    if given.startswith("@"):
        return read_text(session.directory / given[1:])
    return given


def _write_execution(done: Execution, environment: Environment, *, verbose: bool) -> None:
    from sfn_release.cli.output.execution_path import way_lines

    version = done.version or "of the work tree"
    terminal.write_parts(
        terminal.state(done.status), f"  {done.workflow} {version} in {environment.label}"
    )
    terminal.write_parts(terminal.Styled("  execution  ", "dim"), done.execution_arn)
    terminal.write_parts(terminal.Styled("  started    ", "dim"), done.started_at)
    if done.stopped_at:
        terminal.write_parts(terminal.Styled("  stopped    ", "dim"), done.stopped_at)
    if done.error:
        terminal.write_parts(terminal.Styled("  error      ", "dim"), done.error)
    if done.cause:
        terminal.write_parts(terminal.Styled("  cause      ", "dim"), done.cause)
    label = "  way        "
    for line in way_lines(done, verbose=verbose):
        terminal.write_parts(terminal.Styled(label, "dim"), line)
        label = " " * len(label)
    if done.status == "SUCCEEDED":
        terminal.write_block(terminal.json_text(done.output))


COMMANDS = {
    "execute": execute,
    "delete": delete,
    "acknowledge": acknowledge,
    "unlock": unlock,
}
