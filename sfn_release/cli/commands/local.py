"""local: serve the local Step Functions service on HTTP, or reset it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import Any

import click

from sfn_release.cli.options import command, group
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session, confirm

_HELP = (
    "any credentials work; if you have none: AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x",
    "for start-sync-execution (EXPRESS) and test-state: AWS_DISABLE_HOST_PREFIX_INJECTION=true",
)

_GARBAGE = 20_000  # new objects between two searches of a server


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
@click.option("--in-memory", is_flag=True, help="Start empty, and forget everything at the end.")
@click.option(
    "--mock-config",
    metavar="FILE",
    help="A MockConfigFile.json of Step Functions Local. Default: SFN_MOCK_CONFIG, or that file.",
)
@click.option(
    "--handler",
    "handlers",
    multiple=True,
    metavar="NAME=MODULE:FUNCTION",
    help="Run a Lambda function as a Python handler. Repeatable.",
)
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Use a folder as an S3 bucket. Repeatable.",
)
@click.option(
    "--endpoint",
    "endpoints",
    multiple=True,
    metavar="SERVICE=URL",
    help="Send a service's tasks, such as lambda's or * for all, to a URL. Repeatable.",
)
@click.option(
    "--wait-time-scale",
    type=float,
    metavar="NUMBER",
    help="Run in real time, with Wait states this many times as long; 0 skips them.",
)
@click.option("--account", metavar="ID", help="The account of every ARN, such as 123456789012.")
@click.option("--region", metavar="NAME", help="The region of every ARN.")
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="The address to listen on; in a container 0.0.0.0. Default: 127.0.0.1.",
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer to this host name, such as host.docker.internal. Repeatable.",
)
def serve(
    session: Session,
    port: int,
    real_time: bool,
    in_memory: bool,
    listen: str | None,
    allowed: tuple[str, ...],
    **given: Any,
) -> None:
    """Serve Step Functions on loopback until Ctrl-C.

    You can use any AWS client with the endpoint URL that it prints, and any credentials. An access
    key ID of twelve digits is the account; any other key means 000000000000. Requests go to the
    region that they are signed for. The state is shared with the `local` environment. Outside a
    project, it is a file in your user data folder.

    It takes the place of AWS's Step Functions Local, and reads the same environment variables:
    SFN_MOCK_CONFIG, LAMBDA_ENDPOINT and the other endpoints, WAIT_TIME_SCALE. Outside a project,
    AWS_ACCOUNT_ID and AWS_DEFAULT_REGION are the account and region of every ARN.
    """
    from sfn_release.cli.output import serve_settings
    from sfn_release.local_service.http.server import serve
    from sfn_release.operations.local_settings import GivenSettings, read_settings
    from sfn_release.operations.served_url import noting
    from sfn_release.operations.verbs.local import data_folder, service_for

    settings = read_settings(session.directory, os.environ, GivenSettings(**given))
    opened = service_for(
        session.directory,
        session.runtime(),
        environment=session.environment,
        real_time=real_time,
        in_memory=in_memory,
        settings=settings,
    )

    noted = contextlib.ExitStack()

    def ready(url: str) -> None:
        noted.enter_context(noting(opened.database, url))
        if session.as_json:
            where = str(opened.database) if opened.database else None
            members = {"endpoint_url": url, "database": where}
            terminal.write_json("local-serve", members | serve_settings.to_json(opened))
        else:
            terminal.write_parts("Step Functions at ", terminal.Styled(url, "bold"), "  (not AWS)")
            region = opened.service.context.scope.region
            line = f"aws --endpoint-url {url} --region {region} stepfunctions list-state-machines"
            terminal.write(f"  {line}")
            for talk in (*serve_settings.lines(opened), *_HELP):
                terminal.say(f"  {talk}")
            if listen is not None:
                terminal.say(
                    f"  listening on {listen}: whoever reaches the port can use the service, which"
                    " checks no credentials",
                    style="yellow",
                )
            own = opened.database is not None and opened.database.parent == data_folder(os.environ)
            which = "no project here; state is" if own else "the state is"
            terminal.say(f"  {which} in {opened.database or 'memory'}; stop with Ctrl-C")
        sys.stdout.flush()

    _collect_garbage()
    with noted, contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        serve(
            opened.service,
            host=listen or "127.0.0.1",
            port=port,
            allowed=allowed,
            exposed=listen is not None,
            ready=ready,
        )


def _collect_garbage() -> None:
    """Let Python search for garbage more often than in a short command.

    A server that searches late grows by what a thousand executions leave behind.
    """
    gc.freeze()  # modules stay loaded
    gc.set_threshold(_GARBAGE)


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
