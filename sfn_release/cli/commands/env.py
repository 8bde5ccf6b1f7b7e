"""env check: look up everything that a deployment to an environment needs."""

from __future__ import annotations

from sfn_release.cli.options import command, group
from sfn_release.cli.output.check_tree import write_checks
from sfn_release.cli.session import Session


@group("env")
def run() -> None:
    """Check what releases.toml says of the environments."""


@command("check")
def check(session: Session) -> int:
    """Resolve everything that a deployment would need, and change nothing.

    Of every environment, or of those that --env names: credentials, account and role, parameters,
    names of state machines, pins, alarms, the ledger's remote.
    """
    from sfn_release.operations.verbs.check_environments import check_environments

    done = check_environments(session.workspace(), environments=session.environments)
    session.show("env-check", done.to_json(), lambda: write_checks(done.checks, "checked"))
    return 1 if done.problems else 0


run.add_command(check)
