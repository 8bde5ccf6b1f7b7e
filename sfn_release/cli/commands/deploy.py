"""deploy, promote and rollback: what changes an environment."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import adopt_option, command, override_option, reason_option
from sfn_release.cli.session import Session, confirm
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.release.record import Record


@command("deploy")
@click.argument("version", required=False)
@click.option("--resume", is_flag=True, help="Go on where the last attempt was killed.")
@adopt_option
@override_option
@reason_option
def deploy(
    session: Session,
    version: str | None,
    resume: bool,
    adopt: bool,
    override: str | None,
    reason: str | None,
) -> int:
    """Deploy a release that exists.

    With --resume, that of the last attempt, which did not finish: callers who were being shifted
    go on from the weight that it had reached. --env may be given several times: each environment
    is tried, one after another.
    """
    from sfn_release.cli.several import deployed
    from sfn_release.operations.deploy import deploy as act
    from sfn_release.operations.deploy import unfinished

    if resume == (version is not None):
        raise UsageError(
            f"Both VERSION ({version}) and --resume were given."
            if resume
            else "Missing argument 'VERSION'.",
            why="--resume deploys the version of the attempt that did not finish.",
            fix="Give one of them.",
        )
    workspace = session.workspace()

    def one(name: str) -> Record | None:
        chosen, granted = version, override
        if chosen is None:
            attempt = unfinished(workspace, environment=name)
            chosen, granted = attempt.version, override or attempt.override
        return act(
            workspace,
            chosen,
            environment=name,
            adopt=adopt,
            resume=resume,
            reason=reason,
            override=granted,
        )

    served = f"serves {version} already" if version else "serves that release already"
    return deployed(session, workspace, "deploy", session.names(workspace), one, otherwise=served)


@command("promote")
@click.argument("version", required=False)
@click.option("--from", "source", metavar="NAME", required=True, help="Where it has succeeded.")
@click.option(
    "--to", "targets", metavar="NAME", multiple=True, required=True, help="Where it shall go."
)
@adopt_option
@override_option
@reason_option
def promote(
    session: Session,
    version: str | None,
    source: str,
    targets: tuple[str, ...],
    adopt: bool,
    override: str | None,
    reason: str | None,
) -> int:
    """Deploy the release that succeeded in another environment.

    Without VERSION what that environment serves. Nothing is built again: the digest is the same.
    --to may be given several times: each environment is tried, one after another.
    """
    from sfn_release.cli.several import deployed
    from sfn_release.operations.promote import promote as act

    if session.environments:
        raise UsageError("`promote` takes --from and --to, and no --env.")
    workspace = session.workspace()

    def one(name: str) -> Record | None:
        return act(
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
    return deployed(
        session, workspace, "promote", names, one, otherwise="serves that release already"
    )


@command("rollback")
@click.argument("version", required=False)
@click.option("--rerender", is_flag=True, help="Use today's parameters, not the recorded ones.")
@adopt_option
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask where `confirm = true`.")
def rollback(
    session: Session,
    version: str | None,
    rerender: bool,
    adopt: bool,
    reason: str | None,
    yes: bool,
) -> int:
    """Bring back a release that ran there, byte for byte.

    Without VERSION the one before the present one; rolling back again goes further back. For a
    release that never ran there, use `deploy`.
    --env may be given several times: each environment is tried, one after another.
    """
    from sfn_release.cli.several import deployed
    from sfn_release.operations.rollback import rolling_back

    workspace = session.workspace()
    shown = ExitStack()

    def one(name: str) -> Record | None:
        environment = workspace.environment(name)

        def ask() -> None:
            if environment.confirm:
                confirm(f"Roll {environment.label} back?", yes=yes)

        session.ask(ask)
        return shown.enter_context(
            rolling_back(
                workspace, version, environment=name, rerender=rerender, adopt=adopt, reason=reason
            )
        )

    with shown:  # until then, a repeated command shows what was done
        code = deployed(
            session,
            workspace,
            "rollback",
            session.names(workspace),
            one,
            otherwise=f"serves {version} already",
        )
        sys.stdout.flush()
    return code


COMMANDS = {
    "deploy": deploy,
    "promote": promote,
    "rollback": rollback,
}
