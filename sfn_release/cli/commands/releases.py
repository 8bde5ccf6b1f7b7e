"""releases: list every release. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.verbs.releases import ListedRelease


@command("releases")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "toml"]),
    default="text",
    help="toml: the manifests.",
)
def run(session: Session, form: str) -> None:
    """List the releases.

    The highest version comes first. --format toml prints the manifests of all releases as one
    document.
    """
    from sfn_release.operations.verbs.releases import missing_ledger, releases

    workspace = session.workspace()
    found = releases(workspace)

    def text() -> None:
        if form == "toml":
            _write_toml(found)
        elif found:
            _write_releases(session, web_pages(workspace), found)
        elif (missing := missing_ledger(workspace)) is not None:
            terminal.write(f"No releases here. {missing.message}")
            terminal.write(f"  {missing.fix}")
        else:
            terminal.write("No releases yet. Make the first one:  sfn-release publish 1.0.0")

    session.show("releases", {"releases": [release.to_json() for release in found]}, text)


def _write_releases(session: Session, pages: WebPages, found: list[ListedRelease]) -> None:
    write_table(
        ("VERSION", "DATE", "COMMIT", "WORKFLOWS", "LIVE IN", "AUTHOR", "NOTE"),
        [
            (
                pages.tag(_tag(release), release.manifest.version, "bold"),
                session.when(release.manifest.date),
                "found"
                if release.manifest.found
                else pages.commit(release.manifest.commit, release.manifest.commit[:12]),
                str(len(release.manifest.workflows)),
                terminal.Styled(", ".join(release.live_in), "green"),
                name(release.manifest.author),
                _note(session, release),
            )
            for release in found
        ],
    )


def _tag(release: ListedRelease) -> str | None:
    """Return the tag that the Git host has."""
    return None if release.manifest.found or not release.pushed else release.manifest.tag


def _note(session: Session, release: ListedRelease) -> str:
    notes = [f"found in {session.label(release.manifest.found)}"] if release.manifest.found else []
    notes += [] if release.pushed else ["local trial" if release.trial else "only in this clone"]
    if release.yank is not None:
        own = release.yank.version == release.manifest.version
        same = "" if own else f" (contents of {release.yank.version})"
        notes.append(f"yanked{same}: {release.yank.reason}")
    return "; ".join(notes)


def _write_toml(found: list[ListedRelease]) -> None:
    import tomli_w

    manifests = [_without_none(release.manifest.to_json()) for release in found]
    text = tomli_w.dumps({"releases": manifests}).rstrip("\n")
    terminal.write_block(terminal.toml_text(text))


def _without_none(value: Any) -> Any:
    """Return a JSON value without its nulls, which TOML has no word for."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
