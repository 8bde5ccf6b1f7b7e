"""env check: what a deployment to an environment would need, looked up."""

from __future__ import annotations

import click

from sfn_release.cli.commands.verify import write_checks
from sfn_release.cli.options import command, global_options
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError


@click.group("env", invoke_without_command=True)
@global_options
@click.pass_context
def env(ctx: click.Context) -> int:
    """Check what releases.toml says of the environments."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return UsageError.exit_code
    return 0


@command("check")
def check(session: Session) -> int:
    """Resolve everything that a deployment would need, and change nothing.

    Of every environment, or of those that --env names: credentials, account and role, parameters,
    names of state machines, pins, alarms, the ledger's remote.
    """
    from sfn_release.operations.check_environments import check_environments

    done = check_environments(session.workspace(), environments=session.environments)
    session.show("env-check", done.to_json(), lambda: write_checks(done.checks, "checked"))
    return 1 if done.problems else 0


env.add_command(check)


COMMANDS = {"env": env}
