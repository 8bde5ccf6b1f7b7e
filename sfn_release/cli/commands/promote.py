"""promote: deploy the release that succeeded in another environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import adopt_option, command, override_option, reason_option
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.release.record import Record


@command("promote")
@click.argument("version", required=False)
@click.option(
    "--from", "source", metavar="NAME", required=True, help="The environment where it succeeded."
)
@click.option(
    "--to",
    "targets",
    metavar="NAME",
    multiple=True,
    required=True,
    help="The environment to deploy to.",
)
@adopt_option
@override_option
@reason_option
def run(
    session: Session,
    version: str | None,
    source: str,
    targets: tuple[str, ...],
    adopt: bool,
    override: str | None,
    reason: str | None,
) -> int:
    """Deploy the release that succeeded in another environment.

    Deploys VERSION, or the release that is live in the --from environment. Nothing is built again:
    the digest is the same. Repeat --to to deploy to several environments, one after another.
    """
    from sfn_release.cli.deployments import deploy_each
    from sfn_release.operations.verbs.promote import promote

    if session.environments:
        raise UsageError("`promote` takes --from and --to, not --env.")
    workspace = session.workspace()

    def promote_to(name: str) -> Record | None:
        return promote(
            workspace,
            version,
            source=source,
            environment=name,
            adopt=adopt,
            reason=reason,
            override=override,
        )

    names = list(dict.fromkeys(targets))
    for name in (source, *names):
        workspace.environment(name)
    return deploy_each(
        session, workspace, "promote", names, promote_to, otherwise="the release is already live"
    )
