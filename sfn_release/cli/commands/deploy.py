"""deploy: bring an existing release to environments, or resume an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import adopt_option, command, override_option, reason_option
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.release.record import Record


@command("deploy")
@click.argument("version", required=False)
@click.option("--resume", is_flag=True, help="Continue a killed deployment.")
@adopt_option
@override_option
@reason_option
def run(
    session: Session,
    version: str | None,
    resume: bool,
    adopt: bool,
    override: str | None,
    reason: str | None,
) -> int:
    """Deploy an existing release.

    --resume continues the last attempt, if it didn't finish: a traffic shift continues from the
    weight that it had reached. Repeat --env to deploy to several environments, one after another.
    """
    from sfn_release.cli.deployments import deploy_each
    from sfn_release.operations.verbs.deploy import deploy, unfinished

    if resume == (version is not None):
        raise UsageError(
            f"Both VERSION ({version}) and --resume were given."
            if resume
            else "Missing argument 'VERSION'.",
            why="--resume deploys the version of the last attempt, if it did not finish.",
            fix="Give either VERSION or --resume.",
        )
    workspace = session.workspace()

    def deploy_to(name: str) -> Record | None:
        chosen, granted = version, override
        if chosen is None:
            attempt = unfinished(workspace, environment=name)
            chosen, granted = attempt.version, override or attempt.override
        return deploy(
            workspace,
            chosen,
            environment=name,
            adopt=adopt,
            resume=resume,
            reason=reason,
            override=granted,
        )

    return deploy_each(
        session,
        workspace,
        "deploy",
        session.names(workspace),
        deploy_to,
        otherwise=f"{version or 'the release'} is already live",
    )
