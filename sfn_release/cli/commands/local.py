"""local: serve the local Step Functions service on HTTP, or reset it."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from sfn_release.cli.options import command, group
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session, confirm

_HELP = (
    "credentials may be anything; if there are none: AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x",
    "for start-sync-execution (EXPRESS): AWS_DISABLE_HOST_PREFIX_INJECTION=true",
)


@group("local")
def run() -> None:
    """Serve the local service on HTTP, or reset it."""


@command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8083, show_default=True)
@click.option("--real-time", is_flag=True, help="Let Wait states and retries take their time.")
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Answer to this host name too, such as host.docker.internal. Repeatable.",
)
def serve(session: Session, port: int, real_time: bool, allowed: tuple[str, ...]) -> None:
    """Serve Step Functions on loopback until Ctrl-C.

    Any AWS client works with the endpoint URL that is printed and any credentials. A request is
    answered for the region that it signs for. An access key id of twelve digits is its account;
    any other key means 000000000000. The state is the one of the `local` environment. Outside a
    project it is a file in your user account's data folder, which is printed too.
    """
    from sfn_release.local_service.server import serve
    from sfn_release.operations.verbs.local import data_folder, service_for

    service, where = service_for(
        session.directory,
        session.runtime(),
        environment=session.environment,
        real_time=real_time,
    )

    def ready(port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        if session.as_json:
            terminal.write_json("local-serve", {"endpoint_url": url, "database": str(where)})
        else:
            terminal.write_parts(terminal.Styled(url, "bold"), "  (not AWS)")
            region = service.context.scope.region
            line = f"aws --endpoint-url {url} --region {region} stepfunctions list-state-machines"
            terminal.write(f"  {line}")
            for talk in _HELP:
                terminal.tell(f"  {talk}")
            own = where.parent == data_folder(os.environ)
            which = "no project here: your own state" if own else "state"
            terminal.tell(f"  {which} in {where}; Ctrl-C ends it")
        sys.stdout.flush()

    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        serve(service, port=port, allowed=allowed, ready=ready)


@command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(session: Session, yes: bool) -> None:
    """Forget what is deployed to `local`.

    Its state machines with their executions, and the records of its deployments. Where the
    repository has a remote, the local trials too; without one, the releases stay.
    """
    from sfn_release.operations.verbs.local import reset_local

    workspace = session.workspace()
    shared = workspace.ledger.remote is not None
    what = "Forget the state machines and records of local"
    trials = f"{what}, and the local trials?"
    confirm(trials if shared else f"{what}? The releases stay.", yes=yes)
    forgotten = reset_local(workspace)

    def text() -> None:
        terminal.write("local is empty: its state machines and records are forgotten")
        if forgotten:
            terminal.write(f"forgot the local trials: {', '.join(forgotten)}")
        else:
            terminal.write("no release was forgotten")

    session.show("local-reset", {"forgotten": forgotten}, text)


run.add_command(serve)
run.add_command(reset)
