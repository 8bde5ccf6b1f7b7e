"""rollback: return environments to an earlier release."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import adopt_option, command, reason_option
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    from sfn_release.release.record import Record


@command("rollback")
@click.argument("version", required=False)
@click.option("--rerender", is_flag=True, help="Use today's parameters, not the recorded ones.")
@adopt_option
@reason_option
@click.option("--yes", is_flag=True, help="Don't ask where `confirm = true`.")
def run(
    session: Session,
    version: str | None,
    rerender: bool,
    adopt: bool,
    reason: str | None,
    yes: bool,
) -> int:
    """Go back to an earlier release, byte for byte.

    Goes back to VERSION, or to the previous release; each further rollback goes further back. If
    the release never ran in the environment, use `deploy`. Repeat --env to roll back several
    environments, one after another.
    """
    from sfn_release.cli.deployments import deploy_each
    from sfn_release.operations.verbs.rollback import rolling_back

    workspace = session.workspace()
    shown = ExitStack()

    def roll_back(name: str) -> Record | None:
        environment = workspace.environment(name)

        def ask() -> None:
            confirm(f"Roll back {environment.label}?", yes=yes)

        session.ask(ask, needed=environment.confirm and not yes)
        return shown.enter_context(
            rolling_back(
                workspace, version, environment=name, rerender=rerender, adopt=adopt, reason=reason
            )
        )

    with shown:  # until the result is shown, a repeated command shows it again
        code = deploy_each(
            session,
            workspace,
            "rollback",
            session.names(workspace),
            roll_back,
            otherwise=f"{version or 'the release'} is already live",
        )
        sys.stdout.flush()
    return code
