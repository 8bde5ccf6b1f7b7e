"""local: the local Step Functions service, on HTTP or reset."""

from __future__ import annotations

import contextlib
import sys

import click

from sfn_release.cli import terminal
from sfn_release.cli.options import command, global_options
from sfn_release.cli.session import Session, confirm
from sfn_release.errors import UsageError


@click.group("local", invoke_without_command=True)
@global_options
@click.pass_context
def local(ctx: click.Context) -> int:
    """Serve the local service on HTTP, or reset it."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return UsageError.exit_code
    return 0


@command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8083, show_default=True)
@click.option("--real-time", is_flag=True, help="Let Wait states and retries take their time.")
def serve(session: Session, port: int, real_time: bool) -> None:
    """Serve Step Functions on loopback until Ctrl-C.

    Any AWS client works with the endpoint URL that is printed and any credentials. The state is
    the one of the `local` environment, or of your user account outside a repository.
    """
    from sfn_release.local.server import serve as act
    from sfn_release.operations.serve import service_for

    service, where = service_for(
        session.directory,
        session.around(),
        environment=session.environment,
        real_time=real_time,
    )

    def ready(port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        if session.as_json:
            terminal.write_json("local-serve", {"endpoint_url": url, "database": str(where)})
        else:
            terminal.write_parts(terminal.Styled(url, "bold"), "  (not AWS)")
            terminal.write(f"  aws --endpoint-url {url} stepfunctions list-state-machines")
            terminal.tell(f"  state in {where}; Ctrl-C ends it")
        sys.stdout.flush()

    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        act(service, port=port, ready=ready)


@command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(session: Session, yes: bool) -> None:
    """Forget everything about `local`.

    Its state machines, its records, and the releases that no other environment knows.
    """
    from sfn_release.operations.serving import reset_local

    workspace = session.workspace()
    confirm("Drop local's state machines, its history and every unpushed release?", yes=yes)
    forgotten = reset_local(workspace.project, workspace.git, workspace.ledger)

    def text() -> None:
        terminal.write("local is empty")
        if forgotten:
            terminal.write(f"forgot the unpushed releases {', '.join(forgotten)}")

    session.show("local-reset", {"forgotten": forgotten}, text)


local.add_command(serve)
local.add_command(reset)

COMMANDS = {"local": local}
