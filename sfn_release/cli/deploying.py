"""plan, publish, deploy and rollback: what changes an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.canonical import short
from sfn_release.cli import terminal
from sfn_release.cli.options import command
from sfn_release.cli.records import told
from sfn_release.cli.session import Session, confirm, named
from sfn_release.cli.tables import write_table
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.operations.publish import Published
    from sfn_release.operations.workspace import Workspace

DIFFERENT = 3

adopt_option = click.option(
    "--adopt", is_flag=True, help="Take over a state machine that another tool or ledger made."
)
reason_option = click.option("--reason", metavar="TEXT", help="Why, for the record.")


@command("plan")
@click.argument("version", required=False)
@click.option("--adopt", is_flag=True, help="Plan to take over what another tool made.")
@click.option("--exit-code", is_flag=True, help="Exit 3 when there is something to do.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="markdown: for a comment on a pull request.",
)
def plan(session: Session, version: str | None, adopt: bool, exit_code: bool, form: str) -> int:
    """Show what a deployment would do.

    Of release VERSION, or of the work tree as it stands. Nothing is changed.
    """
    from sfn_release.cli.plans import plan_lines
    from sfn_release.operations.planning import plan_version

    workspace = session.workspace()
    made = plan_version(workspace, version, environment=session.environment, adopt=adopt)
    there = workspace.environment(session.environment)
    shown = made.version if version else "the work tree"
    local = frozenset({there.name} if there.backend == "local" else ())

    def summary() -> str:
        from sfn_release.cli import markdown

        return markdown.plan(made, local=local, name=None if version else shown)

    def text() -> None:
        if form == "markdown":
            terminal.write_block(summary())
            return
        for line in plan_lines(made, local=local, verbose=session.verbose, version=shown):
            terminal.write(line)
        if not made.steps:
            terminal.write("nothing to change")

    members = made.to_json()
    if version is None:
        members["version"] = None
    session.show("plan", members, text, summary=summary)
    return DIFFERENT if exit_code and made.steps else 0


@command("publish")
@click.argument("version", required=False)
@click.option(
    "--version-from-tag", "from_tag", is_flag=True, help="Take it from the release tag on HEAD."
)
@click.option("--no-deploy", is_flag=True, help="Release only.")
@adopt_option
@reason_option
def publish(
    session: Session,
    version: str | None,
    from_tag: bool,
    no_deploy: bool,
    adopt: bool,
    reason: str | None,
) -> None:
    """Release the current commit and deploy it.

    VERSION is semantic: 1.2.0, 2.0.0-rc.1; or, with --version-from-tag, what the release tag on
    HEAD says. It never changes: publishing it again does nothing when the content is equal and is
    refused when it is not. --env may be given several times.
    """
    from sfn_release.operations.publish import publish as act

    _one_version(version, from_tag=from_tag)
    workspace = session.workspace()
    chosen = version or _tagged(workspace)
    names = list(dict.fromkeys(session.environments))
    done = act(
        workspace, chosen, environments=names, deploy=not no_deploy, adopt=adopt, reason=reason
    )
    targets = [] if no_deploy else names or [workspace.project.default_environment]
    session.show("publish", done.to_json(), lambda: _published(workspace, done, targets))


@command("deploy")
@click.argument("version", required=False)
@click.option("--resume", is_flag=True, help="Go on where the last attempt was killed.")
@adopt_option
@reason_option
def deploy(
    session: Session, version: str | None, resume: bool, adopt: bool, reason: str | None
) -> None:
    """Deploy a release that exists.

    With --resume, that of the last attempt, which did not finish: callers who were being shifted
    go on from the weight that it had reached.
    """
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
    environment = workspace.environment(session.environment)
    chosen = version or unfinished(workspace, environment=environment.name).version
    record = act(
        workspace,
        chosen,
        environment=environment.name,
        adopt=adopt,
        resume=resume,
        reason=reason,
    )
    told(session, "deploy", record, environment, otherwise=f"serves {chosen} already")


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
) -> None:
    """Bring back an earlier release, byte for byte.

    Without VERSION the one before the present one; rolling back again goes further back.
    """
    from sfn_release.operations.rollback import rollback as act

    def ask() -> None:
        if environment.confirm:
            confirm(f"Roll {named(environment)} back?", yes=yes)

    workspace = session.workspace(ask)
    environment = workspace.environment(session.environment)
    record = act(
        workspace,
        version,
        environment=environment.name,
        rerender=rerender,
        adopt=adopt,
        reason=reason,
    )
    told(session, "rollback", record, environment, otherwise=f"serves {version} already")


def _one_version(version: str | None, *, from_tag: bool) -> None:
    """Raise UsageError unless the version is named in one way."""
    if from_tag and version is not None:
        raise UsageError(
            f"Both VERSION ({version}) and --version-from-tag were given.",
            fix="Give one of them.",
        )
    if version is None and not from_tag:
        raise UsageError(
            "Missing argument 'VERSION'.",
            why="Name it, or take that of the release tag on HEAD with --version-from-tag.",
            fix="See:  sfn-release publish --help",
        )


def _tagged(workspace: Workspace) -> str:
    from sfn_release.operations.tagged import version_from_tag

    version = version_from_tag(workspace)
    workspace.around.watcher.say(f"the release tag on this commit says {version}")
    return version


def _published(workspace: Workspace, done: Published, targets: list[str]) -> None:
    manifest = done.release.manifest
    what = "is already released with this content" if done.already_released else "released"
    terminal.write_parts(
        terminal.Styled(f"{manifest.version} {what}", "bold"),
        f"  {short(manifest.release_digest)}  tag {manifest.tag}  commit {manifest.commit[:12]}",
    )
    write_table(
        ("WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST"),
        [
            (name, entry.type, str(entry.states), entry.since, short(entry.digest))
            for name, entry in manifest.workflows.items()
        ],
        indent=2,
    )
    from sfn_release.cli.records import line

    records = {record.environment: record for record in done.deployments}
    for name in targets:
        environment = workspace.environment(name)
        otherwise = f"serves {manifest.version} already"
        terminal.write_parts(*line(records.get(name), environment, otherwise))


COMMANDS = {"plan": plan, "publish": publish, "deploy": deploy, "rollback": rollback}
