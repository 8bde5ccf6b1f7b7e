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
    "any credentials work; if you have none: AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x",
    "for start-sync-execution (EXPRESS): AWS_DISABLE_HOST_PREFIX_INJECTION=true",
)


@group("local")
def run() -> None:
    """Serve the local service over HTTP, or reset it."""


@command("serve")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8083, show_default=True, help="The port."
)
@click.option(
    "--real-time", is_flag=True, help="Let Wait states and retries take as long as on AWS."
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer to this host name, such as host.docker.internal. Repeatable.",
)
def serve(session: Session, port: int, real_time: bool, allowed: tuple[str, ...]) -> None:
    """Serve Step Functions on loopback until Ctrl-C.

    You can use any AWS client with the endpoint URL that it prints, and any credentials. An access
    key ID of twelve digits is the account; any other key means 000000000000. Requests go to the
    region that they are signed for. The state is shared with the `local` environment. Outside a
    project, it is a file in your user data folder.
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
            terminal.write_parts("Step Functions at ", terminal.Styled(url, "bold"), "  (not AWS)")
            region = service.context.scope.region
            line = f"aws --endpoint-url {url} --region {region} stepfunctions list-state-machines"
            terminal.write(f"  {line}")
            for talk in _HELP:
                terminal.say(f"  {talk}")
            own = where.parent == data_folder(os.environ)
            which = "no project here; state is" if own else "the state is"
            terminal.say(f"  {which} in {where}; stop with Ctrl-C")
        sys.stdout.flush()

    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        serve(service, port=port, allowed=allowed, ready=ready)


@command("reset")
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(session: Session, yes: bool) -> None:
    """Delete everything that is deployed to `local`.

    Deletes its state machines, their executions and the records of its deployments. If the
    repository has a remote, deletes the local trials too. Without a remote, the releases stay.
    """
    from sfn_release.operations.verbs.local import reset_local

    workspace = session.workspace()
    shared = workspace.ledger.remote is not None
    question = "Delete the state machines and records of local"
    trials = f"{question}, and the local trials?"
    confirm(trials if shared else f"{question}? The releases stay.", yes=yes)
    forgotten = reset_local(workspace)

    def text() -> None:
        terminal.write("deleted the state machines and records of local")
        if forgotten:
            terminal.write(f"deleted the local trials: {', '.join(forgotten)}")
        else:
            terminal.write("kept every release")

    session.show("local-reset", {"forgotten": forgotten}, text)


run.add_command(serve)
run.add_command(reset)
