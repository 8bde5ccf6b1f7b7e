"""verify: check that tags, ledger, definitions and records agree, and prove what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.check_tree import write_checks
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.ledger.remote_rewrites import Rewrite
    from sfn_release.operations.proof.rebuild_comparison import Rebuilt
    from sfn_release.operations.proof.rebuilding import ToolchainChoice
    from sfn_release.operations.workspace import Workspace


@command("verify")
@click.argument("version", required=False)
@click.option(
    "--rebuild",
    is_flag=True,
    help="Build the releases' commits again, and compare the digests.",
)
@click.option(
    "--toolchain",
    type=click.Choice(["here", "recorded"]),
    help="Rebuild with the versions installed here (default), or install the recorded ones in a"
    " temporary environment.",
)
@click.option(
    "--accept-rewrite",
    is_flag=True,
    help="Accept ledger branches that were forced back or deleted on the remote.",
)
@click.option(
    "--again", is_flag=True, help="Read everything, even if this clone verified it before."
)
def run(
    session: Session,
    version: str | None,
    *,
    rebuild: bool,
    toolchain: ToolchainChoice | None,
    accept_rewrite: bool,
    again: bool,
) -> int:
    """Check that tags, ledger, definitions and records agree.

    Checks release VERSION, or all releases. Shows every problem, and exits 1 if there is one.
    Reads only the changes since this clone last verified the ledger.

    With --env it proves what is live: it starts from AWS and follows each workflow to the release,
    the tag and the commit. With VERSION too, the environment must serve that release.
    """
    if toolchain is not None and not rebuild:
        raise UsageError("--toolchain needs --rebuild.", fix="Add --rebuild.")
    if session.environments:
        if accept_rewrite:
            raise UsageError(
                "--accept-rewrite and --env don't go together.",
                fix="Accept the rewrite first:  sfn-release verify --accept-rewrite",
            )
        if again:
            raise UsageError(
                "--again and --env don't go together.",
                fix="--env always reads everything. Leave --again out.",
            )
        return _prove(session, version, (toolchain or "here") if rebuild else None)
    with_toolchain = (toolchain or "here") if rebuild else None
    return _verify(session, version, with_toolchain, accept_rewrite=accept_rewrite, again=again)


def _prove(session: Session, version: str | None, toolchain: ToolchainChoice | None) -> int:
    from sfn_release.cli.output.proof import write_proof
    from sfn_release.operations.proof.environment_proof import prove
    from sfn_release.operations.proof.rebuilding import Rebuilder

    workspace = session.workspace()
    with Rebuilder(workspace, toolchain or "here") as rebuilder:
        proof = prove(
            workspace,
            session.environments,
            version=version,
            rebuild=rebuilder.evidence if toolchain else None,
        )
    session.show(
        "verify", proof.to_json(), lambda: write_proof(proof, session.when, verbose=session.verbose)
    )
    return 0 if proof.ok else 1


def _verify(
    session: Session,
    version: str | None,
    toolchain: ToolchainChoice | None,
    *,
    accept_rewrite: bool,
    again: bool,
) -> int:
    from sfn_release.operations.verbs.verify import verify

    workspace = session.workspace()
    done = verify(workspace, version, accept_rewrite=accept_rewrite, again=again)
    members = done.to_json()
    rebuilt: tuple[Rebuilt, ...] = ()
    if toolchain:
        rebuilt = _rebuilt(session, workspace, version, toolchain)
        members["rebuilt"] = [release.to_json() for release in rebuilt]
        members["verified"] = not done.problems and all(release.ok for release in rebuilt)

    def text() -> None:
        for rewrite in done.accepted:
            _write_accepted(rewrite)
        write_checks(done.checks, "verified")
        if toolchain:
            from sfn_release.cli.output.proof import write_rebuilt

            write_rebuilt(rebuilt)

    session.show("verify", members, text)
    return 1 if done.problems or not all(release.ok for release in rebuilt) else 0


def _rebuilt(
    session: Session, workspace: Workspace, version: str | None, toolchain: ToolchainChoice
) -> tuple[Rebuilt, ...]:
    from sfn_release.operations.proof.rebuilding import rebuild_releases

    with session.counting("rebuilt") as counting:
        return rebuild_releases(workspace, version, toolchain=toolchain, progress=counting)


def _write_accepted(rewrite: Rewrite) -> None:
    now = "deleted" if rewrite.now is None else f"now {rewrite.now[:12]}"
    terminal.write(f"accepted: {rewrite.ref} is {now}. It was {rewrite.seen}. Removed commits:")
    for commit in rewrite.dropped:
        terminal.write(f"  {commit[:12]}")
