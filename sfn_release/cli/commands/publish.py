"""publish: make a release of the current commit and deploy it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import click

from sfn_release.canonical import short
from sfn_release.cli.exits import FAILED
from sfn_release.cli.options import adopt_option, command, override_option, reason_option
from sfn_release.cli.output import terminal
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError
from sfn_release.release.version import Part

if TYPE_CHECKING:
    from sfn_release.operations.verbs.publish import Published
    from sfn_release.operations.workspace import Workspace

Bumped = Literal["auto"] | Part


@command("publish")
@click.argument("version", required=False)
@click.option(
    "--version-from-tag",
    "from_tag",
    is_flag=True,
    help="Use the version of the release tag on HEAD.",
)
@click.option(
    "--bump",
    type=click.Choice(["auto", *get_args(Part)]),
    help="Choose the next version; auto: the one that `next` proposes.",
)
@click.option("--no-deploy", is_flag=True, help="Release without deploying.")
@adopt_option
@override_option
@reason_option
def run(
    session: Session,
    version: str | None,
    from_tag: bool,
    bump: Bumped | None,
    no_deploy: bool,
    adopt: bool,
    override: str | None,
    reason: str | None,
) -> int:
    """Release the current commit and deploy it.

    VERSION is a semantic version, such as 1.2.0 or 2.0.0-rc.1. A release never changes. Publishing
    a version again does nothing if the content is equal, and is refused if it differs. --bump
    chooses the version from the changes since the last release. If there are none, the last release
    is published again. Repeat --env to deploy to several environments.
    """
    from sfn_release.cli.deployments import errors_json, plans_json, report_failure, summary
    from sfn_release.operations.verbs.publish import publish

    _one_version(version, bump, from_tag=from_tag)
    workspace = session.workspace()
    chosen = version or (_bumped(workspace, bump) if bump else _tagged(workspace))
    done = publish(
        workspace,
        chosen,
        environments=session.environments,
        deploy=not no_deploy,
        adopt=adopt,
        reason=reason,
        override=override,
        failed=lambda *failure: report_failure(session, *failure),
    )
    targets = [] if no_deploy else session.names(workspace)
    members = {
        **done.to_json(),
        "errors": errors_json(done.errors),
        "plans": plans_json(session),
    }
    session.show(
        "publish",
        members,
        lambda: _published(session, workspace, done, targets),
        summary=lambda: summary(session, "publish", members),
    )
    return FAILED if done.errors else 0


def _one_version(version: str | None, bump: str | None, *, from_tag: bool) -> None:
    """Raise UsageError unless the version is named in one way."""
    given = [
        *([f"VERSION ({version})"] if version is not None else []),
        *(["--bump"] if bump is not None else []),
        *(["--version-from-tag"] if from_tag else []),
    ]
    if len(given) > 1:
        raise UsageError(
            f"Both {' and '.join(given)} were given.", fix=f"Give either {' or '.join(given)}."
        )
    if not given:
        raise UsageError(
            "Missing argument 'VERSION'.",
            why="Name the version, or use --bump auto, or --version-from-tag if HEAD has a release"
            " tag.",
            fix="See:  sfn-release publish --help",
        )


def _bumped(workspace: Workspace, bump: Bumped) -> str:
    """Return the next version, and say why it is the next one."""
    from sfn_release.operations.verbs.next import next_version

    workspace.refuse_changes(["."], "A release is made from a commit.")
    found = next_version(workspace, None if bump == "auto" else bump)
    match found.bump:
        case "none":
            words = f"nothing changed since {found.version}: it is published again"
        case "first":
            words = f"version {found.version}, the first release"
        case _:
            chosen = "" if bump == "auto" else f", as --bump {bump} chose"
            reason = f": {found.reasons[0]}" if found.bump == found.needed else ""
            words = f"version {found.version}, {found.bump} after {found.last}{chosen}{reason}"
    workspace.runtime.watcher.say(words)
    return found.version


def _tagged(workspace: Workspace) -> str:
    from sfn_release.operations.tag_version import version_from_tag

    version = version_from_tag(workspace)
    workspace.runtime.watcher.say(f"version {version}, from the release tag on this commit")
    return version


def _published(
    session: Session,
    workspace: Workspace,
    done: Published,
    targets: list[str],
) -> None:
    manifest = done.release.manifest
    pages = WebPages() if done.trial else web_pages(workspace)
    tag = "no tag yet" if done.trial else f"tag {manifest.tag}"
    terminal.write_parts(
        terminal.Styled(f"{manifest.version} {_what(done)}", "bold"),
        f"  {short(manifest.release_digest)}  ",
        pages.tag(manifest.tag, tag),
        "  ",
        pages.commit(manifest.commit, f"commit {manifest.commit[:12]}"),
    )
    if not session.quiet:
        write_table(
            ("WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST"),
            [
                (name, entry.type, str(entry.states), entry.since, short(entry.digest))
                for name, entry in manifest.workflows.items()
            ],
            indent=2,
        )
    from sfn_release.cli.deployments import write_failure
    from sfn_release.cli.output.records import line

    records = {record.environment: record for record in done.deployments}
    for name in targets:
        if name in done.errors:
            write_failure(workspace, name, done.errors[name])
            continue
        environment = workspace.environment(name)
        otherwise = f"{manifest.version} is already live"
        terminal.write_parts(*line(records.get(name), environment, otherwise))


def _what(done: Published) -> str:
    if done.trial:
        return "is already a local trial" if done.already_released else "is a local trial"
    return "is already released with this content" if done.already_released else "released"
