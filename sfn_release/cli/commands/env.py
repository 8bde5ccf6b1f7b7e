"""env check: look up everything that a deployment to an environment needs."""

from __future__ import annotations

from sfn_release.cli.options import command, group
from sfn_release.cli.output.check_tree import write_checks
from sfn_release.cli.session import Session


@group("env")
def run() -> None:
    """Check that environments are ready for a deployment."""


@command("check")
def check(session: Session) -> int:
    """Look up everything that a deployment needs. Changes nothing.

    Checks every environment (or --env): credentials, account, role, parameters, state
    machine names, pins, alarms, and the ledger's remote. Exits 1 if there is a problem.
    """
    from sfn_release.operations.verbs.check_environments import check_environments

    done = check_environments(session.workspace(), environments=session.environments)
    session.show("env-check", done.to_json(), lambda: write_checks(done.checks, "checked"))
    return 1 if done.problems else 0


run.add_command(check)
